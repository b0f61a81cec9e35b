#!/usr/bin/env python3
"""What Touchstone and its peers answer on the cases where they differ; writes docs/conformance.md.

    conformance.py --command './touchstone evaluate'            writes the document
    conformance.py --command './touchstone evaluate' --check    compares; exit code 1 if it is stale

Each case is a tiny CSV. The Touchstone column is what the command answers, the scikit-learn column
what the installed version answers; both are run, so neither can rot. The other columns are cited:
read in the sources named under the table, and marked so. A case where Touchstone does not give
what the "right" column says fails the script (exit code 1).

Needs numpy and scikit-learn.
"""
import argparse
import json
import math
import shlex
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics as sk

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"
NAN, INF = math.nan, math.inf


class Case:
    """Rows, the metric asked for, what is right, and what peers are known to answer."""

    def __init__(self, name, metric, rows, right, why, sklearn_call, cited=None, weights=None, flag=None):
        self.name, self.metric, self.rows, self.right, self.why = name, metric, rows, right, why
        self.sklearn_call, self.cited, self.weights, self.flag = sklearn_call, cited or {}, weights, flag

    def arrays(self):
        score = np.array([r[0] for r in self.rows], float)
        label = np.array([r[1] for r in self.rows], int)
        return label, score, None if self.weights is None else np.array(self.weights, float)


def ap(y, s, w):
    return sk.average_precision_score(y, s, sample_weight=w)


def auc(y, s, w):
    return sk.roc_auc_score(y, s, sample_weight=w)


def at_half(function):
    return lambda y, s, w: function(y, s >= 0.5, sample_weight=w)


ONLY_NEGATIVES = [(0.1, 0), (0.4, 0), (0.8, 0)]
ONLY_POSITIVES = [(0.1, 1), (0.4, 1), (0.8, 1)]
ALL_TIED = [(0.5, 1), (0.5, 0), (0.5, 0), (0.5, 0)]
TIE = [(0.9, 1), (0.5, 1), (0.5, 0), (0.5, 0), (0.1, 0)]
NO_PREDICTED = [(0.1, 1), (0.2, 0), (0.3, 0)]
RISING = [(0.9, 0), (0.8, 1), (0.7, 0), (0.6, 1)]

TRAPEZOID = "another metric: trapezoid"
BY_ORDER = "by arrival order"

CASES = [
    Case("AP, no positives", "average_precision", ONLY_NEGATIVES, "no_positives", "recall is 0/0", ap,
         {"Spark MLlib": "0.0", "H2O": "0.0", "TorchMetrics": "-0.0, warns", "Flink ML": "0.0, logs a warning"}),
    Case("AP, no negatives", "average_precision", ONLY_POSITIVES, 1.0, "every threshold has precision 1", ap,
         {"Spark MLlib": "1.0", "H2O": "1.0", "Flink ML": "1.0", "TorchMetrics": "1.0"}),
    Case("AP, all scores tied", "average_precision", ALL_TIED, 0.25, "one threshold: the prevalence", ap,
         {"Spark MLlib": TRAPEZOID, "H2O": "0.25", "Flink ML": BY_ORDER, "TorchMetrics": "0.25"}, flag="all_tied"),
    Case("AP, a tie of both classes", "average_precision", TIE, 0.75, "1/2·1 + 1/2·2/4: a tie enters together", ap,
         {"Spark MLlib": TRAPEZOID, "H2O": "interpolated between counts", "Flink ML": BY_ORDER, "TorchMetrics": "0.75"}),
    Case("AP, the same rows reversed", "average_precision", TIE[::-1], 0.75, "order is not information", ap,
         {"Spark MLlib": TRAPEZOID, "H2O": "interpolated between counts", "Flink ML": BY_ORDER, "TorchMetrics": "0.75"}),
    Case("AP, where the trapezoid differs", "average_precision", RISING, 0.5, "1/2·1/2 + 1/2·2/4", ap,
         {"Spark MLlib": TRAPEZOID, "H2O": "interpolated between counts", "Flink ML": TRAPEZOID, "TorchMetrics": "0.5"}),
    Case("AP, one row, positive", "average_precision", [(0.7, 1)], 1.0, "recall 1 at precision 1", ap),
    Case("AP, no rows", "average_precision", [], "empty", "nothing to say", ap),
    Case("ROC AUC, no positives", "roc_auc", ONLY_NEGATIVES, "no_positives", "no pair to compare", auc,
         {"Spark MLlib": "0.0", "MOA": "1.0", "H2O": "0.0", "Flink ML": "NaN", "TorchMetrics": "0.0, warns"}),
    Case("ROC AUC, no negatives", "roc_auc", ONLY_POSITIVES, "no_negatives", "no pair to compare", auc,
         {"Spark MLlib": "1.0", "MOA": "1.0", "H2O": "1.0", "Flink ML": "NaN", "TorchMetrics": "0.0, warns"}),
    Case("ROC AUC, all scores tied", "roc_auc", ALL_TIED, 0.5, "every pair is half right", auc,
         {"Spark MLlib": "0.5", "MOA": "0.5", "H2O": "0.5", "Flink ML": "0.5 (the first score's ties only)", "TorchMetrics": "0.5"},
         flag="all_tied"),
    Case("ROC AUC, a tie of both classes", "roc_auc", TIE, 5 / 6, "(3 + 1 + 2·1/2) / 6", auc,
         {"Spark MLlib": "0.8333", "MOA": "0.8333", "H2O": "0.8333", "Flink ML": BY_ORDER, "TorchMetrics": "0.8333"}),
    Case("ROC AUC, -0.0 and +0.0", "roc_auc", [(-0.0, 1), (0.0, 0)], 0.5, "they are equal numbers", auc),
    Case("ROC AUC, a score is NaN", "roc_auc", [(0.9, 1), (NAN, 1), (0.1, 0)], "refused", "no order; a file that holds one is refused with its row", auc,
         {"MOA": "taken as 0.0"}),
    Case("ROC AUC, a score is infinite", "roc_auc", [(INF, 1), (0.5, 1), (0.1, 0)], 1.0, "an order is enough; logits overflow", auc),
    Case("ROC AUC, a weight is below 0", "roc_auc", [(0.9, 1), (0.5, 0), (0.1, 0)], "refused", "no count is below 0", auc,
         weights=[1, -1, 1]),
    Case("ROC AUC, all weights 0", "roc_auc", [(0.9, 1), (0.1, 0)], "zero_weight", "nothing counts", auc, weights=[0, 0]),
    Case("Precision, nothing predicted", "precision", NO_PREDICTED, "no_predicted_positives", "0/0", at_half(sk.precision_score),
         {"Spark MLlib": "1.0", "H2O": "NaN"}),
    Case("Recall, no positives", "recall", ONLY_NEGATIVES, "no_positives", "0/0", at_half(sk.recall_score),
         {"Spark MLlib": "0.0", "H2O": "NaN"}),
    Case("MCC, nothing predicted", "mcc", NO_PREDICTED, "zero_margin", "0/0: a margin is empty",
         lambda y, s, w: sk.matthews_corrcoef(y, s >= 0.5), {"H2O": "0.0"}),
    Case("Balanced accuracy, one class", "balanced_accuracy", ONLY_POSITIVES, "no_negatives", "specificity is 0/0",
         at_half(sk.balanced_accuracy_score)),
    Case("Log loss, p = 0 and y = 1", "log_loss", [(0.0, 1), (0.0, 0)], -math.log(2 ** -52) / 2, "clipped at 2^-52, and the report counts it", lambda y, s, w: sk.log_loss(y, s)),
    Case("Log loss, one class", "log_loss", [(0.5, 0), (0.5, 0)], math.log(2), "labels are known to be binary", lambda y, s, w: sk.log_loss(y, s)),
    Case("Brier, a score above 1", "brier", [(1.5, 1), (0.5, 0)], "score_outside_0_1", "no probability", lambda y, s, w: sk.brier_score_loss(y, s)),
]

PEERS = ["Spark MLlib", "Flink ML", "MOA", "H2O", "TorchMetrics"]


def number(value):
    return "NaN" if math.isnan(value) else "0.0" if value == 0 and math.copysign(1, value) > 0 else f"{value:.4f}".rstrip("0") + ("0" if f"{value:.4f}".rstrip("0").endswith(".") else "")


def touchstone(command, case, directory):
    """The answer and its text."""
    path = Path(directory) / "case.csv"
    with path.open("w", encoding="ascii") as out:
        out.write("score,label" + ("" if case.weights is None else ",weight") + "\n")
        for i, (score, label) in enumerate(case.rows):
            out.write(f"{score!r},{label}" + ("" if case.weights is None else f",{case.weights[i]}") + "\n")
    extra = [] if case.weights is None else ["--weight-column", "weight"]
    done = subprocess.run(shlex.split(command) + [str(path), "--format", "json", "--quiet"] + extra,
                          capture_output=True, text=True)
    if done.returncode != 0:
        return "refused", "refused: `" + done.stderr.strip().split("case.csv: ")[-1] + "`"
    metric = json.loads(done.stdout)["metrics"][case.metric]
    flags = [f"`{flag}`" for flag in metric.get("flags") or []]
    if metric["value"] is None:
        return metric["reason"], f"null, `{metric['reason']}`"
    return metric["value"], ", ".join([number(metric["value"])] + flags)


def scikit_learn(case):
    y, s, w = case.arrays()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            text = number(float(case.sklearn_call(y, s, w)))
        except Exception as e:  # the type is the answer
            return f"raises {type(e).__name__}"
    return text + (", warns" if caught else "")


def right(case):
    if isinstance(case.right, str):
        return "refused" if case.right == "refused" else f"undefined, `{case.right}`"
    return number(case.right)


def agrees(case, answer):
    if isinstance(case.right, str) or isinstance(answer, str):
        return case.right == answer
    return abs(answer - case.right) <= 1e-12 * max(1, abs(case.right))


def document(command):
    rows, wrong = [], []
    with tempfile.TemporaryDirectory() as directory:
        for case in CASES:
            answer, text = touchstone(command, case, directory)
            if not agrees(case, answer):
                wrong.append(f"{case.name}: right is {case.right}, got {answer}")
            rows.append([case.name, f"{right(case)} ({case.why})", text, scikit_learn(case)]
                        + [case.cited.get(peer, "–") for peer in PEERS])
    head = ["case", "right", "Touchstone (run)", f"scikit-learn {sklearn.__version__} (run)"] + [f"{p} (cited)" for p in PEERS]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return HEAD + "\n".join(lines) + "\n" + TAIL, wrong


HEAD = """# Conformance: what each peer answers

<!-- written by bench/peers/conformance.py: change that, not this -->

Cases where evaluation libraries differ. The Touchstone column is the answer of `./touchstone
evaluate` on a tiny CSV and the scikit-learn column that of the installed version: both are run by

    python3 bench/peers/conformance.py --command './touchstone evaluate'

which writes this file, and with `--check` fails when it is stale. It also fails where Touchstone
does not answer what the column *right* says. Columns marked *cited* were not run: the answer follows
from the sources named below; – means that the metric is not offered or that we have not read how.

Decisions are taken at score ≥ 0.5. "undefined" is `null` with that reason in a report.

"""

TAIL = """
## What the citations rest on

- **Spark MLlib**, `mllib/evaluation/BinaryClassificationMetrics.scala` and
  `mllib/evaluation/binary/BinaryClassificationMetricComputers.scala`: equal scores are one point, but
  `areaUnderPR` is the trapezoid over the PR curve, which is not achievable between its points (Davis
  and Goadrich 2006); average precision is not offered. Precision of nothing predicted is defined as
  1, recall without positives and the false-positive rate without negatives as 0; the ROC curve always
  ends at (1, 1), so an absent class makes an area of 0 or 1. With `numBins` above 0 (the default of
  newer versions is 1,000) scores are merged into that many points first.
- **Flink ML**, `ml/evaluation/binaryclassification/BinaryClassificationEvaluator.java` (2.x): the PR
  area is a trapezoid with a step for each row, so rows with equal scores count in the order in which
  they arrive. Ranks of the ROC AUC are averaged over equal scores only within the first score of a
  partition: the remembered score is set once and never again. AUC without a class is NaN.
- **MOA**, `moa/evaluation/WindowAUCImbalancedPerformanceEvaluator.java`: ROC AUC over a sliding window
  (500 by default), 1 when a class is absent from it; votes that give NaN count as score 0. No PR area.
- **H2O**, `hex/AUC2.java`: thresholds are merged into 400 bins in one pass; an area is 1 without
  negatives and 0 without positives; the PR area interpolates counts between thresholds. A ratio 0/0
  stays NaN, MCC becomes 0.
- **TorchMetrics**, `functional/classification/{average_precision,precision_recall_curve,roc}.py`:
  exact with `thresholds=None`, binned otherwise. Scores outside [0, 1] anywhere in a batch are taken
  as logits and pass a sigmoid, so that large ones saturate into ties. ROC AUC without a class is 0
  with a warning; AP without positives sets recall to 1 with a warning and comes out as -0.

Curves that are drawn and not computed with:

- **Weights & Biases**, `wandb/plot/pr_curve.py` (the version read): scikit-learn's curve thinned to 20
  points a class, evenly by index, which over-samples low thresholds (a comment there says so), and
  rounded to 3 digits. Tables are cut at their row limit.
- **TensorBoard**, `plugins/pr_curve/summary.py`: 200 equidistant thresholds by default (at 0.5 %
  positives most positives can share a few of them), predictions outside [0, 1] clipped, precision 1
  where nothing is predicted.

scikit-learn 1.2.1 differed from the version above: AP without positives -0.0, ROC AUC with one class
raised ValueError (observed earlier, not run here).
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", required=True, help="how to call evaluate")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    text, wrong = document(options.command)
    for line in wrong:
        print(f"conformance: {line}", file=sys.stderr)
    if options.check:
        if not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != text:
            print(f"conformance: {DOCUMENT.name} is stale: run this without --check", file=sys.stderr)
            return 1
    else:
        DOCUMENT.write_text(text, encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
