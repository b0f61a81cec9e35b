"""Training beside a real engine: what it reports, what becomes of it when the broker dies, when it
says stop."""

import json
import multiprocessing
import subprocess
import sys
import time

import numpy as np
import pytest
import sklearn_compare
import touchstone
import wire
from conftest import batches
from engine import Engine
from processes import QUICK_START, eventually

SECONDS = 90


def assert_agrees(report, labels, scores, weights=None):
    """The report's ranking metrics, losses, sweep and curve are scikit-learn's."""
    differences, failures, _ = sklearn_compare.compare(report, labels, scores, weights)
    assert not failures, failures
    assert {"average_precision", "roc_auc", "log_loss", "brier"} <= differences.keys()
    assert report["n"] == len(labels) and report["n_pos"] == int(labels.sum())


def content(answer):
    """The bytes of a report, without whose it is."""
    assert answer is not None
    return json.dumps(answer["report"]).replace(answer["set_key"], "SET")


def test_one_line_in_the_loop_and_the_report_is_scikit_learns(online):
    labels, scores = wire.random_rows(1, 150_000)
    ids = np.random.default_rng(1).permutation(len(labels))
    weights = np.where(labels, 2.0, 0.5)
    with online(run_id="one-line") as run:
        run.log_metrics({"training_loss": 0.25}, step=100)
        run.log_predictions(
            scores, labels, ids=ids, step=100, weights=weights, latency_ms=[3.5, 4],
            slices={"parity": ids % 2},
        )  # fmt: skip
        run.checkpoint("/models/100.pt", step=100, slices=["parity"])
        answer = run.report(step=100, wait=SECONDS)
        assert answer is not None, run.counts
        assert_agrees(answer["report"], labels, scores, weights)
        assert answer["state"] == "EVALUATED" and answer["step"] == 100
        assert {s["slice"] for s in answer["report"]["slices"]} == {"parity=0", "parity=1"}
    assert run.counts.reasons == {} and run.counts.spooled == 0
    assert run.counts.sent == 5, "three batches, one event and the figures"


def test_the_engine_is_asked_before_inference_and_a_restart_counts_nothing_twice(online, engine):
    labels, scores = wire.random_rows(2, 5_000)
    digests = {"model_digest": "m2", "dataset_digest": "d2", "transform_digest": "t2"}
    with online(run_id="again") as run:
        assert not run.has_predictions(**digests)
        run.log_predictions(scores, labels, step=1, **digests)
        run.checkpoint(step=1, model_digest="m2")
        first = run.report(step=1, wait=SECONDS)
        assert run.has_predictions(**digests)
        assert not run.has_predictions(**digests | {"model_digest": "other"})
        assert not run.has_predictions(**digests | {"model_digest": None})
    with online(run_id="again") as run:
        assert run.attempt == 1
        for start in range(0, 5_000, 500):  # other pieces, the same rows
            part = slice(start, start + 500)
            run.log_predictions(
                scores[part], labels[part], step=1, last=start == 4_500, **digests
            )
        run.checkpoint(step=1, model_digest="m2")
    manifest = engine.manifest("again", duplicates=1)
    assert (manifest["rows"], manifest["conflicts"]) == (5_000, 0)
    reused = engine.outcome("again", state="REUSED")
    assert reused["report_key"] == first["report_key"]


def test_asking_for_what_is_not_there_is_no_error(online, tmp_path):
    with online(run_id="nothing-there") as run:
        began = time.monotonic()
        assert run.report("none", wait=0.5) is None
        assert 0.4 < time.monotonic() - began < 20
        assert run.counts.reasons == {}
    away = touchstone.init("fraud", server="http://127.0.0.1:1", bootstrap="127.0.0.1:1", spool=tmp_path)
    assert away.report("none", wait=1) is None
    assert not away.has_predictions(model_digest="m", dataset_digest="d", transform_digest="t")
    assert "Connection refused" in next(iter(away.counts.reasons))
    assert away.finish(1).dropped == 0


RANKS = 4
ROWS = 10_001


def _rank(rank, options, run_id):
    """As a rank under a sampler that pads: all ranks have as many examples, the last ones twice."""
    labels, scores = wire.random_rows(4, ROWS)
    per_rank = -(-ROWS // RANKS)
    mine = np.arange(rank, per_rank * RANKS, RANKS) % ROWS
    with touchstone.init("fraud", run_id=run_id, rank=rank, world_size=RANKS, **options) as run:
        if rank == 3:  # shards of other lengths: the rest of rank 3 is rank 2's
            mine = mine[:100]
        if rank == 2:
            mine = np.concatenate([mine, (np.arange(3, per_rank * RANKS, RANKS) % ROWS)[100:]])
        for part in np.array_split(mine, 7):
            run.log_predictions(
                scores[part], labels[part], ids=part, step=5, size=ROWS, last=False
            )
        run.log_predictions([], [], ids=[], step=5, size=ROWS)
        run.checkpoint("/models/5", step=5)
        assert run.finish(60).sent == 1 + (rank == 0), run.counts


def test_four_processes_with_uneven_shards_and_padding_count_every_example_once(
    engine, tmp_path
):
    options = {"bootstrap": engine.bootstrap, "spool": tmp_path}
    context = multiprocessing.get_context("spawn")
    ranks = [context.Process(target=_rank, args=(r, options, "ranks")) for r in range(RANKS)]
    for rank in ranks:
        rank.start()
    for rank in ranks:
        rank.join(120)
        assert rank.exitcode == 0
    manifest = engine.manifest("ranks")
    assert (manifest["state"], manifest["rows"], manifest["expected_rows"]) == ("COMPLETE", ROWS, ROWS)
    assert (manifest["duplicate_rows"], manifest["conflicting_rows"]) == (3, 0)
    outcome = engine.outcome("ranks")
    assert outcome["state"] == "EVALUATED"
    assert_agrees(outcome["report"], *wire.random_rows(4, ROWS))


def test_a_run_that_gains_nothing_is_stopped(engine, online, tmp_path):
    labels, scores = wire.random_rows(5, 20_000)
    with online(run_id="stopped") as run, online(run_id="other") as other:
        assert not run.should_stop() and run.stop_reason is None
        for step in range(1, 6):
            run.log_predictions(scores, labels, step=step)
            signal = engine.await_record(
                "signals", f"the signal of step {step}",
                lambda r, step=step: (s := r.json())["run_id"] == "stopped" and s["step"] >= step,
            ).json()  # fmt: skip
            if signal["decision"] == "STOP":
                break
            assert not run.should_stop()
        eventually("should_stop", SECONDS, run.should_stop)
        assert run.stop_reason == signal["reason"]
        assert not other.should_stop()
    # who comes late hears it too, and a new attempt begins anew
    again = online(run_id="stopped", attempt=0)
    eventually("should_stop", SECONDS, again.should_stop)
    again.finish()
    later = online(run_id="stopped", attempt=1)
    later.should_stop()
    time.sleep(2)
    assert not later.should_stop()
    later.finish()


def _train(run, labels, scores, steps, between=lambda step: None):
    """A loop: each step evaluates in pieces, and saves the model."""
    slowest = 0.0
    for step in steps:
        for start in range(0, len(labels), 10_000):
            part = slice(start, start + 10_000)
            began = time.perf_counter()
            run.log_predictions(
                scores[part], labels[part], step=step, last=start + 10_000 >= len(labels)
            )
            slowest = max(slowest, time.perf_counter() - began)
        run.checkpoint(f"/models/{step}", step=step)
        between(step)
    return slowest


@pytest.fixture
def own_engine(tmp_path_factory):
    home = tmp_path_factory.mktemp("killed")

    def start(ports=None):
        engine = Engine(
            home / "data", home / "logs", java_options=f"{QUICK_START} -Xmx1g", ports=ports
        )
        started.append(engine)
        engine.await_start(240)
        return engine

    started = []
    yield start
    for engine in started:
        engine.close()


def test_the_broker_is_killed_training_goes_on_and_the_report_is_the_same(
    online, own_engine, tmp_path
):
    labels, scores = wire.random_rows(6, 100_000)
    with online(run_id="undisturbed", on_error="raise") as run:
        _train(run, labels, scores, [1, 2])
        expected = [content(run.report(step=step, wait=SECONDS)) for step in (1, 2)]

    engine = own_engine()
    where = {"bootstrap": engine.bootstrap, "server": f"http://127.0.0.1:{engine.port}"}
    run = touchstone.init("fraud", run_id="killed", spool=tmp_path / "a", on_error="raise", **where)

    def kill(step):
        if step == 1:
            eventually("the first of it is sent", 60, lambda: run.counts.sent > 0)
            engine.process.kill()

    slowest = _train(run, labels, scores, [1, 2], kill)
    began = time.monotonic()
    counts = run.finish(timeout=20)
    assert time.monotonic() - began < 30
    assert counts.dropped == 0 and counts.spooled >= 3, counts
    assert counts.sent + counts.spooled == 2 * 2 + 2
    assert slowest < 1, "the loop never waits"
    # another one begins while there is no broker, and is still there when it comes back
    patient = touchstone.init("fraud", run_id="patient", spool=tmp_path / "b", **where)
    _train(patient, labels, scores, [1, 2])
    eventually("all is on disk", 100, lambda: patient.counts.spooled == 6)

    again = own_engine(engine.ports)
    eventually("all is sent by itself", 120, lambda: patient.counts.sent == 6)
    assert patient.counts.spooled == 0 and batches(patient.directory) == []
    command = [sys.executable, "-m", "touchstone", "sync", str(tmp_path / "a")]
    for _ in range(2):  # the second has nothing to do
        synced = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert synced.returncode == 0, synced.stderr
    assert "nothing to send" in synced.stdout
    for name in ("killed", "patient"):
        asking = touchstone.init("fraud", run_id=name, spool=tmp_path / "c", **where)
        found = [content(asking.report(step=step, wait=SECONDS)) for step in (1, 2)]
        assert found == expected, f"byte for byte, of {name}"
        asking.finish()
    assert again.flink_failures() == []
    patient.finish()
