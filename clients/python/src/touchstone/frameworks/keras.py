"""Keras 3, on any backend: a callback that evaluates at the end of epochs, batch by batch.

    model.fit(x, y, callbacks=[TouchstoneCallback(run, x_val, y_val)])

Keras shows callbacks no predictions, so the model is called on the validation data once more; leave
``validation_data`` of ``fit`` away where the report says all that is wanted.
"""

import time
from typing import Any

import keras

from touchstone.columns import host_array
from touchstone.frameworks._evaluation import Activation, Evaluation, check_activation
from touchstone.run import Run


class TouchstoneCallback(keras.callbacks.Callback):
    """Logs predictions on validation data after each ``every``-th epoch, asks for the report on them,
    and stops the training when the engine says STOP.

    :param x: inputs, an array or several, each with a row an example
    :param y: labels, one a row
    :param ids: of the rows; by default their places
    :param activation: what makes scores of outputs: ``"sigmoid"``, ``"softmax"``, a function, or None
        where they are scores already
    :param options: ``evaluation_set``, ``plan``, ``slices``-free options of ``log_predictions``
    """

    def __init__(
        self,
        run: Run,
        x: Any,
        y: Any,
        *,
        ids: Any = None,
        batch_size: int = 1024,
        every: int = 1,
        activation: Activation = None,
        report: bool = True,
        **options: Any,
    ) -> None:
        super().__init__()
        if batch_size < 1 or every < 1:
            raise ValueError(f"batch_size and every must be at least 1, got {batch_size} and {every}")
        self._run = run
        self._x = x
        self._y = host_array(y)
        self._ids = None if ids is None else host_array(ids)
        self._batch_size = batch_size
        self._every = every
        self._activation = check_activation(activation)
        self._report = report
        self._options = options

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._run.should_stop():
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if (epoch + 1) % self._every:
            return
        evaluation = Evaluation(
            self._run,
            step=int(self.model.optimizer.iterations),
            epoch=float(epoch + 1),
            activation=self._activation,
            options=self._options,
        )
        with self._run.phase("evaluate"):
            for start in range(0, len(self._y), self._batch_size):
                rows = slice(start, start + self._batch_size)
                began = time.perf_counter()
                outputs = host_array(self.model.predict_on_batch(_rows(self._x, rows)))
                took = time.perf_counter() - began
                ids = None if self._ids is None else self._ids[rows]
                evaluation.batch(outputs, self._y[rows], ids, latency_ms=took * 1e3, batch_size=len(outputs))
        evaluation.end(report=self._report)


def _rows(x: Any, rows: slice) -> Any:
    if isinstance(x, dict):
        return {name: column[rows] for name, column in x.items()}
    if isinstance(x, list | tuple):
        return [column[rows] for column in x]
    return x[rows]
