#!/usr/bin/env python3
"""Write golden results of the augmentation libraries on a synthetic image.

  part     needs                                                     writes
  keras    scipy, numpy                                              keras.json
  alb131   albumentations 1.3.1, OpenCV 4.8.1.78, numpy < 2, scipy   albumentations.json
  alb208   albumentations 2.0.8, OpenCV 4.11.0.86                    albumentations.json (adds)

keras.json follows the definition of ImageDataGenerator (Keras 2.13.1) with scipy's own interpolation.
Usage: make_augment_golden.py PART (in the folder of this file)
"""
import json
import math
import os
import sys

import numpy as np

H, W = 29, 38


def image():
    """A disc with a gradient and fine texture: 29 x 38, so that no side divides anything."""
    y, x = np.mgrid[:H, :W].astype(float)
    v = 90 + 2.5 * x - 1.5 * y + 70 * ((x - 15) ** 2 + (y - 12) ** 2 < 81) + 23 * np.sin(1.9 * x + 2.3 * y)
    return np.clip(np.rint(v), 0, 255).astype(np.uint8)


def keras():
    import scipy.ndimage

    def matrix(theta=0, tx=0, ty=0, shear=0, zx=1, zy=1):
        t, s = math.radians(theta), math.radians(shear)
        r = np.array([[math.cos(t), -math.sin(t), 0], [math.sin(t), math.cos(t), 0], [0, 0, 1]])
        d = np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1.0]])
        k = np.array([[1, -math.sin(s), 0], [0, math.cos(s), 0], [0, 0, 1]])
        a = np.array([[1, 0, H / 2 - 0.5], [0, 1, W / 2 - 0.5], [0, 0, 1]])
        m = a @ r @ d @ k @ np.diag([zx, zy, 1.0]) @ np.linalg.inv(a)
        return m[[1, 0, 2]][:, [1, 0, 2]]

    rows = []
    for p in ({"theta": 11.3}, {"tx": 3.6, "ty": -2.2}, {"shear": 17.0, "zx": 0.8, "zy": 1.3},
              {"theta": -33.0, "tx": -61.0, "ty": 44.5, "zx": 1.7, "zy": 0.7, "flip_horizontal": True}):
        for mode in ("nearest", "reflect", "constant", "wrap"):
            m = matrix(**{k: v for k, v in p.items() if k != "flip_horizontal"})
            out = scipy.ndimage.affine_transform(image().astype(np.float32), m[:2, :2], m[:2, 2], order=1, mode=mode, cval=17.0)
            if p.get("flip_horizontal"):
                out = out[:, ::-1]
            rows.append({"fill_mode": mode, "cval": 17.0, "parameters": p, "output": np.round(out.astype(float), 4).tolist()})
    dump("keras.json", {"reference": {"scipy": scipy.__version__}, "input": image().tolist(), "rows": rows})


def rows_of(version):
    rng = np.random.default_rng(7)
    steps = lambda: [round(float(v), 4) for v in rng.uniform(0.7, 1.3, 6)]
    border = "REFLECT_101" if version == "1.3.1" else "CONSTANT 0"
    yield "Rotate", {"angle": -21.7, "border": border}
    yield "HorizontalFlip", {}
    for by_max in (True, False):
        yield "RandomBrightnessContrast", {"alpha": 1.173, "beta": -0.131, "by_max": by_max}
    for k, sigma in ((3, 0), (5, 0), (7, 0), (7, 1.31)) if version == "1.3.1" else ((3, 0.77), (7, 2.6), (0, 1.9)):
        yield "GaussianBlur", {"ksize": k, "sigma": sigma}
    for normalized in (True, False):
        x, y = steps(), steps()
        if version == "2.0.8" or not normalized:
            yield "GridDistortion", {"num_steps": 5, "steps_x": x, "steps_y": y, "normalized": normalized, "border": border}
    for k in (0.31, -0.044):
        for mode in ("camera",) if version == "1.3.1" else ("camera", "fisheye"):
            yield "OpticalDistortion", {"k": k, "mode": mode, "border": border}
    yield "CoarseDropout", {"holes_x1_y1_x2_y2": [[3, 4, 9, 8], [30, 20, 38, 29]]}
    for alpha, sigma in ((60.0, 4.1), (300.0, 9.5)):
        yield "ElasticTransform", {"alpha": alpha, "sigma": sigma, "border": border}
    if version == "1.3.1":
        yield "ElasticTransform", {"alpha": 1.0, "sigma": 50.0, "alpha_affine": 9.0, "border": border}


def alb131():
    import albumentations as A
    import cv2
    from albumentations.augmentations import functional as F
    from albumentations.augmentations.blur import functional as FB
    from albumentations.augmentations.dropout.functional import cutout
    from albumentations.augmentations.geometric import functional as FG

    img, linear, border = image(), cv2.INTER_LINEAR, cv2.BORDER_REFLECT_101
    rows = []
    for name, p in rows_of("1.3.1"):
        if name == "ElasticTransform":
            p = {"alpha_affine": 0.0, **p, "numpy_RandomState_seed": 4711}
        out = {
            "Rotate": lambda: FG.rotate(img, p["angle"], linear, border),
            "HorizontalFlip": lambda: FG.hflip(img),
            "RandomBrightnessContrast": lambda: F.brightness_contrast_adjust(img, p["alpha"], p["beta"], p["by_max"]),
            "GaussianBlur": lambda: FB.gaussian_blur(img, p["ksize"], p["sigma"]),
            "GridDistortion": lambda: FG.grid_distortion(img, 5, p["steps_x"], p["steps_y"], linear, border),
            "OpticalDistortion": lambda: FG.optical_distortion(img, p["k"], 0, 0, linear, border),
            "CoarseDropout": lambda: cutout(img, p["holes_x1_y1_x2_y2"], 0),
            "ElasticTransform": lambda: FG.elastic_transform(img, p["alpha"], p["sigma"], p["alpha_affine"], linear, border, None, np.random.RandomState(4711)),
        }[name]()
        rows.append({"transform": name, "parameters": p, "output": out.tolist()})
    add("1.3.1", rows, {"albumentations": A.__version__, "opencv": cv2.__version__})


def alb208():
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    import albucore
    import albumentations as A
    import cv2
    from albumentations.augmentations.blur import functional as FB
    from albumentations.augmentations.dropout.functional import cutout
    from albumentations.augmentations.geometric import functional as FG
    from albumentations.augmentations.pixel import functional as FP

    img = image()[..., None]
    remap = lambda x, y: FG.remap(img, x, y, cv2.INTER_LINEAR, cv2.BORDER_CONSTANT, 0)
    unit = {"x": 1, "y": 1}, {"x": 0, "y": 0}

    def rotate(p):
        m = FG.create_affine_transformation_matrix(unit[1], unit[1], unit[0], p["angle"], FG.center((H, W)))
        return FG.warp_affine(img, np.asarray(m), cv2.INTER_LINEAR, 0, cv2.BORDER_CONSTANT, (H, W))

    def brightness(p):
        offset = p["beta"] * 255 if p["by_max"] else float(p["beta"] * np.mean(img))
        return albucore.multiply_add(img, p["alpha"], offset, inplace=False)

    def grid(p):
        x, y = list(p["steps_x"]), list(p["steps_y"])
        if p["normalized"]:
            n = FG.normalize_grid_distortion_steps((H, W), 5, x, y)
            x, y = n["steps_x"], n["steps_y"]
        return remap(*FG.generate_grid((H, W), list(x), list(y), 5))

    def optical(p):
        maps = FG.get_fisheye_distortion_maps if p["mode"] == "fisheye" else FG.get_camera_matrix_distortion_maps
        return remap(*maps((H, W), p["k"]))

    def elastic(p):
        dx, dy = FG.generate_displacement_fields((H, W), p["alpha"], p["sigma"], False, (0, 0), np.random.default_rng(4711), "gaussian")
        x, y = np.meshgrid(np.arange(W), np.arange(H))
        return remap((x + dx).astype(np.float32), (y + dy).astype(np.float32))

    rows = []
    for name, p in rows_of("2.0.8"):
        out = {
            "Rotate": rotate, "HorizontalFlip": lambda p: img[:, ::-1], "RandomBrightnessContrast": brightness,
            "GaussianBlur": lambda p: FP.separable_convolve(img, kernel=FB.create_gaussian_kernel_1d(p["sigma"], p["ksize"])),
            "GridDistortion": grid, "OpticalDistortion": optical,
            "CoarseDropout": lambda p: cutout(img, np.array(p["holes_x1_y1_x2_y2"]), 0, np.random.default_rng(1)),
            "ElasticTransform": elastic,
        }[name](p)
        row = {"transform": name, "parameters": p, "output": np.asarray(out).reshape(H, W).tolist()}
        if name == "ElasticTransform":
            row["noise"] = np.random.default_rng(4711).standard_normal((2 * H, W), dtype=np.float32).tolist()
        rows.append(row)
    add("2.0.8", rows, {"albumentations": A.__version__, "opencv": cv2.__version__})


def add(version, rows, reference):
    old = json.load(open("albumentations.json")) if os.path.exists("albumentations.json") else {"reference": {}, "input": image().tolist(), "versions": {}}
    old["reference"][version] = reference
    old["versions"][version] = rows
    dump("albumentations.json", old)


def dump(path, document):
    with open(path, "w", newline="\n") as f:
        f.write(json.dumps(document, separators=(",", ":"), allow_nan=False).replace('{"', '\n{"') + "\n")


if __name__ == "__main__":
    {"keras": keras, "alb131": alb131, "alb208": alb208}[sys.argv[1]]()
