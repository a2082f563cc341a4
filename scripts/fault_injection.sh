#!/usr/bin/env bash
# Kills, stops and fails the program at every system call of one save, by strace, and lets each run go on. Takes hours.
# The tests of `ctest` do the same at a few calls.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v strace >/dev/null || { echo "fault_injection: strace is missing (scripts/setup.sh --dev)" >&2; exit 1; }
cmake --preset dev
cmake --build --preset dev --target xrayclf_net_tests
XRAYCLF_FAULTS=all OMP_WAIT_POLICY=passive build/dev/tests/xrayclf_net_tests --gtest_filter='FaultInjectionIntegrationTest.*'
