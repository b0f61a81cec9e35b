"""Writes intervals of accuracy, precision, recall and F1 from stratified samples, row by row with NumPy.

    python metrics/src/test/python/sample_reference.py metrics/src/test/resources/sampling/intervals.csv

Lines: "case", then "stratum,POPULATION,TP,FP,FN,TN" for each stratum of the sample, then
"metric,NAME,VALUE,LOW,HIGH" for each metric that is defined.
"""

import sys

import numpy as np

Z = 1.959963984540054


def possible_rows(labels):
    """(label, predicted) of every kind of row that a stratum can have, by the labels it shows."""
    return np.array([(y, p) for y in sorted(set(labels)) for p in (0, 1)])


def hits_and_trials(metric, y, p):
    return {
        "accuracy": (y == p, np.ones(len(y))),
        "precision": (y * p, p),
        "recall": (y * p, y),
        "f1": (2 * y * p, y + p),
    }[metric]


def wilson(r, n):
    """Both roots of (r - x)² = z² x (1 - x) / n."""
    if np.isinf(n):
        return r, r
    c = Z * Z / n
    roots = np.roots([1 + c, -(2 * r + c), r * r]).real
    return max(0.0, roots.min()), min(1.0, roots.max())


def interval(metric, populations, y, p, h):
    strata = range(len(populations))
    counts = np.array([(h == s).sum() for s in strata])
    weights = populations / counts
    w = weights[h]
    a, b = hits_and_trials(metric, y, p)
    if not (w * b).sum() or (metric == "f1" and not y.any()):
        return None
    size = (w * b).sum()
    r = (w * a).sum() / size
    unseen = [s for s in strata if weights[s] > 1 and (metric != "recall" or y[h == s].any())]
    if not unseen:
        return r, r, r
    u = (a - r * b) / size
    variance = sum(
        populations[s] ** 2 * (1 - 1 / weights[s]) * np.var(u[h == s], ddof=1) / counts[s]
        for s in strata
        if weights[s] > 1
    )
    far = {"below": [], "above": []}
    for s in strata:
        kinds = possible_rows(y[h == s])
        ka, kb = hits_and_trials(metric, kinds[:, 0], kinds[:, 1])
        could = (ka - r * kb) / size
        if weights[s] > 1 and np.ptp(could) > 0:
            mean = u[h == s].mean()
            far["below"].append((weights[s], mean - could.min()))
            far["above"].append((weights[s], could.max() - mean))
    share = size / (2 - r) if metric == "f1" else size  # r (1 - r) / sum w u²
    ends = {}
    for side, ds in far.items():
        v = 2 * sum(x * (x - 1) * d * d for x, d in ds) / max(1, len(ds))
        q = 2 * sum(x * d * d for x, d in ds) / max(1, len(ds))
        spread = variance + v
        trials = share * ((w * u * u).sum() + q) / spread if spread > 1e-30 else np.inf
        ends[side] = wilson(r, trials)
    return r, ends["below"][0], ends["above"][1]


def main(path):
    random = np.random.default_rng(20260101)
    with open(path, "w", encoding="ascii", newline="\n") as out:
        out.write(f"# numpy {np.__version__}\n# python metrics/src/test/python/sample_reference.py {path}\n")
        for case in range(60):
            out.write("case\n")
            populations, y, p, h = [], [], [], []
            rare = random.choice([0.0, 0.02, 0.3])
            for s in range(random.integers(1, 7)):
                n = int(random.integers(2, 80))
                populations.append(n if random.random() < 0.2 else n + int(random.integers(1, 90 * n)))
                kind = random.integers(0, 3)  # positives, negatives, both
                labels = np.full(n, 1 - kind) if kind < 2 else (random.random(n) < 0.3).astype(int)
                wrong = random.random(n) < rare
                y.append(labels)
                p.append(np.where(wrong, 1 - labels, labels))
                h.append(np.full(n, s))
                cells = [((labels == a) & (p[-1] == b)).sum() for a, b in ((1, 1), (0, 1), (1, 0), (0, 0))]
                out.write(f"stratum,{populations[-1]},{','.join(map(str, cells))}\n")
            rows = [np.concatenate(part) for part in (y, p, h)]
            for metric in ("accuracy", "precision", "recall", "f1"):
                found = interval(metric, np.array(populations), *rows)
                if found:
                    out.write(f"metric,{metric},{','.join(repr(float(x)) for x in found)}\n")


main(sys.argv[1])
