"""Hugging Face's Trainer: metrics batch by batch, so that no logits pile up in memory.

    touch = TouchstoneCallback(run, activation="softmax")
    Trainer(
        args=TrainingArguments(batch_eval_metrics=True, eval_strategy="steps", ...),
        compute_metrics=touch.compute_metrics,
        callbacks=[touch],
        ...
    )
"""

from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback

from touchstone.counts import LOG
from touchstone.frameworks._evaluation import Activation, Evaluation, check_activation
from touchstone.run import Run


class TouchstoneCallback(TrainerCallback):
    """Logs each evaluation's predictions as they come, asks for the report on them, and stops the
    trainer when the engine says STOP.

    The trainer gathers every rank's rows on each rank and drops padding, so rank 0 logs all of them;
    rows are numbered in the order of the evaluation set.

    :param activation: what makes scores of logits: ``"sigmoid"``, ``"softmax"``, a function, or None
        where they are scores already
    :param metrics: your own ``compute_metrics`` for ``batch_eval_metrics``, called as well; its
        answer is the trainer's
    :param options: ``evaluation_set``, ``dataset_digest`` … of ``log_predictions``
    """

    def __init__(
        self,
        run: Run,
        *,
        activation: Activation = None,
        metrics: Callable[..., dict[str, float]] | None = None,
        report: bool = True,
        **options: Any,
    ) -> None:
        self._run = run
        self._activation = check_activation(activation)
        self._metrics = metrics
        self._report = report
        self._options = {"shards": 1, **options}
        self._state: Any = None
        self._evaluation: Evaluation | None = None

    def compute_metrics(self, predictions: Any, compute_result: bool | None = None) -> dict[str, float]:
        """For the trainer: once a batch, with ``compute_result`` at the last one."""
        if compute_result is None:
            LOG.warning("all predictions of an evaluation came at once: set batch_eval_metrics=True")
        if self._run.rank == 0:
            if self._evaluation is None:
                state = self._state
                self._evaluation = Evaluation(
                    self._run,
                    step=0 if state is None else state.global_step,
                    epoch=None if state is None else state.epoch,
                    activation=self._activation,
                    options=self._options,
                )
            values = predictions.predictions
            # the first is logits where a model answers with more
            self._evaluation.batch(values[0] if isinstance(values, tuple) else values, predictions.label_ids)
            if compute_result is not False:
                self._evaluation.end(report=self._report)
                self._evaluation = None
        if self._metrics is None:
            return {}
        if compute_result is None:
            return self._metrics(predictions)
        return self._metrics(predictions, compute_result=compute_result)

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._state = state

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._state = state
        self._evaluation = None
        if self._run.should_stop():
            control.should_training_stop = True
