"""Hostile messages to every input topic, judged by a strict reader that shares no code with the engine.

A message that the strict reader refuses must be a dead letter; one that it takes must not be, unless
it contradicts another one. The engine stays up, its jobs never restart, and its memory is bounded.
"""

import base64
import io
import json
import math
import os
import struct

import fastavro
import numpy as np
import pytest

import sklearn_compare
import wire
from engine import coordinates
from processes import eventually
from wire import PredictionSet, as_json, body, random_rows, single_object

# more of them by hand; seed 3247 writes an int of more than 32 bits, which Avro for Java cuts to its
# lowest ones and fastavro refuses: the one difference between the readers in 6,000
MUTATIONS = int(os.environ.get("FUZZ_MUTATIONS", 300))
GIB = 1 << 30
TOPICS = {
    "predictions": "prediction_batch",
    "checkpoints": "checkpoint_event",
    "evaluation-requests": "evaluation_request",
    "run-events": "run_event",
}


# ---- the strict reader


class Refused(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Refused(why)


class Strict(io.BytesIO):
    """Bytes that never give less than what was asked for."""

    def read(self, size=-1):
        need(size >= 0, "negative length")
        data = super().read(size)
        need(len(data) == size, "cut short")
        return data


def integer(value, low, high, what):
    need(type(value) is int and low <= value <= high, f"{what} {value!r}")


def name(value, what):
    need(isinstance(value, str), what)
    # Java counts UTF-16 units
    need(1 <= len(value.encode("utf-16-le", "surrogatepass")) // 2 <= 256, what)
    need(all(not (ord(c) < 32 or 127 <= ord(c) < 160) for c in value), what)


def optional_name(value, what):
    if value is not None:
        name(value, what)


def fold(value):
    if value is not None:
        integer(value, 0, 2**31 - 1, "fold")


def finite(value, what):
    need(value is None or math.isfinite(value), what)


def check_types(schema, value, what="record"):
    """Ranges of the Avro types, which Python's numbers don't have."""
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind == "record":
        for field in schema["fields"]:
            check_types(field["type"], value[field["name"]], f"{what}.{field['name']}")
    elif kind == "array":
        for element in value:
            check_types(schema["items"], element, what)
    elif isinstance(kind, list):
        branches = [b for b in kind if b != "null"]
        if value is not None and len(branches) == 1:
            check_types(branches[0], value, what)
    elif kind == "int":
        integer(value, -(2**31), 2**31 - 1, what)
    elif kind == "long":
        integer(value, -(2**63), 2**63 - 1, what)


def columns(batch):
    """The rules of a batch's columns."""
    count = batch["count"]
    has_scores, has_labels = len(batch["scores"]) > 0, len(batch["labels"]) > 0
    labels_alone = not has_scores and (has_labels or batch["label_revision"] > 0)
    need(has_scores or has_labels or count == 0, "neither scores nor labels")
    integer(batch["label_revision"], 0, 0 if has_scores else 254, "label_revision")
    if labels_alone:
        need(batch["weights"] is None and batch["strata"] is None, "labels alone")
        need(not batch["slices"], "labels alone")

    def column(key, value, width, dtype):
        need(len(value) == width * count, f"{key}: {len(value)} bytes")
        return np.frombuffer(value, dtype)

    def codes(key, value, size):
        need((column(key, value, 1, "u1") < size).all(), key)

    need(batch["task"] == "BINARY" and batch["label_encoding"] == "U8", "only binary sets are sent")
    if not labels_alone:
        need(not np.isnan(column("scores", batch["scores"], 4, "<f4")).any(), "NaN")
    if has_labels:
        codes("labels", batch["labels"], 2)
    plan = batch["sampling_plan"]
    need(labels_alone or (plan is None) == (batch["strata"] is None), "plan and strata")
    if plan is not None:
        need(1 <= len(plan["strata"]) <= 256, "strata")
        for stratum in plan["strata"]:
            name(stratum["name"], "stratum")
            need(2**-20 <= stratum["rate"] <= 1, "rate")
            integer(stratum["population"], 0, 2**63 - 1, "population")
        if batch["strata"] is not None:
            codes("strata", batch["strata"], len(plan["strata"]))
    if batch["weights"] is not None:
        weights = column("weights", batch["weights"], 4, "<f4").astype("f8")
        if plan is not None:
            rates = np.array([s["rate"] for s in plan["strata"]])
            weights = weights / rates[np.frombuffer(batch["strata"], "u1")]
        need(((weights >= 0) & (weights <= 2**20)).all(), "weights")
    need(len(batch["slices"]) <= 64, "slices")
    names = [s["name"] for s in batch["slices"]]
    need(len(set(names)) == len(names), "slices twice")
    for one in batch["slices"]:
        name(one["name"], "slice")
        need(1 <= len(one["dictionary"]) <= 256, "dictionary")
        for value in one["dictionary"]:
            name(value, "slice value")
        codes("slice", one["codes"], len(one["dictionary"]))
    ids = batch["example_ids"]
    if isinstance(ids, bytes):
        need(len(ids) == 8 * count, "ids")
    else:
        need(ids + count < 2**63, "ids overflow")


def check_batch(batch):
    point, rows = batch["checkpoint"], batch["evaluation_set"]
    name(batch["run_id"], "run_id")
    name(point["id"], "checkpoint")
    name(rows["id"], "evaluation set")
    name(rows["split"], "split")
    for value in (point["model_digest"], rows["dataset_digest"], batch["transform_digest"]):
        optional_name(value, "digest")
    integer(batch["attempt"], 0, 2**31 - 1, "attempt")
    integer(point["step"], 0, 2**63 - 1, "step")
    finite(point["epoch"], "epoch")
    integer(batch["count"], 0 if batch["last_of_shard"] else 1, 1 << 22, "count")
    integer(batch["shards"], 1, 1 << 16, "shards")
    integer(batch["shard"], 0, batch["shards"] - 1, "shard")
    integer(batch["sequence"], 0, (1 << 40) - 1, "sequence")
    integer(batch["outputs"], 1, 1, "outputs")
    fold(rows["fold"])
    if rows["size"] is not None:
        integer(rows["size"], 1, 2**63 - 1, "size")
    columns(batch)
    if batch["inference"] is not None:
        for latency in batch["inference"]["latency_micros"]:
            integer(latency, 0, 2**63 - 1, "latency")
        if batch["inference"]["peak_memory_bytes"] is not None:
            integer(batch["inference"]["peak_memory_bytes"], 0, 2**63 - 1, "peak memory")


def names_and_slices(asked):
    need(len(asked["metrics"]) <= 1_000, "metrics")
    for metric in asked["metrics"]:
        name(metric, "metric")
    need(len(asked["slices"]) <= 64, "slices")
    for grouping in asked["slices"]:
        name(grouping, "slice")
        crossed = grouping.split("*")
        need("" not in crossed and len(crossed) <= 4, f"slice {grouping!r}")


def check_event(event):
    names_and_slices(event)
    for key in ("run_id", "checkpoint", "evaluation_set", "split"):
        name(event[key], key)
    integer(event["attempt"], 0, 2**31 - 1, "attempt")
    integer(event["step"], 0, 2**63 - 1, "step")
    finite(event["epoch"], "epoch")
    fold(event["fold"])


def check_request(request):
    for key in ("request_id", "run_id", "checkpoint", "split"):
        name(request[key], key)
    optional_name(request["evaluation_set"], "evaluation_set")
    fold(request["fold"])
    integer(request["thresholds"], 2, 10_000, "thresholds")
    integer(request["priority"], 0, 9, "priority")
    if request["propose_plan_budget"] is not None:
        integer(request["propose_plan_budget"], 0, 2**31 - 1, "propose_plan_budget")
    names_and_slices(request)
    finite(request["decision_threshold"], "decision_threshold")
    costs = [request["false_positive_cost"], request["false_negative_cost"]]
    if costs != [None, None]:
        need(all(c is not None and math.isfinite(c) and c >= 0 for c in costs), "costs")
    if request["bootstrap_replicates"] != 0:
        integer(request["bootstrap_replicates"], 2, 10_000, "bootstrap_replicates")
    if not request["all_folds"]:
        integer(request["folds"], 0, 0, "folds")
    elif request["folds"] != 0:
        integer(request["folds"], 2, 1_000, "folds")
    baseline = request["baseline"]
    if baseline is not None:
        by_run = [baseline["run_id"], baseline["checkpoint"]]
        by_key = baseline["set_key"] is not None
        need(by_run == [None, None] if by_key else None not in by_run, "baseline")
        for value in (*by_run, baseline["set_key"]):
            optional_name(value, "baseline")
    if request["all_folds"]:
        need(request["fold"] is None, "fold with all_folds")
        need(baseline is None or baseline["set_key"] is None, "set_key with all_folds")
    if request["deadline_seconds"] is not None:
        integer(request["deadline_seconds"], 0, 1_000_000, "deadline_seconds")


RULE = {
    "rule": ("confirmed", "keras", "lightning"),
    "mode": ("min", "max"),
    "strict": ("true", "false"),
    "check_finite": ("true", "false"),
    "min_delta": (0.0, 1e9),
    "alpha": (1e-9, 0.5),
    "patience": (0, 1_000_000),
    "start_from": (0, 1_000_000),
    "max_undecided": (1, 1_000_000),
    "baseline": (-math.inf, math.inf),
    "stopping_threshold": (-math.inf, math.inf),
    "divergence_threshold": (-math.inf, math.inf),
}


def check_setting(key, value):
    """Of a rule; an empty value takes it back."""
    need(key in RULE or key == "metric", f"rule.{key}")
    if value == "":
        return
    name(value, f"rule.{key}")
    if key != "metric" and isinstance(RULE[key][0], str):
        need(value in RULE[key], f"rule.{key}")
    elif key != "metric":
        kind = type(RULE[key][0])
        try:
            number = kind(value)
        except ValueError as e:
            raise Refused(f"rule.{key}") from e
        need(math.isfinite(number), f"rule.{key}")
        need(RULE[key][0] <= number <= RULE[key][1], f"rule.{key}")


def check_run_event(event):
    name(event["run_id"], "run_id")
    integer(event["attempt"], 0, 2**31 - 1, "attempt")
    if event["step"] is not None:
        integer(event["step"], 0, 2**63 - 1, "step")
    if event["epoch"] is not None:
        need(math.isfinite(event["epoch"]), "epoch")
    need(len(event["metrics"]) <= 256, "metrics")
    need(not event["metrics"] or event["step"] is not None, "metrics without step")
    for key in event["metrics"]:
        name(key, "metrics")
    need(len(event["rule"]) <= 64, "rule")
    for key, value in event["rule"].items():
        name(key, "rule")
        check_setting(key, value)
    optional_name(event["sweep"], "sweep")


CHECKS = {
    "predictions": check_batch,
    "checkpoints": check_event,
    "evaluation-requests": check_request,
    "run-events": check_run_event,
}


def from_json(schema, value, what, record=None):
    """The documented JSON form, field by field."""
    if isinstance(schema, list):
        if value is None:
            need("null" in schema, what)
            return None
        failure = None
        for branch in schema:
            if branch != "null":
                try:
                    return from_json(branch, value, what, record)
                except Refused as e:
                    failure = e
        raise failure
    kind = schema if isinstance(schema, str) else schema["type"]
    if kind == "record":
        need(isinstance(value, dict), what)
        fields = {f["name"]: f for f in schema["fields"]}
        need(value.keys() <= fields.keys(), f"unknown in {what}")
        made = {}
        for key, field in fields.items():
            need(key in value or "default" in field, f"{what}.{key} is missing")
            if key in value:
                made[key] = from_json(field["type"], value[key], f"{what}.{key}", value)
            else:
                made[key] = field["default"]
                if made[key] == "" and isinstance(field["type"], dict):
                    made[key] = b""  # a column
        return made
    if kind == "map":
        need(isinstance(value, dict), what)
        texts = ("NaN", "Infinity", "-Infinity") if schema["values"] == "double" else ()
        return {
            k: float(v) if v in texts and isinstance(v, str) else from_json(schema["values"], v, what)
            for k, v in value.items()
        }
    if kind == "array":
        need(isinstance(value, list), what)
        return [from_json(schema["items"], v, what, record) for v in value]
    if kind == "enum":
        need(value in schema["symbols"], what)
    elif kind == "string":
        need(isinstance(value, str), what)
    elif kind == "boolean":
        need(isinstance(value, bool), what)
    elif kind == "double":
        need(type(value) in (int, float), what)
        value = float(value)
    elif kind in ("int", "long"):
        bits = 31 if kind == "int" else 63
        integer(value, -(2**bits), 2**bits - 1, what)
    elif kind == "bytes":
        if isinstance(value, str):
            try:
                return base64.b64decode(value, validate=True)
            except ValueError as e:
                raise Refused(what) from e
        need(isinstance(value, list), what)
        column = schema["column"]
        code = {"u8": "B", "label": "B", "i64": "q", "f32": "f"}[column]
        if column == "f32":
            need(all(type(v) in (int, float) for v in value), what)
            with np.errstate(over="ignore"):
                return np.array(value, "f8").astype("<f4").tobytes()
        try:
            return struct.pack(f"<{len(value)}{code}", *value)
        except struct.error as e:
            raise Refused(what) from e
    else:
        raise AssertionError(f"no JSON form of {kind}")
    return value


def no_twice(pairs):
    made = dict(pairs)
    need(len(made) == len(pairs), "a field twice")
    return made


def no_constant(text):
    raise Refused(text)


def refusal(topic, message):
    """Why the strict reader refuses a message of that topic; None if it takes it."""
    schema_name = TOPICS[topic]
    schema = wire.SCHEMAS[schema_name]
    if topic == "run-events" and not message:
        return None  # says nothing of a run, as the tombstone of a key
    try:
        need(message, "empty")
        if message[:1] == b"{":
            try:
                tree = json.loads(
                    message, object_pairs_hook=no_twice, parse_constant=no_constant
                )
            except (ValueError, RecursionError) as e:
                raise Refused("not JSON") from e
            record = from_json(schema, tree, schema_name)
        else:
            header = b"\xc3\x01" + wire.fingerprint(schema_name).to_bytes(8, "little")
            need(message[:10] == header, "header")
            rest = Strict(message[10:])
            try:
                record = fastavro.schemaless_reader(
                    rest, fastavro.parse_schema(schema), handle_unicode_errors="replace"
                )
            except Refused:
                raise
            except Exception as e:  # whatever a reader does about nonsense
                raise Refused(f"not Avro: {e}") from e
            need(rest.tell() == len(message) - 10, "left over")
            check_types(schema, record)
        CHECKS[topic](record)
        return None
    except Refused as e:
        return str(e)


# ---- the hostile messages


def varint(number):
    zigzag = (number << 1) ^ (number >> 63)
    out = bytearray()
    while zigzag > 0x7F:
        out.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    return bytes(out) + bytes([zigzag])


HUGE = [2**31 - 2, 2**31 - 9, 2**31, 2**40, 2**62, -(2**31), -(2**62), 2**30, 10_000_000]


def good_set(run, seed):
    """A set with everything in it, so that everything can be broken."""
    labels, scores = random_rows(seed, 400)
    random = np.random.default_rng(seed)
    return PredictionSet(
        run, labels, scores, ids=random.permutation(400),
        weights=random.integers(1, 9, 400),
        slices={"country": (["DE", "BR"], random.integers(0, 2, 400))},
        plan={"seed": seed, "strata": [{"name": "all", "rate": 0.5, "population": 800}]},
        strata=np.zeros(400), evaluation_set=f"fuzz-{seed}",
        inference={
            "latency_micros": [200, 300], "batch_size": 200,
            "peak_memory_bytes": 1 << 30, "hardware": "a big one",
        },
    )  # fmt: skip


def encodings(topic, rows):
    """Good messages of that topic: binary and JSON."""
    if topic == "predictions":
        batches = rows.batches(200)
        labels = rows.label_batches(200, revision=3)
        return [
            *(single_object("prediction_batch", b) for b in batches),
            as_json(batches[0]),
            as_json(batches[1], arrays=False),
            single_object("prediction_batch", labels[0]),
            as_json(labels[1]),
            single_object("prediction_batch", batches[0] | {"labels": b""}),
        ]
    if topic == "checkpoints":
        record = rows.event_record()
    elif topic == "run-events":
        record = rows.run_event_record(rule={"patience": "4", "rule": "keras"}, sweep="lr")
        lost = record | {"metrics": {"training_loss": "NaN"}}
        diverged = record | {"metrics": {"training_loss": math.inf}}
        return [
            single_object("run_event", record),
            json.dumps(record).encode(),
            json.dumps(lost).encode(),
            single_object("run_event", diverged),
        ]
    else:
        record = rows.request_record(rows.run, evaluation_set="val", deadline_seconds=1)
        record |= {"metrics": ["roc_auc"], "slices": ["country"]}
    return [single_object(TOPICS[topic], record), json.dumps(record).encode()]


def mutated(random, message):
    """The message after one to three kinds of harm."""
    message = bytearray(message)
    start = 0 if random.random() < 0.1 or message[:1] == b"{" else 10
    for _ in range(random.integers(1, 4)):
        at = int(random.integers(start, max(start + 1, len(message))))
        match random.integers(0, 7):
            case 0:  # a bit
                if at < len(message):
                    message[at] ^= 1 << int(random.integers(0, 8))
            case 1:  # a byte
                if at < len(message):
                    message[at] = int(random.integers(0, 256))
            case 2:  # the end is missing
                del message[at:]
            case 3:  # something is missing
                del message[at : at + int(random.integers(1, 9))]
            case 4:  # something is too much
                message[at:at] = random.bytes(int(random.integers(1, 9)))
            case 5:  # something comes twice
                message[at:at] = message[at : at + int(random.integers(1, 40))]
            case 6:  # a length that is not there
                message[at : at + 1] = varint(HUGE[random.integers(0, len(HUGE))])
    return bytes(message)


def huge_claims(topic, rows):
    """Each field in turn claims to be huge, with the rest of the record behind it."""
    schema = wire.SCHEMAS[TOPICS[topic]]
    if topic == "predictions":
        record = rows.batches(200)[0]
    elif topic == "checkpoints":
        record = rows.event_record()
    elif topic == "run-events":
        record = rows.run_event_record(rule={"patience": "4"})
    else:
        record = rows.request_record("huge")
    header = single_object(TOPICS[topic], record)[:10]
    whole = body(TOPICS[topic], record)
    parts = []
    for field in schema["fields"]:
        one = {"type": "record", "name": "Part", "fields": [field]}
        out = io.BytesIO()
        fastavro.schemaless_writer(out, fastavro.parse_schema(one), record)
        parts.append(out.getvalue())
    assert b"".join(parts) == whole, "a record is its fields, one after the other"
    for index, field in enumerate(schema["fields"]):
        branch = b""
        if isinstance(field["type"], list):
            branch = varint(1)  # the branch that holds something
        for number in (2**31 - 9, 2**62, -(2**31)):
            claim = branch + varint(number)
            yield header + b"".join([*parts[:index], claim, *parts[index + 1 :]])
            yield header + b"".join([*parts[:index], claim])
    if topic == "predictions":
        # deep inside: the latencies of a million calls of which none is there
        names = [field["name"] for field in schema["fields"]]
        inference, slices = names.index("inference"), names.index("slices")
        for number in (2**31 - 9, 10**8, -(2**62)):
            yield header + b"".join(parts[:inference]) + varint(1) + varint(number)
            yield header + b"".join(parts[:slices]) + varint(1) + varint(4) + b"name" + varint(number)


def test_the_strict_reader_takes_what_is_good():
    rows = good_set("good", 1)
    for topic in TOPICS:
        for message in encodings(topic, rows):
            assert refusal(topic, message) is None, (topic, message[:80])
            assert refusal(topic, message[:-1])


@pytest.fixture(scope="module")
def sent(engine):
    """Everything hostile, by topic: (message, place) pairs."""
    messages = {topic: [] for topic in TOPICS}
    for seed in range(MUTATIONS):
        random = np.random.default_rng(seed)
        topic = list(TOPICS)[seed % len(TOPICS)]
        # a set of its own each, so that what is still good contradicts nothing
        good = encodings(topic, good_set(f"fuzz-{seed}", seed))
        messages[topic].append(mutated(random, good[int(random.integers(0, len(good)))]))
    for topic in TOPICS:
        messages[topic] += huge_claims(topic, good_set("huge", 1_000))
        messages[topic] += [
            b"{" * 100_000, b"[1]", b"{}", b"null", b"\xc3", b"\xc3\x01", b"\0", b"\0\0\0\0\1",
            b'{"run_id": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
            b'{"run_id": "' + b"x" * 900_000 + b'"}',
            b'{"step": 1' + b"0" * 5_000 + b"}",
        ]  # fmt: skip
    return {
        topic: list(zip(some, engine.send(topic, *some), strict=True))
        for topic, some in messages.items()
    }


def assert_a_good_set_is_right(engine, run):
    labels, scores = random_rows(77, 6_000, decimals=3)
    rows = PredictionSet(run, labels, scores)
    messages = rows.messages(1_000)
    for partition in (0, 1):
        engine.send("predictions", *messages[partition::2], partition=partition)
    engine.send("checkpoints", rows.event())
    outcome = engine.outcome(run)
    assert outcome["state"] == "EVALUATED"
    assert sklearn_compare.compare(outcome["report"], labels, scores)[1] == []


def test_each_bad_message_is_a_dead_letter_and_no_good_one_is(engine, sent):
    everything = {
        (f"touchstone.{topic}", *place): message
        for topic, pairs in sent.items()
        for message, place in pairs
    }
    reasons = {
        place: refusal(place[0].removeprefix("touchstone."), message)
        for place, message in everything.items()
    }
    expected = {place: everything[place] for place, reason in reasons.items() if reason}
    letters = engine.topic("dead-letters")

    def arrived():
        return {coordinates(r): r for r in letters.read()}.keys() >= expected.keys() or None

    try:
        eventually("the dead letters", 45, arrived)
    except AssertionError:
        missing = expected.keys() - {coordinates(r) for r in letters.records}
        some = "\n".join(f"{p}: {reasons[p]}: {expected[p][:300]}" for p in list(missing)[:5])
        pytest.fail(f"{len(missing)} are bad, but no dead letters:\n{some}")
    for record in letters.records:
        if coordinates(record) in expected:
            assert record.value == expected[coordinates(record)], "the original bytes"
            assert record.headers["reason"].strip()
    # whatever is behind this set has been read before it
    assert_a_good_set_is_right(engine, "behind-the-fuzz")
    refused = {coordinates(r): r.headers["reason"] for r in letters.read(1)}
    wrongly = {
        key: reason
        for key, reason in refused.items()
        if key in everything and key not in expected and not reason.startswith("conflict: ")
    }
    assert not wrongly, [(k, r, everything[k][:300]) for k, r in list(wrongly.items())[:5]]
    good = len(everything) - len(expected)
    assert good > 10, "some harm is harmless"


def test_metrics_are_right_afterwards(engine, sent):
    assert_a_good_set_is_right(engine, "after-the-fuzz")


def test_the_engine_stayed_up_and_small(engine, sent, figures):
    assert engine.process.alive
    assert engine.flink_failures() == []
    assert engine.get("/v1/status") is not None
    peak = engine.process.peak_memory_bytes()
    figures["peak resident memory of `up` with a heap of 1 GiB, MiB"] = peak >> 20
    assert peak < 2.5 * GIB
