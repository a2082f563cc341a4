#!/usr/bin/env python3
"""Golden vector of torchxrayvision's DenseNet121: a network of its class with FORMULA weights, saved whole as its
published files are, converted by scripts/convert_weights.py, and its features of a formula image.

Made with torch 2.13.0 and torchxrayvision 1.5.7 on Python 3.11:
  pip install torch==2.13.0 torchxrayvision==1.5.7 && python make_chest_densenet.py
"""

import json
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import torch
import torchxrayvision as xrv

from formula_values import describe_features, grey_image, read_safetensors, weights

HERE = Path(__file__).resolve().parent
CONVERTER = HERE.parents[2] / "scripts" / "convert_weights.py"
SALT = "chest/"
SIDE = 224
GAIN = 1.4


def fill(model: torch.nn.Module) -> tuple[list, int]:
    """The state's names and shapes, and the CRC-32 of the weights put in."""
    state = {name: value for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    norms = {name.rpartition(".")[0] for name in state if name.endswith("running_mean")}
    crc = 0
    for name, tensor in state.items():
        values = weights(SALT, name, tuple(tensor.shape), norms, GAIN)
        crc = zlib.crc32(values.tobytes(), crc)
        tensor.copy_(torch.from_numpy(values))
    return [[name, list(tensor.shape)] for name, tensor in state.items()], crc


def main() -> None:
    model = xrv.models.DenseNet(num_classes=18, in_channels=1)
    state, crc = fill(model)
    model.eval()
    with tempfile.TemporaryDirectory() as folder:
        for legacy in (True, False):
            source, result = Path(folder) / "chest-densenet121-best.pt", Path(folder) / "chest.safetensors"
            torch.save(model, source, _use_new_zipfile_serialization=not legacy)
            subprocess.run([sys.executable, "-B", CONVERTER, source, result], check=True)
            record, converted = read_safetensors(result)
            theirs = {name: value.numpy() for name, value in model.state_dict().items()}
            for name, values in converted.items():
                if name == "features.conv0.weight":
                    assert not values[:, 1:].any()
                    values = values[:, :1]
                assert np.array_equal(values, theirs[name]), name
            assert len(converted) == len(state)

    grey = grey_image(SALT + "image", SIDE)[None, None]
    image = (2 * (grey / 255) - 1) * 1024
    assert np.abs(image - xrv.datasets.normalize(grey, 255)).max() < 2e-4  # which computes in float32
    with torch.no_grad():
        features = model.double().features2(torch.from_numpy(image))[0].numpy()
    golden = {
        "generator": Path(__file__).name,
        "reference": f"torchxrayvision {xrv.__version__}, torch {torch.__version__}, float64",
        "record": {key: record[key] for key in ("architecture", "flavour", "mean", "std", "input_size")},
        "state": state,
        "weights": {"salt": SALT, "gain_rules_first_substring_match_wins": [["", GAIN]], "state_crc32": crc},
        "image": {"name": SALT + "image", "side": SIDE},
        "features": describe_features(features),
    }
    text = json.dumps(golden, separators=(",", ":")).replace('"state"', '\n"state"')
    (HERE / "chest_densenet.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
