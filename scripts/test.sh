#!/usr/bin/env bash
# Installs what is missing, builds the dev preset, runs all tests; ctest's totals come last.
# Options go to ctest, for example: scripts/test.sh -L unit
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

started=$SECONDS
stage_done() {
  printf 'test: %s took %d s\n' "$1" $((SECONDS - started)) >&2
  started=$SECONDS
}

scripts/setup.sh
stage_done setup
cmake --preset dev
cmake --build --preset dev
stage_done build
ctest --preset dev "$@"
