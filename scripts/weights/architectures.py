"""Which architectures the converter knows, and how it tells from names and shapes which one a file holds.

Another backbone is one more entry in ARCHITECTURES: its name, and for each style of names a function that
lists its tensors.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Callable, Iterable

import numpy as np

from . import densenet, efficientnet, inception, resnet, vgg
from .entry import KERAS_AXES, KERAS_NORM, TORCH_NORM, Entry, keras_entries, torch_entries
from .errors import WeightsError

_DEFAULT_CLASSES = 1000
_LISTED = 8  # names of each kind in a message


@dataclass(frozen=True)
class Record:
    """How a network was trained; mean and std on the scale 0 to 1, red, green, blue."""

    flavour: str = "torchvision"
    mean: tuple = (0.485, 0.456, 0.406)
    std: tuple = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Architecture:
    name: str
    input_size: int
    classifier: str  # prefix of its tensors, which a file may lack together
    styles: dict[str, Callable[[int], list[Entry]]]  # style of names -> tensors for so many classes
    lite: bool = False
    records: dict[str, Record] = field(default_factory=dict)  # by style, where the names tell
    ignored: tuple = ()  # prefixes of tensors that are not needed


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


def _layer_entries(layer: efficientnet.Layer, style: str) -> Iterable[Entry]:
    ours = efficientnet.NAMES["torchvision"](layer)
    theirs = efficientnet.NAMES[style](layer)
    keras = style == "keras"
    separator = "/" if keras else "."
    if layer.kind == "norm":
        for name, source in zip(TORCH_NORM, KERAS_NORM if keras else TORCH_NORM):
            yield Entry(f"{ours}.{name}", layer.shape, f"{theirs}{separator}{source}")
        return
    weight, axes = ("kernel", KERAS_AXES[layer.kind]) if keras else ("weight", None)
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


_HALF = ((0.5,) * 3, (0.5,) * 3)
# keras.applications' "caffe": values of 0...255 less their mean, neither divided.
_CAFFE = ((123.68 / 255, 116.779 / 255, 103.939 / 255), (1 / 255,) * 3)
# torchxrayvision takes -1024...1024.
_CHEST = ((0.5,) * 3, (1 / 2048,) * 3)


def _torch(layers) -> Callable[[int], list[Entry]]:
    return lambda classes: torch_entries(layers(classes))


_RESNET50 = Architecture(
    "resnet50", 224, "fc",
    {"torchvision": _torch(resnet.layers), "timm": _torch(resnet.layers),
     "keras": lambda classes: keras_entries(resnet.layers(classes, keras=True), bgr=True)},
    records={"torchvision": Record(), "timm": Record(), "keras": Record("tf", *_CAFFE)},
)
_VGG16 = Architecture(
    "vgg16", 224, "classifier",
    {"torchvision": _torch(vgg.layers), "timm": vgg.timm, "keras": vgg.keras},
    records={"torchvision": Record(), "timm": Record(), "keras": Record("tf", *_CAFFE)},
)
_INCEPTION_V3 = Architecture(
    "inception_v3", 299, "fc",
    {"torchvision": _torch(inception.layers), "timm": _torch(inception.layers),
     "keras": lambda classes: keras_entries(inception.layers(classes, keras=True))},
    # torchvision turns ImageNet's normalisation into this one inside the network.
    records={"torchvision": Record("torchvision", *_HALF), "timm": Record("torchvision", *_HALF),
             "keras": Record("tf", *_HALF)},
    ignored=("AuxLogits.",),
)
_DENSENET121 = Architecture(
    "densenet121", 224, "classifier",
    {"torchvision": _torch(densenet.layers), "timm": _torch(densenet.layers),
     "torchvision_0.2": densenet.torchvision_0_2, "torchxrayvision": densenet.torchxrayvision,
     "keras": lambda classes: keras_entries(densenet.layers(classes))},
    records={"torchvision": Record(), "timm": Record(), "torchvision_0.2": Record(),
             "torchxrayvision": Record("torchvision", *_CHEST), "keras": Record("tf")},
    ignored=("op_threshs",),
)

ARCHITECTURES = {
    **{variant.name: _efficientnet(variant) for variant in efficientnet.VARIANTS},
    **{entry.name: entry for entry in (_RESNET50, _VGG16, _INCEPTION_V3, _DENSENET121)},
}
STYLES = tuple(dict.fromkeys(style for entry in ARCHITECTURES.values() for style in entry.styles))


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
            name for name in tensors
            if name not in sources and not _without_weight(name)
            and not name.startswith(architecture.ignored)
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
    if not matches:
        raise WeightsError(f"nobody publishes {architecture} with {style} names")
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
