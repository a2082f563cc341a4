#!/usr/bin/env python3
"""The Python peer of tests/benchmark/benchmark.cpp: the same measurements by the same protocol."""
import os
import sys
import time

import cv2
import torch
import torchvision

cv2.setNumThreads(1)
torch.set_num_threads(len(os.sched_getaffinity(0)))
torch.manual_seed(1)


def study_head(channels):
    nn = torch.nn

    def norm(width):
        return nn.BatchNorm1d(width, eps=1e-3, momentum=0.01)

    return nn.Sequential(
        norm(channels), nn.Dropout(0.5), nn.Linear(channels, 512), nn.ReLU(),
        norm(512), nn.Dropout(0.3), nn.Linear(512, 256), nn.ReLU(),
        norm(256), nn.Dropout(0.2), nn.Linear(256, 3))


BACKBONE = torchvision.models.efficientnet_b4().eval()
BACKBONE.requires_grad_(False)


def features(images):
    return torch.flatten(BACKBONE.avgpool(BACKBONE.features(images)), 1)


HEAD = study_head(1792)
OPTIMIZER = torch.optim.Adam(HEAD.parameters(), lr=1e-3, eps=1e-7, fused=True)


def step(rows, targets):
    OPTIMIZER.zero_grad()
    loss = torch.nn.functional.cross_entropy(HEAD(rows), targets)
    loss.backward()
    OPTIMIZER.step()
    return loss.item()


def preprocess(directory):
    clahe = cv2.createCLAHE(2.0, (8, 8))
    for folder, _, names in sorted(os.walk(directory)):
        for name in sorted(names):
            if name.lower().endswith((".png", ".jpg", ".jpeg")):
                grey = cv2.imread(os.path.join(folder, name), cv2.IMREAD_GRAYSCALE)
                cv2.imencode(".png", cv2.resize(clahe.apply(grey), (224, 224), interpolation=cv2.INTER_AREA))


def forward(batch):
    with torch.inference_mode():
        BACKBONE(torch.randn(batch, 3, 224, 224))


def epoch(images):
    grey = torch.full((224, 224), 128, dtype=torch.uint8)
    HEAD.train()
    for start in range(0, images, 32):
        size = min(32, images - start)
        with torch.no_grad():
            batch = (grey.expand(size, 3, 224, 224).float() / 255 - 0.45) / 0.225
            rows = features(batch)
        step(rows, torch.arange(size) % 3)


def cached_epoch(images):
    rows, targets = torch.randn(images, 1792), torch.arange(images) % 3
    HEAD.train()
    for indices in torch.randperm(images).split(32):
        step(rows[indices], targets[indices])


for line in sys.stdin:
    what, argument = line.split(maxsplit=1)
    argument = argument.strip()
    begin = time.perf_counter()
    if what == "preprocess":
        preprocess(argument)
    else:
        {"forward": forward, "epoch": epoch, "cached_epoch": cached_epoch}[what](int(argument))
    print(time.perf_counter() - begin, flush=True)
