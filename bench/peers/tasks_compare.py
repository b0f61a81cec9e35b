#!/usr/bin/env python3
"""Holds `touchstone evaluate --task …` against scikit-learn on the same seeded rows.

    tasks_compare.py --command './touchstone evaluate' [--rows 1000000] [--classes 10] [--seed 1]

Prints one JSON line a task: the largest difference (relative above 1), and the processor seconds
of each side: of the whole `touchstone` process, start and reading included, and of scikit-learn's
calls alone. Processor seconds, as a machine that does other work stretches the wall clock. Exit
code 0 when no difference exceeds 1e-12. Needs numpy and scikit-learn 1.4 or later.
"""
import argparse
import json
import os
import resource
import shlex
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
from sklearn import metrics as sk

warnings.filterwarnings("ignore")
TOLERANCE = 1e-12


def children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def touchstone(command, task, folder, arrays, *more):
    arguments = shlex.split(command) + ["--task", task, "--quiet", *more]
    for name, array in arrays.items():
        path = os.path.join(folder, name + ".npy")
        np.save(path, array)
        arguments += ["--" + name, path]
    start = children()
    report = json.loads(subprocess.run(arguments, check=True, capture_output=True).stdout)
    return report, children() - start


def compare(task, report, seconds, calls):
    worst, worst_name, spent = 0.0, None, 0.0
    for name, call in calls.items():
        start = time.process_time()
        expected = float(call())
        spent += time.process_time() - start
        actual = report["metrics"][name]["value"]
        difference = abs(actual - expected) / max(1, abs(expected))
        if difference >= worst:
            worst, worst_name = difference, name
    print(json.dumps({
        "task": task, "n": report["n"], "figures": len(calls), "largest_difference": worst,
        "of": worst_name, "touchstone_cpu_seconds": round(seconds, 2),
        "sklearn_cpu_seconds": round(spent, 2), "ratio": round(spent / seconds, 1)}), flush=True)
    return worst <= TOLERANCE


def multiclass(run, rng, n, k):
    y = rng.integers(0, k, n)
    z = rng.normal(size=(n, k)) + 2 * np.eye(k)[y]
    s = (np.exp(z) / np.exp(z).sum(1, keepdims=True)).astype("f4")
    report, seconds = run("multiclass", {"labels": y, "scores": s})
    p, one, wide = s.argmax(1), np.eye(k)[y], s.astype("f8")
    clipped = np.clip(wide[np.arange(n), y], 2.0**-23, 1 - 2.0**-23)
    return compare("multiclass", report, seconds, {
        "accuracy": lambda: sk.accuracy_score(y, p),
        "balanced_accuracy": lambda: sk.balanced_accuracy_score(y, p),
        "macro_precision": lambda: sk.precision_score(y, p, average="macro"),
        "macro_f1": lambda: sk.f1_score(y, p, average="macro"),
        "weighted_f1": lambda: sk.f1_score(y, p, average="weighted"),
        "cohen_kappa": lambda: sk.cohen_kappa_score(y, p),
        "mcc": lambda: sk.matthews_corrcoef(y, p),
        "top_2_accuracy": lambda: sk.top_k_accuracy_score(y, s, k=2),
        "top_5_accuracy": lambda: sk.top_k_accuracy_score(y, s, k=5),
        # in float64, with the clip of float32
        "log_loss": lambda: -np.log(clipped).mean(),
        "macro_average_precision": lambda: sk.average_precision_score(one, s),
        "micro_average_precision": lambda: sk.average_precision_score(one, s, average="micro"),
        "macro_roc_auc": lambda: sk.roc_auc_score(one, s),
        "micro_roc_auc": lambda: sk.roc_auc_score(one, s, average="micro")})


def multilabel(run, rng, n, k):
    y = (rng.random((n, k)) < 0.2).astype("u1")
    s = (1 / (1 + np.exp(1 - 2 * y - rng.normal(size=(n, k))))).astype("f4")
    report, seconds = run("multilabel", {"labels": y, "scores": s}, "--zero-division", "ZERO")
    p = (s >= 0.5).astype(int)
    return compare("multilabel", report, seconds, {
        "subset_accuracy": lambda: sk.accuracy_score(y, p),
        "hamming_loss": lambda: sk.hamming_loss(y, p),
        "macro_f1": lambda: sk.f1_score(y, p, average="macro"),
        "micro_f1": lambda: sk.f1_score(y, p, average="micro"),
        "weighted_f1": lambda: sk.f1_score(y, p, average="weighted"),
        "samples_f1": lambda: sk.f1_score(y, p, average="samples", zero_division=0),
        "macro_average_precision": lambda: sk.average_precision_score(y, s),
        "macro_roc_auc": lambda: sk.roc_auc_score(y, s)})


def regression(run, rng, n, _):
    y = 3 * rng.normal(size=n) + 10
    s = y + rng.normal(size=n)
    report, seconds = run("regression", {"labels": y, "scores": s})
    return compare("regression", report, seconds, {
        "mse": lambda: sk.mean_squared_error(y, s),
        "mae": lambda: sk.mean_absolute_error(y, s),
        "median_absolute_error": lambda: sk.median_absolute_error(y, s),
        "r2": lambda: sk.r2_score(y, s),
        "explained_variance": lambda: sk.explained_variance_score(y, s),
        "mape": lambda: sk.mean_absolute_percentage_error(y, s),
        "pinball_0.1": lambda: sk.mean_pinball_loss(y, s, alpha=0.1),
        "pinball_0.9": lambda: sk.mean_pinball_loss(y, s, alpha=0.9),
        "error_q0.05": lambda: np.quantile(s - y, 0.05),
        "error_q0.95": lambda: np.quantile(s - y, 0.95)})


def ranking(run, rng, n, _):
    documents = 20
    queries = n // documents
    y = rng.integers(0, 5, (queries, documents)) * (rng.random((queries, documents)) < 0.3)
    y[:, 0] = 1  # every query has a gain
    s = np.round(rng.normal(size=y.shape) + y / 2, 1).astype("f4")  # ties
    q = np.repeat(np.arange(queries), documents)
    report, seconds = run("ranking", {
        "labels": y.ravel().astype("i4"), "scores": s.ravel(), "queries": q})
    return compare("ranking", report, seconds, {
        f"ndcg_at_{k}": lambda k=k: sk.ndcg_score(2.0**y - 1, s, k=k) for k in (1, 5, 10)})


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory() as folder:
        def run(task, arrays, *more):
            return touchstone(options.command, task, folder, arrays, *more)
        for task in (multiclass, multilabel, regression, ranking):
            rng = np.random.default_rng(options.seed)
            good &= task(run, rng, options.rows, options.classes)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
