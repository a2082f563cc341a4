#!/usr/bin/env python3
"""Fails when a file includes against the layers of docs/ARCHITECTURE.md.

Reads every #include in include/, src/ and tests/<module>/; prints each offence as FILE:LINE: reason.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What a module may include beside itself. A name of the build's generated header is no module.
BASE = {
    "core": set(),
    "kernels": {"core"},
    "image": {"core"},
    "augment": {"core", "image"},
    "metrics": {"core"},
    "callbacks": {"core"},
    "figures": {"core", "image", "metrics"},
    "data": {"core", "image", "metrics"},
    "evaluation": {"core", "data", "metrics"},
    "report": {"core", "image", "augment", "metrics", "figures", "data", "evaluation"},
    "serve": {"core", "image"},
}
NET = {
    "model": {"core", "image"},
    "inference": {"core", "kernels", "image", "data", "model", "evaluation", "metrics"},
    "training": {"core", "image", "augment", "data", "model", "metrics", "callbacks", "evaluation", "inference"},
    "explain": {"core", "image", "figures", "model", "inference"},
}
ALLOWED = {**BASE, **NET}
ALLOWED["app"] = set(ALLOWED)
# `model` for the devices that --version lists.
ALLOWED["cli"] = {"core", "app", "model"}

# Libraries that are spoken to in one place only: pattern of the header, modules that may name it.
LIBRARIES = [
    (re.compile(r"(torch|ATen|c10|caffe2)/"), set(NET) | {"app"}),
    (re.compile(r"CLI/"), {"cli"}),
    (re.compile(r"(png|jpeglib|jerror)\.h$"), {"image", "core"}),
    (re.compile(r"dcmtk/|openjpeg\.h$|zlib\.h$"), {"image"}),
    (re.compile(r"openssl/"), {"core"}),
    (re.compile(r"(boost/(asio|beast)/|seccomp\.h$)"), {"serve"}),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def module_of(path):
    """include/xrayclf/<module>/..., src/<module>/..., or None for files above the modules."""
    parts = path.relative_to(ROOT).parts
    depth = 2 if parts[0] == "include" else 1
    return parts[depth] if len(parts) > depth + 1 else None


def offence(module, header):
    """Why `module` must not include `header`, or None."""
    for pattern, modules in LIBRARIES:
        if pattern.match(header) and module not in modules:
            return f"{module} must not include <{header}>; only {', '.join(sorted(modules))} may"
    parts = header.split("/")
    target = parts[1] if parts[0] == "xrayclf" and len(parts) > 2 else parts[0]
    if target not in ALLOWED or target == module or len(parts) < 2:
        return None
    if target in ALLOWED[module]:
        return None
    return f"{module} must not include {target} ({header})"


def main():
    offences = []
    for folder in ("include/xrayclf", "src"):
        for path in sorted((ROOT / folder).rglob("*.[ch]pp")):
            module = module_of(path)
            if module is None:
                continue
            where = path.relative_to(ROOT)
            if module not in ALLOWED:
                offences.append(f"{where}:1: module '{module}' is not in scripts/check_layers.py")
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                found = INCLUDE.match(line)
                reason = offence(module, found.group(1)) if found else None
                if reason:
                    offences.append(f"{where}:{number}: {reason}")
    print("\n".join(offences) if offences else "layers hold", file=sys.stderr if offences else sys.stdout)
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
