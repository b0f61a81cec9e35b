"""Writes what scikit-learn answers on small random cases, for the tests of the tasks.

    python metrics/src/test/python/tasks_reference.py metrics/src/test/resources/reference

Lines of a file: "case,NAME,key=value;...", then "row,..." for each row (numbers that read back as
the same doubles), then "metric,NAME,VALUE" for each figure.
"""

import math
import sys
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics as sk

warnings.filterwarnings("ignore")


class Out:
    def __init__(self, path):
        self.file = open(path, "w", encoding="ascii", newline="\n")
        self.file.write(f"# scikit-learn {sklearn.__version__}, numpy {np.__version__}\n")
        self.file.write(
            "# python metrics/src/test/python/tasks_reference.py "
            "metrics/src/test/resources/reference\n"
        )

    def case(self, name, **settings):
        self.file.write(f"case,{name},{';'.join(f'{k}={v}' for k, v in settings.items())}\n")

    def rows(self, *columns):
        for row in zip(*columns):
            cells = []
            for part in row:
                cells.extend(np.atleast_1d(part).tolist())
            self.file.write("row," + ",".join(repr(c) for c in cells) + "\n")

    def metric(self, name, value):
        value = float(value)
        assert math.isfinite(value), name
        self.file.write(f"metric,{name},{value!r}\n")


def averages(out, y, predicted, weights, labels):
    """Precision, recall and F1; macro over the labels that the truth holds."""
    for name in ("precision", "recall", "f1"):
        score = getattr(sk, f"{name}_score")
        for average in ("macro", "weighted"):
            out.metric(
                f"{average}_{name}",
                score(y, predicted, average=average, labels=labels, sample_weight=weights,
                      zero_division=0),
            )
        out.metric(
            f"micro_{name}",
            score(y, predicted, average="micro", sample_weight=weights, zero_division=0),
        )


def rankings(out, truth, scores, weights, present):
    """truth: 0/1 by row and column."""
    support = np.array(
        [truth[:, c] @ (np.ones(len(truth)) if weights is None else weights) for c in present]
    )
    for name, score in (
        ("average_precision", sk.average_precision_score),
        ("roc_auc", sk.roc_auc_score),
    ):
        values = np.array(
            [score(truth[:, c], scores[:, c], sample_weight=weights) for c in present]
        )
        for c, value in zip(present, values):
            out.metric(f"{name}_{c}", value)
        out.metric(f"macro_{name}", values.mean())
        out.metric(f"weighted_{name}", values @ support / support.sum())
        out.metric(
            f"micro_{name}",
            score(
                truth.ravel(),
                scores.ravel(),
                sample_weight=None if weights is None else np.repeat(weights, truth.shape[1]),
            ),
        )


def multiclass(out):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        classes = int(rng.integers(2, 8))
        n = int(rng.integers(20, 80))
        absent = classes > 3 and seed % 3 == 0
        y = rng.integers(0, classes - 1 if absent else classes, n)
        logits = rng.normal(size=(n, classes)) + 1.5 * np.eye(classes)[y]
        if seed % 2:
            logits = np.round(logits)  # ties
        scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        weights = rng.integers(0, 17, n) / 8 if seed % 4 >= 2 else None
        predicted = scores.argmax(axis=1)
        out.case(f"seed-{seed}", classes=classes, weighted=int(weights is not None))
        out.rows(y, *([] if weights is None else [weights]), scores)
        kept = np.ones(n, bool) if weights is None else weights > 0
        present = sorted(set(y[kept].tolist()))
        labels = list(range(classes))
        out.metric("accuracy", sk.accuracy_score(y, predicted, sample_weight=weights))
        out.metric(
            "balanced_accuracy",
            sk.recall_score(y, predicted, labels=present, average="macro", sample_weight=weights)
            if weights is not None
            else sk.balanced_accuracy_score(y, predicted),
        )
        averages(out, y, predicted, weights, present)
        out.metric("cohen_kappa", sk.cohen_kappa_score(y, predicted, sample_weight=weights))
        out.metric("mcc", sk.matthews_corrcoef(y, predicted, sample_weight=weights))
        for k in range(1, classes):
            if classes == 2:
                break  # takes one column there
            out.metric(
                f"top_{k}_accuracy",
                sk.top_k_accuracy_score(y, scores, k=k, labels=labels, sample_weight=weights),
            )
        out.metric("log_loss", sk.log_loss(y, scores, labels=labels, sample_weight=weights))
        out.metric(
            "brier",
            sk.brier_score_loss(
                y, scores, labels=labels, sample_weight=weights, scale_by_half=False
            )
            if classes > 2
            else 2 * sk.brier_score_loss(y, scores[:, 1], labels=labels, sample_weight=weights),
        )
        rankings(out, np.eye(classes)[y], scores, weights, present)


def multilabel(out):
    for seed in range(12):
        rng = np.random.default_rng(100 + seed)
        labels = int(rng.integers(2, 7))
        n = int(rng.integers(20, 80))
        y = (rng.random((n, labels)) < rng.uniform(0.1, 0.6, labels)).astype(int)
        y[0] = 1  # no label is absent
        if seed % 3 == 0:
            y[:, -1] = 0  # the last one is
        scores = 1 / (1 + np.exp(-rng.normal(size=(n, labels)) - 2 * y + 1))
        if seed % 2:
            scores = np.round(scores, 1)
        weights = rng.integers(0, 17, n) / 8 if seed % 4 >= 2 else None
        predicted = (scores >= 0.5).astype(int)
        out.case(f"seed-{seed}", labels=labels, weighted=int(weights is not None))
        out.rows(*([] if weights is None else [weights]), y, scores)
        kept = np.ones(n, bool) if weights is None else weights > 0
        present = [c for c in range(labels) if y[kept, c].any()]
        averages(out, y, predicted, weights, present)
        out.metric(
            "samples_f1",
            sk.f1_score(y, predicted, average="samples", sample_weight=weights, zero_division=0),
        )
        out.metric("subset_accuracy", sk.accuracy_score(y, predicted, sample_weight=weights))
        out.metric("hamming_loss", sk.hamming_loss(y, predicted, sample_weight=weights))
        rankings(out, y, scores, weights, present)


def regression(out):
    for seed in range(12):
        rng = np.random.default_rng(200 + seed)
        n = int(rng.integers(2, 60))
        scale = [1.0, 1e-3, 1e6][seed % 3]
        y = scale * (rng.normal(size=n) + [0, 5, 1e4][seed % 3])
        predicted = y + scale * (rng.normal(size=n) / 2 + 0.1)
        if seed % 2:
            y, predicted = np.round(y, 2) + 0.001, np.round(predicted, 2)
        weights = rng.integers(1, 17, n) / 8 if seed % 4 >= 2 else None
        out.case(f"seed-{seed}", weighted=int(weights is not None))
        out.rows(y, predicted, *([] if weights is None else [weights]))
        w = {"sample_weight": weights}
        out.metric("mse", sk.mean_squared_error(y, predicted, **w))
        out.metric("rmse", sk.root_mean_squared_error(y, predicted, **w))
        out.metric("mae", sk.mean_absolute_error(y, predicted, **w))
        out.metric("mape", sk.mean_absolute_percentage_error(y, predicted, **w))
        out.metric("r2", sk.r2_score(y, predicted, **w))
        out.metric("explained_variance", sk.explained_variance_score(y, predicted, **w))
        out.metric("max_error", sk.max_error(y, predicted))
        for alpha in (0.1, 0.5, 0.9):
            out.metric(f"pinball_{alpha}", sk.mean_pinball_loss(y, predicted, alpha=alpha, **w))
        if weights is None:
            out.metric("median_absolute_error", sk.median_absolute_error(y, predicted))
            # an error is prediction - truth
            for q in (0.05, 0.25, 0.5, 0.75, 0.95):
                out.metric(f"error_q{q}", np.quantile(predicted - y, q))


def ranking(out):
    for seed in range(12):
        rng = np.random.default_rng(300 + seed)
        queries = int(rng.integers(2, 12))
        ids, relevance, scores = [], [], []
        per_query = []
        for query in range(queries):
            docs = int(rng.integers(2, 30))
            rel = rng.integers(0, 5, docs) * (rng.random(docs) < 0.5)
            rel[0] = max(rel[0], 1)
            s = rng.normal(size=docs) + rel / 2
            if seed % 2:
                s = np.round(s)  # ties
            per_query.append((rel, s))
            ids.extend([query * 7 - 5] * docs)
            relevance.extend(rel.tolist())
            scores.extend(s.tolist())
        out.case(f"seed-{seed}", ties=seed % 2)
        order = rng.permutation(len(ids))
        out.rows(np.array(ids)[order], np.array(scores)[order], np.array(relevance)[order])
        for k in (1, 3, 10):
            for gain, name in (
                (lambda r: 2.0**r - 1, "exponential"),
                (lambda r: r.astype(float), "linear"),
            ):
                out.metric(
                    f"ndcg_{name}_at_{k}",
                    np.mean([sk.ndcg_score([gain(r)], [s], k=k) for r, s in per_query]),
                )
        if seed % 2 == 0:
            # without ties, and down to the last place, AP of a query is the step sum
            out.metric(
                "map_at_1000",
                np.mean([sk.average_precision_score(r > 0, s) for r, s in per_query]),
            )
            out.metric(
                "mrr",
                np.mean([1 / (1 + np.flatnonzero(r[np.argsort(-s)] > 0)[0]) for r, s in per_query]),
            )


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for task in (multiclass, multilabel, regression, ranking):
        task(Out(folder / f"{task.__name__}.csv"))
