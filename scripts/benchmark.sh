#!/usr/bin/env bash
# Times xrayclf beside PyTorch, ONNX Runtime, OpenVINO, OpenCV and pytorch-grad-cam on this machine and writes
# docs/benchmarks.md and docs/benchmarks.json. The machine should have nothing else to do.
#
#   scripts/benchmark.sh [quick|full] [--rounds N] [--output FILE.md]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cmake --preset release
cmake --build --preset release --target xrayclf xrayclf_benchmark
exec scripts/benchmark.py --ours build/release/tests/benchmark/xrayclf_benchmark --xrayclf build/release/xrayclf "$@"
