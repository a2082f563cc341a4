#!/usr/bin/env python3
"""The Python peers of tests/benchmark/benchmark.cpp: the same measurements by the same protocol.

    benchmark_peer.py torch | onnxruntime | openvino     a case a line of standard input, its seconds on standard output
    benchmark_peer.py export FOLDER                      the networks as ONNX, for the last two
    benchmark_peer.py predict IMAGE                      what a script does that classifies one image
"""
import os
import pathlib
import sys
import time

CORES = len(os.sched_getaffinity(0))
NETWORKS = ("efficientnet_b4", "efficientnet_lite0")


def network(name):
    if name == "efficientnet_b4":
        import torchvision

        return torchvision.models.efficientnet_b4(num_classes=3).eval()
    import timm

    return timm.create_model(f"tf_{name}", num_classes=3).eval()


class Films:
    """Noise in memory, augmented as the reference study's generator: one warp and a flip."""

    def __init__(self, count):
        import numpy

        self.images = numpy.random.randint(0, 256, (count, 224, 224), dtype=numpy.uint8)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        import cv2
        import numpy
        import torch

        cv2.setNumThreads(1)
        draw = numpy.random.default_rng(index).uniform
        warp = cv2.getRotationMatrix2D((112, 112), draw(-15, 15), draw(0.9, 1.1))
        warp[:, 2] += draw(-22, 22), draw(-22, 22)
        view = cv2.warpAffine(self.images[index], warp, (224, 224), borderMode=cv2.BORDER_REPLICATE)
        view = cv2.flip(view, 1) if draw() < 0.5 else view
        grey = torch.from_numpy(view).float().div_(255).sub_(0.45).div_(0.225)
        return grey.expand(3, 224, 224), index % 3


class Torch:
    """PyTorch eager, as its tuning guide recommends for the CPU: channels-last, denormals flushed, no graph."""

    def __init__(self):
        import cv2
        import torch

        self.torch, self.cv2 = torch, cv2
        cv2.setNumThreads(1)
        torch.set_num_threads(CORES)
        torch.set_flush_denormal(True)
        torch.manual_seed(1)
        self.networks = {}
        self.head = self.optimizer = self.cam = None

    def of(self, name):
        if name not in self.networks:
            self.networks[name] = network(name).to(memory_format=self.torch.channels_last).requires_grad_(False)
        return self.networks[name]

    def images(self, count):
        return self.torch.randn(count, 3, 224, 224).to(memory_format=self.torch.channels_last)

    def forward(self, name, precision, batch, repeats):
        torch = self.torch
        net, images = self.of(name), self.images(batch)

        def run():
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
                for _ in range(repeats):
                    net(images)

        return run

    def study_head(self, features=1792):
        nn = self.torch.nn

        def norm(width):
            return nn.BatchNorm1d(width, eps=1e-3, momentum=0.01)

        return nn.Sequential(
            norm(features), nn.Dropout(0.5), nn.Linear(features, 512), nn.ReLU(),
            norm(512), nn.Dropout(0.3), nn.Linear(512, 256), nn.ReLU(),
            norm(256), nn.Dropout(0.2), nn.Linear(256, 3))

    def step(self, rows, targets):
        if self.head is None:
            self.head = self.study_head()
            self.optimizer = self.torch.optim.Adam(self.head.parameters(), lr=1e-3, eps=1e-7, fused=True)
        self.optimizer.zero_grad()
        loss = self.torch.nn.functional.cross_entropy(self.head(rows), targets)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def cached_epoch(self, images):
        torch = self.torch
        rows, targets = torch.randn(images, 1792), torch.arange(images) % 3

        def run():
            for indices in torch.randperm(images).split(32):
                self.step(rows[indices], targets[indices])

        return run

    def train(self, name, part, views, epochs, images):
        """Views are fresh whatever `views` says: PyTorch has no cache of a frozen part's outputs."""
        torch, net = self.torch, network(name).to(memory_format=self.torch.channels_last)
        features = net.features if name == "efficientnet_b4" else torch.nn.Sequential(
            net.conv_stem, net.bn1, *net.blocks, torch.nn.Sequential(net.conv_head, net.bn2))
        # Keras' last 30 layers of B4 begin in block 7a: its last stage and what follows.
        cut = {"head": len(features), "last_keras_layers": len(features) - 2, "everything": 0}[part]
        frozen, opened = features[:cut].requires_grad_(False), features[cut:]
        head = self.study_head(1792 if name == "efficientnet_b4" else 1280)
        trained = [*opened.parameters(), *head.parameters()]
        optimizer = torch.optim.Adam(trained, lr=1e-3, eps=1e-7, fused=True)
        loader = torch.utils.data.DataLoader(Films(images), batch_size=32, shuffle=True, num_workers=CORES,
                                             persistent_workers=True)
        for _ in loader:  # starts the workers, which long runs do once
            pass

        def run():
            for _ in range(epochs):
                for batch, targets in loader:
                    batch = batch.contiguous(memory_format=torch.channels_last)
                    with torch.no_grad():
                        batch = frozen(batch)
                    optimizer.zero_grad()
                    scores = head(opened(batch).mean((2, 3)))
                    torch.nn.functional.cross_entropy(scores, targets).backward()
                    optimizer.step()

        return run

    def gradcam(self, batch, repeats):
        import numpy
        from pytorch_grad_cam import GradCAM
        from pytorch_grad_cam.utils.image import show_cam_on_image
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

        if self.cam is None:
            net = network("efficientnet_b4").to(memory_format=self.torch.channels_last)
            self.cam = GradCAM(model=net, target_layers=[net.features[-1]])
        images, targets = self.images(batch), [ClassifierOutputTarget(0)] * batch
        film = numpy.random.rand(224, 224, 3).astype(numpy.float32)

        def run():
            for _ in range(repeats):
                for heat in self.cam(input_tensor=images, targets=targets):
                    show_cam_on_image(film, heat)

        return run

    def preprocess(self, directory):
        cv2 = self.cv2
        clahe = cv2.createCLAHE(2.0, (8, 8))

        def run():
            for folder, _, names in sorted(os.walk(directory)):
                for name in sorted(names):
                    if name.lower().endswith((".png", ".jpg", ".jpeg")):
                        grey = cv2.imread(os.path.join(folder, name), cv2.IMREAD_GRAYSCALE)
                        small = cv2.resize(clahe.apply(grey), (224, 224), interpolation=cv2.INTER_AREA)
                        cv2.imencode(".png", small)

        return run


class OnnxRuntime:
    """All optimisations, which is the default, one session on all cores."""

    def __init__(self, folder):
        import onnxruntime

        self.library, self.folder, self.sessions = onnxruntime, folder, {}

    def forward(self, name, precision, batch, repeats):
        import numpy

        if precision != "float32":
            sys.exit("onnxruntime is measured in float32")
        if name not in self.sessions:
            options = self.library.SessionOptions()
            options.intra_op_num_threads = CORES
            options.add_session_config_entry("session.set_denormal_as_zero", "1")
            self.sessions[name] = self.library.InferenceSession(
                str(self.folder / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])
        session = self.sessions[name]
        images = numpy.random.randn(batch, 3, 224, 224).astype(numpy.float32)

        def run():
            for _ in range(repeats):
                session.run(None, {"images": images})

        return run


class OpenVino:
    """The latency hint for batches up to 32; for larger ones the throughput hint with as many requests at once as it
    asks for, of four images each."""

    def __init__(self, folder):
        import openvino

        self.library, self.folder, self.compiled = openvino, folder, {}
        self.core = openvino.Core()

    def forward(self, name, precision, batch, repeats):
        import numpy

        streams = batch > 32
        each = 4 if streams else batch
        key = (name, precision, each, streams)
        if key not in self.compiled:
            model = self.core.read_model(str(self.folder / f"{name}.onnx"))
            model.reshape([each, 3, 224, 224])
            self.compiled[key] = self.core.compile_model(model, "CPU", {
                "PERFORMANCE_HINT": "THROUGHPUT" if streams else "LATENCY",
                "INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32",
                "CPU_DENORMALS_OPTIMIZATION": True})
        compiled = self.compiled[key]
        images = numpy.random.randn(each, 3, 224, 224).astype(numpy.float32)
        if not streams:
            request = compiled.create_infer_request()

            def run():
                for _ in range(repeats):
                    request.infer({0: images})

            return run
        queue = self.library.AsyncInferQueue(compiled)

        def run_streams():
            for _ in range(repeats * batch // each):
                queue.start_async({0: images})
            queue.wait_all()

        return run_streams


def export(folder):
    import torch

    for name in NETWORKS:
        torch.onnx.export(network(name), (torch.randn(1, 3, 224, 224),), str(folder / f"{name}.onnx"),
                          input_names=["images"], output_names=["logits"],
                          dynamic_axes={"images": {0: "n"}, "logits": {0: "n"}}, dynamo=False)


def predict(image):
    import cv2
    import torch

    grey = cv2.resize(cv2.imread(image, cv2.IMREAD_GRAYSCALE), (224, 224), interpolation=cv2.INTER_AREA)
    with torch.inference_mode():
        batch = torch.from_numpy(grey).float().div(255).expand(1, 3, 224, 224)
        print(network("efficientnet_lite0")(batch).softmax(1))


def serve(peer):
    for line in sys.stdin:
        what, *words = line.split()
        case = getattr(peer, what)(*(int(word) if word.isdigit() else word for word in words))
        begin = time.perf_counter()
        case()
        print(time.perf_counter() - begin, flush=True)


def main():
    what = sys.argv[1]
    if what == "export":
        export(pathlib.Path(sys.argv[2]))
    elif what == "predict":
        predict(sys.argv[2])
    elif what == "torch":
        serve(Torch())
    else:
        serve({"onnxruntime": OnnxRuntime, "openvino": OpenVino}[what](pathlib.Path(sys.argv[2])))


main()
