"""Writes files as torch.save does, without torch, so that tests can also write the broken and the hostile ones."""

import collections
import pickle
import sys
import types
import zipfile
from pathlib import Path

import numpy as np

_MAGIC = 0x1950A86A20F9469CFC6C
_TYPES = {"<f4": "FloatStorage", "<f8": "DoubleStorage", "<f2": "HalfStorage", "<i8": "LongStorage",
          "<u2": "BFloat16Storage"}

# The pickles must name torch.FloatStorage and others; empty stand-ins do for the pickler.
_torch, _utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
for _name in _TYPES.values():
    setattr(_torch, _name, type(_name, (), {"__module__": "torch"}))


def _rebuild_tensor_v2():
    raise NotImplementedError


_rebuild_tensor_v2.__module__ = "torch._utils"
_utils._rebuild_tensor_v2 = _rebuild_tensor_v2
sys.modules.setdefault("torch", _torch)
sys.modules.setdefault("torch._utils", _utils)


class _Storage:
    def __init__(self, key: str, numbers: np.ndarray):
        self.key, self.numbers = key, numbers
        self.type = getattr(_torch, _TYPES[numbers.dtype.newbyteorder("<").str])


class _Tensor:
    def __init__(self, storage: _Storage, offset: int, size: tuple, stride: tuple):
        self.arguments = (storage, offset, size, stride, False, collections.OrderedDict())

    def __reduce__(self):
        return _rebuild_tensor_v2, self.arguments


class Module:
    """A whole network as torch.save keeps it: an object of a class that the reader does not have."""

    def __init__(self, parameters: dict, buffers: dict, modules: dict, **others):
        self.__dict__.update(others, training=False, _non_persistent_buffers_set=set(), _backward_hooks={},
                             _parameters=collections.OrderedDict(parameters),
                             _buffers=collections.OrderedDict(buffers), _modules=collections.OrderedDict(modules))


def module_class(module: str, name: str) -> type:
    """A class that pickles under that name."""
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:end]), types.ModuleType(".".join(parts[:end])))
    made = type(name, (Module,), {"__module__": module})
    setattr(sys.modules[module], name, made)
    return made


class _Pickler(pickle.Pickler):
    def __init__(self, stream, legacy: bool):
        super().__init__(stream, protocol=2)
        self.legacy = legacy
        self.sourced: set[type] = set()  # classes that were written with their source

    def persistent_id(self, value):
        if self.legacy and isinstance(value, type) and issubclass(value, Module) and value not in self.sourced:
            self.sourced.add(value)
            return "module", value, "models.py", "raise SystemExit('the source of a class is not run')"
        if not isinstance(value, _Storage):
            return None
        identity = ("storage", value.type, value.key, "cpu", value.numbers.size)
        return identity + (None,) if self.legacy else identity


class TorchFile:
    """A state_dict in the making."""

    def __init__(self):
        self.state = collections.OrderedDict()
        self.storages: list[_Storage] = []

    def storage(self, numbers: np.ndarray) -> _Storage:
        self.storages.append(_Storage(str(len(self.storages)), np.ascontiguousarray(numbers).ravel()))
        return self.storages[-1]

    def add(self, name: str, values: np.ndarray) -> None:
        """A tensor with the strides of `values`, which may be a transposed array."""
        base = values if values.base is None else values.base
        stride = tuple(step // values.itemsize for step in values.strides)
        self.state[name] = _Tensor(self.storage(base), 0, values.shape, stride)

    def view(self, name: str, storage: _Storage, offset: int, size: tuple, stride: tuple) -> None:
        self.state[name] = _Tensor(storage, offset, size, stride)

    def write_legacy(self, path: Path, content=None, little_endian: bool = True) -> None:
        with path.open("wb") as stream:
            for value in (_MAGIC, 1001, {"protocol_version": 1001, "little_endian": little_endian}):
                pickle.dump(value, stream, protocol=2)
            _Pickler(stream, legacy=True).dump(self.state if content is None else content)
            pickle.dump([storage.key for storage in self.storages], stream, protocol=2)
            for storage in self.storages:
                stream.write(storage.numbers.size.to_bytes(8, "little"))
                stream.write(storage.numbers.tobytes())

    def write_zip(self, path: Path, content=None, byteorder: str = "little") -> None:
        with zipfile.ZipFile(path, "w") as archive:
            with archive.open("archive/data.pkl", "w") as stream:
                _Pickler(stream, legacy=False).dump(self.state if content is None else content)
            archive.writestr("archive/byteorder", byteorder)
            for storage in self.storages:
                archive.writestr(f"archive/data/{storage.key}", storage.numbers.tobytes())
            archive.writestr("archive/version", "3\n")
