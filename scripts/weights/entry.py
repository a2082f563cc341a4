"""One tensor of a network: what we call it, and how it lies in somebody's file."""

from dataclasses import dataclass
from typing import Callable, Iterable, Iterator

import numpy as np

TORCH_NORM = ("weight", "bias", "running_mean", "running_var")
KERAS_NORM = ("gamma", "beta", "moving_mean", "moving_variance")
# Keras keeps (height, width, in, out), depthwise (height, width, channels, 1), dense (in, out).
KERAS_AXES = {"conv": (3, 2, 0, 1), "depthwise": (2, 3, 0, 1), "linear": (1, 0)}


@dataclass(frozen=True)
class Entry:
    """Our name and shape, its name in the source, and what turns the source's values into ours: the order of
    its axes, and then a function. stored is the source's shape where the order of axes does not tell it."""

    name: str
    shape: tuple
    source: str
    axes: tuple | None = None
    adapt: Callable[[np.ndarray], np.ndarray] | None = None
    stored: tuple | None = None

    @property
    def source_shape(self) -> tuple:
        if self.stored is not None:
            return self.stored
        if self.axes is None:
            return self.shape
        return tuple(self.shape[self.axes.index(axis)] for axis in range(len(self.axes)))

    def convert(self, values: np.ndarray) -> np.ndarray:
        values = values.transpose(self.axes) if self.axes else values
        return self.adapt(values) if self.adapt else values


@dataclass(frozen=True)
class Layer:
    """A convolution, normalisation or linear layer with its name here, which is torchvision's, and in Keras."""

    name: str
    keras: str
    kind: str  # conv, norm or linear
    shape: tuple  # of the weight, as torch lays it out
    bias: bool = False  # of a convolution or a linear layer
    scale: bool = True  # of a normalisation


def torch_entries(layers: Iterable[Layer]) -> list[Entry]:
    """The tensors under the names that they have here."""
    return [Entry(name, shape, name) for layer in layers for name, shape in _tensors(layer)]


def keras_entries(layers: Iterable[Layer], bgr: bool = False) -> list[Entry]:
    """The tensors of a keras.applications model. bgr: its input is blue, green, red; ours the other way round."""
    entries = []
    for layer in layers:
        names = dict(zip(TORCH_NORM, KERAS_NORM)) if layer.kind == "norm" else {"weight": "kernel", "bias": "bias"}
        for name, shape in _tensors(layer):
            what = name.rpartition(".")[2]
            axes = KERAS_AXES[layer.kind] if layer.kind != "norm" and what == "weight" else None
            adapt = _reversed_input if bgr and axes and not entries else None
            entries.append(Entry(name, shape, f"{layer.keras}/{names[what]}", axes, adapt))
    return entries


def _reversed_input(weight: np.ndarray) -> np.ndarray:
    return weight[:, ::-1]


def _tensors(layer: Layer) -> Iterator[tuple[str, tuple]]:
    if layer.kind == "norm":
        for what in TORCH_NORM:
            if what != "weight" or layer.scale:
                yield f"{layer.name}.{what}", layer.shape
        return
    yield f"{layer.name}.weight", layer.shape
    if layer.bias:
        yield f"{layer.name}.bias", layer.shape[:1]
