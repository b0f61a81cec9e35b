#!/usr/bin/env python3
"""Holds reports of `touchstone evaluate` against scikit-learn on the same rows.

One report:
    touchstone evaluate --labels y.npy --scores s.npy > report.json
    sklearn_compare.py report report.json --labels y.npy --scores s.npy [--weights w.npy]
    sklearn_compare.py report report.json --table preds.parquet [--label-column label]
                       [--score-column score] [--weight-column w]

Many seeded cases (ties, weights, both precisions, both classes rare, tiny sets):
    sklearn_compare.py cases --command './touchstone evaluate' [--seed 1] [--cases 40]

Whole cold processes on the same arrays, one after the other, several times:
    sklearn_compare.py process --command './touchstone evaluate' --labels y.npy --scores s.npy

Prints one JSON object: the largest differences, and what exceeded its tolerance. Exit code 0 when
nothing did, 1 otherwise. Needs numpy and scikit-learn 1.2 or later; pandas for tables.
"""
import argparse
import json
import math
import os
import shlex
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import sklearn
from sklearn import metrics as sk

# absolute below 1, relative above
TOLERANCE = {"average_precision": 1e-12, "roc_auc": 1e-12, "log_loss": 1e-12, "brier": 1e-12}


def reference(y, s, w):
    """What scikit-learn answers; None where it answers nothing sensible."""
    positives = float(np.sum(w[y == 1])) if w is not None else int(np.sum(y))
    negatives = float(np.sum(w[y == 0])) if w is not None else int(len(y) - np.sum(y))
    probabilities = len(s) > 0 and s.min() >= 0 and s.max() <= 1
    # scikit-learn takes the clip from the dtype and then sums float32 in float32, which costs it
    # seven of its digits: the same clip, summed in float64, is the value that it means
    eps = np.finfo(s.dtype).eps
    p = np.clip(s.astype(np.float64), eps, 1 - eps) if probabilities else None
    some = positives + negatives > 0
    values, seconds = {}, {}
    calls = {
        "average_precision": (positives > 0, lambda: sk.average_precision_score(y, s, sample_weight=w)),
        "roc_auc": (positives > 0 and negatives > 0, lambda: sk.roc_auc_score(y, s, sample_weight=w)),
        "log_loss": (some and probabilities, lambda: sk.log_loss(y, p, labels=[0, 1], sample_weight=w)),
        "brier": (some and probabilities, lambda: sk.brier_score_loss(y, s.astype(np.float64), sample_weight=w)),
    }
    for name, (defined, call) in calls.items():
        start = time.perf_counter()
        values[name] = float(call()) if defined else None
        seconds[name] = round(time.perf_counter() - start, 4)
    return values, seconds


def compare(report, y, s, w=None):
    """Differences between a report and scikit-learn."""
    values, seconds = reference(y, s, w)
    differences, failures = {}, []
    for name, expected in values.items():
        got = report["metrics"][name]["value"]
        if expected is None or got is None:
            if expected is not got:
                failures.append({"metric": name, "expected": expected, "got": got})
            continue
        differences[name] = abs(got - expected)
        if not differences[name] <= TOLERANCE[name] * max(1, abs(expected)):
            failures.append({"metric": name, "expected": expected, "got": got})

    # thresholds: an example is predicted positive iff its score is at least the threshold
    order = np.argsort(s, kind="stable")
    ordered = s[order]
    weights = np.ones(len(s)) if w is None else w.astype(float)
    from_end = lambda x: np.concatenate([np.cumsum(x[order][::-1])[::-1], [0.0]])
    tp_from, fp_from = from_end(weights * (y == 1)), from_end(weights * (y == 0))
    worst = 0.0
    for row in report["sweep"] + report["curve"]:
        t = math.inf if row["threshold"] is None else row["threshold"]
        if row.get("threshold_reason") == "infinite_score":
            continue
        at = np.searchsorted(ordered, np.asarray(t, dtype=s.dtype), side="left")
        for name, expected in (("tp", tp_from[at]), ("fp", fp_from[at])):
            difference = abs(row[name] - expected)
            worst = max(worst, difference)
            allowed = 0 if w is None else 1e-9 * max(1.0, float(np.sum(weights)))
            if difference > allowed:
                failures.append({"threshold": row["threshold"], name: row[name], "expected": expected})
    differences["counts"] = worst
    return differences, failures, seconds


def case(random, number):
    """A seeded data set; the first ones are the degenerate ones."""
    fixed = [
        ([0, 0, 0], [0.1, 0.4, 0.8]), ([1, 1, 1], [0.1, 0.4, 0.8]), ([], []), ([1], [0.3]),
        ([0], [0.3]), ([0, 1, 0, 1], [0.5] * 4), ([1, 0], [1.0, 0.0]), ([0, 1], [1.0, 0.0]),
    ]
    if number < len(fixed):
        y, s = fixed[number]
        return "degenerate", np.array(y, np.uint8), np.array(s, np.float64), None
    n = int(10 ** random.uniform(0.5, 5))
    prevalence = random.choice([0.001, 0.02, 0.5, 0.98])
    y = (random.random(n) < prevalence).astype(np.uint8)
    z = random.standard_normal(n) + random.uniform(0, 3) * y
    shape = random.choice(["fine", "ties", "heavy ties", "logits", "extreme"])
    s = 1 / (1 + np.exp(-z))
    if shape == "ties":
        s = np.round(s, 3)
    elif shape == "heavy ties":
        s = np.round(s, 1)
    elif shape == "logits":
        s = z
    elif shape == "extreme":
        s = np.where(random.random(n) < 0.2, np.round(s), s ** 20)
    s = s.astype(random.choice([np.float32, np.float64]))
    w = None
    if random.random() < 0.5:
        w = random.choice([random.integers(0, 4, n).astype(float), random.exponential(1, n)])
    return shape, y, s, w


def run(command, *arguments):
    done = subprocess.run(shlex.split(command) + list(arguments), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command} {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def cases(options):
    random = np.random.default_rng(options.seed)
    largest, failures, shapes = {}, [], {}
    with tempfile.TemporaryDirectory() as directory:
        path = lambda name: os.path.join(directory, name)
        for number in range(options.cases):
            shape, y, s, w = case(random, number)
            np.save(path("y.npy"), y)
            np.save(path("s.npy"), s)
            arguments = ["--labels", path("y.npy"), "--scores", path("s.npy")]
            if w is not None:
                np.save(path("w.npy"), w)
                arguments += ["--weights", path("w.npy")]
            if s.dtype == np.float64 and number % 2:
                # the same rows as text: repr reads back to the same double
                with open(path("p.csv"), "w", encoding="ascii") as out:
                    out.write("label,score,w\n")
                    for i in range(len(y)):
                        out.write(f"{y[i]},{float(s[i])!r},{1.0 if w is None else float(w[i])!r}\n")
                arguments = [path("p.csv")] + ([] if w is None else ["--weight-column", "w"])
            report = run(options.command, *arguments)
            differences, failed, _ = compare(report, y, s, w)
            kind = shape + (", weights" if w is not None else "") + f", {s.dtype}"
            shapes[kind] = shapes.get(kind, 0) + 1
            failures += [dict(f, case=number, kind=kind) for f in failed]
            for name, value in differences.items():
                largest[name] = max(largest.get(name, 0.0), value)
    return {"cases": options.cases, "seed": options.seed, "kinds": shapes,
            "largest_difference": largest, "failures": failures[:20], "failed": len(failures)}


def one(options):
    with open(options.report, encoding="utf-8") as file:
        report = json.load(file)
    if options.table:
        import pandas as pd
        read = pd.read_parquet if options.table.endswith((".parquet", ".pq")) else pd.read_csv
        table = read(options.table)
        y, s = table[options.label_column].to_numpy(), table[options.score_column].to_numpy()
        w = table[options.weight_column].to_numpy() if options.weight_column else None
    else:
        y, s = np.load(options.labels).ravel(), np.load(options.scores).ravel()
        w = np.load(options.weights).ravel() if options.weights else None
    differences, failures, seconds = compare(report, y.astype(np.uint8), s, w)
    total = sum(seconds.values())
    return {"n": len(y), "difference": differences, "failures": failures[:20],
            "failed": len(failures), "sklearn_seconds": seconds,
            "touchstone_compute_seconds": report["cost"]["compute_seconds"],
            "ratio": round(total / report["cost"]["compute_seconds"], 1)}


SUITE = """
import sys, numpy as np
from sklearn import metrics as sk
y, s = np.load(sys.argv[1]), np.load(sys.argv[2])
sk.average_precision_score(y, s), sk.roc_auc_score(y, s), sk.precision_recall_curve(y, s)
sk.log_loss(y, s), sk.brier_score_loss(y, s)
"""


def process(options):
    """Seconds of whole processes, start and imports included."""
    ours = shlex.split(options.command) + ["--labels", options.labels, "--scores", options.scores]
    theirs = [sys.executable, "-c", SUITE, options.labels, options.scores]
    seconds = {"touchstone": [], "sklearn": []}
    for _ in range(options.repeat):
        for name, command in (("touchstone", ours), ("sklearn", theirs)):
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            seconds[name].append(round(time.perf_counter() - start, 3))
    best = {name: min(values) for name, values in seconds.items()}
    return {"seconds": seconds, "best": best, "load": os.getloadavg()[0], "cores": os.cpu_count(),
            "ratio": round(best["sklearn"] / best["touchstone"], 1), "failed": 0}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    single = commands.add_parser("report")
    single.add_argument("report")
    for name in ("--labels", "--scores", "--weights", "--table", "--weight-column"):
        single.add_argument(name)
    single.add_argument("--label-column", default="label")
    single.add_argument("--score-column", default="score")
    many = commands.add_parser("cases")
    many.add_argument("--command", required=True)
    many.add_argument("--seed", type=int, default=1)
    many.add_argument("--cases", type=int, default=40)
    cold = commands.add_parser("process")
    cold.add_argument("--command", required=True)
    cold.add_argument("--labels", required=True)
    cold.add_argument("--scores", required=True)
    cold.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns of what the report has reasons for
        result = {"report": one, "cases": cases, "process": process}[options.what](options)
    result["sklearn"] = sklearn.__version__
    print(json.dumps(result, indent=1))
    return 1 if result["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
