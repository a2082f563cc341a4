"""Reads a PyTorch `.pth` with numpy alone, without running what a pickle may ask for.

A pickle is a program. The few names that a state_dict needs are known, and every other one is refused by
name before anything of it is called. Both formats of `torch.save` are read: the zip archive (torch >= 1.6)
and the pickle stream before it.
"""

import collections
import math
import pickle
import re
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, Callable, NamedTuple

import numpy as np

from .errors import WeightsError

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001
_MAX_ELEMENTS = 1 << 28  # 1 GiB of float32, the most that xrayclf loads
_NESTED_KEYS = ("state_dict", "model_state_dict", "model")  # where training scripts put it

_STORAGE_TYPES = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "HalfStorage": np.dtype("<f2"),
    "BFloat16Storage": np.dtype("<u2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ShortStorage": np.dtype("<i2"),
    "CharStorage": np.dtype("i1"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("?"),
}


class _StorageType(NamedTuple):
    name: str

    @property
    def dtype(self) -> np.dtype:
        return _STORAGE_TYPES[self.name]


class _Storage(NamedTuple):
    key: str
    type: _StorageType
    elements: int


class _Tensor(NamedTuple):
    """A view of a storage; in the legacy format the numbers come after all the views."""

    storage: _Storage
    offset: int
    size: tuple
    stride: tuple


def _rebuild_tensor(storage, offset, size, stride, *_hooks):
    if not isinstance(storage, _Storage):
        raise WeightsError("a tensor without a storage")
    return _Tensor(storage, offset, tuple(size), tuple(stride))


def _rebuild_parameter(tensor, *_hooks):
    return tensor


class _Object:
    """Stands for an object of a class that we do not have: keeps its attributes and does nothing."""

    def __new__(cls, *_arguments, **_options):
        return super().__new__(cls)

    def __init__(self, *_arguments, **_options):
        self.attributes = {}

    def __setstate__(self, state):
        self.attributes = state if isinstance(state, dict) else {}


# A whole network drags its classes along, and what hangs on it; of all that the tensors alone are used.
_STAND_INS = re.compile(
    r"torch\.nn\.(modules|backends)\.\w+\.\w+|torchvision\.models\.densenet\.\w+"
    r"|(torchxrayvision\.)?models\.\w+"
    r"|_codecs\.encode"
    r"|numpy\.(_?core\.(multiarray\.(_reconstruct|scalar)|numeric\._frombuffer)|ndarray|dtype)"
)

_ALLOWED = {
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    **{("torch", name): _StorageType(name) for name in _STORAGE_TYPES},
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ALLOWED:
            return _ALLOWED[module, name]
        if _STAND_INS.fullmatch(f"{module}.{name}"):
            return type(name, (_Object,), {})
        raise WeightsError(
            f"the file asks for {module}.{name}, which no weights need; refused. "
            "Save the state_dict alone"
        )

    def persistent_load(self, pid: Any) -> Any:
        # Old files of whole networks keep each class beside its source, which nobody runs here.
        if isinstance(pid, tuple) and len(pid) == 4 and pid[0] == "module":
            return pid[1]
        if not (isinstance(pid, tuple) and len(pid) >= 5 and pid[0] == "storage"):
            raise WeightsError("a persistent object that is no storage")
        _, storage_type, key, _location, elements, *view = pid
        if not isinstance(storage_type, _StorageType) or not isinstance(elements, int):
            raise WeightsError(f"storage {key!r} has no known type")
        if any(view):
            raise WeightsError(f"storage {key!r} is a view of another (torch < 0.4); save it again")
        return _Storage(str(key), storage_type, elements)


def _unpickle(stream: BinaryIO) -> Any:
    return _Unpickler(stream, encoding="utf-8").load()


def _state_of(network: _Object, prefix: str = "") -> dict[str, Any]:
    """Parameters and buffers of a whole network by their names in its state_dict."""
    state = {}
    for kind in ("_parameters", "_buffers"):
        for name, tensor in _children(network, kind).items():
            if tensor is not None:
                state[f"{prefix}{name}"] = tensor
    for name, part in _children(network, "_modules").items():
        if isinstance(part, _Object):
            state.update(_state_of(part, f"{prefix}{name}."))
    return state


def _children(network: _Object, kind: str) -> dict:
    children = network.attributes.get(kind)
    return children if isinstance(children, dict) else {}


def _tensors_of(content: Any) -> dict[str, _Tensor]:
    """The state_dict in what was saved."""
    if isinstance(content, _Object):
        content = _state_of(content)
    for key in _NESTED_KEYS:
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not content:
        raise WeightsError("holds no state_dict")
    for name, value in content.items():
        if not isinstance(name, str) or not isinstance(value, _Tensor):
            raise WeightsError(f"entry {name!r} is no tensor; save the state_dict alone")
    prefix = "module."  # of DataParallel
    if all(name.startswith(prefix) for name in content):
        content = {name[len(prefix):]: tensor for name, tensor in content.items()}
    return dict(content)


def _materialize(name: str, tensor: _Tensor, numbers: np.ndarray) -> np.ndarray:
    def natural(values: tuple) -> bool:
        return all(isinstance(value, int) and value >= 0 for value in values)

    _, offset, size, stride = tensor
    if not natural((offset, *size, *stride)) or len(size) != len(stride) or len(size) > 8:
        raise WeightsError(f"tensor {name!r} has an impossible shape")
    if math.prod(size) > _MAX_ELEMENTS:
        raise WeightsError(f"tensor {name!r} is too large: {size}")
    end = offset + sum((length - 1) * step for length, step in zip(size, stride)) + 1
    if 0 not in size and end > numbers.size:
        raise WeightsError(f"tensor {name!r} reaches past the end of its storage")
    if 0 in size:
        return np.zeros(size, numbers.dtype)
    view = np.lib.stride_tricks.as_strided(
        numbers[offset:], size, [step * numbers.itemsize for step in stride]
    )
    values = np.ascontiguousarray(view)
    if tensor.storage.type.name == "BFloat16Storage":  # the upper half of a float32
        values = (values.astype(np.uint32) << 16).view(np.float32)
    return values.reshape(size)


def _materialize_all(
    tensors: dict[str, _Tensor], read: Callable[[_Storage], np.ndarray]
) -> dict[str, np.ndarray]:
    storages: dict[str, np.ndarray] = {}
    arrays = {}
    for name, tensor in tensors.items():
        key = tensor.storage.key
        if key not in storages:
            storages[key] = read(tensor.storage)
        if storages[key].dtype != tensor.storage.type.dtype:
            raise WeightsError(f"storage {key!r} is used with two types")
        arrays[name] = _materialize(name, tensor, storages[key])
    return arrays


def _read_zip(path: Path) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: info for info in archive.infolist()}
        pickles = [name for name in members if name.count("/") == 1 and name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise WeightsError("a zip archive, but none of torch.save (it has no data.pkl)")
        if any(name.endswith("/constants.pkl") for name in members):
            raise WeightsError("a TorchScript program; save the state_dict instead")
        root = pickles[0].removesuffix("data.pkl")
        byteorder = members.get(root + "byteorder")
        if byteorder and archive.read(byteorder).strip() != b"little":
            raise WeightsError("big-endian numbers; save it on a little-endian machine")
        with archive.open(pickles[0]) as stream:
            tensors = _tensors_of(_unpickle(stream))

        def read(storage: _Storage) -> np.ndarray:
            info = members.get(f"{root}data/{storage.key}")
            dtype = storage.type.dtype
            # Asked of the directory, before a byte is decompressed.
            if info is None or info.file_size != storage.elements * dtype.itemsize:
                raise WeightsError(f"storage {storage.key!r} is missing or has another size")
            if storage.elements > _MAX_ELEMENTS:
                raise WeightsError(f"storage {storage.key!r} is too large")
            return np.frombuffer(archive.read(info), dtype)

        return _materialize_all(tensors, read)


def _read_exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise WeightsError("ends too early")
    return data


def _read_legacy(path: Path) -> dict[str, np.ndarray]:
    with path.open("rb") as stream:
        if _unpickle(stream) != _LEGACY_MAGIC or _unpickle(stream) != _LEGACY_PROTOCOL:
            raise WeightsError("no file of torch.save")
        system = _unpickle(stream)
        if not isinstance(system, dict) or system.get("little_endian") is not True:
            raise WeightsError("big-endian numbers; save it on a little-endian machine")
        tensors = _tensors_of(_unpickle(stream))
        keys = _unpickle(stream)
        known = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
        # The numbers have no index: one unknown storage and what follows cannot be found.
        if not isinstance(keys, list) or not set(keys) >= set(known):
            raise WeightsError("the list of storages does not match the tensors")
        numbers = {}
        for key in keys:
            if key not in known:
                raise WeightsError(f"storage {key!r} belongs to no tensor")
            dtype, elements = known[key].type.dtype, known[key].elements
            written = int.from_bytes(_read_exactly(stream, 8), "little")
            if written != elements or elements > _MAX_ELEMENTS:
                raise WeightsError(f"storage {key!r} has another size than its tensors say")
            numbers[key] = np.frombuffer(_read_exactly(stream, elements * dtype.itemsize), dtype)
        return _materialize_all(tensors, lambda storage: numbers[storage.key])


def read_torch(path: Path) -> dict[str, np.ndarray]:
    """Tensors by name, in the file's order; float16 and the like as they are, bfloat16 as float32.

    Raises WeightsError for what is no state_dict, is damaged or asks for any other code.
    """
    try:
        return _read_zip(path) if zipfile.is_zipfile(path) else _read_legacy(path)
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from None
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001, a damaged pickle can raise almost anything
        raise WeightsError(f"{path}: damaged, or no file of torch.save ({error})") from None
