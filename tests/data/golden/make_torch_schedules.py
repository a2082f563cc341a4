#!/usr/bin/env python3
"""Write torch_schedules.json: what PyTorch's ReduceLROnPlateau and OneCycleLR do.

Usage: make_torch_schedules.py   (needs torch; reads the sequences of callbacks.json beside it)
"""
import json
import math
import pathlib

import torch
from torch.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau

HERE = pathlib.Path(__file__).parent
PLATEAU = [
    dict(mode="min", factor=0.5, patience=3, min_lr=1e-7),
    dict(mode="min", factor=0.1, patience=2, threshold=0.05, min_lr=3e-5),
    dict(mode="max", factor=0.5, patience=2, cooldown=1, min_lr=0.0),
    dict(mode="min", factor=0.2, patience=1, cooldown=3, min_lr=0.0),
    dict(mode="max", factor=0.1, patience=0, threshold=0.02, min_lr=1e-7),
]
SEQUENCES = ["flat", "overfit", "noisy", "nan_first", "nan_middle", "late_recovery", "ties",
             "below_min_delta", "all_nan", "inf_spike", "just_above_min_delta"]
ONE_CYCLE = [
    dict(),
    dict(pct_start=0.1, div_factor=10.0, final_div_factor=100.0),
    dict(anneal_strategy="linear"),
    dict(three_phase=True),
    dict(three_phase=True, anneal_strategy="linear", pct_start=0.4),
    dict(pct_start=0.0),
    dict(pct_start=1.0),
]


def optimiser(rate):
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)


def plain(x):
    if math.isfinite(x):
        return x
    return "nan" if math.isnan(x) else "inf" if x > 0 else "-inf"


def plateau(options, name, values):
    sgd = optimiser(1e-3)
    schedule = ReduceLROnPlateau(sgd, **options)
    trace = dict(options=options, sequence=name, lr=[], wait=[], cooldown=[], best=[])
    for value in values:
        schedule.step(float(value))
        trace["lr"].append(sgd.param_groups[0]["lr"])
        trace["wait"].append(schedule.num_bad_epochs)
        trace["cooldown"].append(schedule.cooldown_counter)
        trace["best"].append(plain(schedule.best))
    return trace


def one_cycle(options, total):
    sgd = optimiser(1.0)
    schedule = OneCycleLR(sgd, max_lr=1.0, total_steps=total, cycle_momentum=False, **options)
    factors = []
    for step in range(total):
        factors.append(sgd.param_groups[0]["lr"])
        sgd.step()
        if step < total - 1:
            schedule.step()
    return dict(options=options, total_steps=total, factor=factors)


def lines(rows):
    return ",\n".join(json.dumps(row) for row in rows)


def main():
    sequences = json.loads((HERE / "callbacks.json").read_text())["sequences"]
    key = lambda options: "val_loss" if options["mode"] == "min" else "val_accuracy"
    traces = [plateau(o, s, sequences[s][key(o)]) for o in PLATEAU for s in SEQUENCES]
    cycles = [one_cycle(o, total) for o in ONE_CYCLE for total in (20, 77)]
    (HERE / "torch_schedules.json").write_text(
        f'{{"reference": {json.dumps({"torch": torch.__version__})},\n'
        f'"note": "rate, wait, cooldown and best after each step, from 1e-3; nan and inf are strings",\n'
        f'"reduce_lr_on_plateau": [\n{lines(traces)}],\n"one_cycle": [\n{lines(cycles)}]}}\n')


if __name__ == "__main__":
    main()
