"""A prediction set as a stream of rows, cut into messages."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.columns import MAX_NAME, NO_NAME, Columns
from touchstone.wire import MAX_BATCH_ROWS, MAX_MESSAGE_BYTES, encode

MAX_SLICE_VALUES = 256

# codes only have 256 places: what is beyond the most frequent values of a batch
OTHER = "(other)"

# of the latencies of one batch; more would crowd out rows
MAX_LATENCIES = 4_096


@dataclass(frozen=True)
class SetHeader:
    """What all batches of one shard of a prediction set have in common."""

    run_id: str
    attempt: int
    checkpoint: str
    evaluation_set: str
    split: str
    fold: int | None
    transform_digest: str | None
    model_digest: str | None
    dataset_digest: str | None
    size: int | None
    plan: tuple[int, tuple[tuple[str, float, int], ...]] | None
    shard: int
    shards: int
    step: int
    epoch: float | None

    @property
    def identity(self) -> tuple[Any, ...]:
        """One stream of sequence numbers."""
        return (self.checkpoint, self.evaluation_set, self.split, self.fold, self.plan, self.shard)

    @property
    def facts(self) -> dict[str, Any]:
        """What all pieces of a set have in common, beside its identity."""
        return {
            "size": self.size,
            "shards": self.shards,
            "model_digest": self.model_digest,
            "dataset_digest": self.dataset_digest,
            "transform_digest": self.transform_digest,
        }

    def __str__(self) -> str:
        return (
            f"model checkpoint {self.checkpoint} on {self.evaluation_set}, {self.split}"
            + ("" if self.fold is None else f", fold {self.fold}")
            + (", sampled" if self.plan else "")
            + (f", shard {self.shard} of {self.shards}" if self.shards > 1 else "")
        )

    @property
    def key(self) -> bytes:
        """Of the message: a shard's batches stay in one partition."""
        parts = (self.run_id, self.attempt, self.checkpoint, self.evaluation_set, self.split)
        return "|".join(map(str, (*parts, self.shard))).encode()


@dataclass(frozen=True)
class Inference:
    """How the model calls went."""

    latency_micros: tuple[int, ...] = ()
    batch_size: int | None = None
    peak_memory_bytes: int | None = None
    hardware: str | None = None


@dataclass
class ShardStream:
    """The rows of one shard, cut every so many rows whatever pieces they come in. So a restarted run
    that sends the same rows sends the same batches, and they are known as duplicates.

    One batch is held back, since only the last one may say that it is the last.
    """

    header: SetHeader
    sequence: int = 0
    rows: int = 0
    ended: bool = False
    broken: bool = False
    topic: str = ""
    _pieces: list[Columns] = field(default_factory=list)
    _waiting: int = 0
    _limit: int = 0
    _shape: Columns | None = None
    _latencies: list[int] = field(default_factory=list)
    _inference: Inference | None = None

    def add(self, piece: Columns, inference: Inference | None, last: bool) -> Iterator[bytes]:
        """Takes rows in; the messages that are due."""
        if not self.begun:
            self._shape = piece
            self._limit = _rows_a_batch(self.header, piece)
        if inference is not None:
            self._latencies += inference.latency_micros
            self._inference = inference
        if piece.count:
            if piece.slices.keys():
                piece = _with_codes(piece)
            self._pieces.append(piece)
            self._waiting += piece.count
        while self._waiting > self._limit:
            yield from self._cut(self._limit, last=False)
        if last:
            yield from self._cut(self._waiting, last=not self.broken)
            self.ended = True

    def rest(self) -> Iterator[bytes]:
        """What waits, of a set whose end was never said."""
        if self._waiting and not self.ended:
            yield from self._cut(self._waiting, last=False)

    @property
    def begun(self) -> bool:
        """Whether it has had rows: an empty piece may know little of the set."""
        return self._shape is not None and self._shape.count > 0

    @property
    def waiting_bytes(self) -> int:
        return sum(p.nbytes for p in self._pieces)

    def _cut(self, rows: int, last: bool) -> Iterator[bytes]:
        assert self._shape is not None
        batch = _join(self._take(rows)) if rows else _none_of(self._shape)
        yield from self._messages(batch, last, self._inference_record())

    def _messages(
        self, batch: Columns, last: bool, inference: dict[str, Any] | None
    ) -> Iterator[bytes]:
        message = encode("prediction_batch", self._record(batch, last, inference))
        if len(message) > MAX_MESSAGE_BYTES and batch.count > 1:
            # dictionaries of slices were larger than thought
            half = batch.count // 2
            yield from self._messages(_rows(batch, 0, half), False, inference)
            yield from self._messages(_rows(batch, half, batch.count), last, None)
            return
        self.sequence += 1
        self.rows += batch.count
        yield message

    def _record(
        self, batch: Columns, last: bool, inference: dict[str, Any] | None
    ) -> dict[str, Any]:
        h = self.header
        return {
            "run_id": h.run_id,
            "attempt": h.attempt,
            "checkpoint": {
                "id": h.checkpoint, "step": h.step, "epoch": h.epoch,
                "model_digest": h.model_digest,
            },
            "evaluation_set": {
                "id": h.evaluation_set, "dataset_digest": h.dataset_digest, "split": h.split,
                "fold": h.fold, "size": h.size,
            },
            "transform_digest": h.transform_digest,
            "sampling_plan": None if h.plan is None else {
                "seed": h.plan[0],
                "strata": [
                    {"name": name, "rate": rate, "population": population}
                    for name, rate, population in h.plan[1]
                ],
            },
            "shard": h.shard,
            "shards": h.shards,
            "sequence": self.sequence,
            "last_of_shard": last,
            "task": batch.task,
            "outputs": batch.outputs,
            "count": batch.count,
            "example_ids": self.rows if batch.ids is None else _ids(batch.ids),
            "labels": b"" if batch.labels is None else _little(batch.labels),
            "label_encoding": _encoding(batch),
            "scores": _little(batch.scores),
            "weights": None if batch.weights is None else _little(batch.weights),
            "strata": None if batch.strata is None else batch.strata,
            "slices": [_slice(name, codes) for name, codes in batch.slices.items()],
            "inference": inference,
            "emitted_at": time.time_ns() // 1_000_000,
        }  # fmt: skip

    def _take(self, rows: int) -> list[Columns]:
        self._waiting -= rows
        taken = []
        while rows:
            first = self._pieces[0]
            if first.count <= rows:
                taken.append(self._pieces.pop(0))
            else:
                taken.append(_rows(first, 0, rows))
                self._pieces[0] = _rows(first, rows, first.count)
            rows -= taken[-1].count
        return taken

    def _inference_record(self) -> dict[str, Any] | None:
        told = self._inference
        if told is None:
            return None
        latencies, self._latencies = (
            self._latencies[:MAX_LATENCIES],
            self._latencies[MAX_LATENCIES:],
        )
        return {
            "latency_micros": latencies,
            "batch_size": told.batch_size,
            "peak_memory_bytes": told.peak_memory_bytes,
            "hardware": told.hardware,
        }


@dataclass(frozen=True)
class _Codes(Sequence[Any]):
    """A slice column as places in a list of distinct values."""

    values: tuple[str, ...]
    codes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Any) -> "_Codes":
        return _Codes(self.values, self.codes[rows])

    @property
    def nbytes(self) -> int:
        return self.codes.nbytes


def _rows_a_batch(header: SetHeader, piece: Columns) -> int:
    """How many rows fit, at the widest. From what doesn't change over a set alone."""
    label = 0 if piece.labels is None else piece.labels.itemsize
    if piece.task == "MULTILABEL":
        label *= piece.outputs
    width = 8 + label + 4 * piece.outputs + len(piece.slices)
    width += 4 * (piece.weights is not None) + (piece.strata is not None)
    # names and digests, latencies, dictionaries of slices as they mostly are
    fixed = 16_384 + 4 * MAX_LATENCIES + 4_096 * len(piece.slices)
    if header.plan is not None:
        fixed += sum(32 + len(name.encode()) for name, _, _ in header.plan[1])
    return max(1, min(MAX_BATCH_ROWS, (MAX_MESSAGE_BYTES - fixed) // width))


def _rows(c: Columns, start: int, stop: int) -> Columns:
    def of(array: NDArray[Any] | None) -> Any:
        return None if array is None else array[start:stop]

    slices = {name: codes[start:stop] for name, codes in c.slices.items()}
    return Columns(
        c.task, c.outputs, stop - start, of(c.ids), of(c.labels), c.scores[start:stop],
        of(c.weights), of(c.strata), slices,
    )  # fmt: skip


def _none_of(shape: Columns) -> Columns:
    """No rows, of the same columns; a dictionary must have a value all the same."""
    empty = _rows(shape, 0, 0)
    nothing = np.zeros(0, np.int64)
    slices: dict[str, Sequence[Any]] = {n: _Codes(("-",), nothing) for n in shape.slices}
    return Columns(
        empty.task, empty.outputs, 0, empty.ids, empty.labels, empty.scores, empty.weights,
        empty.strata, slices,
    )  # fmt: skip


def _join(pieces: list[Columns]) -> Columns:
    first = pieces[0]
    if len(pieces) == 1:
        return first

    def of(column: str) -> Any:
        if getattr(first, column) is None:
            return None
        return np.concatenate([getattr(p, column) for p in pieces])

    slices: dict[str, Sequence[Any]] = {}
    for name in first.slices:
        values: dict[str, int] = {}
        codes = []
        for p in pieces:
            part: Any = p.slices[name]
            places = [values.setdefault(v, len(values)) for v in part.values]
            codes.append(np.array(places, np.int64)[part.codes])
        slices[name] = _Codes(tuple(values), np.concatenate(codes))
    return Columns(
        first.task, first.outputs, sum(p.count for p in pieces), of("ids"), of("labels"),
        of("scores"), of("weights"), of("strata"), slices,
    )  # fmt: skip


def _with_codes(piece: Columns) -> Columns:
    slices: dict[str, Sequence[Any]] = {n: _coded(v) for n, v in piece.slices.items()}
    return Columns(
        piece.task, piece.outputs, piece.count, piece.ids, piece.labels, piece.scores,
        piece.weights, piece.strata, slices,
    )  # fmt: skip


def _coded(values: Sequence[Any]) -> _Codes:
    distinct: Sequence[Any]
    if isinstance(values, np.ndarray) and values.dtype.kind != "O":
        found, codes = np.unique(values, return_inverse=True)
        distinct, codes = found.tolist(), codes.reshape(-1)
    else:  # values of several types have no order
        seen: dict[Any, int] = {}
        each = (seen.setdefault(v, len(seen)) for v in values)
        codes = np.fromiter(each, np.int64, len(values))
        distinct = list(seen)
    texts: dict[str, int] = {}
    places = np.array([texts.setdefault(_text(v), len(texts)) for v in distinct], np.int64)
    return _Codes(tuple(texts), places[codes])


def _text(value: Any) -> str:
    """A slice's value as the wire takes it: 1 to 256 characters, none of them a control."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    text = NO_NAME.sub("\N{REPLACEMENT CHARACTER}", str(value)[:MAX_NAME])
    return text or "(empty)"


def _slice(name: str, column: Any) -> dict[str, Any]:
    """Of one batch: the values that occur in it, in order, so that equal rows make equal bytes."""
    counts = np.bincount(column.codes, minlength=len(column.values))
    used = sorted(np.flatnonzero(counts).tolist(), key=lambda code: column.values[code])
    dictionary = [column.values[code] for code in used] or ["-"]
    place = np.zeros(max(1, len(column.values)), np.uint8)
    if len(used) > MAX_SLICE_VALUES:
        most = sorted(used, key=lambda code: (-int(counts[code]), column.values[code]))
        kept = sorted(most[: MAX_SLICE_VALUES - 1], key=lambda code: column.values[code])
        place[:] = MAX_SLICE_VALUES - 1
        used, dictionary = kept, [column.values[code] for code in kept] + [OTHER]
    place[used] = np.arange(len(used), dtype=np.uint8)
    return {"name": name, "dictionary": dictionary, "codes": place[column.codes].tobytes()}


def _ids(ids: NDArray[np.int64]) -> int | NDArray[np.int64]:
    """A contiguous range is its first id."""
    if not ids.size:
        return 0
    first, beyond = int(ids[0]), int(ids[0]) + ids.size
    # a range that ends with the last number of 64 bits is none to the engine
    if beyond <= np.iinfo(np.int64).max and int(ids[-1]) == beyond - 1 and (np.diff(ids) == 1).all():
        return first
    return _little(ids)


def _little(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<"))


def _encoding(batch: Columns) -> str:
    if batch.labels is None:
        return "U8"
    return {1: "U8", 4: "F32" if batch.task == "REGRESSION" else "I32"}[batch.labels.itemsize]
