#!/usr/bin/env python3
"""The peer of `xrayclf serve` in scripts/load_test.sh: FastAPI and PyTorch on the same checkpoint.

CHECKPOINT is read from $XRAYCLF_CHECKPOINT, threads a worker from $XRAYCLF_THREADS. Run by uvicorn as load_peer:app.
"""
import json
import os
import pathlib

import cv2
import fastapi
import numpy as np
import torch
import torchvision
from safetensors.torch import load_file

cv2.setNumThreads(1)
torch.set_num_threads(int(os.environ.get("XRAYCLF_THREADS", "1")))

CHECKPOINT = pathlib.Path(os.environ["XRAYCLF_CHECKPOINT"])
INFO = json.loads((CHECKPOINT / "checkpoint.json").read_text())
STEPS = INFO["preprocessing"]
SIDE = STEPS["image_size"]
MEAN, STD = (torch.tensor(INFO["input"][key]).view(1, 3, 1, 1) for key in ("mean", "std"))


def study_head(channels, classes):
    nn = torch.nn

    def norm(width):
        return nn.BatchNorm1d(width, eps=1e-3, momentum=0.01)

    return nn.Sequential(
        norm(channels), nn.Dropout(0.5), nn.Linear(channels, 512), nn.ReLU(),
        norm(512), nn.Dropout(0.3), nn.Linear(512, 256), nn.ReLU(),
        norm(256), nn.Dropout(0.2), nn.Linear(256, classes))


def load_network():
    state = load_file(CHECKPOINT / "model.safetensors")
    name = INFO["network"]["architecture"]
    if name.startswith("efficientnet_b"):
        network = getattr(torchvision.models, name)()
    elif name == "densenet121" or name == "resnet50":
        network = getattr(torchvision.models, name)()
    else:
        raise SystemExit(f"torchvision has no {name}; take a checkpoint of efficientnet_b0 to b7, resnet50 or densenet121")
    channels = state["head.0.weight"].numel()
    head = "classifier" if hasattr(network, "classifier") else "fc"
    setattr(network, head, study_head(channels, len(INFO["classes"])))
    network.load_state_dict({key.replace("head.", head + ".", 1) if key.startswith("head.") else key: value
                             for key, value in state.items()})
    return network.eval().to(memory_format=torch.channels_last)


NETWORK = load_network()
app = fastapi.FastAPI()


def prepare(content):
    grey = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise fastapi.HTTPException(422, "not an image")
    clahe = STEPS["clahe"]
    if clahe["enabled"]:
        grey = cv2.createCLAHE(clahe["clip_limit"], (clahe["tiles"], clahe["tiles"])).apply(grey)
    grey = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    tensor = torch.from_numpy(grey).float().div_(255).expand(1, 3, SIDE, SIDE)
    return ((tensor - MEAN) / STD).contiguous(memory_format=torch.channels_last)


@app.get("/health")
async def health():
    return {"status": "healthy"}


# A plain function: FastAPI runs it in its pool of threads.
@app.post("/predict")
def predict(file: fastapi.UploadFile):
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        logits = NETWORK(prepare(file.file.read()))
    probabilities = logits.float().softmax(1)[0].tolist()
    best = max(range(len(probabilities)), key=probabilities.__getitem__)
    return {"class": INFO["classes"][best], "confidence": probabilities[best],
            "probabilities": dict(zip(INFO["classes"], probabilities))}
