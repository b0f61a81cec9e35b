"""A producer that shares no code with the engine, and what the engine makes of its messages."""

import json

import duckdb
import numpy as np
import pytest
from fastavro.schema import fingerprint as fastavro_fingerprint
from fastavro.schema import to_parsing_canonical_form
from sklearn import metrics as sk

import check_reports
import sklearn_compare
import wire
from engine import coordinates
from wire import PredictionSet, as_json, confluent, random_rows, single_object


def assert_agrees(report, labels, scores, weights=None):
    """The report's ranking metrics, losses, sweep and curve are scikit-learn's."""
    differences, failures, _ = sklearn_compare.compare(report, labels, scores, weights)
    assert not failures, failures
    assert {"average_precision", "roc_auc", "log_loss", "brier"} <= differences.keys()
    assert report["n"] == len(labels) and report["n_pos"] == int(labels.sum())


@pytest.mark.parametrize("name", wire.SCHEMAS)
def test_our_fingerprint_is_fastavros(name):
    canonical = to_parsing_canonical_form(wire.SCHEMAS[name])
    expected = fastavro_fingerprint(canonical, "CRC-64-AVRO")
    assert wire.fingerprint(name).to_bytes(8, "little").hex() == expected


def test_all_encodings_and_compressions_reach_one_report(engine):
    labels, scores = random_rows(1, 9_000, decimals=3)
    rows = PredictionSet("encodings", labels, scores)
    # the trigger comes first, and waits
    engine.send("checkpoints", json.dumps(rows.event_record()).encode())
    batches = rows.batches(1_000, shards=3)
    assert len(batches) == 9
    for number, compression in enumerate(("none", "gzip", "snappy", "lz4", "zstd")):
        some = batches[number::5]
        encoded = [
            single_object("prediction_batch", some[0]),
            *(as_json(b, arrays=number % 2 == 0) for b in some[1:]),
        ]
        engine.send("predictions", *encoded, compression=compression)
    outcome = engine.outcome("encodings")
    assert (outcome["state"], outcome["reason"]) == ("EVALUATED", None)
    assert outcome["trigger"] == "checkpoint"
    assert_agrees(outcome["report"], labels, scores)

    shown = engine.get("/v1/runs/encodings/checkpoints/c1/report")
    assert shown["report"] == outcome["report"], "HTTP shows what the topic holds"
    proxies = engine.final_proxies("encodings")
    for metric in ("average_precision", "roc_auc"):
        exact = outcome["report"]["metrics"][metric]["value"]
        assert proxies[metric]["ci_low"] <= exact <= proxies[metric]["ci_high"], metric
    full, _ = engine.points("encodings", tier="full")
    assert full["roc_auc"]["value"] == outcome["report"]["metrics"]["roc_auc"]["value"]


def test_proxies_come_while_a_set_arrives(engine):
    labels, scores = random_rows(2, 4_000)
    rows = PredictionSet("arriving", labels, scores)
    *first, last = rows.messages(1_000)
    engine.send("predictions", *first)
    point = engine.await_record(
        "metrics", "a proxy of three quarters of the set",
        lambda r: (p := r.json())["run_id"] == "arriving" and p["n"] == 3_000,
    ).json()  # fmt: skip
    assert (point["state"], point["tier"]) == ("PARTIAL", "proxy")
    engine.send("predictions", last)
    proxies = engine.final_proxies("arriving")
    expected = check_reports.expected_metrics(labels, scores.astype("f8"))
    for metric, value in expected.items():
        point = proxies[metric]
        assert (point["n"], point["n_pos"]) == (4_000, int(labels.sum()))
        if point["ci_method"] == "binned_bounds":
            assert point["ci_low"] <= value <= point["ci_high"], metric
            assert point["ci_high"] - point["ci_low"] < 0.02
        else:
            assert point["value"] == pytest.approx(value, rel=1e-9), metric


def test_bad_messages_are_kept_with_their_reason_and_change_nothing(engine):
    labels, scores = random_rows(3, 3_000)
    rows = PredictionSet("bad-ones", labels, scores)
    batches = rows.batches(1_000)
    good = [single_object("prediction_batch", b) for b in batches]
    wrong_length = dict(batches[1], count=999)
    not_a_number = np.array(scores[1_000:2_000])
    not_a_number[5] = np.nan
    other_label = bytearray(batches[0]["labels"])
    other_label[7] ^= 1
    random_bytes = np.random.default_rng(3).bytes(500)
    bad = {
        random_bytes: "first byte must be C3",
        b"": "message is empty",
        confluent("prediction_batch", batches[1]): "no registry is configured",
        single_object("prediction_batch", wrong_length): "must be 3996 bytes for count 999, got 4000",
        single_object("prediction_batch", batches[1] | {"scores": not_a_number.tobytes()}): (
            "scores must be numbers, got NaN in row 5"
        ),
        single_object("prediction_batch", batches[0] | {"labels": bytes(other_label)}): (
            "other content under the same shard and sequence"
        ),
        good[1][:-1]: "not a PredictionBatch",
        good[1] + b"\0": "bytes are left over",
        as_json(batches[1])[:-1]: "JSON can't be parsed",
        as_json(batches[1] | {"wieghts": None}): "has no field wieghts",
    }
    engine.send("predictions", good[0], partition=0)
    places = engine.send("predictions", *bad, partition=0)
    engine.send("predictions", good[0], good[1], good[2], partition=0)
    engine.send("checkpoints", rows.event())

    for (original, reason), place in zip(bad.items(), places, strict=True):
        letter = engine.dead_letter("predictions", place)
        assert letter.value == original
        assert reason in letter.headers["reason"]
        assert letter.headers.keys() == {"reason", "topic", "partition", "offset"}
    assert engine.manifest("bad-ones", duplicates=1)["conflicts"] == 1
    outcome = engine.outcome("bad-ones")
    assert outcome["state"] == "EVALUATED"
    assert_agrees(outcome["report"], labels, scores)
    status = engine.get("/v1/status")
    assert status["dead_letters"]["total"] >= len(bad), status["dead_letters"]


def test_labels_may_come_later_and_be_corrected(engine):
    labels, scores = random_rows(12, 6_000, decimals=3)
    rows = PredictionSet("late-labels", labels, scores)
    engine.send("checkpoints", rows.event())
    *some, last = rows.label_batches(1_100, shards=2)
    engine.send("predictions", as_json(some[0]))
    without = [single_object("prediction_batch", b) for b in rows.without_labels(1_000, shards=3)]
    engine.send("predictions", *without)
    manifest = engine.manifest("late-labels", state=("RECEIVING",), rows=6_000)
    assert manifest["reason"] == "waits for labels: 1100 of 6000"
    engine.send("predictions", *(single_object("prediction_batch", b) for b in some[1:]))
    engine.send("predictions", as_json(last, arrays=False))
    outcome = engine.outcome("late-labels")
    assert (outcome["state"], outcome["revision"]) == ("EVALUATED", 0)
    assert_agrees(outcome["report"], labels, scores)

    corrected = labels.copy()
    wrong = np.random.default_rng(12).choice(6_000, 300, replace=False)
    corrected[wrong] ^= 1
    unknown = np.array([6_000, -5])
    [correction] = rows.label_batches(
        0, revision=1, examples=np.concatenate([wrong, unknown]),
        labels=np.concatenate([corrected[wrong], [1, 0]]),
    )  # fmt: skip
    message = single_object("prediction_batch", correction)
    engine.send("predictions", message, message)
    restated = engine.outcome("late-labels", revision=1)
    assert restated["state"] == "EVALUATED"
    assert restated["report_key"] == outcome["report_key"]
    assert restated["trigger_id"] == outcome["trigger_id"]
    assert_agrees(restated["report"], corrected, scores)
    average_precision = restated["report"]["metrics"]["average_precision"]["value"]
    expected = sk.average_precision_score(corrected, scores)
    assert average_precision == pytest.approx(expected, rel=1e-12)
    assert average_precision != outcome["report"]["metrics"]["average_precision"]["value"]

    manifest = engine.manifest("late-labels", revision=1, duplicates=1)
    assert (manifest["unknown_labels"], manifest["conflicts"]) == (2, 0)
    assert manifest["positives"] == int(corrected.sum())
    listed = [engine.cache / manifest["set_key"] / s["file"] for s in manifest["segments"]]
    cached = duckdb.read_parquet([str(f) for f in listed]).order("example_id").fetchnumpy()
    assert (cached["label"] == corrected).all() and (cached["score"] == scores).all()
    # what was there before stays for those who are reading it; without labels there is no column
    before = [f for f in listed[0].parent.glob("*.parquet") if f not in listed]
    columns = sorted(duckdb.read_parquet(str(f)).columns for f in before)
    labelled, unlabelled = ["example_id", "label", "score"], ["example_id", "score"]
    assert columns == [labelled] * len(listed) + [unlabelled] * len(listed)
    shown = engine.get("/v1/runs/late-labels/checkpoints/c1/report")
    assert (shown["revision"], shown["report"]) == (1, restated["report"])
    full, _ = engine.points("late-labels", tier="full")
    assert full["average_precision"]["revision"] == 1
    proxies, _ = engine.points("late-labels")
    assert proxies["average_precision"]["value"] is None
    assert proxies["average_precision"]["reason"] == "labels have not arrived"
    assert proxies["score_share"]["value"] > 0


def test_weights_count_in_both_tiers(engine):
    labels, scores = random_rows(4, 5_000, decimals=2)
    weights = np.random.default_rng(4).exponential(1, 5_000)
    # the engine takes weights as multiples of 2^-20
    weights = np.round(weights * 2**20) / 2**20
    weights = weights.astype("f4").astype("f8")
    weights[::50] = 0
    rows = PredictionSet("weights", labels, scores, weights=weights)
    engine.send("predictions", *rows.messages(1_250, shards=2))
    engine.send("checkpoints", rows.event())
    outcome = engine.outcome("weights")
    assert outcome["state"] == "EVALUATED"
    assert_agrees(outcome["report"], labels, scores, weights)
    proxies = engine.final_proxies("weights")
    for metric in ("average_precision", "roc_auc"):
        point, exact = proxies[metric], outcome["report"]["metrics"][metric]["value"]
        assert point["ci_low"] <= exact <= point["ci_high"], metric


def test_the_lightest_and_the_heaviest_rows_that_are_taken(engine):
    labels, scores = random_rows(11, 5_000)
    weights = 2.0 ** np.random.default_rng(11).integers(-20, 21, 5_000)
    rows = PredictionSet("heavy", labels, scores, weights=weights)
    engine.send("predictions", *rows.messages(1_000))
    engine.send("checkpoints", rows.event())
    outcome = engine.outcome("heavy")
    assert outcome["state"] == "EVALUATED"
    assert_agrees(outcome["report"], labels, scores, weights)
    proxies = engine.final_proxies("heavy")
    for metric in ("average_precision", "roc_auc"):
        point, exact = proxies[metric], outcome["report"]["metrics"][metric]["value"]
        assert point["ci_low"] <= exact <= point["ci_high"], metric
    too_heavy = rows.batches(1_000)[0]
    too_heavy["weights"] = np.full(1_000, 2.0**20 + 1, "<f4").tobytes()
    [place] = engine.send("predictions", single_object("prediction_batch", too_heavy))
    letter = engine.dead_letter("predictions", place)
    assert "weights must be in [0, 1048576], got 1048577.0 in row 0" in letter.headers["reason"]


def test_a_sample_is_weighted_by_its_rates(engine):
    labels, scores = random_rows(5, 40_000, positives=0.02)
    # all positives, half of the negatives that score high, an eighth of the others
    codes = np.where(labels == 1, 0, np.where(scores > 0.15, 1, 2)).astype("u1")
    rates = np.array([1.0, 0.5, 0.125])
    kept = np.random.default_rng(55).random(len(labels)) < rates[codes]
    populations = np.bincount(codes)
    strata = [
        {"name": name, "rate": rate, "population": int(population)}
        for name, rate, population in zip(("fraud", "high", "low"), rates.tolist(), populations)
    ]
    y, s = labels[kept], scores[kept]
    # a stratum stands for its population, whatever its sample has become
    w = (populations / np.bincount(codes[kept]))[codes[kept]]
    rows = PredictionSet(
        "sampled", y, s, ids=np.flatnonzero(kept),
        plan={"seed": 5, "strata": strata}, strata=codes[kept],
    )  # fmt: skip
    engine.send("predictions", *rows.messages(1_000))
    proxies = engine.final_proxies("sampled")
    whole = check_reports.expected_metrics(labels, scores.astype("f8"))
    expected = {
        "average_precision": sk.average_precision_score(y, s, sample_weight=w),
        "roc_auc": sk.roc_auc_score(y, s, sample_weight=w),
    }
    for metric, value in expected.items():
        point = proxies[metric]
        assert point["ci_low"] <= value <= point["ci_high"], metric
        assert point["value"] == pytest.approx(value, abs=2e-3), "but for the width of the bins"
    for metric, value in whole.items():
        # at 95 %; with this seed the whole set's value is inside for all four
        point = proxies[metric]
        assert point["ci_low"] <= value <= point["ci_high"], metric
        assert point["level"] == 0.95
    p = np.clip(s.astype("f8"), check_reports.CLIP, 1 - check_reports.CLIP)
    positive = s >= np.float32(0.5)
    exact = {
        "log_loss": sk.log_loss(y, p, sample_weight=w),
        "brier": sk.brier_score_loss(y, s.astype("f8"), sample_weight=w),
        "accuracy": sk.accuracy_score(y, positive, sample_weight=w),
        "precision": sk.precision_score(y, positive, sample_weight=w),
        "recall": sk.recall_score(y, positive, sample_weight=w),
        "f1": sk.f1_score(y, positive, sample_weight=w),
    }
    for metric, value in exact.items():
        assert proxies[metric]["value"] == pytest.approx(value, rel=1e-9), metric
    unweighted = sk.average_precision_score(y, s)
    assert unweighted > proxies["average_precision"]["ci_high"], "the weights make a difference"

    # a sample is never taken for the whole set
    manifest = engine.manifest("sampled")
    assert (manifest["state"], manifest["sampled"]) == ("COMPLETE", True)
    request = rows.request_record("on-a-sample", deadline_seconds=1)
    engine.send("evaluation-requests", single_object("evaluation_request", request))
    assert engine.outcome("sampled")["state"] == "INCOMPLETE"


def test_requests_by_topic_and_by_http_share_one_report(engine):
    labels, scores = random_rows(6, 2_500)
    rows = PredictionSet("asked", labels, scores)
    engine.send("predictions", *rows.messages(500))
    by_topic = rows.request_record("by-topic", thresholds=37)
    engine.send("evaluation-requests", single_object("evaluation_request", by_topic))
    outcome = engine.outcome("asked", trigger_id="by-topic")
    assert outcome["state"] == "EVALUATED"
    assert_agrees(outcome["report"], labels, scores)
    assert len(outcome["report"]["sweep"]) <= 38

    ask = {"run_id": "asked", "checkpoint": "c1", "thresholds": 37}
    status, headers, _ = engine.http("POST", "/v1/evaluations", ask, Idempotency_Key="by-http")
    assert (status, headers["Location"]) == (202, "/v1/evaluations/by-http")
    again = engine.http("POST", "/v1/evaluations", ask, Idempotency_Key="by-http")
    assert again[0] == 202
    reused = engine.evaluation("/v1/evaluations/by-http")
    assert (reused["state"], reused["report_key"]) == ("REUSED", outcome["report_key"])
    other = engine.http(
        "POST", "/v1/evaluations", ask | {"thresholds": 38}, Idempotency_Key="by-http"
    )
    assert other[0] == 422, "one key means one request"
    in_json = json.dumps(rows.request_record("by-json", thresholds=37)).encode()
    engine.send("evaluation-requests", in_json)
    assert engine.outcome("asked", trigger_id="by-json")["state"] == "REUSED"


def test_a_request_without_predictions_ends_incomplete(engine):
    ask = {"run_id": "nobody", "checkpoint": "never", "deadline_seconds": 1}
    _, headers, _ = engine.http("POST", "/v1/evaluations", ask)
    ended = engine.evaluation(headers["Location"], seconds=30)
    assert ended["state"] == "INCOMPLETE"
    assert ended["reason"] == "no predictions of model checkpoint never arrived within 1 s"


def test_half_a_set_ends_incomplete_and_says_how_far_it_came(engine):
    labels, scores = random_rows(7, 2_000)
    rows = PredictionSet("half", labels, scores)
    engine.send("predictions", rows.messages(1_000)[0])
    engine.manifest("half", state=("RECEIVING",), rows=1_000)
    request = rows.request_record("half-a-set", deadline_seconds=1)
    engine.send("evaluation-requests", single_object("evaluation_request", request))
    outcome = engine.outcome("half")
    assert outcome["state"] == "INCOMPLETE" and outcome["report"] is None
    assert "PARTIAL(1000/2000)" in outcome["reason"]


def test_a_set_that_ends_with_other_counts_is_inconsistent(engine):
    labels, scores = random_rows(8, 1_000)
    rows = PredictionSet("short", labels, scores)
    batch = rows.batches(1_000)[0]
    promised = batch["evaluation_set"] | {"size": 1_001}
    engine.send(
        "predictions", single_object("prediction_batch", batch | {"evaluation_set": promised})
    )
    manifest = engine.manifest("short")
    assert manifest["state"] == "INCONSISTENT"
    assert manifest["reason"] == "every shard has ended with 1000 of 1001 rows"


BAD_TRIGGERS = {
    "epoch is no number": ("checkpoints", {"epoch": float("nan")}, "epoch must be finite"),
    "run without a name": ("checkpoints", {"run_id": ""}, "run_id must be 1 to 256 characters"),
    "split without a name": ("checkpoints", {"split": ""}, "split must be 1 to 256 characters"),
    "split too long": ("checkpoints", {"split": "s" * 257}, "split must be 1 to 256 characters"),
    "one threshold": ("evaluation-requests", {"thresholds": 1}, "thresholds must be in [2, 10000]"),
    "deadline past": ("evaluation-requests", {"deadline_seconds": -1}, "deadline_seconds must be"),
    "control character": ("evaluation-requests", {"checkpoint": "a\0b"}, "no control characters"),
}


@pytest.mark.parametrize("name", BAD_TRIGGERS)
def test_bad_triggers_are_dead_letters(engine, name):
    topic, changes, reason = BAD_TRIGGERS[name]
    labels, scores = random_rows(9, 100)
    rows = PredictionSet("bad-triggers", labels, scores)
    if topic == "checkpoints":
        message = rows.event(**changes)
    else:
        record = rows.request_record(name, **changes)
        message = single_object("evaluation_request", record)
    [place] = engine.send(topic, message)
    letter = engine.dead_letter(topic, place)
    assert letter.value == message
    assert reason in letter.headers["reason"]


def test_json_with_more_behind_it_is_refused_whole(engine):
    labels, scores = random_rows(10, 100)
    rows = PredictionSet("two-in-one", labels, scores)
    first, second = (as_json(b) for b in rows.batches(50))
    [both, twice] = engine.send(
        "predictions", first + b"\n" + second, first[:-1] + b', "shard": 0}', partition=1
    )
    assert "JSON can't be parsed" in engine.dead_letter("predictions", both).headers["reason"]
    assert "JSON can't be parsed" in engine.dead_letter("predictions", twice).headers["reason"]


def test_no_message_was_refused_twice_and_no_job_restarted(engine):
    letters = [coordinates(r) for r in engine.topic("dead-letters").read(2)]
    assert len(letters) == len(set(letters))
    assert engine.flink_failures() == []
