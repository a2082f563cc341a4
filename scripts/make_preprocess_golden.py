#!/usr/bin/env python3
"""Makes tests/data/golden/preprocess.json: what OpenCV makes of images given by a formula.

Each case holds the size and depth of the input, a PreprocessConfig, and the SHA-256 of the prepared bytes.
Needed to add a case, never to build:

    pip install opencv-python-headless==4.8.1.78 'numpy<2'
    scripts/make_preprocess_golden.py tests/data/golden/preprocess.json
"""
import hashlib
import json
import sys

import cv2
import numpy

INTERPOLATION = {"area": cv2.INTER_AREA, "bilinear": cv2.INTER_LINEAR}


def formula_image(width, height, bits):
    """The image of formula_image in tests/image/preprocess_test.cpp: slopes, waves of whole numbers, grain."""
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.int64)
    slope = (x * 120) // width + (y * 60) // height
    wave = abs((x * 7 + y * 3) % 160 - 80) // 2
    grain = (x * 1103 + y * 7919 + x * y * 31) % 17
    value = slope + wave + grain
    if bits == 8:
        return value.clip(0, 255).astype(numpy.uint8)
    fine = value * 256 + (x * 353 + y * 797 + x * y) % 256
    return (fine.clip(0, 65535) >> (16 - bits)).astype(numpy.uint16)


def spread_used_bits(image):
    bits = int(image.max()).bit_length()
    if image.dtype == numpy.uint8 or bits <= 8 or bits == 16:
        return image
    top = (1 << bits) - 1
    return ((image.astype(numpy.int64) * 65535 + top // 2) // top).astype(numpy.uint16)


def to_eight_bit(image):
    return image if image.dtype == numpy.uint8 else ((image.astype(numpy.int64) + 128) // 257).astype(numpy.uint8)


def resize(image, size, how):
    method = INTERPOLATION[how["interpolation"]]
    if how["aspect"] == "stretch":
        return cv2.resize(image, (size, size), interpolation=method)
    height, width = image.shape
    scale = size / max(height, width)
    # Half away from zero, as C++ rounds; Python's round() goes to even.
    new_width, new_height = (min(size, max(1, int(side * scale + 0.5))) for side in (width, height))
    padded = numpy.zeros((size, size), image.dtype)
    left, top = (size - new_width) // 2, (size - new_height) // 2
    small = cv2.resize(image, (new_width, new_height), interpolation=method)
    padded[top:top + new_height, left:left + new_width] = small
    return padded


def prepare(image, config):
    def equalise(picture):
        clahe = config["clahe"]
        if not clahe["enabled"]:
            return picture
        return cv2.createCLAHE(clahe["clip_limit"], (clahe["tiles"], clahe["tiles"])).apply(picture)

    size, how = config["image_size"], config["resize"]
    image = spread_used_bits(image)
    if config["sixteen_bit"] == "reduce_first":
        image = to_eight_bit(image)
    if how["order"] == "clahe_first":
        image = resize(equalise(image), size, how)
    else:
        image = equalise(resize(image, size, how))
    return to_eight_bit(image)


def cases():
    sizes = [(224, 224, 8), (301, 199, 8), (97, 113, 8), (1000, 700, 8), (40, 40, 8), (8, 500, 8),
             (640, 512, 16), (333, 257, 16), (300, 301, 12), (150, 220, 10)]
    settings = [{}, {"resize": {"interpolation": "bilinear"}}, {"resize": {"order": "resize_first"}},
                {"resize": {"aspect": "pad"}}, {"clahe": {"enabled": False}}, {"clahe": {"clip_limit": 0.0}},
                {"clahe": {"clip_limit": 3.7, "tiles": 5}}, {"image_size": 380},
                {"image_size": 96, "resize": {"aspect": "pad", "order": "resize_first", "interpolation": "bilinear"}},
                {"sixteen_bit": "reduce_first"}]
    for width, height, bits in sizes:
        for setting in settings:
            yield width, height, bits, setting


def main():
    # Intel's closed library, which only the wheels hold, rounds 16-bit bilinear resizing otherwise.
    cv2.ipp.setUseIPP(False)
    out = []
    for width, height, bits, setting in cases():
        config = {"image_size": 224, "sixteen_bit": "native"} | setting
        config["clahe"] = {"enabled": True, "clip_limit": 2.0, "tiles": 8} | setting.get("clahe", {})
        config["resize"] = ({"interpolation": "area", "order": "clahe_first", "aspect": "stretch"}
                            | setting.get("resize", {}))
        image = formula_image(width, height, bits)
        prepared = prepare(image, config)
        out.append({"width": width, "height": height, "bits": bits, "config": config,
                    "input_sha256": hashlib.sha256(image.tobytes()).hexdigest(),
                    "sha256": hashlib.sha256(prepared.tobytes()).hexdigest()})
    with open(sys.argv[1], "w") as file:
        json.dump({"opencv": cv2.__version__, "cases": out}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
