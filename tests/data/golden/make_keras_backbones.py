#!/usr/bin/env python3
"""Golden vectors of keras.applications' ResNet50, VGG16, InceptionV3 and DenseNet121, without their tops.

Each network gets FORMULA weights (the formula of models/, under our state names), is saved as .h5 by Keras and
converted by scripts/convert_weights.py, whose result must be the formula again. The JSON keeps the order and the
sizes of the layers, the record of the conversion, and what Keras in float64 makes of a formula image.

Made with tensorflow-cpu 2.13.1 (Keras 2.13.1) on Python 3.11:
  pip install tensorflow-cpu==2.13.1 && python make_keras_backbones.py
"""

import json
import os
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE.parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
from formula_values import describe_features, grey_image, read_safetensors, weights  # noqa: E402
from weights.architectures import ARCHITECTURES  # noqa: E402

SALT = "keras/"
SIDE = 75  # odd on the way down, and the least that InceptionV3 takes
GAINS = {"resnet50": 1.0, "vgg16": 1.4, "inception_v3": 1.4, "densenet121": 1.4}
APPLICATIONS = {
    "resnet50": (tf.keras.applications.ResNet50, tf.keras.applications.resnet50.preprocess_input),
    "vgg16": (tf.keras.applications.VGG16, tf.keras.applications.vgg16.preprocess_input),
    "inception_v3": (tf.keras.applications.InceptionV3, tf.keras.applications.inception_v3.preprocess_input),
    "densenet121": (tf.keras.applications.DenseNet121, tf.keras.applications.densenet.preprocess_input),
}


def sizes(variables: list) -> int:
    return sum(int(np.prod(variable.shape)) for variable in variables)


def golden(name: str) -> dict:
    build, preprocess = APPLICATIONS[name]
    tf.keras.backend.clear_session()
    model = build(weights=None, include_top=False, input_shape=(SIDE, SIDE, 3))
    entries = [
        entry for entry in ARCHITECTURES[name].styles["keras"](3)
        if not entry.name.startswith(ARCHITECTURES[name].classifier)
    ]
    norms = {entry.name.rpartition(".")[0] for entry in entries if entry.name.endswith("running_mean")}
    ours, crc = {}, 0
    for entry in entries:
        ours[entry.name] = weights(SALT, entry.name, entry.shape, norms, GAINS[name])
        crc = zlib.crc32(ours[entry.name].tobytes(), crc)
        layer, _, what = entry.source.rpartition("/")
        values = entry.adapt(ours[entry.name]) if entry.adapt else ours[entry.name]  # a reversal undoes itself
        values = values.transpose(np.argsort(entry.axes)) if entry.axes else values
        weight = next(w for w in model.get_layer(layer).weights if w.name.split(":")[0].endswith("/" + what))
        weight.assign(values)

    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / f"{name}_notop.h5", Path(folder) / f"{name}.safetensors"
        model.save_weights(source)
        subprocess.run([sys.executable, "-B", SCRIPTS / "convert_weights.py", source, result], check=True)
        record, converted = read_safetensors(result)
    assert set(converted) == set(ours)
    for key, values in ours.items():
        assert np.array_equal(converted[key], values), key

    grey = grey_image(SALT + "image", SIDE)
    image = preprocess(np.repeat(grey[None, :, :, None], 3, axis=3))
    features = model(image, training=False).numpy().mean(axis=(1, 2)).ravel()
    assert features.dtype == np.float64 and 0.02 < features.std() < 1000
    return {
        "layers": [[l.name, sizes(l.trainable_weights), sizes(l.non_trainable_weights)] for l in model.layers],
        "record": {key: record[key] for key in ("architecture", "flavour", "mean", "std", "input_size")},
        "state": [[entry.name, list(entry.shape)] for entry in entries],
        "weights": {"salt": SALT, "gain_rules_first_substring_match_wins": [["", GAINS[name]]], "state_crc32": crc},
        "image": {"name": SALT + "image", "side": SIDE},
        "features": describe_features(features),
    }


def main() -> None:
    tf.keras.backend.set_floatx("float64")
    networks = {name: golden(name) for name in APPLICATIONS}
    about = {"generator": Path(__file__).name, "reference": f"tensorflow {tf.__version__}, float64"}
    text = json.dumps({**about, "networks": networks}, separators=(",", ":"))
    (HERE / "keras_backbones.json").write_text(text.replace('"layers"', '\n"layers"').replace('"state"', '\n"state"') + "\n")


if __name__ == "__main__":
    main()
