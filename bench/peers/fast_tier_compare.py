#!/usr/bin/env python3
"""The fast tier beside stream evaluators in one run: predictions a second of Touchstone, MOA and River.

    python3 -m venv ~/peers && ~/peers/bin/pip install river
    ~/peers/bin/python bench/peers/fast_tier_compare.py [--rows 800000000] [--moa-rows 4000000] [--river-rows 300000]

Touchstone: `./touchstone bench fast-tier`, from bytes in a real broker to points on a topic, ten slices
included, broker and job on the same two cores. The peers have their best case: rows in memory of one
process, one thread, no broker, no bytes to decode. MOA (by Maven): its basic classification evaluator, the
windowed AUC one, and both with ten slices. River: log loss alone; with accuracy and ROC AUC at ten
thresholds; these and the Brier score with ten slices; updated by row.

Prints one JSON object.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import river
from river import metrics

ROOT = Path(__file__).resolve().parents[2]


def moa(rows):
    home = Path(__file__).parent / "moa"
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "classpath"
        subprocess.run(["mvn", "-q", "-B", "-f", home / "pom.xml", "dependency:build-classpath", f"-Dmdep.outputFile={path}"],
                       check=True, stdout=subprocess.DEVNULL)
        jars = path.read_text().strip()
        subprocess.run(["javac", "-d", directory, "-cp", jars, home / "MoaRate.java"], check=True)
        done = subprocess.run(["java", "--add-opens", "java.base/java.lang=ALL-UNNAMED", "-cp", f"{directory}:{jars}",
                               "MoaRate", str(rows)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def river_rates(rows):
    made = random.Random(20240607)
    labels = [made.random() < 0.005 for _ in range(rows)]
    scores = [min(1.0, 0.3 * made.random() + 0.4 * label * made.random()) for label in labels]
    rates = {}
    for name, chosen in (("log_loss", [metrics.LogLoss()]),
                         ("log_loss_accuracy_roc_auc", [metrics.LogLoss(), metrics.Accuracy(), metrics.ROCAUC(n_thresholds=10)])):
        start = time.perf_counter()
        for label, score in zip(labels, scores):
            for metric in chosen:
                metric.update(label, score > 0.5 if isinstance(metric, metrics.Accuracy) else score)
        rates[name] = rows / (time.perf_counter() - start)
        for metric in chosen:
            metric.get()
    # the question that the fast tier answers, as far as it goes: of all rows and of each of ten slices
    of = [[metrics.LogLoss(), metrics.MSE(), metrics.Accuracy(), metrics.ROCAUC(n_thresholds=10)] for _ in range(11)]
    start = time.perf_counter()
    for row, (label, score) in enumerate(zip(labels, scores)):
        for loss, brier, accuracy, area in (of[row % 10], of[10]):
            loss.update(label, score)
            brier.update(label, score)
            accuracy.update(label, score > 0.5)
            area.update(label, score)
    rates["log_loss_brier_accuracy_roc_auc_with_ten_slices"] = rows / (time.perf_counter() - start)
    return rates


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=800_000_000)
    parser.add_argument("--moa-rows", type=int, default=4_000_000)
    parser.add_argument("--river-rows", type=int, default=300_000)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    done = subprocess.run([ROOT / "touchstone", "bench", "fast-tier", str(options.rows)], check=True, capture_output=True, text=True)
    ours = json.loads(done.stdout.strip().splitlines()[-1])
    peers = {"moa": moa(options.moa_rows), "river": river_rates(options.river_rows)}
    rate = ours["predictions_per_second"]
    print(json.dumps({
        "command": "fast_tier_compare.py " + " ".join(sys.argv[1:]),
        "cores": os.cpu_count(), "load_before": round(load, 2), "load_after": round(os.getloadavg()[0], 2),
        "river": river.__version__, "touchstone": ours, "peers": peers,
        "times": {f"{peer}.{name}": round(rate / value, 1) for peer, all_of in peers.items() for name, value in all_of.items()},
    }, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
