"""LightGBM: predictions of its own evaluation are logged, without inference of ours.

    touch = TouchstoneCallback(run, valid)
    lightgbm.train(params, train, valid_sets=[valid], feval=touch.feval, callbacks=touch.callbacks)
"""

from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np

from touchstone.frameworks._evaluation import Activation, Evaluation, check_activation
from touchstone.run import Run


class TouchstoneCallback:
    """Logs what the booster predicts on one data set after each ``every``-th iteration, asks for the
    report on it, and stops the training when the engine says STOP.

    :param data: the set among ``valid_sets`` whose predictions are logged
    :param labels: by default the set's own
    :param ids: of the rows; by default their places
    :param every: iterations between two evaluations; the last one is always logged
    :param activation: what makes scores of predictions: None, since with LightGBM's own objectives
        they are probabilities (or targets); with a custom objective they are margins
    :param metric: your own ``feval``, called as well
    :param options: ``evaluation_set`` … of ``log_predictions``
    """

    def __init__(
        self,
        run: Run,
        data: "lightgbm.Dataset",
        labels: Any = None,
        *,
        ids: Any = None,
        every: int = 1,
        activation: Activation = None,
        metric: "Callable[[Any, lightgbm.Dataset], Any] | None" = None,
        report: bool = True,
        **options: Any,
    ) -> None:
        if every < 1:
            raise ValueError(f"every must be at least 1, got {every}")
        self._run = run
        self._data = data
        self._labels = labels
        self._ids = ids
        self._every = every
        self._activation = check_activation(activation)
        self._metric = metric
        self._report = report
        self._options = options
        self._iteration = 0
        self._last = 0

    @property
    def callbacks(self) -> list[Callable[[Any], None]]:
        """For ``lightgbm.train``."""
        return [_Before(self), _After(self)]

    def feval(self, predictions: "np.ndarray[Any, Any]", data: "lightgbm.Dataset") -> Any:
        """For ``lightgbm.train``: takes predictions, and answers with what ``metric`` says, or nothing."""
        if data is self._data and (self._iteration % self._every == 0 or self._iteration == self._last):
            with self._run.phase("evaluate"):
                evaluation = Evaluation(
                    self._run,
                    step=self._iteration,
                    epoch=float(self._iteration),
                    activation=self._activation,
                    options=self._options,
                )
                labels = data.get_label() if self._labels is None else self._labels
                evaluation.batch(predictions, labels, self._ids)
                evaluation.end(report=self._report)
        return [] if self._metric is None else self._metric(predictions, data)


class _Before:
    before_iteration = True
    order = 0

    def __init__(self, touch: TouchstoneCallback) -> None:
        self._touch = touch

    def __call__(self, env: Any) -> None:
        self._touch._iteration = env.iteration + 1
        self._touch._last = env.end_iteration


class _After:
    before_iteration = False
    order = 100

    def __init__(self, touch: TouchstoneCallback) -> None:
        self._touch = touch

    def __call__(self, env: Any) -> None:
        if self._touch._run.should_stop():
            raise lightgbm.callback.EarlyStopException(env.iteration, env.evaluation_result_list)
