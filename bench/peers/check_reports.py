#!/usr/bin/env python3
"""Recomputes the full tier's reports with scikit-learn, from the prediction cache.

    touchstone demo --once --data DIR > result.json
    python3 bench/peers/check_reports.py DIR result.json

For each model checkpoint of the result: reads the Parquet segments that the manifest of its
prediction set lists, recomputes average precision, ROC AUC, log loss and Brier score, over all rows
and over each reported slice, and compares them with the report. Prints one JSON object; exit code 0
if every value agrees within the tolerance, 1 if one does not, 2 for wrong usage or missing files.

Needs numpy, pyarrow and scikit-learn.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet as pq
import sklearn
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

# log loss clips float32 scores at float32's machine epsilon
CLIP = float(np.finfo(np.float32).eps)


class BadInput(Exception):
    """A file is missing or is not what it should be."""


def read_set(cache, set_key):
    """The manifest of a prediction set, and the rows of the segments that it lists."""
    directory = cache / set_key
    manifest_path = directory / "manifest.json"
    if not manifest_path.is_file():
        raise BadInput(f"{manifest_path} does not exist")
    manifest = json.loads(manifest_path.read_text())
    if manifest["state"] != "COMPLETE":
        raise BadInput(f"{manifest_path}: state must be COMPLETE, got {manifest['state']}")
    segments = []
    for segment in manifest["segments"]:
        table = pq.read_table(directory / segment["file"])
        if table.num_rows != segment["rows"]:
            raise BadInput(
                f"{directory / segment['file']}: rows must be {segment['rows']},"
                f" got {table.num_rows}"
            )
        segments.append(table)
    if not segments:
        raise BadInput(f"{manifest_path} lists no segment")
    return manifest, pyarrow.concat_tables(segments)


def expected_metrics(labels, scores):
    """What scikit-learn says; None where a metric is undefined."""
    positives = int(labels.sum())
    both = 0 < positives < len(labels)
    # float64 holds every float32 exactly: ties stay ties, and sums keep their digits
    clipped = np.clip(scores, CLIP, 1 - CLIP)
    return {
        "average_precision": average_precision_score(labels, scores) if positives else None,
        "roc_auc": roc_auc_score(labels, scores) if both else None,
        "log_loss": log_loss(labels, clipped, labels=[0, 1]),
        "brier": brier_score_loss(labels, scores, pos_label=1),
    }


def compare(reported, labels, scores, tolerance):
    """Compares one group of rows; returns its values and the names of those that differ."""
    values, wrong = {}, []
    for count, expected in (("n", len(labels)), ("n_pos", int(labels.sum()))):
        if reported.get(count) != expected:
            wrong.append(count)
            values[count] = {"report": reported.get(count), "expected": expected}
    for metric, expected in expected_metrics(labels, scores).items():
        value = reported["metrics"].get(metric, {}).get("value")
        difference = None if value is None or expected is None else abs(value - expected)
        values[metric] = {"report": value, "expected": expected, "difference": difference}
        agrees = value is expected if difference is None else difference <= tolerance
        if not agrees:
            wrong.append(metric)
    return values, wrong


def check_checkpoint(cache, checkpoint, run_id, tolerance):
    """One entry of the output."""
    name = checkpoint["checkpoint"]
    entry = {"checkpoint": name, "state": checkpoint["state"], "wrong": [], "slices": {}}
    report = checkpoint["report"]
    if report is None:
        entry["wrong"].append("report")
        return entry
    manifest, rows = read_set(cache, checkpoint["set_key"])
    if not any(c["run_id"] == run_id and c["checkpoint"] == name for c in manifest["claims"]):
        raise BadInput(f"set {checkpoint['set_key']} is not claimed by {run_id} {name}")
    labels = rows["label"].to_numpy().astype(np.int8)
    scores = rows["score"].to_numpy().astype(np.float64)
    ids = rows["example_id"].to_numpy()
    if len(np.unique(ids)) != len(ids) or len(ids) != manifest["rows"]:
        entry["wrong"].append("example_id")
    entry["set_key"] = checkpoint["set_key"]
    entry["rows"] = len(ids)
    entry["metrics"], wrong = compare(report, labels, scores, tolerance)
    entry["wrong"] += wrong
    for group in report.get("slices", []):
        conditions = [condition.split("=", 1) for condition in group["slice"].split(",")]
        inside = np.ones(len(ids), dtype=bool)
        for column, value in conditions:
            inside &= rows[column].to_numpy() == value
        values, wrong = compare(group, labels[inside], scores[inside], tolerance)
        entry["slices"][group["slice"]] = values
        entry["wrong"] += [f"{group['slice']}: {metric}" for metric in wrong]
    return entry


def worst_difference(entries):
    groups = [e["metrics"] for e in entries if "metrics" in e]
    groups += [values for e in entries for values in e["slices"].values()]
    differences = [v.get("difference") for g in groups for v in g.values()]
    return max((d for d in differences if d is not None), default=None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the directory given to --data")
    parser.add_argument("result", type=Path, help="what `touchstone demo --once` printed")
    parser.add_argument("--tolerance", type=float, default=1e-12)
    arguments = parser.parse_args()
    try:
        result = json.loads(arguments.result.read_text())
        entries = [
            check_checkpoint(
                arguments.data / "cache", checkpoint, result["run_id"], arguments.tolerance
            )
            for checkpoint in result["checkpoints"]
        ]
    except (BadInput, OSError, json.JSONDecodeError, KeyError) as e:
        kind = f"{type(e).__name__}: " if isinstance(e, KeyError) else ""
        print(f"check_reports: {kind}{e}", file=sys.stderr)
        return 2
    wrong = [f"{e['checkpoint']}: {what}" for e in entries for what in e["wrong"]]
    if not entries:
        wrong.append("the result has no checkpoint")
    print(
        json.dumps(
            {
                "ok": not wrong,
                "run_id": result["run_id"],
                "tolerance": arguments.tolerance,
                "worst_difference": worst_difference(entries),
                "wrong": wrong,
                "checkpoints": entries,
                "versions": {
                    "numpy": np.__version__,
                    "pyarrow": pyarrow.__version__,
                    "scikit-learn": sklearn.__version__,
                },
            },
            indent=2,
        )
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
