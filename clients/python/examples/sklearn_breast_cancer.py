"""scikit-learn on the breast cancer data that it ships: estimators of one run, and folds of the last.

    pip install touchstone-eval[sklearn]
    python sklearn_breast_cancer.py        # beside a running ./touchstone up
"""

import touchstone
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from touchstone.frameworks import sklearn


def train(run):
    """Labels and scores of the last model checkpoint."""
    x, y = load_breast_cancer(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.4, random_state=1, stratify=y)
    for step, c in enumerate((0.001, 0.1, 1.0)):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=c)).fit(x_train, y_train)
        sklearn.log_estimator(run, model, x_test, y_test, step=step)
    sklearn.cross_validate(run, model, x, y, cv=3, step=step, evaluation_set="folds", report=False)
    return y_test, model.predict_proba(x_test)[:, 1]


if __name__ == "__main__":
    with touchstone.init("breast-cancer") as run:
        labels, scores = train(run)
        report = run.report(wait=60)
    print("Touchstone   ", report and report["report"]["metrics"]["average_precision"]["value"])
    print("scikit-learn ", average_precision_score(labels, scores.astype("f4")))
