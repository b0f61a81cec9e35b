"""Lightning: a callback that logs what ``validation_step`` returns.

    def validation_step(self, batch, index):
        x, y = batch
        logits = self(x)
        return {"outputs": logits, "labels": y}          # and "ids", where ranks share the set

    Trainer(callbacks=[TouchstoneCallback(run, activation="softmax")])
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from touchstone.counts import LOG
from touchstone.frameworks._evaluation import Activation, Evaluation, check_activation
from touchstone.run import Run

# the package is published under two names, whose classes differ
if "pytorch_lightning" in sys.modules and "lightning" not in sys.modules and not TYPE_CHECKING:
    from pytorch_lightning import Callback
else:
    from lightning.pytorch import Callback


class TouchstoneCallback(Callback):
    """Logs each validation's predictions as they come, asks for the report on them, and stops the
    trainer when the engine says STOP. Sanity checking is not logged.

    :param activation: what makes scores of ``outputs``: ``"sigmoid"``, ``"softmax"``, a function, or
        None where they are scores already
    :param predictions: outputs, labels and ids (or None) of what ``validation_step`` returned and its
        batch; by default the keys ``outputs`` (or ``scores``, ``logits``), ``labels`` and ``ids``
    :param evaluation_sets: names, one a validation dataloader; by default the project, with the
        number of the dataloader beyond the first
    :param options: ``plan``, ``dataset_digest`` … of ``log_predictions``
    """

    def __init__(
        self,
        run: Run,
        *,
        activation: Activation = None,
        predictions: Callable[[Any, Any], tuple[Any, Any, Any]] | None = None,
        evaluation_sets: Sequence[str] | None = None,
        report: bool = True,
        **options: Any,
    ) -> None:
        super().__init__()
        self._run = run
        self._activation = check_activation(activation)
        self._predictions = predictions or _predictions
        self._names = evaluation_sets
        self._report = report
        self._options = options
        self._open: dict[int, Evaluation] = {}
        self._said = False

    def on_validation_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        self._open = {}

    def on_validation_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        if trainer.sanity_checking:
            return
        try:
            values, labels, ids = self._predictions(outputs, batch)
        except Exception as e:
            if not self._said:
                LOG.warning("validation is not logged: %s", e)
            self._said = True
            return
        if dataloader_idx not in self._open:
            self._open[dataloader_idx] = Evaluation(
                self._run,
                step=trainer.global_step,
                epoch=float(trainer.current_epoch),
                activation=self._activation,
                options={"evaluation_set": self._name(dataloader_idx), **self._options},
            )
        self._open[dataloader_idx].batch(values, labels, ids)

    def on_validation_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        for evaluation in self._open.values():
            evaluation.end(report=self._report)
        self._open = {}

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        if self._run.should_stop():
            trainer.should_stop = True

    def _name(self, dataloader: int) -> str | None:
        if self._names is not None and dataloader < len(self._names):
            return self._names[dataloader]
        return None if dataloader == 0 else f"{self._run.project}-{dataloader}"


def _predictions(returned: Any, batch: Any) -> tuple[Any, Any, Any]:
    if not isinstance(returned, Mapping):
        raise ValueError(
            "validation_step must return a mapping with outputs and labels,"
            f" got {type(returned).__name__}: give predictions="
        )
    for key in ("outputs", "scores", "logits"):
        if key in returned and "labels" in returned:
            return returned[key], returned["labels"], returned.get("ids")
    raise ValueError(f"validation_step must return outputs and labels, got {', '.join(returned)}: give predictions=")
