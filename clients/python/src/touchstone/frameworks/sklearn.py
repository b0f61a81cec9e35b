"""scikit-learn: fitted estimators are evaluated and logged in one call, folds in another.

    sklearn.log_estimator(run, model.fit(x, y), x_test, y_test, step=1)
    sklearn.cross_validate(run, estimator, x, y, cv=5)
"""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing

from touchstone.columns import host_array
from touchstone.digests import digest
from touchstone.frameworks._evaluation import Evaluation
from touchstone.run import Run

BATCH_ROWS = 1 << 16


def log_estimator(
    run: Run,
    estimator: Any,
    x: Any,
    y: Any,
    *,
    step: int = 0,
    ids: Any = None,
    slices: Any = None,
    weights: Any = None,
    batch_rows: int = BATCH_ROWS,
    report: bool = True,
    **options: Any,
) -> None:
    """Logs what a fitted estimator says of these rows, so many at a time.

    A classifier's ``predict_proba``, or ``decision_function`` where it has none, and of two classes
    that of the second; labels are its classes, by their places. A regressor's ``predict``.

    :param ids: of the rows; by default their places
    :param step: orders estimators of one run: trials, or sizes of training data
    :param options: ``evaluation_set``, ``fold``, ``model_digest`` … of ``log_predictions``;
        ``model_digest`` is found by itself where the estimator has one
    """
    labels = _labels(estimator, y)
    if is_regressor(estimator):
        options.setdefault("task", "regression")
    elif estimator.classes_.shape[0] == 2:
        options.setdefault("task", "binary")
    if "model_digest" not in options:
        options["model_digest"] = _digest(estimator)
    evaluation = Evaluation(run, step=step, options=options)
    with run.phase("evaluate"):
        for start in range(0, len(labels), batch_rows):
            places = np.arange(start, min(start + batch_rows, len(labels)))
            began = time.perf_counter()
            scores = _scores(estimator, _safe_indexing(x, places))
            columns: dict[str, Any] = {"latency_ms": (time.perf_counter() - began) * 1e3, "batch_size": len(places)}
            if weights is not None:
                columns["weights"] = _safe_indexing(weights, places)
            if slices:
                columns["slices"] = {name: _safe_indexing(column, places) for name, column in slices.items()}
            evaluation.batch(scores, labels[places], None if ids is None else host_array(ids)[places], **columns)
    evaluation.end(report=report)


def cross_validate(
    run: Run, estimator: Any, x: Any, y: Any, *, cv: Any = 5, groups: Any = None, step: int = 0, **options: Any
) -> list[Any]:
    """Fits a clone a fold and logs it on what was held out, as that fold; the fitted estimators.

    Ids are the rows' places in ``x``.
    """
    splits = check_cv(cv, y, classifier=is_classifier(estimator))
    fitted = []
    for fold, (train, test) in enumerate(splits.split(x, y, groups)):
        model = clone(estimator)
        with run.phase("compute"):
            model.fit(_safe_indexing(x, train), _safe_indexing(y, train))
        held_out = _safe_indexing(x, test), _safe_indexing(y, test)
        log_estimator(run, model, *held_out, step=step, ids=test, fold=fold, **options)
        fitted.append(model)
    return fitted


def _scores(estimator: Any, x: Any) -> NDArray[Any]:
    if is_regressor(estimator):
        return np.asarray(estimator.predict(x))
    if hasattr(estimator, "predict_proba"):
        return np.asarray(estimator.predict_proba(x))
    return np.asarray(estimator.decision_function(x))


def _labels(estimator: Any, y: Any) -> NDArray[Any]:
    labels = np.asarray(y)
    if is_regressor(estimator):
        return labels
    places = np.searchsorted(estimator.classes_, labels)
    places[places == len(estimator.classes_)] = 0
    unknown = np.flatnonzero(estimator.classes_[places] != labels)
    if len(unknown):
        raise ValueError(f"labels must be classes of the estimator, got {labels[unknown[0]]} in row {unknown[0]}")
    return places


def _digest(estimator: Any) -> str | None:
    try:
        return digest(estimator)
    except (TypeError, ValueError):
        return None
