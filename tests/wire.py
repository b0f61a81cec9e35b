"""The wire format as its documents describe it, made by hand: nothing here comes from the engine."""

import base64
import io
import json
from dataclasses import dataclass, field

import fastavro
import numpy as np
from fastavro.schema import to_parsing_canonical_form

from processes import ROOT

EMITTED_AT = 1_700_000_000_000


def _schema(name):
    text = (ROOT / "schemas/src/main/avro" / f"{name}.avsc").read_text()
    # times as plain numbers: fastavro's datetimes end with the year 9999, the wire's don't
    return json.loads(
        text, object_hook=lambda o: {k: v for k, v in o.items() if k != "logicalType"}
    )


SCHEMAS = {
    name: _schema(name)
    for name in ("prediction_batch", "checkpoint_event", "evaluation_request", "run_event")
}


def rabin(data):
    """CRC-64-AVRO, bit by bit as in the Avro specification; an unsigned number."""
    empty = 0xC15D213AA4D7A795
    crc = empty
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (empty if crc & 1 else 0)
    return crc


def fingerprint(name):
    return rabin(to_parsing_canonical_form(SCHEMAS[name]).encode())


def body(name, record):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(SCHEMAS[name]), record)
    return out.getvalue()


def single_object(name, record):
    """Avro single-object encoding: C3 01, the fingerprint little-endian, the body."""
    return b"\xc3\x01" + fingerprint(name).to_bytes(8, "little") + body(name, record)


def confluent(name, record, schema_id=1):
    """A schema registry's framing: 00, the id big-endian, the body."""
    return b"\x00" + schema_id.to_bytes(4, "big") + body(name, record)


_COLUMNS = {"labels": "u1", "scores": "<f4", "weights": "<f4", "strata": "u1", "example_ids": "<i8"}


def as_json(batch, arrays=True):
    """The JSON form: columns as arrays of numbers, or as Base64."""

    def column(value, dtype):
        if not isinstance(value, bytes):
            return value
        if arrays:
            return np.frombuffer(value, dtype).tolist()
        return base64.b64encode(value).decode()

    plain = {key: column(value, _COLUMNS.get(key)) for key, value in batch.items()}
    plain["slices"] = [dict(s, codes=column(s["codes"], "u1")) for s in batch["slices"]]
    return json.dumps(plain).encode()


@dataclass
class PredictionSet:
    """Rows of one model checkpoint on one evaluation set, and the messages that carry them."""

    run: str
    labels: np.ndarray
    scores: np.ndarray
    first_id: int = 0
    ids: np.ndarray | None = None
    weights: np.ndarray | None = None
    slices: dict = field(default_factory=dict)  # name → (values, code of each row)
    plan: dict | None = None
    strata: np.ndarray | None = None
    checkpoint: str = "c1"
    evaluation_set: str = "val"
    inference: dict | None = None

    def batch(self, start, stop, sequence, last, shard=0, shards=1):
        """One message's record."""
        rows = slice(start, stop)
        return {
            "run_id": self.run,
            "attempt": 0,
            "checkpoint": {"id": self.checkpoint, "step": 7, "epoch": 0.5, "model_digest": None},
            "evaluation_set": {
                "id": self.evaluation_set,
                "dataset_digest": None,
                "split": "validation",
                "fold": None,
                "size": None if self.plan else len(self.labels),
            },
            "transform_digest": None,
            "sampling_plan": self.plan,
            "shard": shard,
            "shards": shards,
            "sequence": sequence,
            "last_of_shard": last,
            "task": "BINARY",
            "outputs": 1,
            "count": stop - start,
            "example_ids": (
                self.first_id + start
                if self.ids is None
                else self.ids[rows].astype("<i8").tobytes()
            ),
            "labels": self.labels[rows].astype("u1").tobytes(),
            "label_encoding": "U8",
            "scores": self.scores[rows].astype("<f4").tobytes(),
            "weights": None if self.weights is None else self.weights[rows].astype("<f4").tobytes(),
            "strata": None if self.strata is None else self.strata[rows].astype("u1").tobytes(),
            "slices": [
                {"name": name, "dictionary": values, "codes": codes[rows].astype("u1").tobytes()}
                for name, (values, codes) in self.slices.items()
            ],
            "inference": self.inference,
            "emitted_at": EMITTED_AT,
        }

    def batches(self, rows, shards=1):
        """The whole set: each shard a contiguous part, in batches of at most `rows`."""
        bounds = np.linspace(0, len(self.labels), shards + 1).astype(int).tolist()
        batches = []
        for shard, (begin, end) in enumerate(zip(bounds, bounds[1:])):
            starts = range(begin, end, rows)
            for sequence, start in enumerate(starts):
                stop = min(start + rows, end)
                batches.append(
                    self.batch(start, stop, sequence, stop == end, shard, shards)
                )
        return batches

    def without_labels(self, rows, shards=1):
        """The whole set, its labels to come later."""
        return [b | {"labels": b""} for b in self.batches(rows, shards)]

    def label_batches(self, rows, shards=1, revision=0, labels=None, examples=None):
        """Labels alone: of all rows, or other ones of some."""
        alone = {"scores": b"", "weights": None, "strata": None, "slices": []}
        if examples is None:
            return [b | alone | {"label_revision": revision} for b in self.batches(rows, shards)]
        ids = examples if self.ids is None else self.ids[examples]
        few = {"count": len(examples), "example_ids": (self.first_id + ids).astype("<i8").tobytes()}
        few |= {"labels": labels.astype("u1").tobytes(), "label_revision": revision}
        return [self.batch(0, 0, 0, True) | alone | few]

    def messages(self, rows, shards=1):
        return [single_object("prediction_batch", b) for b in self.batches(rows, shards)]

    def event(self, **changes):
        """The message of a CheckpointEvent."""
        return single_object("checkpoint_event", self.event_record(**changes))

    def event_record(self, **changes):
        return {
            "run_id": self.run,
            "attempt": 0,
            "checkpoint": self.checkpoint,
            "step": 7,
            "epoch": 0.5,
            "model_digest": None,
            "evaluation_set": self.evaluation_set,
            "split": "validation",
            "fold": None,
            "path": None,
            "emitted_at": EMITTED_AT,
        } | changes

    def run_event_record(self, **changes):
        return {
            "run_id": self.run,
            "attempt": 0,
            "step": 100,
            "epoch": 0.5,
            "metrics": {"validation_loss": 0.25},
            "rule": {},
            "sweep": None,
            "emitted_at": EMITTED_AT,
        } | changes

    def request_record(self, request_id, **changes):
        return {
            "request_id": request_id,
            "run_id": self.run,
            "checkpoint": self.checkpoint,
            "evaluation_set": None,
            "split": "validation",
            "fold": None,
            "metrics": [],
            "slices": [],
            "thresholds": 200,
            "deadline_seconds": None,
            "emitted_at": EMITTED_AT,
        } | changes


def random_rows(seed, rows, positives=0.05, decimals=None):
    """Labels and scores of a plausible model: float32, ties where `decimals` is given."""
    random = np.random.default_rng(seed)
    labels = (random.random(rows) < positives).astype("u1")
    labels[:2] = 0, 1
    logits = random.standard_normal(rows) + 2 * labels - 3
    scores = 1 / (1 + np.exp(-logits))
    if decimals is not None:
        scores = np.round(scores, decimals)
    return labels, scores.astype("f4")
