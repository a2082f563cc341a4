"""VGG16: every layer, and the linear ones as timm and Keras lay them out."""

from typing import Iterator

import numpy as np

from .entry import Entry, Layer, keras_entries, torch_entries

_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
_MAP = (512, 7, 7)  # what the first linear layer takes
_TIMM = {"classifier.0": "pre_logits.fc1", "classifier.3": "pre_logits.fc2", "classifier.6": "head.fc"}


def layers(classes: int) -> Iterator[Layer]:
    before, index = 3, 0
    for block, (channels, repeats) in enumerate(_BLOCKS):
        for repeat in range(repeats):
            yield Layer(f"features.{index}", f"block{block + 1}_conv{repeat + 1}", "conv",
                        (channels, before, 3, 3), bias=True)
            before, index = channels, index + 2
        index += 1
    yield Layer("classifier.0", "fc1", "linear", (4096, int(np.prod(_MAP))), bias=True)
    yield Layer("classifier.3", "fc2", "linear", (4096, 4096), bias=True)
    yield Layer("classifier.6", "predictions", "linear", (classes, 4096), bias=True)


def timm(classes: int) -> list[Entry]:
    """Two of the linear layers are convolutions over the whole map."""
    kernels = {"classifier.0": _MAP, "classifier.3": (4096, 1, 1)}
    entries = []
    for entry in torch_entries(layers(classes)):
        layer, _, what = entry.name.rpartition(".")
        source = f"{_TIMM.get(layer, layer)}.{what}"
        stored = (entry.shape[0], *kernels[layer]) if what == "weight" and layer in kernels else None
        flat = _flat if stored else None
        entries.append(Entry(entry.name, entry.shape, source, adapt=flat, stored=stored))
    return entries


def keras(classes: int) -> list[Entry]:
    """Keras flattens the map by rows, columns and channels, torch by channels, rows and columns."""
    return [
        Entry(entry.name, entry.shape, entry.source, adapt=_channels_first, stored=entry.shape[::-1])
        if entry.name == "classifier.0.weight" else entry
        for entry in keras_entries(layers(classes), bgr=True)
    ]


def _flat(weight: np.ndarray) -> np.ndarray:
    return weight.reshape(len(weight), -1)


def _channels_first(kernel: np.ndarray) -> np.ndarray:
    channels, rows, columns = _MAP
    return _flat(kernel.reshape(rows, columns, channels, -1).transpose(3, 2, 0, 1))
