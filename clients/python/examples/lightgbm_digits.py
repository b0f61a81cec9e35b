"""LightGBM on scikit-learn's digits, ten classes: predictions that it has made anyway.

    pip install touchstone-eval[sklearn,lightgbm]
    python lightgbm_digits.py              # beside a running ./touchstone up
"""

import lightgbm
import touchstone
from sklearn.datasets import load_digits
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from touchstone.frameworks.lightgbm import TouchstoneCallback


def train(run):
    """Labels and scores of the last model checkpoint."""
    x, y = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.4, random_state=1, stratify=y)
    train_data = lightgbm.Dataset(x_train, y_train)
    test_data = lightgbm.Dataset(x_test, y_test, reference=train_data)
    touch = TouchstoneCallback(run, test_data, every=5)
    booster = lightgbm.train(
        {"objective": "multiclass", "num_class": 10, "num_leaves": 7, "num_threads": 1, "verbose": -1},
        train_data,
        num_boost_round=12,
        valid_sets=[train_data, test_data],
        feval=touch.feval,
        callbacks=touch.callbacks,
    )
    return y_test, booster.predict(x_test)


if __name__ == "__main__":
    with touchstone.init("digits") as run:
        labels, scores = train(run)
        report = run.report(wait=60)
    print("Touchstone   ", report and report["report"]["metrics"]["balanced_accuracy"]["value"])
    print("scikit-learn ", balanced_accuracy_score(labels, scores.argmax(axis=1)))
