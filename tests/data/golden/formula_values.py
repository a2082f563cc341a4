"""Weights and images that are functions of their name (the formula of models/), for the generators beside this file."""

import json
import math
from pathlib import Path

import numpy as np

_MASK = (1 << 64) - 1


def hashes(name: str, count: int) -> np.ndarray:
    base = 0xCBF29CE484222325
    for byte in name.encode():
        base = ((base ^ byte) * 0x100000001B3) & _MASK
    with np.errstate(over="ignore"):
        z = np.arange(count, dtype=np.uint64) + np.uint64(base) + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def weights(salt: str, name: str, shape: tuple, norms: set, gain: float) -> np.ndarray:
    """One tensor of a state in torch's names; norms are the names of batch normalisations."""
    layer, _, what = name.rpartition(".")
    count = math.prod(shape)
    if what == "running_var" or (what == "weight" and layer in norms):
        low, high = 0.8, 1.2
    elif what == "running_mean" or (what == "bias" and layer in norms):
        low, high = -0.1, 0.1
    elif what == "bias":
        low, high = -0.05, 0.05
    else:
        high = math.sqrt(3.0 / (count // shape[0])) * gain
        low = -high
    u = (hashes(salt + name, count) >> np.uint64(40)).astype(np.float64) * 2.0**-24
    return (low + (high - low) * u).astype(np.float32).reshape(shape)


def grey_image(name: str, side: int) -> np.ndarray:
    """Values 0...255 in float64, [side, side]."""
    return (hashes(name, side * side) >> np.uint64(56)).astype(np.float64).reshape(side, side)


def describe_features(features: np.ndarray) -> dict:
    index = [(2 * k + 1) * features.size // 32 for k in range(16)]
    return {"count": features.size, "l2": float(np.linalg.norm(features)), "sample_index": index,
            "sample": features[index].tolist()}


def read_safetensors(path: Path) -> tuple[dict, dict]:
    """Metadata and float32 arrays."""
    data = path.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    record = header.pop("__metadata__")
    numbers = {name: data[slice(*(begin + offset for offset in entry["data_offsets"]))]
               for name, entry in header.items()}
    return record, {name: np.frombuffer(numbers[name], "<f4").reshape(entry["shape"])
                    for name, entry in header.items()}
