#!/usr/bin/env bash
# From a fresh machine to an evaluated classifier on synthetic films: set-up, Release build, then
# phantoms, preprocess, train, eval and predict. Ends in a table of results and the path of the report.
set -euo pipefail

usage() {
  cat <<'TXT'
Usage: scripts/quickstart.sh [DIR]

Results go to DIR (default: build/quickstart in the checkout); a second run replaces the run and its report.
TXT
}

case "${1:-}" in
  -h|--help) usage; exit 0 ;;
  -*) usage >&2; exit 2 ;;
esac
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
demo=$(realpath -m "${1:-$root/build/quickstart}")
cd "$root"

timings=() started=$SECONDS
stage_done() {
  timings+=("$(printf '%-12s %4d s' "$1" $((SECONDS - started)))")
  started=$SECONDS
}

scripts/setup.sh
stage_done setup

cmake --preset release -DXRAYCLF_BUILD_TESTS=OFF >/dev/null
cmake --build --preset release --target xrayclf
stage_done build

xrayclf=build/release/xrayclf
[[ -f $demo/phantoms/images.csv ]] || { rm -rf "$demo/phantoms"; "$xrayclf" phantoms --output "$demo/phantoms" --patients 120; }
stage_done phantoms
"$xrayclf" preprocess --input "$demo/phantoms/images.csv" --output "$demo/data"
stage_done preprocess
rm -rf "$demo/run" "$demo/evaluation"
"$xrayclf" train --data "$demo/data" --output "$demo/run" --model.architecture efficientnet_lite0 --epochs 10
stage_done train
"$xrayclf" eval --checkpoint "$demo/run" --data "$demo/data" --output "$demo/evaluation" >/dev/null
stage_done eval
"$xrayclf" predict --checkpoint "$demo/run" --format csv "$demo/phantoms/images" >"$demo/predictions.csv"
stage_done predict

python3 - "$demo/evaluation/report.json" <<'PY'
import json
import sys

report = json.load(open(sys.argv[1], encoding="utf-8"))


def text(figure):
    if figure is None or figure.get("value") is None:
        return "undefined"
    if figure.get("low") is None:
        return f"{figure['value']:.3f}"
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


print(f"\nTest split of the phantoms: {report['samples']} films; value (95 % interval)")
for name in ("accuracy", "balanced_accuracy", "auroc_macro"):
    print(f"  {name:<24}{text(report['metrics'].get(name))}")
for name, figures in report["per_class"].items():
    print(f"  {name}")
    for figure in ("sensitivity", "specificity"):
        print(f"    {figure:<22}{text(figures.get(figure))}")
PY
printf '\nReport: %s\nRun:    %s\n\nTime taken:\n' "$demo/evaluation/report.txt" "$demo/run"
printf '  %s\n' "${timings[@]}"
printf '  %-12s %4d s\n' total "$SECONDS"
