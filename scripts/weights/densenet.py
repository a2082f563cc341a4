"""DenseNet121: every layer, and the one-channel network of torchxrayvision."""

import re
from dataclasses import replace
from typing import Iterator

import numpy as np

from .entry import Entry, Layer, torch_entries

_BLOCKS = (6, 12, 24, 16)
_GROWTH = 32


def layers(classes: int) -> Iterator[Layer]:
    yield Layer("features.conv0", "conv1/conv", "conv", (64, 3, 7, 7))
    yield Layer("features.norm0", "conv1/bn", "norm", (64,))
    channels = 64
    for block, repeats in enumerate(_BLOCKS):
        for repeat in range(repeats):
            ours = f"features.denseblock{block + 1}.denselayer{repeat + 1}"
            theirs = f"conv{block + 2}_block{repeat + 1}"
            yield Layer(f"{ours}.norm1", f"{theirs}_0_bn", "norm", (channels,))
            yield Layer(f"{ours}.conv1", f"{theirs}_1_conv", "conv", (4 * _GROWTH, channels, 1, 1))
            yield Layer(f"{ours}.norm2", f"{theirs}_1_bn", "norm", (4 * _GROWTH,))
            yield Layer(f"{ours}.conv2", f"{theirs}_2_conv", "conv", (_GROWTH, 4 * _GROWTH, 3, 3))
            channels += _GROWTH
        if block + 1 < len(_BLOCKS):
            ours, theirs = f"features.transition{block + 1}", f"pool{block + 2}"
            yield Layer(f"{ours}.norm", f"{theirs}_bn", "norm", (channels,))
            yield Layer(f"{ours}.conv", f"{theirs}_conv", "conv", (channels // 2, channels, 1, 1))
            channels //= 2
    yield Layer("features.norm5", "bn", "norm", (channels,))
    yield Layer("classifier", "predictions", "linear", (classes, channels), bias=True)


def torchvision_0_2(classes: int) -> list[Entry]:
    """The names in torchvision's published file, which it renames on loading: norm.1 for norm1."""
    return [
        replace(entry, source=re.sub(r"(denselayer\d+\.(?:norm|conv))(\d)", r"\1.\2", entry.source))
        for entry in torch_entries(layers(classes))
    ]


def torchxrayvision(classes: int) -> list[Entry]:
    """The first convolution takes one channel. Ours takes three equal ones: the weights go to the first of them
    and zeros to the others, which adds nothing and rounds nothing."""
    return [
        replace(entry, adapt=_first_of_three, stored=(64, 1, 7, 7))
        if entry.name == "features.conv0.weight" else entry
        for entry in torch_entries(layers(classes))
    ]


def _first_of_three(weight: np.ndarray) -> np.ndarray:
    return np.concatenate([weight, np.zeros_like(weight), np.zeros_like(weight)], axis=1)
