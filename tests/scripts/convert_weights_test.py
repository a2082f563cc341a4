#!/usr/bin/env python3
"""Tests of scripts/convert_weights.py: names against the golden files, formats, records, hostile input."""

import contextlib
import functools
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import types
import unittest
import unittest.mock
import zipfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "convert_weights.py"
GOLDEN = ROOT / "tests" / "data" / "golden" / "models"
sys.dont_write_bytecode = True
sys.path[:0] = [str(SCRIPT.parent), str(Path(__file__).parent)]

import convert_weights  # noqa: E402
from torch_format import TorchFile, module_class  # noqa: E402
from weights.architectures import ARCHITECTURES  # noqa: E402

LITE0 = ARCHITECTURES["efficientnet_lite0"]


def entries(architecture: str, style: str, classes: int = 3) -> list:
    return ARCHITECTURES[architecture].styles[style](classes)


def without_counters(state: list) -> dict:
    return {name: tuple(shape) for name, shape in state if not name.endswith("num_batches_tracked")}


@functools.lru_cache(maxsize=None)
def formula(name: str, shape: tuple) -> np.ndarray:
    """Different numbers for every name; positive, because some are variances."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")
    return np.random.default_rng(seed).uniform(0.5, 1.5, shape).astype("<f4")


def read_safetensors(path: Path) -> tuple[dict, dict]:
    """Header and arrays; insists on the layout that xrayclf demands."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    assert length % 8 == 0 and length <= 1 << 20
    header = json.loads(data[8:8 + length])
    arrays, end = {}, 0
    for name, record in header.items():
        if name == "__metadata__":
            continue
        begin, stop = record["data_offsets"]
        assert begin == end and record["dtype"] == "F32"
        values = np.frombuffer(data[8 + length + begin:8 + length + stop], "<f4")
        arrays[name], end = values.reshape(record["shape"]), stop
    assert 8 + length + end == len(data)
    return header["__metadata__"], arrays


class ConverterTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.output = self.folder / "out.safetensors"

    def convert(self, source: Path, *options: str) -> types.SimpleNamespace:
        out, error = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            try:
                code = convert_weights.main([str(source), str(self.output), *options])
            except SystemExit as stop:  # argparse
                code = stop.code
        return types.SimpleNamespace(returncode=code, stdout=out.getvalue(), stderr=error.getvalue())

    def converted(self, source: Path, *options: str) -> tuple[dict, dict]:
        result = self.convert(source, *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return read_safetensors(self.output)

    def refused(self, source: Path, *words: str, options: tuple = ()) -> str:
        result = self.convert(source, *options)
        self.assertEqual(result.returncode, 4, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertEqual([path.name for path in self.folder.iterdir() if path != source], [])
        return result.stderr

    def lite0(self, style: str = "lukemelas", leave_out: tuple = ()) -> TorchFile:
        file = TorchFile()
        for entry in entries("efficientnet_lite0", style):
            if entry.source not in leave_out:
                file.add(entry.source, formula(entry.name, entry.shape))
        return file


class NamesTest(unittest.TestCase):
    def test_b4_has_the_names_and_shapes_of_torchvision(self):
        golden = json.loads((GOLDEN / "efficientnet_b4_torchvision.json").read_text())
        ours = {entry.name: entry.shape for entry in entries("efficientnet_b4", "torchvision")}
        self.assertEqual(ours, without_counters(golden["state"]))

    def test_b4_maps_the_names_of_timm(self):
        golden = json.loads((GOLDEN / "efficientnet_b4_keras.json").read_text())
        expected = {
            theirs: ours for theirs, ours in golden["timm_to_torchvision"]
            if not theirs.endswith("num_batches_tracked")
        }
        ours = {entry.source: entry.name for entry in entries("efficientnet_b4", "timm")}
        self.assertEqual(ours, expected)

    def test_lite0_has_the_names_and_shapes_of_timm(self):
        golden = json.loads((GOLDEN / "efficientnet_lite0.json").read_text())
        theirs = {entry.source: entry.shape for entry in entries("efficientnet_lite0", "timm")}
        self.assertEqual(theirs, without_counters(golden["state"]))

    def test_the_other_backbones_have_the_names_and_shapes_of_torchvision(self):
        for name in ("resnet50", "vgg16", "inception_v3", "densenet121"):
            with self.subTest(name):
                golden = json.loads((GOLDEN / f"{name}.json").read_text())
                ours = {entry.name: entry.shape for entry in entries(name, "torchvision")}
                self.assertEqual(ours, without_counters(golden["state"]))

    def test_the_other_backbones_have_the_layers_of_keras(self):
        golden = json.loads((GOLDEN.parent / "keras_backbones.json").read_text())["networks"]
        for name, network in golden.items():
            with self.subTest(name):
                numbers = {}
                for entry in entries(name, "keras"):
                    layer = entry.source.rpartition("/")[0]
                    numbers[layer] = numbers.get(layer, 0) + int(np.prod(entry.source_shape))
                expected = {layer: trained + fixed for layer, trained, fixed in network["layers"] if trained + fixed}
                top = {"fc1", "fc2", "predictions"}
                self.assertEqual({k: v for k, v in numbers.items() if k not in top}, expected)

    def test_parameter_counts_are_the_published_ones(self):
        published = {  # torchvision's and timm's documentation, 1000 classes
            "efficientnet_b0": 5288548, "efficientnet_b1": 7794184, "efficientnet_b2": 9109994,
            "efficientnet_b3": 12233232, "efficientnet_b4": 19341616, "efficientnet_b5": 30389784,
            "efficientnet_b6": 43040704, "efficientnet_b7": 66347960,
            "efficientnet_lite0": 4652008, "efficientnet_lite1": 5416680,
            "efficientnet_lite2": 6092072, "efficientnet_lite3": 8197096,
            "efficientnet_lite4": 13006568, "resnet50": 25557032, "vgg16": 138357544,
            "inception_v3": 23834568, "densenet121": 7978856,
        }
        for name, count in published.items():
            trained = [
                entry for entry in entries(name, "torchvision", 1000)
                if not entry.name.endswith(("running_mean", "running_var"))
            ]
            self.assertEqual(sum(int(np.prod(entry.shape)) for entry in trained), count, name)
        self.assertEqual(set(published), set(ARCHITECTURES))

    def test_blocks_without_squeeze_have_no_gap_in_their_numbers(self):
        names = {entry.name for entry in entries("efficientnet_lite0", "torchvision")}
        self.assertIn("features.1.0.block.1.0.weight", names)  # project, no expansion
        self.assertIn("features.2.0.block.2.0.weight", names)  # project after expansion
        self.assertNotIn("features.2.0.block.3.0.weight", names)


class FormatTest(ConverterTest):
    def check_lite0(self, write) -> None:
        file = self.lite0()
        path = self.folder / "lite0.pth"
        write(file, path)
        metadata, arrays = self.converted(path)
        expected = entries("efficientnet_lite0", "torchvision")
        self.assertEqual(list(arrays), [entry.name for entry in expected])
        for entry in expected:
            np.testing.assert_array_equal(arrays[entry.name], formula(entry.name, entry.shape))
        self.assertEqual(metadata, {
            "format": "xrayclf-weights-1",
            "architecture": "efficientnet_lite0",
            "flavour": "tf",
            "mean": ",".join(["0.4980392156862745"] * 3),
            "std": ",".join(["0.5019607843137255"] * 3),
            "input_size": "224",
            "source": "lite0.pth",
            "source_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "license": "unknown",
        })

    def test_legacy_file_converts(self):
        self.check_lite0(lambda file, path: file.write_legacy(path))

    def test_zip_file_converts(self):
        self.check_lite0(lambda file, path: file.write_zip(path))

    def test_wrapped_state_dict_converts(self):
        def write(file, path):
            file.state["_conv_stem.weight"] = file.state.pop("_conv_stem.weight")  # another order
            state = {f"module.{name}": tensor for name, tensor in file.state.items()}
            file.write_zip(path, {"epoch": 3, "state_dict": state})
        self.check_lite0(write)

    def test_counters_of_batch_norm_are_left_out(self):
        def write(file, path):
            file.add("_bn0.num_batches_tracked", np.array(7, "<i8"))
            file.write_legacy(path)
        self.check_lite0(write)

    def test_strides_offsets_and_shared_storages_are_honoured(self):
        file = self.lite0(leave_out=("_fc.weight", "_bn0.weight", "_bn0.bias"))
        weight = formula("features", (1280, 3))
        file.add("_fc.weight", weight.T)
        shared = file.storage(np.arange(100, dtype="<f4"))
        file.view("_bn0.weight", shared, 5, (32,), (2,))
        file.view("_bn0.bias", shared, 7, (32,), (0,))
        file.write_legacy(self.folder / "a.pth")
        _, arrays = self.converted(self.folder / "a.pth")
        np.testing.assert_array_equal(arrays["classifier.1.weight"], weight.T)
        np.testing.assert_array_equal(arrays["features.0.1.weight"], np.arange(5, 69, 2))
        np.testing.assert_array_equal(arrays["features.0.1.bias"], np.full(32, 7))

    def test_other_floating_point_types_become_float32(self):
        for dtype, expected in (("<f2", np.float32(np.float16(1.1))), ("<f8", np.float32(1.1)),
                                ("<u2", np.float32(1.1015625))):
            with self.subTest(dtype):
                file = self.lite0(leave_out=("_fc.bias",))
                # bfloat16 is the upper half of a float32: 1.1 rounds to 0x3f8d.
                file.add("_fc.bias", np.full(3, 0x3F8D if dtype == "<u2" else 1.1, dtype))
                file.write_zip(self.folder / "a.pth")
                _, arrays = self.converted(self.folder / "a.pth")
                self.assertEqual(set(arrays["classifier.1.bias"]), {expected})

    def test_a_file_without_a_classifier_converts(self):
        self.lite0(leave_out=("_fc.weight", "_fc.bias")).write_zip(self.folder / "a.pth")
        _, arrays = self.converted(self.folder / "a.pth")
        self.assertEqual(len(arrays), len(entries("efficientnet_lite0", "torchvision")) - 2)

    def test_the_program_runs_by_itself(self):
        self.lite0().write_zip(self.folder / "a.pth")
        done = subprocess.run([sys.executable, "-B", SCRIPT, self.folder / "a.pth", self.output],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("efficientnet_lite0, tf flavour", done.stdout)

    def test_the_same_input_gives_the_same_bytes(self):
        self.lite0().write_zip(self.folder / "a.pth")
        self.converted(self.folder / "a.pth")
        first = self.output.read_bytes()
        self.converted(self.folder / "a.pth")
        self.assertEqual(self.output.read_bytes(), first)


def state_file(architecture: str, style: str, leave_out: str = "\0") -> TorchFile:
    """The weights as somebody's names and shapes have them; the same numbers for any of them."""
    file = TorchFile()
    for entry in entries(architecture, style):
        if not entry.name.startswith(leave_out):
            file.add(entry.source, formula(entry.name, entry.shape).reshape(entry.source_shape))
    return file


class BackbonesTest(ConverterTest):
    """ResNet50, VGG16, InceptionV3 and DenseNet121; VGG16 without most of its linear layers' 480 MB."""

    def check(self, architecture: str, style: str, file: TorchFile, record: tuple, name: str = "a.pth") -> None:
        file.write_zip(self.folder / name)
        metadata, arrays = self.converted(self.folder / name)
        self.assertEqual((metadata["architecture"], metadata["flavour"], metadata["mean"], metadata["std"]),
                         (architecture, *record))
        for entry in entries(architecture, style):
            if entry.name in arrays:
                np.testing.assert_array_equal(arrays[entry.name], formula(entry.name, entry.shape))

    IMAGENET = ("torchvision", "0.485,0.456,0.406", "0.229,0.224,0.225")
    HALF = ("torchvision", "0.5,0.5,0.5", "0.5,0.5,0.5")

    def test_torchvisions_files_convert(self):
        self.check("resnet50", "torchvision", state_file("resnet50", "torchvision"), self.IMAGENET)
        self.check("vgg16", "torchvision", state_file("vgg16", "torchvision", "classifier"), self.IMAGENET)
        inception = state_file("inception_v3", "torchvision")
        inception.add("AuxLogits.fc.weight", np.zeros((3, 768), "<f4"))
        self.check("inception_v3", "torchvision", inception, self.HALF)
        self.check("densenet121", "torchvision", state_file("densenet121", "torchvision"), self.IMAGENET)

    def test_densenets_published_names_of_2017_convert(self):
        file = state_file("densenet121", "torchvision_0.2")
        self.assertIn("features.denseblock1.denselayer1.norm.1.weight", file.state)
        self.check("densenet121", "torchvision", file, self.IMAGENET)

    def test_gluons_inception_is_normalised_as_imagenet(self):
        self.check("inception_v3", "timm", state_file("inception_v3", "timm"), self.IMAGENET,
                   "gluon_inception_v3-9f746940.pth")

    def test_linear_layers_of_vgg_are_turned_from_timm_and_keras(self):
        """Names and turns alone, on a small map: the real layer has 103 million numbers."""
        by_name = {entry.name: entry for entry in entries("vgg16", "timm")}
        self.assertEqual(by_name["classifier.0.weight"].source, "pre_logits.fc1.weight")
        self.assertEqual(by_name["classifier.0.weight"].source_shape, (4096, 512, 7, 7))
        self.assertEqual(by_name["classifier.3.weight"].source_shape, (4096, 4096, 1, 1))
        self.assertEqual(by_name["classifier.6.bias"].source, "head.fc.bias")
        ours = np.arange(2 * 512 * 49, dtype="<f4").reshape(2, 512, 7, 7)
        np.testing.assert_array_equal(by_name["classifier.0.weight"].convert(ours), ours.reshape(2, -1))
        keras = next(entry for entry in entries("vgg16", "keras") if entry.name == "classifier.0.weight")
        self.assertEqual((keras.source, keras.source_shape), ("fc1/kernel", (25088, 4096)))
        flattened = ours.transpose(2, 3, 1, 0).reshape(-1, 2)  # rows, columns, channels
        np.testing.assert_array_equal(keras.convert(flattened), ours.reshape(2, -1))

    def chest(self) -> tuple[TorchFile, object]:
        """A whole torchxrayvision network, nested as its classes are."""
        file = TorchFile()
        classes = {name: module_class(f"torch.nn.modules.{module}", name) for module, name in (
            ("conv", "Conv2d"), ("batchnorm", "BatchNorm2d"), ("container", "Sequential"), ("linear", "Linear"))}
        densenet = module_class("torchxrayvision.models", "DenseNet")

        def build(entries_here: list, depth: int, cls: type):
            children: dict[str, list] = {}
            for entry in entries_here:
                children.setdefault(entry.source.split(".")[depth], []).append(entry)
            modules = {}
            for name, inside in children.items():
                parts = {entry.source.split(".")[depth + 1]: entry for entry in inside}
                if any(len(entry.source.split(".")) > depth + 2 for entry in inside):
                    modules[name] = build(inside, depth + 1, classes["Sequential"])
                    continue
                tensors = {}
                for what, entry in parts.items():
                    file.add(entry.source, formula(entry.source, entry.source_shape))
                    tensors[what] = file.state.pop(entry.source)
                buffers = {key: tensors.pop(key) for key in ("running_mean", "running_var") if key in tensors}
                kind = "BatchNorm2d" if buffers else "Linear" if "bias" in tensors else "Conv2d"
                modules[name] = classes[kind](tensors, buffers, {})
            return cls({}, {"op_threshs": None}, modules, pathologies=["Edema"], weights=None)

        return file, build(entries("densenet121", "torchxrayvision", 18), 0, densenet)

    def test_a_whole_network_of_torchxrayvision_converts(self):
        for write in (TorchFile.write_legacy, TorchFile.write_zip):
            with self.subTest(write.__name__):
                file, network = self.chest()
                write(file, self.folder / "nih-densenet121-best.pt", network)
                metadata, arrays = self.converted(self.folder / "nih-densenet121-best.pt")
                self.assertEqual((metadata["architecture"], metadata["flavour"], metadata["mean"], metadata["std"]),
                                 ("densenet121", "torchvision", "0.5,0.5,0.5", ",".join(["0.00048828125"] * 3)))
                stem = arrays["features.conv0.weight"]
                np.testing.assert_array_equal(stem[:, :1], formula("features.conv0.weight", (64, 1, 7, 7)))
                self.assertFalse(stem[:, 1:].any())
                for entry in entries("densenet121", "torchvision", 18)[1:]:
                    np.testing.assert_array_equal(arrays[entry.name], formula(entry.name, entry.shape))

    def test_a_style_that_nobody_uses_is_refused(self):
        state_file("densenet121", "torchvision").write_zip(self.folder / "a.pth")
        self.refused(self.folder / "a.pth", "nobody publishes densenet121 with lukemelas names",
                     options=("--architecture", "densenet121", "--style", "lukemelas"))


class WithoutH5pyTest(ConverterTest):
    def test_says_what_to_install(self):
        (self.folder / "a.h5").touch()
        with unittest.mock.patch.dict(sys.modules, {"h5py": None}):
            self.refused(self.folder / "a.h5", "needs h5py", "python3-h5py")


class KerasTest(ConverterTest):
    def setUp(self):
        super().setUp()
        try:
            import h5py
        except ImportError:
            self.skipTest("h5py is not installed")
        self.h5py = h5py

    def test_keras_layout_is_turned(self):
        layers: dict[str, dict[str, np.ndarray]] = {"normalization": {"mean": np.zeros(3, "<f4")}}
        for entry in entries("efficientnet_b0", "keras"):
            layer, weight = entry.source.split("/")
            values = formula(entry.name, entry.shape)
            if values.ndim == 4:  # torch (out, in, h, w); depthwise (channels, 1, h, w)
                depthwise = layer.endswith("dwconv")
                values = values.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
                weight = "depthwise_kernel" if depthwise else weight
            layers.setdefault(layer, {})[weight] = values.T if values.ndim == 2 else values
        path = self.folder / "efficientnetb0.h5"
        with self.h5py.File(path, "w") as file:
            file.attrs["layer_names"] = [name.encode() for name in layers]
            for layer, weights in layers.items():
                group = file.create_group(layer)
                group.attrs["weight_names"] = [f"{layer}/{name}:0".encode() for name in weights]
                for name, values in weights.items():
                    group.create_dataset(f"{layer}/{name}:0", data=values)
        metadata, arrays = self.converted(path)
        self.assertEqual((metadata["architecture"], metadata["flavour"], metadata["mean"]),
                         ("efficientnet_b0", "tf", "0.485,0.456,0.406"))
        for entry in entries("efficientnet_b0", "keras"):
            np.testing.assert_array_equal(arrays[entry.name], formula(entry.name, entry.shape))

    def write_h5(self, path: Path, layers: dict, names=lambda layer, what: f"{layer}/{what}:0") -> None:
        with self.h5py.File(path, "w") as file:
            file.attrs["layer_names"] = [name.encode() for name in layers]
            for layer, weights in layers.items():
                group = file.create_group(layer)
                group.attrs["weight_names"] = [names(layer, what).encode() for what in weights]
                for what, values in weights.items():
                    group.create_dataset(names(layer, what), data=values)

    def keras_layers(self, architecture: str) -> dict:
        """The weights without the classifier, by layer; unnamed layers as a second network in a session has them."""
        layers: dict[str, dict[str, np.ndarray]] = {}
        for entry in entries(architecture, "keras"):
            if entry.name.startswith(ARCHITECTURES[architecture].classifier):
                continue
            layer, _, what = entry.source.rpartition("/")
            kind, _, number = layer.rpartition("_")
            if layer in ("conv2d", "batch_normalization"):
                layer += "_94"
            elif kind in ("conv2d", "batch_normalization"):
                layer = f"{kind}_{int(number) + 94}"
            values = formula(entry.name, entry.shape)
            values = values.transpose(np.argsort(entry.axes)) if entry.axes else values
            layers.setdefault(layer, {})[what] = values
        return layers

    def test_the_other_backbones_convert(self):
        caffe = "0.4850196078431373,0.457956862745098,0.4076039215686274"
        for name, mean in (("resnet50", caffe), ("inception_v3", "0.5,0.5,0.5"),
                           ("densenet121", "0.485,0.456,0.406")):
            with self.subTest(name):
                self.write_h5(self.folder / "a.h5", self.keras_layers(name))
                metadata, arrays = self.converted(self.folder / "a.h5")
                self.assertEqual((metadata["architecture"], metadata["flavour"], metadata["mean"]),
                                 (name, "tf", mean))
                for entry in entries(name, "keras"):
                    if entry.name in arrays:
                        expected = formula(entry.name, entry.shape)
                        if entry.name == "conv1.weight":  # blue, green, red in the file
                            expected = expected[:, ::-1]
                        np.testing.assert_array_equal(arrays[entry.name], expected)

    def test_the_names_of_keras_1_in_vggs_file_are_read(self):
        names = {"kernel": "W_1", "bias": "b_1"}
        self.write_h5(self.folder / "a.h5", self.keras_layers("vgg16"),
                      lambda layer, what: f"{layer}_{names[what]}:0")
        metadata, arrays = self.converted(self.folder / "a.h5")
        self.assertEqual((metadata["architecture"], len(arrays)), ("vgg16", 26))
        np.testing.assert_array_equal(arrays["features.28.bias"], formula("features.28.bias", (512,)))

    def test_another_h5_file_is_refused(self):
        path = self.folder / "a.h5"
        with self.h5py.File(path, "w") as file:
            file["x"] = 1
        self.refused(path, "no weights of Keras 2")
        path.write_bytes(b"\x89HDF")
        self.refused(path, "no HDF5 file")


class RecordTest(ConverterTest):
    def test_timm_names_do_not_tell_the_flavour(self):
        file = self.lite0("timm")
        file.write_zip(self.folder / "model.pth")
        self.refused(self.folder / "model.pth", "--flavour")
        os.rename(self.folder / "model.pth", self.folder / "tf_efficientnet_lite0-0aa007d2.pth")
        metadata, _ = self.converted(self.folder / "tf_efficientnet_lite0-0aa007d2.pth")
        self.assertEqual(metadata["flavour"], "tf")

    def test_options_override_the_record(self):
        self.lite0().write_zip(self.folder / "a.pth")
        metadata, _ = self.converted(
            self.folder / "a.pth", "--flavour", "torchvision", "--mean", "0.5,0.5,0.5",
            "--std", "0.1,0.2,0.3", "--input-size", "256", "--source", "here", "--license", "MIT")
        del metadata["source_sha256"]
        self.assertEqual(metadata, {
            "format": "xrayclf-weights-1", "architecture": "efficientnet_lite0",
            "flavour": "torchvision", "mean": "0.5,0.5,0.5", "std": "0.1,0.2,0.3",
            "input_size": "256", "source": "here", "license": "MIT"})

    def test_wrong_options_are_wrong_usage(self):
        for options in (("--mean", "1,2"), ("--std", "1,0,1"), ("--mean", "nan,0,0"),
                        ("--input-size", "0"), ("--architecture", "resnet")):
            with self.subTest(options):
                result = self.convert(self.folder / "a.pth", *options)
                self.assertEqual(result.returncode, 2)

    def test_a_file_that_is_not_there_is_an_input_error(self):
        self.assertEqual(self.convert(self.folder / "a.pth").returncode, 5)


class _Call:
    """Pickles as a call of any function."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


class HostileTest(ConverterTest):
    def test_calls_are_refused_by_name_and_not_made(self):
        marker = self.folder / "executed"
        calls = {
            f"{os.system.__module__}.system": _Call(os.system, f"touch {marker}"),
            "builtins.eval": _Call(eval, f"open({str(marker)!r}, 'w')"),
            "shutil.copyfile": _Call(shutil.copyfile, __file__, str(marker)),
        }
        for name, call in calls.items():
            for write in (TorchFile.write_zip, TorchFile.write_legacy):
                with self.subTest(name, write=write.__name__):
                    path = self.folder / "a.pth"
                    write(self.lite0(), path, {"weights": call})
                    self.refused(path, name.replace("builtins", "__builtin__"), "refused")
                    self.assertFalse(marker.exists())

    def test_objects_beside_a_networks_own_are_refused_by_name(self):
        path = self.folder / "a.pth"
        self.lite0().write_zip(path, {"weights": module_class("somewhere.else", "Network")({}, {}, {})})
        self.refused(path, "somewhere.else.Network", "refused")

    def test_what_is_no_state_dict_is_refused(self):
        path = self.folder / "a.pth"
        for content in ({}, [], {"a": 1}, {"state_dict": {"a": "b"}}, {1: 2}, 7):
            with self.subTest(content):
                TorchFile().write_zip(path, content)
                self.refused(path, "state_dict")

    def test_truncated_files_are_refused(self):
        path = self.folder / "a.pth"
        for write in (TorchFile.write_legacy, TorchFile.write_zip):
            write(self.lite0(), path)
            whole = path.read_bytes()
            for length in (0, 1, 10, 20, 100, 1000, len(whole) // 2, len(whole) - 1):
                with self.subTest(write=write.__name__, length=length):
                    path.write_bytes(whole[:length])
                    self.refused(path, "a.pth")

    def test_other_files_are_refused(self):
        path = self.folder / "a.pth"
        path.write_text("<html>not found</html>")
        self.refused(path, "no file of torch.save")
        for member, words in (("notes.txt", "none of torch.save"), ("m/constants.pkl", "TorchScript")):
            with self.subTest(member):
                self.lite0().write_zip(path)
                if member == "notes.txt":
                    path.unlink()
                with zipfile.ZipFile(path, "a") as archive:
                    archive.writestr(member, "x")
                self.refused(path, words)

    def test_a_storage_of_another_size_is_refused(self):
        path = self.folder / "a.pth"
        file = TorchFile()
        file.add("a", np.zeros(4, "<f4"))
        file.write_zip(self.folder / "whole.pth")
        with zipfile.ZipFile(self.folder / "whole.pth") as whole, zipfile.ZipFile(path, "w") as archive:
            for name in whole.namelist():
                archive.writestr(name, bytes(12) if name.endswith("/0") else whole.read(name))
        (self.folder / "whole.pth").unlink()
        self.refused(path, "storage '0' is missing or has another size")

    def test_views_outside_their_storage_are_refused(self):
        path = self.folder / "a.pth"
        for offset, size, stride in ((0, (5,), (1,)), (1, (2, 2), (2, 1)), (-1, (1,), (1,)), (0, (2,), (-1,)),
                                     (0, (2,), (2**62,)), (0, (2**40,), (0,)), (0, (-1,), (1,)),
                                     (0, (2,), (1, 1)), (0, (1.5,), (1,))):
            with self.subTest(offset=offset, size=size, stride=stride):
                file = TorchFile()
                file.view("a", file.storage(np.zeros(4, "<f4")), offset, size, stride)
                file.write_zip(path)
                self.refused(path, "tensor 'a'")

    def test_big_endian_files_are_refused(self):
        self.lite0().write_zip(self.folder / "a.pth", byteorder="big")
        self.refused(self.folder / "a.pth", "big-endian")
        self.lite0().write_legacy(self.folder / "a.pth", little_endian=False)
        self.refused(self.folder / "a.pth", "big-endian")

    def test_numbers_that_no_network_has_are_refused(self):
        for name, values, word in (
            ("_fc.bias", np.array([1, np.nan, 1], "<f4"), "not finite"),
            ("_fc.bias", np.array([1, 1e300, 1], "<f8"), "not finite"),
            ("_fc.bias", np.array([1, 2, 3], "<i8"), "int64"),
            ("_bn0.running_var", np.full(32, -1, "<f4"), "negative variance"),
        ):
            with self.subTest(word):
                file = self.lite0(leave_out=(name,))
                file.add(name, values)
                file.write_zip(self.folder / "a.pth")
                self.refused(self.folder / "a.pth", name, word)

    def test_missing_unexpected_and_misshaped_tensors_are_listed(self):
        file = self.lite0(leave_out=("_conv_stem.weight", "_bn0.bias"))
        file.add("_bn0.bias", np.zeros(31, "<f4"))
        file.add("surplus", np.zeros(1, "<f4"))
        file.write_zip(self.folder / "a.pth")
        self.refused(self.folder / "a.pth", "the nearest is efficientnet_lite0",
                     "missing (1): _conv_stem.weight", "unexpected (1): surplus",
                     "_bn0.bias is [31], not [32]")

    def test_weights_of_another_architecture_are_refused(self):
        self.lite0().write_zip(self.folder / "a.pth")
        self.refused(self.folder / "a.pth", "not efficientnet_lite1", "missing",
                     options=("--architecture", "efficientnet_lite1"))

    def test_half_a_classifier_is_refused(self):
        self.lite0(leave_out=("_fc.weight",)).write_zip(self.folder / "a.pth")
        self.refused(self.folder / "a.pth", "missing (1): _fc.weight")


if __name__ == "__main__":
    unittest.main(warnings="error")
