"""Ignite: a handler that logs what an evaluator puts out, and stops the trainer on STOP.

    evaluator = create_supervised_evaluator(model)               # state.output is (y_pred, y)
    TouchstoneHandler(run, activation="sigmoid").attach(evaluator, trainer)
"""

from collections.abc import Callable, Mapping
from typing import Any

from ignite.engine import Engine, Events

from touchstone.counts import LOG
from touchstone.frameworks._evaluation import Activation, Evaluation, check_activation
from touchstone.run import Run


class TouchstoneHandler:
    """Logs each run of an evaluator batch by batch, and asks for the report on it.

    :param activation: what makes scores of ``y_pred``: ``"sigmoid"``, ``"softmax"``, a function, or
        None where they are scores already
    :param output_transform: outputs, labels and ids (or None) of ``engine.state.output``; by default
        (y_pred, y), (y_pred, y, ids), or a mapping with ``y_pred``, ``y`` and perhaps ``ids``
    :param options: ``evaluation_set``, ``plan`` … of ``log_predictions``
    """

    def __init__(
        self,
        run: Run,
        *,
        activation: Activation = None,
        output_transform: Callable[[Any], tuple[Any, Any, Any]] | None = None,
        report: bool = True,
        **options: Any,
    ) -> None:
        self._run = run
        self._activation = check_activation(activation)
        self._transform = output_transform or _transform
        self._report = report
        self._options = options
        self._evaluation: Evaluation | None = None
        self._trainer: Engine | None = None

    def attach(self, evaluator: Engine, trainer: Engine | None = None) -> None:
        """Listens to both. Step and epoch are the trainer's."""
        self._trainer = trainer
        evaluator.add_event_handler(Events.STARTED, self._started)
        evaluator.add_event_handler(Events.ITERATION_COMPLETED, self._batch)
        evaluator.add_event_handler(Events.COMPLETED, self._completed)
        if trainer is not None:
            trainer.add_event_handler(Events.ITERATION_COMPLETED, self._trained)

    def _started(self, engine: Engine) -> None:
        state = None if self._trainer is None else self._trainer.state
        self._evaluation = Evaluation(
            self._run,
            step=0 if state is None else state.iteration,
            epoch=None if state is None else float(state.epoch),
            activation=self._activation,
            options=self._options,
        )

    def _batch(self, engine: Engine) -> None:
        try:
            outputs, labels, ids = self._transform(engine.state.output)
        except Exception as e:
            LOG.warning("an evaluation was not logged: %s", e)
            return
        if self._evaluation is not None:
            self._evaluation.batch(outputs, labels, ids)

    def _completed(self, engine: Engine) -> None:
        if self._evaluation is not None:
            self._evaluation.end(report=self._report)

    def _trained(self, engine: Engine) -> None:
        if self._run.should_stop():
            engine.terminate()


def _transform(output: Any) -> tuple[Any, Any, Any]:
    if isinstance(output, Mapping):
        return output["y_pred"], output["y"], output.get("ids")
    outputs, labels, *ids = output
    return outputs, labels, ids[0] if ids else None
