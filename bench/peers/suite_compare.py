#!/usr/bin/env python3
"""The suite of a careful team, side by side in one run: scikit-learn, NumPy by hand, Touchstone.

    suite_compare.py [--rows 1000000] [--shape rare|ties|balanced] [--touchstone ./touchstone]
                     [--replicates 3] [--thresholds 200] [--skip-loop]

Makes rows as the JMH benchmarks do (y ~ Bernoulli(0.005), z ~ N(2.326 y, 1), score = sigmoid(2.326 z
- 2.706 + logit 0.005), SplitMix64, seed 20240607), then times on the same arrays

- warm calls: average precision, ROC AUC, PR curve, F1 at 200 thresholds by the usual loop over
  f1_score, 1,000 bootstrap replicates of AP (drawing row numbers), NumPy's best hand-written AP + ROC
  AUC (one sort of packed integers), and Touchstone's report and bootstrap in a warm JVM;
- whole processes: `touchstone evaluate` on .npy files against a Python process that imports, loads
  and computes the same three ranking answers.

What would take hours is measured on few and scaled: 1,000 bootstrap replicates of scikit-learn from
--replicates of them, the loop from --loop-thresholds of 200 where that is given. The output says so
in `scaled`. Prints one JSON object; exit code 1 when values disagree.
"""
import argparse
import json
import math
import os
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics as sk

ROOT = Path(__file__).resolve().parents[2]
SEED = 20240607
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
REPLICATES = 1000

PROCESS = """
import sys, numpy as np
from sklearn import metrics as sk
y, s = np.load(sys.argv[1]), np.load(sys.argv[2])
sk.average_precision_score(y, s), sk.roc_auc_score(y, s), sk.precision_recall_curve(y, s)
"""


def uniform(counter):
    """53 bits of SplitMix64's outputs at these counters, in [0, 1)."""
    z = np.uint64(SEED) + GOLDEN * (counter + np.uint64(1))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)) * 2.0 ** -53


def rows(count, shape):
    """Labels and float32 scores."""
    prevalence = 0.5 if shape == "balanced" else 0.005
    labels, scores = np.empty(count, np.uint8), np.empty(count, np.float32)
    for start in range(0, count, 1 << 20):
        end = min(count, start + (1 << 20))
        i = np.arange(start, end, dtype=np.uint64) * np.uint64(3)
        y = uniform(i) < prevalence
        radius = np.sqrt(-2 * np.log(1 - uniform(i + np.uint64(1))))
        z = 2.326 * y + radius * np.cos(2 * np.pi * uniform(i + np.uint64(2)))
        logit = 2.326 * z - 2.326 ** 2 / 2 + math.log(prevalence / (1 - prevalence))
        score = 1 / (1 + np.exp(-logit))
        labels[start:end] = y
        scores[start:end] = np.rint(score * 1000) / 1000 if shape == "ties" else score
    return labels, scores


def by_hand(y, s):
    """AP and ROC AUC of float32 scores in [0, 1]: one sort of packed integers, then running sums."""
    keys = (s.view(np.uint32).astype(np.uint64) << np.uint64(1)) | y
    keys.sort()
    keys = keys[::-1]
    tp = np.cumsum(keys & np.uint64(1), dtype=np.int64)
    score = keys >> np.uint64(1)
    ends = np.flatnonzero(np.append(score[1:] != score[:-1], True))
    tp = tp[ends]
    fp = ends + 1 - tp
    ap = np.sum(np.diff(tp, prepend=0) * (tp / (tp + fp))) / tp[-1]
    auc = np.sum(np.diff(fp, prepend=0) * (tp + np.append(0, tp[:-1]))) / (2 * tp[-1] * fp[-1])
    return ap, auc


CPU = {}


def timed(call, repeat=1, name=None):
    """Best seconds, and the answer; the processor's seconds go to CPU under the name."""
    best = cpu = math.inf
    for _ in range(repeat):
        start, cpu_start = time.perf_counter(), time.process_time()
        answer = call()
        cpu = min(cpu, time.process_time() - cpu_start)
        best = min(best, time.perf_counter() - start)
    if name:
        CPU[name] = cpu
    return best, answer


def f1_loop(y, s, thresholds):
    return [sk.f1_score(y, s >= t, zero_division=0) for t in thresholds]


def replicates(y, s, count):
    random = np.random.default_rng(SEED)
    values = []
    for _ in range(count):
        picked = random.integers(0, len(y), len(y))
        values.append(sk.average_precision_score(y[picked], s[picked]))
    return values


def process(command):
    return timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))[0]


def cpu():
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--shape", choices=["rare", "ties", "balanced"], default="rare")
    parser.add_argument("--touchstone", default=str(ROOT / "touchstone"), help="the launcher")
    parser.add_argument("--replicates", type=int, default=3, help="bootstrap replicates of scikit-learn to measure")
    parser.add_argument("--thresholds", type=int, default=200)
    parser.add_argument("--loop-thresholds", type=int, help="of them, how many the loop measures (default: all)")
    parser.add_argument("--skip-loop", action="store_true", help="no F1 loop")
    parser.add_argument("--process-repeats", type=int, default=3)
    options = parser.parse_args()
    y, s = rows(options.rows, options.shape)
    launcher = shlex.split(options.touchstone)
    load = os.getloadavg()[0]

    theirs, scaled = {}, {}
    theirs["average_precision"], ap = timed(lambda: sk.average_precision_score(y, s), name="average_precision")
    theirs["roc_auc"], auc = timed(lambda: sk.roc_auc_score(y, s), name="roc_auc")
    theirs["precision_recall_curve"], _ = timed(lambda: sk.precision_recall_curve(y, s), name="precision_recall_curve")
    three_calls = sum(theirs.values())
    three_calls_cpu = sum(CPU.values())
    numpy_seconds, numpy_values = timed(lambda: by_hand(y, s), 3, name="numpy_by_hand")
    if not options.skip_loop:
        measured = options.loop_thresholds or options.thresholds
        grid = np.linspace(0, 1, options.thresholds)[:: max(1, options.thresholds // measured)][:measured]
        seconds, _ = timed(lambda: f1_loop(y, s, grid), name="f1_loop_measured_part")
        theirs["f1_at_thresholds"] = seconds * options.thresholds / len(grid)
        if len(grid) != options.thresholds:
            scaled["f1_at_thresholds"] = f"{len(grid)} thresholds measured in {seconds:.2f} s, scaled to {options.thresholds}"
    seconds, _ = timed(lambda: replicates(y, s, options.replicates), name="bootstrap_measured_part")
    theirs["bootstrap_1000"] = seconds * REPLICATES / options.replicates
    scaled["bootstrap_1000"] = f"{options.replicates} replicates measured in {seconds:.2f} s, scaled to {REPLICATES}"

    with tempfile.TemporaryDirectory() as directory:
        labels, scores = os.path.join(directory, "y.npy"), os.path.join(directory, "s.npy")
        np.save(labels, y)
        np.save(scores, s)
        warm = subprocess.run(launcher + ["bench", "warm-suite", labels, scores], check=True, capture_output=True, text=True)
        ours = json.loads(warm.stdout)
        cold = {"sklearn": [], "touchstone": []}
        for _ in range(options.process_repeats):
            cold["touchstone"].append(process(launcher + ["evaluate", "--labels", labels, "--scores", scores]))
            cold["sklearn"].append(process([sys.executable, "-c", PROCESS, labels, scores]))

    differences = {
        "average_precision": abs(ours["average_precision"] - ap), "roc_auc": abs(ours["roc_auc"] - auc),
        "numpy_average_precision": abs(numpy_values[0] - ap), "numpy_roc_auc": abs(numpy_values[1] - auc),
    }
    whole = sum(theirs.values())
    ratio = lambda a, b: round(a / b, 1)
    ratios = {
        "report_1_thread_vs_three_calls": ratio(three_calls, ours["report_seconds_1"]),
        "report_2_threads_vs_three_calls": ratio(three_calls, ours["report_seconds_2"]),
        "report_1_thread_vs_numpy_by_hand": ratio(numpy_seconds, ours["report_seconds_1"]),
        "bootstrap_2_threads_vs_scaled": ratio(theirs["bootstrap_1000"], ours["bootstrap_seconds_2"]),
        "suite_2_threads_vs_partly_scaled": ratio(whole, ours["report_seconds_2"] + ours["bootstrap_seconds_2"]),
        "process_best": ratio(min(cold["sklearn"]), min(cold["touchstone"])),
    }
    ratios |= {
        "cpu_report_vs_three_calls": ratio(three_calls_cpu, ours["report_cpu_seconds_1"]),
        "cpu_report_vs_numpy_by_hand": ratio(CPU["numpy_by_hand"], ours["report_cpu_seconds_1"]),
        "cpu_bootstrap_vs_scaled": ratio(CPU["bootstrap_measured_part"] * REPLICATES / options.replicates, ours["bootstrap_cpu_seconds_1"]),
    }
    if "f1_at_thresholds" in theirs:
        ratios["report_2_threads_vs_f1_loop"] = ratio(theirs["f1_at_thresholds"], ours["report_seconds_2"])
    failed = [name for name, difference in differences.items() if not difference <= 1e-9]
    print(json.dumps({
        "rows": options.rows, "shape": options.shape, "positives": int(y.sum()),
        "command": "suite_compare.py " + shlex.join(sys.argv[1:]),
        "machine": {"cpu": cpu(), "cores": os.cpu_count(), "load_before": round(load, 2), "load_after": round(os.getloadavg()[0], 2)},
        "versions": {"sklearn": sklearn.__version__, "numpy": np.__version__, "python": platform.python_version()},
        "sklearn_seconds": {name: round(value, 3) for name, value in theirs.items()},
        "python_cpu_seconds": {name: round(value, 3) for name, value in CPU.items()},
        "scaled": scaled,
        "numpy_by_hand_seconds": round(numpy_seconds, 3),
        "touchstone_warm": ours,
        "touchstone_report_holds": "AP, ROC AUC, KS, best F1, curve vertices and the sweep at 200 thresholds, in one pass",
        "process_seconds": {name: [round(v, 3) for v in values] for name, values in cold.items()},
        "ratios": ratios, "difference": differences, "failed": failed,
    }, indent=1))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
