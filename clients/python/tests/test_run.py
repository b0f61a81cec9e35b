"""A run as a training loop sees it, offline: what is on disk is what would be sent."""

import json
import logging
import multiprocessing
import os
import time
from types import SimpleNamespace

import numpy as np
import pytest
import touchstone
from conftest import batches, spooled
from touchstone.spool import waiting

SCORES = np.array([0.1, 0.9, 0.4], "f4")
LABELS = [0, 1, 0]


def test_a_set_with_all_that_can_be_said(offline):
    with offline(run_id="r") as run:
        run.log_predictions(
            SCORES, LABELS, ids=[4, 5, 7], checkpoint="c", step=3, epoch=1.5, evaluation_set="e",
            split="test", fold=2, size=3, weights=[1, 2, 3], slices={"s": ["x", "y", "x"]},
            model_digest="m", dataset_digest="d", transform_digest="t", latency_ms=[1.25, 2],
            batch_size=2, peak_memory_bytes=9, hardware="h",
        )  # fmt: skip
    [record] = batches(run.directory)
    assert abs(record.pop("emitted_at") / 1000 - time.time()) < 60
    assert record == {
        "run_id": "r", "attempt": 0,
        "checkpoint": {"id": "c", "step": 3, "epoch": 1.5, "model_digest": "m"},
        "evaluation_set": {
            "id": "e", "dataset_digest": "d", "split": "test", "fold": 2, "size": 3,
        },
        "transform_digest": "t", "sampling_plan": None, "shard": 0, "shards": 1, "sequence": 0,
        "last_of_shard": True, "task": "BINARY", "outputs": 1, "count": 3,
        "example_ids": np.array([4, 5, 7], "<i8").tobytes(), "labels": b"\0\1\0",
        "label_encoding": "U8", "scores": SCORES.tobytes(),
        "weights": np.array([1, 2, 3], "<f4").tobytes(), "strata": None,
        "slices": [{"name": "s", "dictionary": ["x", "y"], "codes": b"\0\1\0"}],
        "inference": {
            "latency_micros": [1250, 2000], "batch_size": 2, "peak_memory_bytes": 9,
            "hardware": "h",
        },
        "label_revision": 0,
    }  # fmt: skip


def test_little_needs_to_be_said(offline):
    with offline() as run:
        run.log_predictions(SCORES, LABELS, step=12)
        run.checkpoint("/models/12")
    (_, batch), (topic, event) = spooled(run.directory)
    assert batch["checkpoint"] == {"id": "step-12", "step": 12, "epoch": None, "model_digest": None}
    assert (batch["evaluation_set"]["id"], batch["example_ids"]) == ("fraud", 0)
    assert (topic, event["checkpoint"], event["step"]) == ("checkpoints", "step-12", 12)
    assert (event["evaluation_set"], event["split"]) == ("fraud", "validation")
    assert (event["path"], event["run_id"]) == ("/models/12", run.run_id)
    assert run.run_id.startswith("fraud-")


def test_figures_rule_sweep_and_timings(offline):
    with offline(run_id="r", rule={"patience": 3, "strict": True}, sweep="lr") as run:
        run.log_metrics({"training_loss": np.float32(0.5), "n": float("nan")}, step=7, epoch=0.5)
        run.log_timing(8, {"forward": 12, "data_wait": np.int64(3)}, steps=2, gpu_utilisation=0.5)
        run.log_metrics({})
    (_, first), (_, second), (topic, timing) = spooled(run.directory)
    assert first["rule"] == {"patience": "3", "strict": "true"} and first["sweep"] == "lr"
    assert (first["metrics"], first["step"]) == ({}, None)
    assert second["metrics"]["training_loss"] == 0.5
    assert second["metrics"]["n"] != second["metrics"]["n"]
    assert (second["step"], second["epoch"], second["rule"]) == (7, 0.5, {})
    assert (topic, timing["step"], timing["steps"]) == ("timings", 8, 2)
    assert timing["phase_micros"] == {"forward": 12, "data_wait": 3}
    assert (timing["gpu_utilisation"], timing["digest"]) == (0.5, None)


def test_a_set_in_pieces(offline):
    with offline() as run:
        for start in range(0, 100, 10):
            run.log_predictions(np.full(10, 0.5), np.zeros(10), step=1, last=False)
        run.log_predictions([], [], step=1)
        # another model checkpoint, in between or not, is another set
        run.log_predictions([0.5], [1], step=2)
    first, second = batches(run.directory)
    assert (first["count"], first["last_of_shard"], first["example_ids"]) == (100, True, 0)
    assert (second["count"], second["last_of_shard"], second["sequence"]) == (1, True, 0)


def test_a_set_that_ended_takes_no_more(offline):
    with offline() as run:
        run.log_predictions(SCORES, LABELS, step=1)
        run.log_predictions(SCORES, LABELS, step=1)
        run.log_predictions(SCORES, LABELS, step=1, split="test")
    assert [b["evaluation_set"]["split"] for b in batches(run.directory)] == ["validation", "test"]
    [(reason, times)] = run.counts.reasons.items()
    assert times == run.counts.dropped == 1
    assert "model checkpoint step-1 on fraud, validation has ended already" in reason


def test_a_refused_piece_leaves_a_set_that_never_completes(offline):
    with offline() as run:
        run.log_predictions([0.5], [0], step=1, last=False)
        run.log_predictions([0.5], [7], step=1, last=False)
        run.log_predictions([0.5], [1], step=1)
        # nothing of this one was sent, so that it may be tried again
        run.log_predictions([0.5], [7], step=2)
        run.log_predictions([0.5], [1], step=2)
    holed, whole = sorted(batches(run.directory), key=lambda b: b["checkpoint"]["step"])
    assert (holed["count"], holed["last_of_shard"]) == (2, False)
    assert (whole["count"], whole["last_of_shard"]) == (1, True)
    assert run.counts.dropped == 2


PIECES = {
    "weights must be the same in all pieces of model checkpoint step-1 on fraud, validation: False,"
    " got True": {"weights": [1.0]},
    "slices must be the same": {"slices": {"c": ["a"]}},
    "ids must be the same": {"ids": [7]},
    "task must be the same": {"task": "regression"},
    "size must be the same in all pieces of model checkpoint step-1 on fraud, validation: None,"
    " got 9": {"size": 9},
    "model_digest must be the same": {"model_digest": "m"},
}


@pytest.mark.parametrize("reason", PIECES)
def test_pieces_of_a_set_are_alike(offline, reason):
    with offline(on_error="raise") as run:
        run.log_predictions([0.5], [0], step=1, last=False)
        with pytest.raises(ValueError) as refused:
            run.log_predictions(**{"scores": [0.5], "labels": [0], "step": 1} | PIECES[reason])
        assert reason in str(refused.value)
    [record] = batches(run.directory)
    assert (record["count"], record["last_of_shard"]) == (1, False)


def test_an_empty_end_needs_no_more_than_its_name(offline):
    with offline(run_id="r", rank=1, world_size=2, on_error="raise") as run:
        run.log_predictions([], step=1, last=False)
        run.log_predictions([0.5], [1], ids=[3], weights=[1], step=1, size=9, last=False)
        run.log_predictions([], step=1)
    [record] = batches(run.directory)
    assert (record["count"], record["last_of_shard"]) == (1, True)
    assert record["evaluation_set"]["size"] == 9 and record["weights"]


BAD_CALLS = {
    "log_predictions": [
        ((SCORES, [0, 1, 2]), {}, "labels must be whole numbers in [0, 1], got 2 in row 2"),
        ((SCORES, LABELS), {"step": -1}, "step must be a whole number in [0, "),
        ((SCORES, LABELS), {"step": 1.5}, "step must be a whole number"),
        ((SCORES, LABELS), {"epoch": float("nan")}, "epoch must be finite, got nan"),
        ((SCORES, LABELS), {"checkpoint": "a\0"}, "checkpoint must hold no control characters"),
        ((SCORES, LABELS), {"split": ""}, "split must be 1 to 256 characters, got 0"),
        ((SCORES, LABELS), {"fold": "a"}, "fold must be a whole number"),
        ((SCORES, LABELS), {"size": 0}, "size must be a whole number in [1, "),
        ((SCORES, LABELS), {"shards": 2}, "ids must be given with 2 shards, got none"),
        ((SCORES, LABELS), {"strata": [0, 0, 0]}, "strata must come with a plan"),
        ((SCORES, LABELS), {"latency_ms": [-1]}, "latency_ms must be"),
        ((SCORES, LABELS), {"shard": 1}, "shard must be a whole number in [0, 0], got 1"),
        ((object(),), {}, "scores must have 1 or 2 dimensions"),
    ],
    "log_metrics": [
        (({"loss": "high"},), {}, "could not convert string to float"),
        (({"": 1.0},), {}, "metrics must be 1 to 256 characters"),
    ],
    "log_timing": [
        ((1, {"forward": -1}), {}, "phase_micros[forward] must be a whole number"),
        ((1, {"forward": 1}), {"gpu_utilisation": 50}, "gpu_utilisation must be in [0, 1]"),
    ],
    "checkpoint": [((7,), {"step": 1}, "PathLike"), ((None,), {"metrics": [3]}, "must be a text")],
}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "arguments", "named", "reason"),
    [(m, *case) for m, cases in BAD_CALLS.items() for case in cases],
)
def test_mistakes_are_counted_and_raise_when_asked(offline, caplog, method, arguments, named, reason):
    with caplog.at_level(logging.WARNING, "touchstone"), offline() as quiet:
        assert getattr(quiet, method)(*arguments, **named) is None
    assert quiet.counts.dropped == 1 and reason in next(iter(quiet.counts.reasons))
    assert reason in caplog.text, "never silent"
    assert spooled(quiet.directory) == []
    with offline(on_error="raise") as loud, pytest.raises(Exception) as raised:
        getattr(loud, method)(*arguments, **named)
    assert reason in str(raised.value)


def test_a_fault_of_ours_does_not_reach_the_loop(offline, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("a bug")

    with offline() as run:
        monkeypatch.setattr("touchstone.worker.encode", fail)
        run.log_metrics({"a": 1}, step=1)
        deadline = time.monotonic() + 20
        while not run.counts.dropped and time.monotonic() < deadline:
            time.sleep(0.01)
        monkeypatch.undo()
        run.log_metrics({"a": 2}, step=2)
    [(_, record)] = spooled(run.directory)
    assert record["step"] == 2, "the thread goes on"
    assert run.counts.reasons == {"RuntimeError: a bug": 1}


def test_beginning_with_nonsense_is_an_error_at_once(tmp_path, monkeypatch):
    for options, reason in (
        ({"mode": "on"}, "mode must be online, offline or disabled, got 'on'"),
        ({"on_error": "ignore"}, "on_error must be count or raise"),
        ({"rank": 1}, "rank and world_size must come together"),
        ({"rank": 2, "world_size": 2, "run_id": "r"}, "rank must be a whole number in [0, 1], got 2"),
        ({"rank": 0, "world_size": 2}, "run_id must be given to all of 2 ranks"),
        ({"run_id": "r\n"}, "run_id must hold no control characters"),
        ({"run_id": "r" * 257}, "run_id must be 1 to 256 characters, got 257"),
        ({"topic_prefix": "a b"}, "topic_prefix must be at most 100"),
        ({"attempt": -1}, "attempt must be a whole number"),
        ({"max_memory_bytes": 1}, "max_memory_bytes must be a whole number in [4194304, "),
        ({"server": "file:///etc/passwd"}, "server must be an http or https URL"),
    ):
        with pytest.raises(ValueError) as refused:
            touchstone.init("fraud", spool=tmp_path, **options)
        assert reason in str(refused.value)
    monkeypatch.setenv("TOUCHSTONE_ATTEMPT", "two")
    with pytest.raises(ValueError, match="TOUCHSTONE_ATTEMPT must be a whole number, got 'two'"):
        touchstone.init("fraud", spool=tmp_path)


def test_disabled_does_nothing_at_all(tmp_path):
    run = touchstone.init("fraud", mode="disabled", spool=tmp_path / "none")
    run.log_predictions(object(), "nonsense")
    run.log_metrics({"a": 1.0}, step=1)
    run.checkpoint("x", step=1)
    assert not run.should_stop() and run.report(step=1) is None
    assert str(run.finish()) == "0 sent, 0 spooled, 0 dropped"
    assert not (tmp_path / "none").exists()


def test_restarts_are_counted_for_a_run_with_a_name(offline, tmp_path, monkeypatch):
    assert [offline(run_id="r").attempt for _ in range(3)] == [0, 1, 2]
    assert offline(run_id="../../r").attempt == 0
    assert offline().attempt == offline().attempt == 0, "a made-up name is never the same"
    assert offline(run_id="r", attempt=7).attempt == 7
    monkeypatch.setenv("TOUCHSTONE_ATTEMPT", "5")
    assert offline(run_id="r").attempt == 5
    monkeypatch.setenv("TOUCHSTONE_RUN_ID", "named")
    assert offline().run_id == "named"
    inside = {p.parent for p in (tmp_path / "spool").rglob("run.json")}
    assert {p.parent for p in inside} == {tmp_path / "spool"}, "no name leads elsewhere"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_all_ranks_of_an_attempt_have_its_number(offline, order):
    for attempt in range(3):
        runs = [offline(run_id="r", rank=r, world_size=3) for r in order]
        assert [r.attempt for r in runs] == [attempt] * 3


def test_ranks_of_the_environment(offline, monkeypatch):
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "4")
    with offline(run_id="r") as run:
        assert (run.rank, run.world_size) == (3, 4)
        run.log_predictions(SCORES, LABELS, ids=[1, 2, 3], step=1)
        run.log_predictions(SCORES, LABELS, step=2, shards=1)
        # what says the same on each rank is rank 0's to say
        run.checkpoint("x", step=1)
        run.log_metrics({"a": 1.0}, step=1)
    first, second = batches(run.directory)
    assert (first["shard"], first["shards"]) == (3, 4)
    assert (second["shard"], second["shards"]) == (0, 1)
    assert len(spooled(run.directory)) == 2


def test_config_is_kept_beside_the_spool(offline):
    with offline(run_id="r", config={"lr": 0.1, "path": os}) as run:
        pass
    told = json.loads((run.directory / "run.json").read_text())
    assert told["config"]["lr"] == 0.1 and told["run_id"] == "r"
    assert run.config["lr"] == 0.1


def test_a_sampling_plan_goes_along(offline):
    stratum = SimpleNamespace
    plan = SimpleNamespace(
        seed=5,
        strata=[stratum(name="a", rate=1.0, population=2), stratum(name="b", rate=0.5, population=9)],
        codes=lambda ids: np.asarray(ids) % 2,
    )
    with offline() as run:
        run.log_predictions(SCORES, LABELS, ids=[1, 2, 4], plan=plan, step=1, size=11)
        run.log_predictions(SCORES, LABELS, plan=plan, step=2)
    [record] = batches(run.directory)
    assert record["sampling_plan"] == {
        "seed": 5,
        "strata": [
            {"name": "a", "rate": 1.0, "population": 2},
            {"name": "b", "rate": 0.5, "population": 9},
        ],
    }
    assert (record["strata"], record["evaluation_set"]["size"]) == (b"\1\0\0", None)
    assert "ids must be given under a sampling plan" in next(iter(run.counts.reasons))


def test_a_spool_that_cannot_be_is_said_and_stops_nothing(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING, "touchstone"):
        run = touchstone.init("fraud", mode="offline", spool=tmp_path / "file")
        run.log_predictions(SCORES, LABELS, step=1)
        counts = run.finish()
    assert counts.dropped == 1 and "there is no spool" in caplog.text


def test_memory_that_is_full_drops_and_counts(offline, monkeypatch):
    with offline(max_memory_bytes=34 << 20) as run:
        # the thread is held up, by a disk say
        monkeypatch.setattr("touchstone.delivery.Delivery.send", lambda *_: time.sleep(0.5))
        for step in range(60):
            run.log_predictions(np.zeros(50_000, "f4"), np.zeros(50_000), step=step)
        assert run._here.backlog._bytes <= 2 << 20
        assert 40 <= run.counts.dropped < 60
        [reason] = run.counts.reasons
        assert "memory is full (max_memory_bytes=35651584)" in reason
        monkeypatch.undo()


def test_a_call_larger_than_memory_waits_for_the_disk(offline):
    rows = 5_000_000
    with offline(max_memory_bytes=40 << 20) as run:
        run.log_predictions(np.zeros(rows, "f4"), np.zeros(rows, "u1"), step=1)
    records = batches(run.directory)
    assert sum(r["count"] for r in records) == rows and records[-1]["last_of_shard"]
    assert run.counts.dropped == 0


def test_after_the_end_calls_are_counted(offline):
    run = offline()
    run.log_predictions(SCORES, LABELS, step=1)
    assert run.finish().spooled == 1
    run.log_predictions(SCORES, LABELS, step=2)
    assert run.finish().reasons == {"the run is finished": 1}
    assert len(batches(run.directory)) == 1


def _log_and_end(spool, with_finish):
    run = touchstone.init("fraud", run_id="r", mode="offline", spool=spool)
    run.log_predictions(SCORES, LABELS, step=1)
    if with_finish:
        run.finish()


@pytest.mark.parametrize("method", ["spawn", "fork"])
@pytest.mark.parametrize("with_finish", [True, False])
def test_a_process_that_ends_leaves_all_on_disk(tmp_path, method, with_finish):
    child = multiprocessing.get_context(method).Process(
        target=_log_and_end, args=(tmp_path, with_finish)
    )
    child.start()
    child.join(60)
    assert child.exitcode == 0
    [directory] = tmp_path.iterdir()
    assert len(batches(directory)) == 1


def test_an_interpreter_that_ends_leaves_all_on_disk(tmp_path):
    import subprocess
    import sys

    script = (
        "import touchstone; run = touchstone.init('fraud', mode='offline', spool='spool');"
        "run.log_predictions([0.5], [1], step=1)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60, cwd=tmp_path)
    [directory] = (tmp_path / "spool").iterdir()
    assert len(batches(directory)) == 1


def _log(run, step):
    run.log_predictions(SCORES, LABELS, step=step)


def test_a_fork_begins_anew(tmp_path):
    # online, so that there are threads of Kafka's too
    run = touchstone.init("fraud", bootstrap="127.0.0.1:1", run_id="r", spool=tmp_path)
    for step in range(50):
        run.log_predictions(SCORES, LABELS, step=step)
    run.should_stop()
    context = multiprocessing.get_context("fork")
    silent = context.Process(target=len, args=("",))
    children = [context.Process(target=_log, args=(run, 100 + n)) for n in range(3)]
    for child in [silent, *children]:
        child.start()
    run.log_predictions(SCORES, LABELS, step=50)
    for child in [silent, *children]:
        child.join(60)
        assert child.exitcode == 0
    pid = os.fork()
    if not pid:  # ends as an interpreter does, but for the tests' own ends
        code = 1
        try:
            run.log_predictions(SCORES, LABELS, step=200)
            code = int(run.finish(1).spooled != 1)
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0
    run.finish(1)
    steps = sorted(b["checkpoint"]["step"] for b in batches(run.directory))
    assert steps == [*range(51), 100, 101, 102, 200], "each once"


def test_a_run_is_forgotten_once_it_is_finished(offline):
    import gc
    import weakref

    run = offline()
    run.log_predictions(SCORES, LABELS, step=1)
    run.finish()
    there = weakref.ref(run)
    del run
    gc.collect()
    assert there() is None


def test_the_spool_is_bounded(tmp_path):
    run = touchstone.init("f", mode="offline", spool=tmp_path, spool_max_bytes=1_000_000)
    for step in range(100):
        run.log_predictions(np.zeros(10_000, "f4"), np.zeros(10_000, "u1"), step=step)
    counts = run.finish()
    assert counts.dropped > 50 and counts.spooled + counts.dropped == 100
    assert sum(p.stat().st_size for p in waiting(run.directory)) <= 1_000_000
    assert "spool_max_bytes" in next(iter(counts.reasons))
