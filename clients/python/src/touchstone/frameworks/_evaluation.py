"""What all frameworks share: one evaluation of one model checkpoint, logged batch by batch."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.columns import host_array
from touchstone.counts import LOG
from touchstone.run import Run

Activation = str | Callable[[Any], Any] | None

# of evaluations: what is said once, for a whole prediction set
Options = Mapping[str, Any]


class Evaluation:
    """Predictions of one model checkpoint on one evaluation set as they are made.

    ``activation``: what makes scores of a model's outputs: None where they are scores already,
    ``"sigmoid"``, ``"softmax"``, or a function. Two columns of scores with labels 0 and 1 are a binary
    task, whose score is the second column, unless ``options`` say ``task``. ``options`` are
    ``log_predictions``' own: ``evaluation_set``, ``split``, ``plan``, ``model_digest`` …
    """

    def __init__(
        self,
        run: Run,
        *,
        step: int,
        epoch: float | None = None,
        activation: Activation = None,
        options: Options | None = None,
    ) -> None:
        self._run = run
        self._activation = activation
        self._options = {"step": step, "epoch": epoch, **(options or {})}
        self._empty: dict[str, Any] | None = None
        self._failed = False
        self.ended = False

    def batch(self, outputs: Any, labels: Any, ids: Any = None, **columns: Any) -> None:
        """Rows of it; ``columns`` are ``weights``, ``slices``, ``latency_ms``."""
        if self._failed:
            return
        try:
            scores = host_array(activated(outputs, self._activation))
            task = self._options.get("task")
            if scores.ndim == 2 and scores.shape[1] == 2 and task in (None, "binary"):
                if task or _zero_one(labels):
                    scores = scores[:, 1]
            if ids is not None:
                columns["ids"] = ids
            if self._empty is None:
                self._empty = self._nothing(scores, labels, columns)
        except Exception as e:
            # a model or callback of another shape than expected must not end the training
            self._failed = True
            LOG.warning("an evaluation is not logged: %s", e)
            return
        self._run.log_predictions(scores, labels, last=False, **columns, **self._options)

    def end(self, *, report: bool = True, path: Any = None) -> None:
        """There are no more rows; asks for the full report, unless it shouldn't or this is a sample."""
        if self.ended or self._failed or self._empty is None:
            return
        self.ended = True
        self._run.log_predictions(last=True, **self._empty, **self._options)
        if report and self._options.get("plan") is None:
            known = ("checkpoint", "step", "epoch", "model_digest", "evaluation_set", "split", "fold")
            self._run.checkpoint(path, **{k: v for k, v in self._options.items() if k in known})

    @staticmethod
    def _nothing(scores: NDArray[Any], labels: Any, columns: Mapping[str, Any]) -> dict[str, Any]:
        """No rows, of the same columns."""
        nothing: dict[str, Any] = {"scores": scores[:0].astype(np.float32), "labels": host_array(labels)[:0]}
        if "ids" in columns:
            nothing["ids"] = np.empty(0, np.int64)
        if columns.get("weights") is not None:
            nothing["weights"] = np.empty(0, np.float32)
        if columns.get("slices"):
            nothing["slices"] = {name: [] for name in columns["slices"]}
        return nothing


def activated(outputs: Any, activation: Activation) -> Any:
    """Scores of a model's outputs."""
    if activation is None:
        return outputs
    if callable(activation):
        return activation(outputs)
    logits = host_array(outputs).astype(np.float64)
    if activation == "sigmoid":
        # e^-|x| overflows nowhere
        small = np.exp(-np.abs(logits))
        return np.where(logits >= 0, 1, small) / (1 + small)
    if activation == "softmax":
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)
    raise ValueError(f"activation must be sigmoid, softmax, a function or None, got {activation!r:.60}")


def check_activation(activation: Activation) -> Activation:
    """ValueError where it is neither a function nor known: at the start, not after an epoch."""
    if activation is not None and not callable(activation):
        activated(np.zeros((1, 1)), activation)
    return activation


def unpack(batch: Any) -> tuple[Any, Any, Any]:
    """Inputs, labels and ids of a batch: (inputs, labels), (inputs, labels, ids), or a mapping with
    ``labels``, perhaps ``ids``, and the inputs beside them."""
    if isinstance(batch, Mapping):
        labels = batch.get("labels", batch.get("label"))
        if labels is None:
            raise ValueError(f"a batch must have labels, got {', '.join(map(str, batch))}: give unpack=")
        inputs = {k: v for k, v in batch.items() if k not in ("labels", "label", "ids")}
        return inputs, labels, batch.get("ids")
    if isinstance(batch, tuple | list) and len(batch) in (2, 3):
        inputs, labels, *ids = batch
        return inputs, labels, ids[0] if ids else None
    raise ValueError(f"a batch must be inputs, labels and perhaps ids, got {type(batch).__name__}: give unpack=")


def _zero_one(labels: Any) -> bool:
    values = host_array(labels)
    return values.ndim == 1 and bool(((values == 0) | (values == 1)).all())
