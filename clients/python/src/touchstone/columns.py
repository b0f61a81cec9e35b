"""From what a training loop holds to checked columns: each is copied once, on the caller's thread.

Scores may be a tensor of PyTorch, TensorFlow or JAX, a NumPy array, a pandas column or a list. What
breaks a rule of the wire is a ``ValueError`` that names key, rule and value, before anything is sent:
the engine would refuse the whole batch.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

TASKS = ("BINARY", "MULTICLASS", "MULTILABEL", "REGRESSION")

# the engine's: sums of weights are held in units of 2^-20
MAX_WEIGHT = 1 << 20
MAX_SLICE_COLUMNS = 64
MAX_OUTPUTS = 1 << 16
MAX_NAME = 256
# control characters, and halves of surrogate pairs, which are no text in UTF-8
NO_NAME = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")


@dataclass(frozen=True)
class Columns:
    """Rows of one prediction set. Arrays have one entry a row but for scores and the labels of
    MULTILABEL, which are rows × outputs. Nothing here is shared with the caller."""

    task: str
    outputs: int
    count: int
    ids: NDArray[np.int64] | None  # none: rows are numbered as they come
    labels: NDArray[Any] | None
    scores: NDArray[np.float32]
    weights: NDArray[np.float32] | None
    strata: NDArray[np.uint8] | None
    slices: dict[str, Sequence[Any]]

    @property
    def kind(self) -> dict[str, Any]:
        """What all pieces of a set have in common."""
        return {
            "task": self.task.lower(),
            "outputs": self.outputs,
            "ids": self.ids is not None,
            "labels": self.labels is not None,
            "weights": self.weights is not None,
            "slices": list(self.slices),
        }

    @property
    def nbytes(self) -> int:
        """What the columns hold in memory; of slices that are lists, their references."""
        arrays = (self.ids, self.labels, self.scores, self.weights, self.strata)
        total = sum(a.nbytes for a in arrays if a is not None)
        return total + sum(
            s.nbytes if isinstance(s, np.ndarray) else 8 * len(s) for s in self.slices.values()
        )


def columns(
    scores: Any,
    labels: Any = None,
    *,
    ids: Any = None,
    task: str | None = None,
    weights: Any = None,
    strata: Any = None,
    slices: Mapping[str, Any] | None = None,
) -> Columns:
    """Copies and checks.

    Without ``task``, one score a row is BINARY, several are MULTICLASS, or MULTILABEL where labels
    have the same two dimensions. REGRESSION has to be said.
    """
    values = host_array(scores)
    s = np.array(values, np.float32, order="C", copy=True)
    if s.ndim == 2 and s.shape[1] == 1:
        s = s.reshape(-1)
    if s.ndim not in (1, 2):
        raise ValueError(f"scores must have 1 or 2 dimensions, got shape {s.shape}")
    count, outputs = s.shape[0], 1 if s.ndim == 1 else s.shape[1]
    if not 1 <= outputs <= MAX_OUTPUTS:
        raise ValueError(f"scores must have 1 to {MAX_OUTPUTS} columns, got {outputs}")
    y = None if labels is None else host_array(labels)
    if y is not None and y.ndim == 2 and y.shape[1] == 1 and outputs == 1:
        y = y.reshape(-1)
    chosen = _task(task, s, y)
    # the sum is NaN if one of them is, or if infinities of both signs are there
    with np.errstate(invalid="ignore", over="ignore"):
        suspect = count > 0 and np.isnan(s.sum(dtype=np.float64))
    if suspect and (nan := np.isnan(s)).any():
        row = int(np.flatnonzero(nan.reshape(count, -1).any(axis=1))[0])
        raise ValueError(f"scores must be numbers, got NaN in row {row}")
    given = slices or {}
    if len(given) > MAX_SLICE_COLUMNS:
        raise ValueError(f"slices must be at most {MAX_SLICE_COLUMNS}, got {len(given)}")
    for key in given:
        name("slices", key)
    return Columns(
        chosen,
        outputs,
        count,
        None if ids is None else _ids(ids, count),
        None if y is None else _labels(y, chosen, count, outputs),
        s,
        None if weights is None else _weights(weights, count),
        None if strata is None else _codes(strata, count),
        {key: _values(key, value, count) for key, value in given.items()},
    )


def pieces(
    values: int, scores: Any, slices: Mapping[str, Any], **by_row: Any
) -> Iterator[dict[str, Any]]:
    """Arguments of ``columns``, for at most so many scores at a time: views, nothing is copied."""
    s = host_array(scores)
    if s.ndim == 0:
        raise ValueError("scores must have 1 or 2 dimensions, got a single number")
    given = {key: _sliceable(value) for key, value in by_row.items() if value is not None}
    of_slices = {key: _sliceable(value) for key, value in slices.items()}
    for key, value in (given | {f"slices[{k}]": v for k, v in of_slices.items()}).items():
        _rows(key, len(value), len(s))
    rows = max(1, values // max(1, s[:1].size))
    for start in range(0, max(1, len(s)), rows):
        part = slice(start, start + rows)
        yield {
            "scores": s[part],
            "slices": {key: value[part] for key, value in of_slices.items()},
            **{key: value[part] for key, value in given.items()},
        }


def _sliceable(value: Any) -> Any:
    if isinstance(value, (list, tuple, range)):
        return value
    array = host_array(value)
    return array if array.ndim else array.reshape(1)


def host_array(value: Any) -> NDArray[Any]:
    """The value as an array in this machine's memory: a view where that is possible."""
    if hasattr(value, "detach") and hasattr(value, "cpu"):  # PyTorch
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":  # NumPy has none
            value = value.float()
        return np.asarray(value.numpy())
    if isinstance(value, (list, tuple)) and value and hasattr(value[0], "detach"):
        value = [float(v) if v.ndim == 0 else host_array(v) for v in value]
    return np.asarray(value)


def name(key: str, value: Any, *, optional: bool = False) -> Any:
    """The value, if it is a name that the engine takes."""
    if value is None and optional:
        return None
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a text, got {value!r:.60}")
    if not 1 <= len(value) <= MAX_NAME:
        raise ValueError(f"{key} must be 1 to {MAX_NAME} characters, got {len(value)}")
    if (found := NO_NAME.search(value)) is not None:
        raise ValueError(f"{key} must hold no control characters, got one at {found.start()}")
    return value


def whole(key: str, value: Any, low: int, high: int) -> int:
    """The value as an int in [low, high]."""
    try:
        number = value.__index__() if not hasattr(value, "item") else int(value.item())
    except (AttributeError, TypeError, ValueError):
        raise ValueError(f"{key} must be a whole number, got {value!r:.60}") from None
    if number != value or not low <= number <= high:
        raise ValueError(f"{key} must be a whole number in [{low}, {high}], got {value!r:.60}")
    return int(number)


def _task(task: str | None, scores: NDArray[np.float32], labels: NDArray[Any] | None) -> str:
    if task is None:
        if scores.ndim == 1:
            return "BINARY"
        return "MULTILABEL" if labels is not None and labels.ndim == 2 else "MULTICLASS"
    chosen = str(task).upper()
    if chosen not in TASKS:
        raise ValueError(f"task must be one of {', '.join(TASKS).lower()}, got {task!r:.60}")
    if chosen == "BINARY" and scores.ndim != 1:
        raise ValueError(f"scores must have one column for task binary, got {scores.shape[1]}")
    return chosen


def _rows(key: str, found: int, count: int) -> None:
    if found != count:
        raise ValueError(f"{key} must be as many as scores, {count}, got {found}")


def _flat(key: str, array: NDArray[Any], count: int) -> NDArray[Any]:
    if array.ndim == 2 and array.shape[1] == 1:
        array = array.reshape(-1)
    if array.ndim != 1:
        raise ValueError(f"{key} must have 1 dimension, got shape {array.shape}")
    _rows(key, len(array), count)
    return array


def _integers(
    key: str, array: NDArray[Any], dtype: DTypeLike, low: int, high: int
) -> NDArray[Any]:
    """A copy as integers; each must be one, in [low, high]."""
    if array.dtype.kind == "O" or array.dtype.kind not in "biuf":
        if array.size == 0:
            return np.zeros(array.shape, dtype)
        raise ValueError(f"{key} must be numbers, got {array.dtype}")
    if array.dtype.kind == "b":
        return array.astype(dtype)
    with np.errstate(invalid="ignore"):
        copy = array.astype(dtype)
        # compared in the type that they came in: no rounding, and NaN is in no range
        good = array.size == 0 or bool(array.min() >= low and array.max() <= high)
        if good and (array.dtype.kind != "f" or np.array_equal(copy, array)):
            return copy
        bad = ~((array >= low) & (array <= high) & (np.floor(array) == array))
    place = np.argwhere(bad)[0]
    raise ValueError(
        f"{key} must be whole numbers in [{low}, {high}],"
        f" got {array[tuple(place)]} in row {place[0]}"
    )


def _ids(ids: Any, count: int) -> NDArray[np.int64]:
    if isinstance(ids, range):
        ids = np.arange(ids.start, ids.stop, ids.step, dtype=np.int64)
    array = _flat("ids", host_array(ids), count)
    if array.dtype.kind == "f" and array.size:
        raise ValueError(f"ids must be whole numbers of 64 bits, got {array.dtype}")
    limits = np.iinfo(np.int64)
    return _integers("ids", array, np.int64, int(limits.min), int(limits.max))


def _labels(y: NDArray[Any], task: str, count: int, outputs: int) -> NDArray[Any]:
    if task == "MULTILABEL":
        expected = (count, outputs)
        if y.shape != expected and not (outputs == 1 and y.shape == (count,)):
            raise ValueError(f"labels must have the shape of scores, {expected}, got {y.shape}")
        return _integers("labels", y, np.uint8, 0, 1)
    y = _flat("labels", y, count)
    if task == "BINARY":
        try:
            return _integers("labels", y, np.uint8, 0, 1)
        except ValueError as e:
            raise ValueError(f"{e}; a regression needs task='regression'") from None
    if task == "MULTICLASS":
        dtype = np.uint8 if outputs <= 256 else np.int32
        return _integers("labels", y, dtype, 0, outputs - 1)
    targets = np.array(y, np.float32, copy=True)
    if not np.isfinite(targets).all():
        row = int(np.flatnonzero(~np.isfinite(targets))[0])
        raise ValueError(f"labels must be finite, got {targets[row]} in row {row}")
    return targets


def _weights(weights: Any, count: int) -> NDArray[np.float32]:
    copy = np.array(_flat("weights", host_array(weights), count), np.float32, copy=True)
    good = (copy >= 0) & (copy <= MAX_WEIGHT)
    if not good.all():
        row = int(np.flatnonzero(~good)[0])
        raise ValueError(f"weights must be in [0, {MAX_WEIGHT}], got {copy[row]} in row {row}")
    return copy


def _codes(strata: Any, count: int) -> NDArray[np.uint8]:
    codes: NDArray[np.uint8] = _integers(
        "strata", _flat("strata", host_array(strata), count), np.uint8, 0, 255
    )
    return codes


def _values(key: str, values: Any, count: int) -> Sequence[Any]:
    """A slice's values, not yet looked at: turning them into codes is the worker's."""
    copy: Any
    if isinstance(values, (list, tuple)):
        copy = list(values)
    else:
        copy = np.array(host_array(values), copy=True)
        if copy.ndim != 1:
            raise ValueError(f"slices[{key}] must have 1 dimension, got shape {copy.shape}")
    _rows(f"slices[{key}]", len(copy), count)
    return copy  # type: ignore[no-any-return]
