"""Reads the weights of a Keras `.h5` (Keras 1 and 2: groups by layer, with attributes that list them)."""

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


def _read_layers(group) -> dict[str, np.ndarray]:
    if "layer_names" not in group.attrs:
        raise WeightsError("no weights of Keras 2 (the layout of Keras 3 is not read)")
    arrays = {}
    for layer in _texts(group.attrs["layer_names"]):
        for weight in _texts(group[layer].attrs["weight_names"]):
            # A network inside a network has longer names; layer and weight are the last two.
            name = "/".join(weight.split(":")[0].split("/")[-2:])
            name = name.replace("depthwise_kernel", "kernel")  # Keras 3 calls both the same
            if name in arrays:
                raise WeightsError(f"{name} occurs twice")
            arrays[name] = np.asarray(group[layer][weight])
    return arrays
