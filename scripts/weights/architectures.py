"""Which architectures the converter knows, and how it tells from names and shapes which one a file holds.

Another backbone is one more entry in ARCHITECTURES: its name, and for each style of names a function that
lists its tensors.
"""

from dataclasses import dataclass
from functools import partial
from typing import Callable, Iterable

import numpy as np

from . import efficientnet
from .errors import WeightsError

_DEFAULT_CLASSES = 1000
_LISTED = 8  # names of each kind in a message


@dataclass(frozen=True)
class Entry:
    """One tensor: our name and shape, its name in the source, and the axes that turn it into ours."""

    name: str
    shape: tuple
    source: str
    axes: tuple | None = None

    @property
    def source_shape(self) -> tuple:
        if self.axes is None:
            return self.shape
        return tuple(self.shape[self.axes.index(axis)] for axis in range(len(self.axes)))


@dataclass(frozen=True)
class Architecture:
    name: str
    input_size: int
    classifier: str  # prefix of its two tensors, which a file may lack together
    styles: dict[str, Callable[[int], list[Entry]]]  # style of names -> tensors for so many classes
    lite: bool = False


@dataclass(frozen=True)
class Match:
    architecture: Architecture
    style: str
    entries: list[Entry]
    missing: list[str]
    unexpected: list[str]
    misshaped: list[str]

    @property
    def differences(self) -> int:
        return len(self.missing) + len(self.unexpected) + len(self.misshaped)


_TORCH_NORM = ("weight", "bias", "running_mean", "running_var")
_KERAS_NORM = ("gamma", "beta", "moving_mean", "moving_variance")
# Keras keeps (height, width, in, out), depthwise (height, width, channels, 1), dense (in, out).
_KERAS_AXES = {"conv": (3, 2, 0, 1), "depthwise": (2, 3, 0, 1), "linear": (1, 0)}


def _layer_entries(layer: efficientnet.Layer, style: str) -> Iterable[Entry]:
    ours = efficientnet.NAMES["torchvision"](layer)
    theirs = efficientnet.NAMES[style](layer)
    keras = style == "keras"
    separator = "/" if keras else "."
    if layer.kind == "norm":
        for name, source in zip(_TORCH_NORM, _KERAS_NORM if keras else _TORCH_NORM):
            yield Entry(f"{ours}.{name}", layer.shape, f"{theirs}{separator}{source}")
        return
    weight, axes = ("kernel", _KERAS_AXES[layer.kind]) if keras else ("weight", None)
    yield Entry(f"{ours}.weight", layer.shape, f"{theirs}{separator}{weight}", axes)
    if layer.bias:
        yield Entry(f"{ours}.bias", layer.shape[:1], f"{theirs}{separator}bias")


def _efficientnet_entries(variant: efficientnet.Variant, style: str, classes: int) -> list[Entry]:
    return [
        entry
        for layer in efficientnet.layers(variant, classes)
        for entry in _layer_entries(layer, style)
    ]


def _efficientnet(variant: efficientnet.Variant) -> Architecture:
    styles = {
        style: partial(_efficientnet_entries, variant, style) for style in efficientnet.NAMES
    }
    return Architecture(variant.name, variant.input_size, "classifier.1", styles, variant.lite)


ARCHITECTURES = {variant.name: _efficientnet(variant) for variant in efficientnet.VARIANTS}


def _without_weight(name: str) -> bool:
    """Counters of PyTorch's batch norm, and Keras' Normalization layer, which our record replaces."""
    return name.endswith("num_batches_tracked") or name.startswith("normalization")


def _compare(
    architecture: Architecture, style: str, tensors: dict[str, np.ndarray]
) -> Match:
    entries = architecture.styles[style](_DEFAULT_CLASSES)
    top = [entry for entry in entries if entry.name.startswith(architecture.classifier + ".")]
    bias = tensors.get(top[-1].source)
    if bias is not None and bias.ndim == 1:
        entries = architecture.styles[style](bias.size)
    elif not any(entry.source in tensors for entry in top):
        entries = [entry for entry in entries if entry not in top]
    sources = {entry.source for entry in entries}
    return Match(
        architecture,
        style,
        entries,
        missing=[entry.source for entry in entries if entry.source not in tensors],
        unexpected=[
            name for name in tensors if name not in sources and not _without_weight(name)
        ],
        misshaped=[
            f"{entry.source} is {list(tensors[entry.source].shape)}, not {list(entry.source_shape)}"
            for entry in entries
            if entry.source in tensors and tensors[entry.source].shape != entry.source_shape
        ],
    )


def _listed(what: str, names: list[str]) -> str:
    rest = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"\n  {what} ({len(names)}): {', '.join(names[:_LISTED])}{rest}" if names else ""


def recognize(
    tensors: dict[str, np.ndarray], architecture: str | None = None, style: str | None = None
) -> Match:
    """The architecture and style whose names and shapes are those of the tensors, all of them.

    Raises WeightsError with what is missing, unexpected or of another shape in the nearest one.
    """
    chosen = [ARCHITECTURES[architecture]] if architecture else ARCHITECTURES.values()
    matches = [
        _compare(candidate, known, tensors)
        for candidate in chosen
        for known in candidate.styles
        if style in (None, known)
    ]
    best = min(matches, key=lambda match: match.differences)
    if best.differences == 0:
        return best
    if len(best.missing) == len(best.entries):
        first = ", ".join(list(tensors)[:3])
        raise WeightsError(f"no architecture has such names; the first are {first}")
    raise WeightsError(
        f"not {'' if architecture else 'any known architecture; the nearest is '}"
        f"{best.architecture.name} with {best.style} names:"
        + _listed("missing", best.missing)
        + _listed("unexpected", best.unexpected)
        + _listed("of another shape", best.misshaped)
    )
