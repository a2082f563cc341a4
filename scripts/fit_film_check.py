#!/usr/bin/env python3
"""Fits the template of src/image/film_check.cpp and prints it with its least likeness.

    scripts/fit_film_check.py DATA...     (needs numpy and opencv-python-headless)

Each DATA is a folder with a folds.csv (columns path and fold); films of folds 1 and 2 are taken, the
others are left for the measurement (tests/image/film_check_test.cpp). A linear softmax classifier
learns to tell an upright film from its four turns, from their inversions, and from drawn pictures;
one weight vector, symmetric about the midline, serves all of them.
"""
import csv
import pathlib
import sys

import cv2
import numpy as np

SIDE, CANVAS = 16, 128
STEPS, RATE, RIDGE = 400, 20.0, 1e-4


def to_bytes(picture):
    picture = picture - picture.min()
    return (picture / max(picture.max(), 1e-9) * 255).astype(np.uint8)


def gradient(r):
    y, x = np.mgrid[0:CANVAS, 0:CANVAS] / CANVAS
    kind = r.integers(3)
    if kind == 0:
        angle = r.uniform(0, 2 * np.pi)
        picture = np.cos(angle) * x + np.sin(angle) * y
    elif kind == 1:
        cx, cy = r.uniform(0.2, 0.8, 2)
        picture = np.hypot(x - cx, y - cy) * (1 if r.random() < 0.5 else -1)
    else:
        picture = (r.normal() * x + r.normal() * y + r.normal() * x * y
                   + r.normal() * (x - 0.5) ** 2 + r.normal() * (y - 0.5) ** 2)
    return to_bytes(picture + r.uniform(0, 0.05) * r.normal(size=(CANVAS, CANVAS)))


def text(r):
    dark = r.random() < 0.3
    picture = np.full((2 * CANVAS, 2 * CANVAS), 20 if dark else 240, np.uint8)
    size = r.uniform(0.3, 0.9)
    y = int(30 * size) + 5
    while y < 2 * CANVAS:
        if r.random() < 0.9:
            words = "".join(r.choice(list("abcdefgh ijklmnop qrst uvwxyz"), r.integers(5, 60)))
            cv2.putText(picture, words, (int(r.integers(2, 20)), y), cv2.FONT_HERSHEY_SIMPLEX, size,
                        230 if dark else 10, int(r.integers(1, 3)))
        y += int(32 * size) + 3
    return cv2.resize(picture, (CANVAS, CANVAS), interpolation=cv2.INTER_AREA)


def noise(r):
    slope = r.uniform(0.5, 3.2)
    frequency = np.hypot(np.fft.rfftfreq(CANVAS)[None], np.fft.fftfreq(CANVAS)[:, None])
    frequency[0, 0] = 1
    spectrum = r.normal(size=frequency.shape) + 1j * r.normal(size=frequency.shape)
    picture = np.fft.irfft2(spectrum / frequency ** (slope / 2), s=(CANVAS, CANVAS))
    return to_bytes(np.clip(picture, *np.percentile(picture, [1, 99])))


def drawing(r):
    picture = np.full((CANVAS, CANVAS), int(r.integers(256)), np.uint8)
    for _ in range(r.integers(2, 14)):
        grey, kind = int(r.integers(256)), r.integers(4)
        a, b = (tuple(int(v) for v in r.integers(0, CANVAS, 2)) for _ in range(2))
        width = -1 if r.random() < 0.6 else int(r.integers(1, 6))
        if kind == 0:
            cv2.circle(picture, a, int(r.integers(3, 50)), grey, width)
        elif kind == 1:
            cv2.rectangle(picture, a, b, grey, width)
        elif kind == 2:
            cv2.line(picture, a, b, grey, int(r.integers(1, 8)))
        else:
            axes = tuple(int(v) for v in r.integers(3, 60, 2))
            cv2.ellipse(picture, a, axes, float(r.integers(180)), 0, 360, grey, width)
    return picture


def films(folder):
    with open(folder / "folds.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["fold"] in ("1", "2")]
    rows = rows[:: max(1, len(rows) // 450)]  # no set outweighs another
    return [cv2.imread(str(folder / row["path"]), cv2.IMREAD_GRAYSCALE) for row in rows]


def coarse(pictures):
    small = [cv2.resize(p, (64, 64), interpolation=cv2.INTER_AREA).astype(np.float32) for p in pictures]
    small = [cv2.resize(p, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for p in small]
    rows = np.stack(small).astype(np.float64).reshape(len(small), -1)
    y, x = np.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1) - 0.5
    plane, _ = np.linalg.qr(np.stack([np.ones(SIDE * SIDE), x.ravel(), y.ravel()], 1))
    rows -= rows @ plane @ plane.T
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def main(folders):
    places = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    mirrored = places[:, ::-1].ravel()
    turns = [np.rot90(places, k).ravel() for k in range(4)]
    upright = np.concatenate([coarse(films(pathlib.Path(folder))) for folder in folders])
    others = np.concatenate([coarse([draw(np.random.default_rng([1, i])) for i in range(150)])
                             for draw in (gradient, text, noise, drawing)])
    weights = upright.mean(0)
    weights = 15 * (weights + weights[mirrored]) / np.linalg.norm(weights + weights[mirrored])
    none = 5.0  # the score of being no film
    for _ in range(STEPS):
        slope, none_slope = RIDGE * weights, 0.0
        for rows, truth in ((upright, 0), (others, 8)):
            views = np.stack([rows[:, turn] for turn in turns], 1)
            scores = views @ weights
            scores = np.concatenate([scores, -scores, np.full((len(rows), 1), none)], 1)
            share = np.exp(scores - scores.max(1, keepdims=True))
            share /= share.sum(1, keepdims=True)
            share[:, truth] -= 1
            share /= len(rows)
            slope = slope + np.einsum("nk,nkd->d", share[:, :4] - share[:, 4:8], views)
            none_slope += share[:, 8].sum()
        weights = weights - RATE * slope
        weights = (weights + weights[mirrored]) / 2
        none -= 0.3 * RATE * none_slope
    table = np.rint(weights / np.abs(weights).max() * 127).astype(int)
    for row in table.reshape(SIDE, SIDE):
        print("{" + ", ".join(map(str, row[: SIDE // 2])) + "},")
    products = np.stack([upright[:, turn] for turn in turns], 1) @ (table / np.linalg.norm(table))
    print("least likeness", np.quantile(np.abs(products).max(1), 0.01))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
