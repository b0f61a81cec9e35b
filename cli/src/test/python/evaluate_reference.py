"""Predictions of two models, and what a comparison, folds and honest thresholds say about them.

Run from the repository's root (numpy, scipy, scikit-learn, statsmodels, xxhash):

    python cli/src/test/python/evaluate_reference.py cli/src/test/resources/evaluate

Writes candidate.csv, baseline.csv (the same examples in another order) and expected.csv.
"""

import struct
import sys
from pathlib import Path

import numpy as np
import scipy
import sklearn
import statsmodels
import xxhash
from scipy import stats
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

LEVEL = 0.9
THRESHOLD = 0.5
NAMES = ["average_precision", "roc_auc", "log_loss", "brier", "accuracy"]


def value(name, y, s, w=None):
    if name == "average_precision":
        return metrics.average_precision_score(y, s, sample_weight=w)
    if name == "roc_auc":
        return metrics.roc_auc_score(y, s, sample_weight=w)
    if name == "log_loss":
        return metrics.log_loss(y, s, sample_weight=w, labels=[0, 1])
    if name == "brier":
        return metrics.brier_score_loss(y, s, sample_weight=w, pos_label=1)
    return metrics.accuracy_score(y, s >= THRESHOLD, sample_weight=w)


def placements(y, s):
    """Of every row: the share of the other class that it is ranked rightly against."""
    pos, neg = s[y == 1], s[y == 0]
    wins = (pos[:, None] > neg[None, :]) + 0.5 * (pos[:, None] == neg[None, :])
    return wins.mean(axis=1), wins.mean(axis=0)


def delong_error(y, a, b):
    (v10a, v01a), (v10b, v01b) = placements(y, a), placements(y, b)
    p, q = v10b - v10a, v01b - v01a
    return np.sqrt(p.var(ddof=1) / len(p) + q.var(ddof=1) / len(q))


def average_precision_error(y, a, b):
    """Infinitesimal jackknife: what the difference does when one row weighs a little more."""
    eps = 1e-5
    slopes = []
    for i in range(len(y)):
        ends = []
        for sign in (1, -1):
            w = np.ones(len(y))
            w[i] += sign * eps
            ends.append(value("average_precision", y, b, w) - value("average_precision", y, a, w))
        slopes.append((ends[0] - ends[1]) / (2 * eps))
    return np.sqrt(np.sum(np.square(slopes)))


def main(directory):
    rng = np.random.default_rng(20240607)
    n = 600
    y = (rng.random(n) < 0.2).astype(int)
    z = rng.normal(1.6 * y, 1)
    new = np.round(1 / (1 + np.exp(-(1.5 * z - 2.3))), 3).clip(0.001, 0.999)
    old = np.round(1 / (1 + np.exp(-(1.2 * (z + rng.normal(0, 0.7, n)) - 2.2))), 3).clip(0.001, 0.999)
    ids = np.arange(n) * 7 + 3
    fold = rng.integers(0, 5, n)

    with open(directory / "candidate.csv", "w") as f:
        f.write("id,label,score,fold\n")
        for row in zip(ids, y, new, fold):
            f.write("%d,%d,%.3f,f%d\n" % row)
    with open(directory / "baseline.csv", "w") as f:
        f.write("score,id,label\n")
        for i in rng.permutation(n):
            f.write("%.3f,%d,%d\n" % (old[i], ids[i], y[i]))

    out = {}
    normal = stats.norm.ppf(0.5 + LEVEL / 2)
    ps = {}

    # side by side
    for name in NAMES:
        a, b = value(name, y, old), value(name, y, new)
        out[name + ".value"], out[name + ".baseline"], out[name + ".difference"] = b, a, b - a
    for name, error in (
        ("average_precision", average_precision_error(y, old, new)),
        ("roc_auc", delong_error(y, old, new)),
    ):
        d = out[name + ".difference"]
        out[name + ".ci_low"], out[name + ".ci_high"] = d - normal * error, d + normal * error
        ps[name] = 2 * stats.norm.sf(abs(d) / error)
    for name, loss in (
        ("log_loss", lambda s: -np.log(np.where(y == 1, s, 1 - s))),
        ("brier", lambda s: (s - y) ** 2),
    ):
        test = stats.ttest_rel(loss(new), loss(old))
        ends = test.confidence_interval(LEVEL)
        out[name + ".ci_low"], out[name + ".ci_high"], ps[name] = ends.low, ends.high, test.pvalue
    right_old, right_new = (old >= THRESHOLD) == y, (new >= THRESHOLD) == y
    table = np.array(
        [
            [np.sum(right_old & right_new), np.sum(right_old & ~right_new)],
            [np.sum(~right_old & right_new), np.sum(~right_old & ~right_new)],
        ]
    )
    b, c = table[0, 1], table[1, 0]
    out["mcnemar.both_right"], out["mcnemar.baseline_only"] = table[0]
    out["mcnemar.candidate_only"], out["mcnemar.neither"] = table[1]
    exact = mcnemar(table, exact=True).pvalue
    out["mcnemar.exact_p"] = exact
    out["mcnemar.p_value"] = exact - stats.binom.pmf(min(b, c), b + c, 0.5)
    asymptotic = mcnemar(table, exact=False, correction=False)
    out["mcnemar.chi_squared"], out["mcnemar.asymptotic_p"] = asymptotic.statistic, asymptotic.pvalue
    ps["accuracy"] = out["mcnemar.p_value"]
    up, down = (c + 1) / (n + 2), (b + 1) / (n + 2)
    half = normal * np.sqrt((up + down - (up - down) ** 2) / (n + 2))
    out["accuracy.ci_low"], out["accuracy.ci_high"] = up - down - half, up - down + half
    holm = multipletests([ps[name] for name in NAMES], method="holm")[1]
    for name, adjusted in zip(NAMES, holm):
        out[name + ".p_value"], out[name + ".p_value_holm"] = ps[name], adjusted
    before, after = old >= THRESHOLD, new >= THRESHOLD
    out["flips.total"] = np.sum(before != after)
    out["flips.raised"], out["flips.lowered"] = np.sum(~before & after), np.sum(before & ~after)
    out["flips.mended"], out["flips.broken"] = c, b

    # folds
    students = stats.t.ppf(0.5 + LEVEL / 2, 4)
    for name in NAMES:
        of = lambda s: np.array([value(name, y[fold == k], s[fold == k]) for k in range(5)])
        for k, v in enumerate(of(new)):
            out["folds.%s.%d" % (name, k)] = v
        out["folds.%s.pooled" % name] = value(name, y, new)
        for kind, values in (("averaged", of(new)), ("paired", of(new) - of(old))):
            error = np.sqrt((1 / 5 + 1 / 4) * values.var(ddof=1))
            mean = values.mean()
            out["folds.%s.%s" % (name, kind)] = mean
            out["folds.%s.%s.ci_low" % (name, kind)] = mean - students * error
            out["folds.%s.%s.ci_high" % (name, kind)] = mean + students * error
            if kind == "paired":
                out["folds.%s.p_value" % name] = 2 * stats.t.sf(abs(mean) / error, 4)

    # the best F1 on one half, reported on the other
    salt = b"touchstone.operating-point"
    u = [xxhash.xxh64_intdigest(salt + struct.pack("<q", i), seed=0) >> 11 for i in ids]
    first = np.array(u) < 2**52
    f1 = lambda t, half: metrics.f1_score(y[half], new[half] >= t)
    candidates = np.unique(new[first])
    best = candidates[np.argmax([f1(t, first) for t in candidates])]
    out["honest.n"], out["honest.n_pos"] = np.sum(first), np.sum(y[first])
    out["honest.threshold"], out["honest.chosen_f1"] = best, f1(best, first)
    out["honest.reported_f1"] = f1(best, ~first)
    out["honest.reported_tp"] = np.sum((new[~first] >= best) & (y[~first] == 1))
    out["honest.reported_fp"] = np.sum((new[~first] >= best) & (y[~first] == 0))
    out["honest.reported_precision"] = metrics.precision_score(y[~first], new[~first] >= best)
    out["honest.reported_recall"] = metrics.recall_score(y[~first], new[~first] >= best)

    with open(directory / "expected.csv", "w") as f:
        f.write(
            "# scikit-learn %s, statsmodels %s, scipy %s, numpy %s\n"
            % (sklearn.__version__, statsmodels.__version__, scipy.__version__, np.__version__)
        )
        f.write("# python cli/src/test/python/evaluate_reference.py cli/src/test/resources/evaluate\n")
        for key, number in out.items():
            f.write("%s,%r\n" % (key, float(number)))


main(Path(sys.argv[1]))
