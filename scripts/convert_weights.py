#!/usr/bin/env python3
"""Converts published ImageNet weights into a safetensors file that xrayclf loads.

Reads PyTorch files (`.pth`, `.pt`, both formats: a state_dict, or a whole network as torchxrayvision's, with the
names of torchvision, timm or lukemelas/EfficientNet-PyTorch) or Keras weights (`.h5`, needs h5py). Nothing in the
file is executed and PyTorch is not needed. The names in the result are torchvision's; its metadata say which architecture it is and
how an image must be prepared, and from which file it was made.

Exit status: 0 done, 2 wrong usage, 4 weights refused, 5 file not readable or not writable.
"""

import argparse
import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from weights.architectures import ARCHITECTURES, STYLES, Architecture, Match, Record, recognize
from weights.errors import WeightsError
from weights.keras_file import read_keras
from weights.safetensors import write_safetensors
from weights.torch_file import read_torch

FORMAT = "xrayclf-weights-1"

_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_HALF = ((0.5,) * 3, (0.5,) * 3)
_LITE = ((127 / 255,) * 3, (128 / 255,) * 3)  # (x - 127) / 128 on 0...255


def _flavour(architecture: Architecture, style: str, file_name: str) -> str:
    """`tf`: SAME padding and batch norm epsilon 1e-3. The names of timm are the same for both."""
    if style in ("lukemelas", "keras"):
        return "tf"
    if style == "torchvision" and not architecture.lite:
        return "torchvision"
    if style == "timm" and file_name.startswith("tf_efficientnet"):
        return "tf"
    if style == "timm" and file_name.startswith("efficientnet"):
        return "torchvision"
    raise WeightsError(
        f"{style} names do not say how {architecture.name} was trained; "
        "give --flavour torchvision (symmetric padding) or tf (SAME padding, timm's tf_ weights)"
    )


def _normalisation(architecture: Architecture, flavour: str, file_name: str) -> tuple:
    if architecture.lite and flavour == "tf":
        return _LITE
    if "_ap-" in file_name or file_name.startswith("adv-"):  # AdvProp, timm and lukemelas
        return _HALF
    return _IMAGENET


def _record(match: Match, file_name: str, flavour: str | None) -> Record:
    """The flavour and normalisation of a published file; a flavour from the command line wins."""
    known = match.architecture.records.get(match.style)
    if known is None:
        flavour = flavour or _flavour(match.architecture, match.style, file_name)
        return Record(flavour, *_normalisation(match.architecture, flavour, file_name))
    if match.architecture.name == "inception_v3" and "gluon" in file_name:  # timm's gluon_in1k
        known = replace(known, mean=_IMAGENET[0], std=_IMAGENET[1])
    return replace(known, flavour=flavour or known.flavour)


def _decimals(values: tuple) -> str:
    return ",".join(repr(float(value)) for value in values)  # repr reads back to the same number


def _metadata(options: argparse.Namespace, match: Match) -> dict[str, str]:
    name = options.source_file.name
    record = _record(match, name, options.flavour)
    return {
        "format": FORMAT,
        "architecture": match.architecture.name,
        "flavour": record.flavour,
        "mean": _decimals(options.mean or record.mean),
        "std": _decimals(options.std or record.std),
        "input_size": str(options.input_size or match.architecture.input_size),
        "source": options.source or name,
        "source_sha256": hashlib.sha256(options.source_file.read_bytes()).hexdigest(),
        "license": options.license,
    }


def _converted(match: Match, tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    result = {}
    for entry in match.entries:
        values = tensors[entry.source]
        if values.dtype.kind != "f":
            raise WeightsError(f"{entry.source} holds {values.dtype} numbers, no floating-point ones")
        values = entry.convert(values)
        with np.errstate(over="ignore"):  # a float64 too large becomes infinite, which is told below
            values = np.ascontiguousarray(values, "<f4")
        if not np.isfinite(values).all():
            raise WeightsError(f"{entry.source} holds numbers that are not finite in float32")
        if entry.name.endswith("running_var") and (values < 0).any():
            raise WeightsError(f"{entry.source} holds a negative variance")
        result[entry.name] = values
    return result


def convert(options: argparse.Namespace) -> str:
    """Converts as asked and returns a line that says what was written."""
    path = options.source_file
    keras = path.suffix in (".h5", ".hdf5", ".keras")
    tensors = read_keras(path) if keras else read_torch(path)
    try:
        match = recognize(tensors, options.architecture, options.style)
        metadata = _metadata(options, match)
        result = _converted(match, tensors)
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from None
    write_safetensors(options.output, result, metadata)
    parameters = sum(values.size for values in result.values())
    last = match.entries[-1]
    top = f"{last.shape[0]} classes" if last.name.startswith(match.architecture.classifier) else "no classifier"
    return (
        f"{options.output}: {metadata['architecture']}, {metadata['flavour']} flavour, "
        f"{len(result)} tensors, {parameters} numbers, {top}"
    )


def _three_numbers(text: str) -> tuple:
    values = tuple(float(part) for part in text.split(","))
    if len(values) != 3 or not np.isfinite(values).all():
        raise ValueError
    return values


def _positive_numbers(text: str) -> tuple:
    values = _three_numbers(text)
    if min(values) <= 0:
        raise ValueError
    return values


def _positive(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise ValueError
    return value


_three_numbers.__name__ = "three numbers (r,g,b)"
_positive_numbers.__name__ = "three positive numbers (r,g,b)"
_positive.__name__ = "positive whole number"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source_file", type=Path, metavar="SOURCE", help=".pth, .pt or .h5 file")
    parser.add_argument("output", type=Path, metavar="OUTPUT", help="safetensors file to write")
    parser.add_argument("--architecture", choices=ARCHITECTURES, metavar="NAME",
                        help=f"default: told from names and shapes; one of {', '.join(ARCHITECTURES)}")
    parser.add_argument("--style", choices=STYLES, help="whose names the source has; default: told from them")
    record = parser.add_argument_group("record", "how the network was trained; known for published files")
    record.add_argument("--flavour", choices=("torchvision", "tf"),
                        help="torchvision: as torchvision builds the network; tf: as keras.applications does")
    record.add_argument("--mean", type=_three_numbers, metavar="R,G,B", help="on the scale 0...1")
    record.add_argument("--std", type=_positive_numbers, metavar="R,G,B", help="on the scale 0...1")
    record.add_argument("--input-size", type=_positive, metavar="PIXELS")
    record.add_argument("--source", metavar="TEXT", help="where SOURCE comes from; default: its name")
    record.add_argument("--license", default="unknown", metavar="SPDX", help="default: unknown")
    return parser


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        print(convert(options))
    except WeightsError as error:
        print(f"convert_weights.py: {error}", file=sys.stderr)
        return 4
    except OSError as error:
        print(f"convert_weights.py: {error}", file=sys.stderr)
        return 5
    return 0


if __name__ == "__main__":
    sys.exit(main())
