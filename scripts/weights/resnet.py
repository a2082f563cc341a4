"""ResNet50: every layer. Keras' convolutions have biases, torchvision's have none."""

from typing import Iterator

from .entry import Layer

_BLOCKS = (3, 4, 6, 3)


def layers(classes: int, keras: bool = False) -> Iterator[Layer]:
    yield Layer("conv1", "conv1_conv", "conv", (64, 3, 7, 7), bias=keras)
    yield Layer("bn1", "conv1_bn", "norm", (64,))
    before = 64
    for stage, blocks in enumerate(_BLOCKS):
        width = 64 << stage
        for block in range(blocks):
            ours, theirs = f"layer{stage + 1}.{block}", f"conv{stage + 2}_block{block + 1}"
            shapes = ((width, before, 1, 1), (width, width, 3, 3), (4 * width, width, 1, 1))
            for number, shape in enumerate(shapes, 1):
                yield Layer(f"{ours}.conv{number}", f"{theirs}_{number}_conv", "conv", shape, bias=keras)
                yield Layer(f"{ours}.bn{number}", f"{theirs}_{number}_bn", "norm", shape[:1])
            if block == 0:
                shape = (4 * width, before, 1, 1)
                yield Layer(f"{ours}.downsample.0", f"{theirs}_0_conv", "conv", shape, bias=keras)
                yield Layer(f"{ours}.downsample.1", f"{theirs}_0_bn", "norm", shape[:1])
            before = 4 * width
    yield Layer("fc", "predictions", "linear", (classes, before), bias=True)
