"""XGBoost on scikit-learn's breast cancer data: each round's predictions, which it has made anyway.

    pip install touchstone-eval[sklearn] xgboost-cpu
    python xgboost_breast_cancer.py        # beside a running ./touchstone up
"""

import touchstone
import xgboost
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split
from touchstone.frameworks.xgboost import TouchstoneCallback


def train(run):
    """Labels and scores of the last model checkpoint."""
    x, y = load_breast_cancer(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.4, random_state=1, stratify=y)
    train_data, test_data = xgboost.DMatrix(x_train, y_train), xgboost.DMatrix(x_test, y_test)
    touch = TouchstoneCallback(run, test_data, every=5)
    booster = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 3, "eta": 0.2, "nthread": 1},
        train_data,
        num_boost_round=20,
        evals=[(train_data, "train"), (test_data, "test")],
        custom_metric=touch.custom_metric,
        callbacks=[touch],
        verbose_eval=False,
    )
    return y_test, booster.predict(test_data)


if __name__ == "__main__":
    with touchstone.init("breast-cancer") as run:
        labels, scores = train(run)
        report = run.report(wait=60)
    print("Touchstone   ", report and report["report"]["metrics"]["average_precision"]["value"])
    print("scikit-learn ", average_precision_score(labels, scores))
