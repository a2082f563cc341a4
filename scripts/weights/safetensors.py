"""Writes safetensors: the length of a JSON header, the header, the numbers without a gap."""

import json
import os
import tempfile
from pathlib import Path

import numpy as np

from .errors import WeightsError

_MAX_HEADER = 1 << 20  # what xrayclf reads


def encode_header(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> bytes:
    header: dict[str, object] = {"__metadata__": metadata}
    offset = 0
    for name, values in tensors.items():
        size = values.size * 4
        header[name] = {
            "dtype": "F32",
            "shape": list(values.shape),
            "data_offsets": [offset, offset + size],
        }
        offset += size
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=True).encode("ascii")
    text += b" " * (-len(text) % 8)  # so that the numbers begin at a multiple of 8
    if len(text) > _MAX_HEADER:
        raise WeightsError(f"the header would take {len(text)} bytes; the limit is {_MAX_HEADER}")
    return text


def write_safetensors(
    path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, str]
) -> None:
    """Writes float32 tensors in the given order. The file appears whole or not at all."""
    header = encode_header(tensors, metadata)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(len(header).to_bytes(8, "little"))
            stream.write(header)
            for values in tensors.values():
                stream.write(np.ascontiguousarray(values, "<f4").tobytes())
            stream.flush()
            os.fsync(stream.fileno())
            os.fchmod(stream.fileno(), 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
