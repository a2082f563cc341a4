#!/usr/bin/env python3
"""Times xrayclf beside the Python stack on this machine: the same work by both, in turns, in one run.

Prints a table of medians in images per second with the ratio of each round's pair, and writes the rounds as JSON.
Peers run in a virtual environment under the cache directory, made on the first run from PyPI with pinned versions.
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

PEERS = ["torch==2.13.0", "torchvision==0.28.0", "numpy==2.4.6", "opencv-python-headless==4.11.0.86"]


def cache_directory():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ["HOME"], ".cache")
    return pathlib.Path(os.environ.get("XRAYCLF_CACHE") or os.path.join(base, "xrayclf"))


def peer_python():
    """The interpreter of the peers' environment. The wheel of torch does not load without CUDA's libraries: 5 GB."""
    folder = cache_directory() / "benchmark-peers"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        print("making the peers' environment ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run(install + PEERS, check=True)
        (folder / "complete").touch()
    return python


class Contestant:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds(self, case):
        self.process.stdin.write(case + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"a contestant ended during: {case}")
        return float(answer)


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", required=True, help="the program xrayclf_benchmark")
    parser.add_argument("--xrayclf", required=True, help="the program xrayclf, for phantoms to work on")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output", default="benchmark.json")
    options = parser.parse_args()

    python = peer_python()
    with tempfile.TemporaryDirectory() as scratch:
        films = pathlib.Path(scratch) / "films"
        subprocess.run([options.xrayclf, "phantoms", "--output", films, "--patients", "20", "--quiet"], check=True)
        count = sum(path.suffix in (".png", ".jpg", ".jpeg") for path in films.rglob("*"))
        cases = [("preprocess, one core", f"preprocess {films}", count),
                 ("B4 forward, batch 1", "forward 1", 1),
                 ("B4 forward, batch 8", "forward 8", 8),
                 ("B4 forward, batch 32", "forward 32", 32),
                 ("phase-1 epoch from images", "epoch 96", 96),
                 ("phase-1 epoch on cached features", "cached_epoch 4096", 4096)]
        ours = Contestant([options.ours])
        peer = Contestant([str(python), str(pathlib.Path(__file__).parent / "benchmark_peer.py")])
        rounds = {title: [] for title, _, _ in cases}
        for case in cases:  # not counted: first touches of memory and code
            ours.seconds(case[1])
            peer.seconds(case[1])
        for number in range(options.rounds):
            for title, case, images in cases:
                pair = [ours, peer] if number % 2 == 0 else [peer, ours]
                seconds = {contestant: contestant.seconds(case) for contestant in pair}
                rounds[title].append({"ours": images / seconds[ours], "peer": images / seconds[peer]})

    print(f"{processor()}, {len(os.sched_getaffinity(0))} cores; images per second, median of {options.rounds} rounds")
    print("peer: PyTorch 2.13.0 eager and torchvision 0.28.0, float32; Python OpenCV 4.11 for preprocess\n")
    print(f"{'':34}{'xrayclf':>10}{'peer':>10}{'ratio':>8}  {'lowest':>6} {'highest':>7}")
    for title, pairs in rounds.items():
        ratios = sorted(pair["ours"] / pair["peer"] for pair in pairs)
        print(f"{title:34}{statistics.median(p['ours'] for p in pairs):10.1f}"
              f"{statistics.median(p['peer'] for p in pairs):10.1f}{statistics.median(ratios):8.2f}"
              f"  {ratios[0]:6.2f} {ratios[-1]:7.2f}")
    with open(options.output, "w", encoding="utf-8") as file:
        json.dump({"processor": processor(), "rounds": rounds}, file, indent=2)


main()
