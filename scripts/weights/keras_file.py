"""Reads the weights of a Keras `.h5` (Keras 1 and 2: groups by layer, with attributes that list them)."""

import re
from pathlib import Path

import numpy as np

from .errors import WeightsError


def read_keras(path: Path) -> dict[str, np.ndarray]:
    """Tensors by `layer/weight`, for example `stem_conv/kernel`, in Keras' own layout.

    Raises WeightsError when h5py is not installed or the file is of another kind.
    """
    try:
        import h5py
    except ImportError:
        raise WeightsError(
            f"{path}: reading Keras weights needs h5py; "
            "install it (Debian: python3-h5py, elsewhere: pip install h5py) and try again"
        ) from None
    try:
        with h5py.File(path, "r") as file:
            return _read_layers(file["model_weights"] if "model_weights" in file else file)
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from None
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise WeightsError(f"{path}: damaged, or no HDF5 file ({error})") from None


def _texts(values) -> list[str]:
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


# Layers that were not given a name: conv2d, conv2d_1, ... by the session, not by the network.
_NUMBERED = re.compile(r"(conv2d|batch_normalization)(?:_(\d+))?")
_KERAS_1 = {"W": "kernel", "b": "bias"}  # as in block1_conv1_W_1


def _read_layers(group) -> dict[str, np.ndarray]:
    if "layer_names" not in group.attrs:
        raise WeightsError("no weights of Keras 2 (the layout of Keras 3 is not read)")
    arrays = {}
    for layer in _texts(group.attrs["layer_names"]):
        for weight in _texts(group[layer].attrs["weight_names"]):
            name = _plain_name(layer, weight.split(":")[0])
            name = name.replace("depthwise_kernel", "kernel")  # Keras 3 calls both the same
            if name in arrays:
                raise WeightsError(f"{name} occurs twice")
            arrays[name] = np.asarray(group[layer][weight])
    return _counted_from_zero(arrays)


def _plain_name(layer: str, weight: str) -> str:
    """Layer and weight; a network inside a network has its own name in front."""
    if "/" not in weight:
        what = weight.removeprefix(layer + "_").split("_")[0]
        return f"{layer}/{_KERAS_1.get(what, weight)}"
    inner = weight.removeprefix(layer + "/")
    return inner if "/" in inner else weight


def _counted_from_zero(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Numbers unnamed layers as the first network of a session has them."""
    numbers: dict[str, set] = {}
    for name in arrays:
        if match := _NUMBERED.fullmatch(name.split("/")[0]):
            numbers.setdefault(match[1], set()).add(int(match[2] or 0))
    names = {}
    for kind, used in numbers.items():
        for count, number in enumerate(sorted(used)):
            old = f"{kind}_{number}" if number else kind
            names[old] = f"{kind}_{count}" if count else kind
    renamed = {}
    for name, values in arrays.items():
        layer, _, what = name.rpartition("/")
        renamed[f"{names.get(layer, layer)}/{what}"] = values
    return renamed
