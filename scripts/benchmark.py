#!/usr/bin/env python3
"""Times xrayclf beside the Python stack on this machine: the same work by each, in turns, in one run.

Writes docs/benchmarks.md, or --output, and the rounds as JSON beside it. Peers run in a virtual environment under the
cache directory, made on the first run from PyPI with pinned versions. scripts/benchmark.sh builds what is measured.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

PEERS = ["torch==2.13.0", "torchvision==0.28.0", "timm==1.0.31", "grad-cam==1.5.7", "onnx==1.23.2",
         "onnxruntime==1.32.0", "openvino==2026.4.1", "numpy==2.4.6", "opencv-python-headless==4.11.0.86"]
SCRIPTS = pathlib.Path(__file__).resolve().parent
TCMALLOC = pathlib.Path("/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4")
CORES = len(os.sched_getaffinity(0))
GPU = pathlib.Path("/dev/nvidia0").exists()


def cpu_info(key):
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith(key):
                return line.split(":", 1)[1].strip()
    return ""


def cache_directory():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ["HOME"], ".cache")
    return pathlib.Path(os.environ.get("XRAYCLF_CACHE") or os.path.join(base, "xrayclf"))


def peer_environment():
    """The peers' interpreter and networks. The wheel of torch does not load without CUDA's libraries: 5 GB."""
    folder = cache_directory() / "benchmark-peers"
    python = folder / "bin" / "python"
    done = folder / "complete"
    if not done.exists() or done.read_text(encoding="utf-8").split() != PEERS:
        print("making the peers' environment ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run(install + PEERS, check=True)
        subprocess.run([python, SCRIPTS / "benchmark_peer.py", "export", folder], check=True)
        done.write_text("\n".join(PEERS), encoding="utf-8")
    return python, folder


class Contestant:
    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, **(environment or {})})

    def seconds(self, case):
        time.sleep(0.05)  # threads of the one before stop spinning
        self.process.stdin.write(case + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"a contestant ended during: {case}")
        return float(answer)


class Row:
    """One kind of work: how many things it is made of, and who does it by which line. Peers that do it at one speed
    may do less of it."""

    def __init__(self, title, count, ours, peers, peers_count=None):
        self.title, self.count, self.peers_count = title, count, peers_count or count
        self.cases = {"xrayclf": ours, **peers}
        self.rates = {name: [] for name in self.cases}

    def run(self, contestants, number, counted):
        names = list(self.cases)
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            seconds = contestants[name].seconds(self.cases[name])
            if counted:
                count = self.count if name == "xrayclf" else self.peers_count
                self.rates[name].append(count / seconds)

    def table(self):
        """A line a peer: median rates, and median, lowest and highest ratio of a round's pair."""
        ours = self.rates["xrayclf"]
        for name, rates in self.rates.items():
            if name == "xrayclf":
                continue
            ratios = sorted(a / b for a, b in zip(ours, rates))
            yield (f"| {self.title} | {statistics.median(ours):.1f} | {name} | {statistics.median(rates):.1f} | "
                   f"**{statistics.median(ratios):.2f}** | {ratios[0]:.2f} to {ratios[-1]:.2f} |")


def forward_rows(precision, quick):
    engines = ["PyTorch", "OpenVINO"] if precision == "bfloat16" else ["PyTorch", "ONNX Runtime", "OpenVINO"]
    for network, title in (("efficientnet_b4", "B4"), ("efficientnet_lite0", "Lite0")):
        for batch in (1, 8, 64) if quick else (1, 8, 32, 64):
            repeats = max(1, (16 if network == "efficientnet_b4" else 64) // batch)
            case = f"forward {network} {precision} {batch} {repeats}"
            name = "throughput" if batch == 64 else f"batch {batch}"
            yield Row(f"{title}, {precision}, {name}", batch * repeats, case, {e: case for e in engines})


def training_rows():
    """Cached views are another recipe than fresh ones: the peer, which has none, draws a fresh view every epoch."""
    for network, part, title, count in (("efficientnet_b4", "head", "phase 1, B4", 64),
                                        ("efficientnet_b4", "last_keras_layers", "phase 2, B4", 64),
                                        ("efficientnet_b4", "everything", "whole network, B4", 16),
                                        ("efficientnet_lite0", "everything", "whole network, Lite0", 64)):
        fresh = f"train {network} {part} 0 1 {count}"
        yield Row(f"{title}, fresh views", count, fresh, {"PyTorch": fresh})
        if part != "everything":
            epochs = 30 if part == "head" else 20
            cached = f"train {network} {part} 4 {epochs} {count}"
            yield Row(f"{title}, {epochs} epochs, 4 cached views", epochs * count, cached, {"PyTorch": fresh}, count)


def all_rows(films, count, quick):
    preprocess = f"preprocess {films}"
    yield Row("preprocess, one core", count, preprocess, {"OpenCV": preprocess})
    yield from forward_rows("float32", quick)
    if "avx512_bf16" in cpu_info("flags").split():
        yield from forward_rows("bfloat16", quick)
    for batch in (1, 8):
        case = f"gradcam {batch} {8 // batch}"
        yield Row(f"Grad-CAM overlays, B4, batch {batch}", 8, case, {"pytorch-grad-cam": case})
    yield from training_rows()
    cached = "cached_epoch 4096"
    yield Row("phase-1 epoch, cached features", 4096, cached, {"PyTorch": cached})


KERNELS = [("pointwise float32 3136 32 192 silu", 2 * 3136 * 32 * 192),
           ("pointwise float32 196 112 672 silu", 2 * 196 * 112 * 672),
           ("pointwise float32 196 672 112 none", 2 * 196 * 112 * 672),
           ("pointwise float32 49 1632 272 none", 2 * 49 * 1632 * 272),
           ("depthwise float32 3 1 56", 2 * 9 * 16 * 56 * 56),
           ("depthwise float32 5 1 14", 2 * 25 * 16 * 14 * 14)]


def kernel_table(ours):
    for case, work in KERNELS + [(case.replace("float32", "bfloat16"), work) for case, work in KERNELS]:
        seconds = ours.seconds("kernel " + case)
        yield f"| {case} | {seconds * 1e6:.1f} | {work / seconds / 1e9:.1f} |"


def process_figures(command, rounds):
    """Median seconds and largest memory in MB of a command that starts, works and ends."""
    seconds, peak = [], 0
    for _ in range(rounds):
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds.append(time.perf_counter() - begin)
        if status != 0:
            sys.exit(f"failed: {' '.join(map(str, command))}")
        peak = max(peak, usage.ru_maxrss / 1024)
    return statistics.median(seconds), peak


def process_table(xrayclf, python, scratch, films, rounds):
    prepared, run = scratch / "prepared", scratch / "run"
    image = str(next(films.rglob("*.png")))
    prepare = [xrayclf, "preprocess", "--input", films / "images.csv", "--output", prepared, "--quiet"]
    train = [xrayclf, "train", "--data", prepared, "--output", run, "--epochs", "1", "--quiet", "--figures", "false",
             "--model.architecture", "efficientnet_lite0", "--model.weights", "none"]
    commands = [("`--help`", [xrayclf, "--help"], rounds),
                ("`preprocess` of the phantoms", prepare, 1),
                ("`train`, Lite0, one epoch", train, 1),
                ("`predict`, Lite0, one image", [xrayclf, "predict", "--checkpoint", run, image], rounds),
                ("the same by PyTorch", [python, SCRIPTS / "benchmark_peer.py", "predict", image], rounds)]
    for title, command, times in commands:
        seconds, peak = process_figures(command, times)
        yield f"| {title} | {seconds:.2f} | {peak:.0f} |"


def report(options, rows, kernels, processes):
    allocator = "tcmalloc" if TCMALLOC.exists() else "the system's allocator (tcmalloc was not there)"
    lines = [
        "# Benchmarks",
        "",
        f"Measured {datetime.date.today()} by `scripts/benchmark.sh {options.extent}` on {cpu_info('model name')}, "
        f"{CORES} cores, {platform.system()} {platform.release()}; load before the run {options.load:.1f}. "
        f"Medians of {options.rounds} rounds in which all take turns; a ratio is that of one round, ours by theirs, "
        "with its lowest and highest. Above 1 xrayclf is faster.",
        "",
        f"Peers: {', '.join(PEERS)}. PyTorch runs channels-last with denormals flushed and {allocator}; OpenVINO with "
        "its latency hint, and with its throughput hint where the row says throughput; ONNX Runtime with its "
        "defaults; all on all cores, networks with random weights.",
        "",
        "## Images per second",
        "",
        "| Work | xrayclf | Peer | Its rate | Ratio | Range |",
        "|---|---|---|---|---|---|",
        *(line for row in rows for line in row.table()),
        "",
        "## Start to end of a command",
        "",
        "| Command | Seconds | Peak memory, MB |",
        "|---|---|---|",
        *processes,
        "",
        "## Kernels, one core",
        "",
        "| Kernel (see `tests/benchmark/kernel_benchmark.hpp`) | Microseconds | GFLOP/s |",
        "|---|---|---|",
        *kernels,
        "",
        "## GPU",
        "",
        "This suite measures the CPU. " + ("The GPU that is there was not used." if GPU else "No GPU was there."),
        "",
    ]
    options.output.write_text("\n".join(lines), encoding="utf-8")
    figures = {"processor": cpu_info("model name"), "cores": CORES, "load": options.load, "peers": PEERS,
               "rounds": {row.title: row.rates for row in rows}}
    options.output.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("extent", choices=["quick", "full"], nargs="?", default="quick")
    parser.add_argument("--ours", required=True, help="the program xrayclf_benchmark")
    parser.add_argument("--xrayclf", required=True, help="the program xrayclf")
    parser.add_argument("--rounds", type=int, help="instead of 3 (quick) or 9 (full)")
    parser.add_argument("--only", default="", metavar="TEXT", help="rows whose title has this text, printed and not kept")
    parser.add_argument("--output", type=pathlib.Path, default=SCRIPTS.parent / "docs" / "benchmarks.md")
    options = parser.parse_args()
    quick = options.extent == "quick"
    options.rounds = options.rounds or (3 if quick else 9)

    python, folder = peer_environment()
    options.load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        films = scratch / "films"
        subprocess.run([options.xrayclf, "phantoms", "--output", films, "--patients", "20", "--quiet"], check=True)
        count = sum(path.suffix in (".png", ".jpg", ".jpeg") for path in films.rglob("*"))
        processes = [] if options.only else list(
            process_table(options.xrayclf, python, scratch, films, options.rounds))
        peer = [python, SCRIPTS / "benchmark_peer.py"]
        fast_memory = {"LD_PRELOAD": str(TCMALLOC)} if TCMALLOC.exists() else {}
        torch = Contestant([*peer, "torch"], fast_memory)
        contestants = {"xrayclf": Contestant([options.ours]), "PyTorch": torch, "OpenCV": torch,
                       "pytorch-grad-cam": torch, "ONNX Runtime": Contestant([*peer, "onnxruntime", folder]),
                       "OpenVINO": Contestant([*peer, "openvino", folder])}
        rows = [row for row in all_rows(films, count, quick) if options.only in row.title]
        for number in range(options.rounds + 1):
            for row in rows:
                print(f"round {number}: {row.title}", file=sys.stderr)
                # The first round is not counted: first touches of memory and code.
                row.run(contestants, number, counted=number > 0)
        if options.only:
            print("\n".join(line for row in rows for line in row.table()))
            return
        kernels = list(kernel_table(contestants["xrayclf"]))
    report(options, rows, kernels, processes)
    print(options.output.read_text(encoding="utf-8"))


main()
