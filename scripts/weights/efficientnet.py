"""EfficientNet and EfficientNet-Lite: every tensor, and what each publisher calls it."""

import math
from dataclasses import dataclass
from typing import Iterator

# Table 1 of Tan and Le 2019 (arXiv:1905.11946): expansion, kernel, in, out, layers.
_STAGES = (
    (1, 3, 32, 16, 1),
    (6, 3, 16, 24, 2),
    (6, 5, 24, 40, 2),
    (6, 3, 40, 80, 3),
    (6, 5, 80, 112, 3),
    (6, 5, 112, 192, 4),
    (6, 3, 192, 320, 1),
)


@dataclass(frozen=True)
class Variant:
    name: str
    width: float
    depth: float
    input_size: int  # the resolution of the paper
    lite: bool = False


VARIANTS = (
    Variant("efficientnet_b0", 1.0, 1.0, 224),
    Variant("efficientnet_b1", 1.0, 1.1, 240),
    Variant("efficientnet_b2", 1.1, 1.2, 260),
    Variant("efficientnet_b3", 1.2, 1.4, 300),
    Variant("efficientnet_b4", 1.4, 1.8, 380),
    Variant("efficientnet_b5", 1.6, 2.2, 456),
    Variant("efficientnet_b6", 1.8, 2.6, 528),
    Variant("efficientnet_b7", 2.0, 3.1, 600),
    # tensorflow/tpu, models/official/efficientnet/lite
    Variant("efficientnet_lite0", 1.0, 1.0, 224, lite=True),
    Variant("efficientnet_lite1", 1.0, 1.1, 240, lite=True),
    Variant("efficientnet_lite2", 1.1, 1.2, 260, lite=True),
    Variant("efficientnet_lite3", 1.2, 1.4, 280, lite=True),
    Variant("efficientnet_lite4", 1.4, 1.8, 300, lite=True),
)


@dataclass(frozen=True)
class Layer:
    """One convolution, normalisation or linear layer.

    part is stem, expand, depthwise, se_reduce, se_expand, project, head or classifier; the others say where
    the block stands, each counted from 0: its stage, its place in the stage, its place in the network.
    """

    part: str
    kind: str  # conv, depthwise, norm or linear
    shape: tuple  # of the weight, as torch lays it out
    bias: bool = False
    stage: int = 0
    block: int = 0
    index: int = 0
    expanded: bool = True
    lite: bool = False


def _round_channels(channels: int, width: float) -> int:
    """The nearest multiple of 8 that is not more than 10 % smaller."""
    scaled = channels * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


def _block_layers(variant: Variant, place: dict, sizes: tuple) -> Iterator[Layer]:
    expansion, kernel, before, after = sizes
    inner = before * expansion

    def normed(part: str, kind: str, shape: tuple) -> Iterator[Layer]:
        yield Layer(part, kind, shape, **place)
        yield Layer(part, "norm", shape[:1], **place)

    if expansion != 1:
        yield from normed("expand", "conv", (inner, before, 1, 1))
    yield from normed("depthwise", "depthwise", (inner, 1, kernel, kernel))
    if not variant.lite:
        squeezed = max(1, before // 4)
        yield Layer("se_reduce", "conv", (squeezed, inner, 1, 1), bias=True, **place)
        yield Layer("se_expand", "conv", (inner, squeezed, 1, 1), bias=True, **place)
    yield from normed("project", "conv", (after, inner, 1, 1))


def layers(variant: Variant, classes: int) -> Iterator[Layer]:
    """Every layer with weights, from the stem to the classifier."""

    def channels(count: int) -> int:
        return _round_channels(count, variant.width)

    stem = 32 if variant.lite else channels(32)
    head = 1280 if variant.lite else channels(1280)
    yield Layer("stem", "conv", (stem, 3, 3, 3))
    yield Layer("stem", "norm", (stem,))
    before, index = stem, 0
    for stage, (expansion, kernel, _, after, repeats) in enumerate(_STAGES):
        # Lite keeps the first and the last stage as they are.
        if not (variant.lite and stage in (0, len(_STAGES) - 1)):
            repeats = math.ceil(repeats * variant.depth)
        for block in range(repeats):
            place = dict(stage=stage, block=block, index=index, lite=variant.lite,
                         expanded=expansion != 1)
            yield from _block_layers(variant, place, (expansion, kernel, before, channels(after)))
            before, index = channels(after), index + 1
    yield Layer("head", "conv", (head, before, 1, 1))
    yield Layer("head", "norm", (head,))
    yield Layer("classifier", "linear", (classes, head), bias=True)


def _torchvision(layer: Layer) -> str:
    outer = {"stem": "features.0", "head": "features.8", "classifier": "classifier.1"}
    if layer.part == "classifier":
        return outer[layer.part]
    last = 1 if layer.kind == "norm" else 0
    if layer.part in outer:
        return f"{outer[layer.part]}.{last}"
    block = f"features.{layer.stage + 1}.{layer.block}.block"
    depthwise = 1 if layer.expanded else 0
    squeeze = depthwise + 1
    project = squeeze if layer.lite else squeeze + 1
    return {
        "expand": f"{block}.0.{last}",
        "depthwise": f"{block}.{depthwise}.{last}",
        "se_reduce": f"{block}.{squeeze}.fc1",
        "se_expand": f"{block}.{squeeze}.fc2",
        "project": f"{block}.{project}.{last}",
    }[layer.part]


def _timm(layer: Layer) -> str:
    norm = layer.kind == "norm"
    outer = {
        "stem": "bn1" if norm else "conv_stem",
        "head": "bn2" if norm else "conv_head",
        "classifier": "classifier",
    }
    if layer.part in outer:
        return outer[layer.part]
    first = 2 if layer.expanded else 1  # number of the depthwise convolution's bn
    part = {
        "expand": "bn1" if norm else "conv_pw",
        "depthwise": f"bn{first}" if norm else "conv_dw",
        "se_reduce": "se.conv_reduce",
        "se_expand": "se.conv_expand",
        "project": f"bn{first + 1}" if norm else "conv_pwl" if layer.expanded else "conv_pw",
    }[layer.part]
    return f"blocks.{layer.stage}.{layer.block}.{part}"


def _lukemelas(layer: Layer) -> str:
    norm = layer.kind == "norm"
    outer = {
        "stem": "_bn0" if norm else "_conv_stem",
        "head": "_bn1" if norm else "_conv_head",
        "classifier": "_fc",
    }
    if layer.part in outer:
        return outer[layer.part]
    part = {
        "expand": "_bn0" if norm else "_expand_conv",
        "depthwise": "_bn1" if norm else "_depthwise_conv",
        "se_reduce": "_se_reduce",
        "se_expand": "_se_expand",
        "project": "_bn2" if norm else "_project_conv",
    }[layer.part]
    return f"_blocks.{layer.index}.{part}"


def _keras(layer: Layer) -> str:
    norm = layer.kind == "norm"
    outer = {
        "stem": "stem_bn" if norm else "stem_conv",
        "head": "top_bn" if norm else "top_conv",
        "classifier": "predictions",
    }
    if layer.part in outer:
        return outer[layer.part]
    part = {
        "expand": "expand_bn" if norm else "expand_conv",
        "depthwise": "bn" if norm else "dwconv",
        "se_reduce": "se_reduce",
        "se_expand": "se_expand",
        "project": "project_bn" if norm else "project_conv",
    }[layer.part]
    return f"block{layer.stage + 1}{chr(ord('a') + layer.block)}_{part}"


NAMES = {
    "torchvision": _torchvision,
    "timm": _timm,
    "lukemelas": _lukemelas,
    "keras": _keras,
}
