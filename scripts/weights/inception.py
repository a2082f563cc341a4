"""InceptionV3 without its auxiliary classifier: every layer. Keras' norms have no scale, and its layers are
numbered in the order of this list."""

from typing import Iterator

from .entry import Layer


def _square(name: str, channels: int, side: int) -> tuple:
    return name, channels, (side, side)


def _block_a(pooled: int) -> tuple:
    return (
        (_square("branch1x1", 64, 1),),
        (_square("branch5x5_1", 48, 1), _square("branch5x5_2", 64, 5)),
        (_square("branch3x3dbl_1", 64, 1), _square("branch3x3dbl_2", 96, 3), _square("branch3x3dbl_3", 96, 3)),
        (_square("branch_pool", pooled, 1),),
    )


_BLOCK_B = (
    (_square("branch3x3", 384, 3),),
    (_square("branch3x3dbl_1", 64, 1), _square("branch3x3dbl_2", 96, 3), _square("branch3x3dbl_3", 96, 3)),
)


def _block_c(inner: int) -> tuple:
    double = [(f"branch7x7dbl_{i}", inner, (7, 1) if i % 2 == 0 else (1, 7)) for i in range(2, 5)]
    return (
        (_square("branch1x1", 192, 1),),
        (_square("branch7x7_1", inner, 1), ("branch7x7_2", inner, (1, 7)), ("branch7x7_3", 192, (7, 1))),
        (_square("branch7x7dbl_1", inner, 1), *double, ("branch7x7dbl_5", 192, (1, 7))),
        (_square("branch_pool", 192, 1),),
    )


_BLOCK_D = (
    (_square("branch3x3_1", 192, 1), _square("branch3x3_2", 320, 3)),
    (_square("branch7x7x3_1", 192, 1), ("branch7x7x3_2", 192, (1, 7)), ("branch7x7x3_3", 192, (7, 1)),
     _square("branch7x7x3_4", 192, 3)),
)
# The names that end in a and b stand side by side.
_BLOCK_E = (
    (_square("branch1x1", 320, 1),),
    (_square("branch3x3_1", 384, 1), ("branch3x3_2a", 384, (1, 3)), ("branch3x3_2b", 384, (3, 1))),
    (_square("branch3x3dbl_1", 448, 1), _square("branch3x3dbl_2", 384, 3),
     ("branch3x3dbl_3a", 384, (1, 3)), ("branch3x3dbl_3b", 384, (3, 1))),
    (_square("branch_pool", 192, 1),),
)
_STEM = (_square("Conv2d_1a_3x3", 32, 3), _square("Conv2d_2a_3x3", 32, 3), _square("Conv2d_2b_3x3", 64, 3),
         _square("Conv2d_3b_1x1", 80, 1), _square("Conv2d_4a_3x3", 192, 3))
_BLOCKS = (  # and their channels
    ("Mixed_5b", _block_a(32), 256), ("Mixed_5c", _block_a(64), 288), ("Mixed_5d", _block_a(64), 288),
    ("Mixed_6a", _BLOCK_B, 768), ("Mixed_6b", _block_c(128), 768), ("Mixed_6c", _block_c(160), 768),
    ("Mixed_6d", _block_c(160), 768), ("Mixed_6e", _block_c(192), 768), ("Mixed_7a", _BLOCK_D, 1280),
    ("Mixed_7b", _BLOCK_E, 2048), ("Mixed_7c", _BLOCK_E, 2048),
)


def _convolutions() -> Iterator[tuple[str, tuple]]:
    before = 3
    for name, channels, kernel in _STEM:
        yield name, (channels, before, *kernel)
        before = channels
    for block, branches, after in _BLOCKS:
        for branch in branches:
            inner = before
            for name, channels, kernel in branch:
                yield f"{block}.{name}", (channels, inner, *kernel)
                inner = inner if name.endswith("a") else channels
        before = after


def layers(classes: int, keras: bool = False) -> Iterator[Layer]:
    for number, (name, shape) in enumerate(_convolutions()):
        suffix = f"_{number}" if number else ""
        yield Layer(f"{name}.conv", f"conv2d{suffix}", "conv", shape)
        yield Layer(f"{name}.bn", f"batch_normalization{suffix}", "norm", shape[:1], scale=not keras)
    yield Layer("fc", "predictions", "linear", (classes, 2048), bias=True)
