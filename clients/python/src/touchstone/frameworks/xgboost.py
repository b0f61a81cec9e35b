"""XGBoost: predictions of its own evaluation are logged, without inference of ours.

    touch = TouchstoneCallback(run, dvalid, y_valid)
    xgboost.train(params, dtrain, evals=[(dvalid, "validation")],
                  custom_metric=touch.custom_metric, callbacks=[touch])
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import xgboost

from touchstone.frameworks._evaluation import Activation, Evaluation, check_activation
from touchstone.run import Run


class TouchstoneCallback(xgboost.callback.TrainingCallback):
    """Logs what the booster predicts on one matrix after each ``every``-th round, asks for the report
    on it, and stops the training when the engine says STOP.

    :param data: the matrix among ``evals`` whose predictions are logged
    :param labels: by default the matrix's own
    :param ids: of the rows; by default their places
    :param every: rounds between two evaluations; the last round is always logged if ``rounds`` says
        how many there are
    :param activation: what makes scores of predictions: None, since with XGBoost's own objectives they
        are probabilities (or targets); with a custom objective they are margins
    :param metric: your own ``custom_metric``, called as well
    :param options: ``evaluation_set``, ``weights``-free options of ``log_predictions``
    """

    def __init__(
        self,
        run: Run,
        data: "xgboost.DMatrix",
        labels: Any = None,
        *,
        ids: Any = None,
        every: int = 1,
        rounds: int | None = None,
        activation: Activation = None,
        metric: "Callable[[Any, xgboost.DMatrix], Any] | None" = None,
        report: bool = True,
        **options: Any,
    ) -> None:
        super().__init__()
        if every < 1:
            raise ValueError(f"every must be at least 1, got {every}")
        self._run = run
        self._data = data
        self._labels = data.get_label() if labels is None else labels
        self._ids = ids
        self._every = every
        self._rounds = rounds
        self._activation = check_activation(activation)
        self._metric = metric
        self._report = report
        self._options = options
        self._round = 0

    def before_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        self._round = epoch + 1
        return False

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        return self._run.should_stop()

    def custom_metric(self, predictions: "np.ndarray[Any, Any]", data: "xgboost.DMatrix") -> Any:
        """For ``xgboost.train``: takes predictions, and answers with what ``metric`` says, or nothing."""
        if data is self._data and (self._round % self._every == 0 or self._round == self._rounds):
            with self._run.phase("evaluate"):
                evaluation = Evaluation(
                    self._run,
                    step=self._round,
                    epoch=float(self._round),
                    activation=self._activation,
                    options=self._options,
                )
                evaluation.batch(predictions, self._labels, self._ids)
                evaluation.end(report=self._report)
        return [] if self._metric is None else self._metric(predictions, data)
