"""`./touchstone cache` beside a running engine: what lies there, whether it is sound, what may go."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from processes import run
from wire import PredictionSet, random_rows, single_object

ROWS = 9_000


@pytest.fixture
def cache(engine, tmp_path):
    def command(*arguments):
        return run("cache", *arguments, "--data", engine.data, logs=tmp_path)

    return command


def cached(engine, name, seed):
    labels, scores = random_rows(seed, ROWS)
    rows = PredictionSet(
        name, labels, scores,
        slices={"country": (["DE", 'a "quoted", one'], np.arange(ROWS) % 2)},
    )  # fmt: skip
    engine.send("predictions", *rows.messages(1_000))
    return rows, engine.manifest(name)


def listed(cache):
    code, out, err = cache("ls", "--format", "json")
    assert code == 0, err
    return {s["set_key"]: s for s in json.loads(out)}


def test_a_set_is_listed_verified_and_exported(engine, cache, tmp_path):
    rows, manifest = cached(engine, "command-run", 31)
    key = manifest["set_key"]
    entry = listed(cache)[key]
    assert (entry["rows"], entry["state"], entry["pinned"]) == (ROWS, "COMPLETE", False)
    assert entry["claims"][0]["run_id"] == "command-run"
    assert entry["bytes"] >= sum(s["bytes"] for s in manifest["segments"])
    code, out, _ = cache("ls")
    line = next(line for line in out.splitlines() if line.startswith(key[:12]))
    assert "command-run" in line and "9,000" in line and line.endswith("COMPLETE")

    code, out, err = cache("verify", key)
    assert (code, out.splitlines()[-1]) == (0, "1 sets, 2 segments: sound"), err

    for name in ("all.parquet", "all.csv"):
        code, _, err = cache("export", key[:16], "--to", tmp_path / name)
        assert code == 0, err
    frames = [pq.read_table(tmp_path / "all.parquet").to_pandas(), pd.read_csv(tmp_path / "all.csv")]
    for frame in frames:
        frame = frame.sort_values("example_id")
        assert frame["example_id"].tolist() == list(range(ROWS))
        assert frame["label"].astype(int).tolist() == rows.labels.tolist()
        assert (frame["score"].to_numpy().astype("f4") == rows.scores).all()
        assert frame["country"].tolist()[:2] == ["DE", 'a "quoted", one']
    code, _, err = cache("export", key, "--to", tmp_path / "all.csv")
    assert code == 2 and "must be a new file" in err


def test_damage_is_named_with_file_and_offset(engine, cache):
    _, manifest = cached(engine, "command-damage", 32)
    segment = manifest["segments"][1]
    file = engine.cache / manifest["set_key"] / segment["file"]
    good = file.read_bytes()
    try:
        at = good.index(pq.read_table(file)["score"].to_numpy()[100:110].tobytes())
        file.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        code, out, _ = cache("verify", manifest["set_key"])
        assert code == 1
        line = out.splitlines()[0]
        assert line.startswith(f"{manifest['set_key']}/{segment['file']} offset ")
        assert "a page of column score" in line
        assert int(line.split(" offset ")[1].split(":")[0]) < at
    finally:
        file.write_bytes(good)


def request(run_name, request_id, deadline):
    return single_object(
        "evaluation_request",
        PredictionSet(run_name, np.array([]), np.array([])).request_record(
            request_id, deadline_seconds=deadline
        ),
    )


def test_a_pruned_set_is_forgotten_and_may_come_again(engine, cache):
    rows, manifest = cached(engine, "command-prune", 33)
    key = manifest["set_key"]
    code, _, err = cache("pin", key)
    assert code == 0, err
    # every set is too much, but those that are pinned
    prune = ("prune", "--set", "cache.max_bytes=1", "--bootstrap", engine.bootstrap)
    code, out, _ = cache(*prune, "--dry-run")
    assert code == 0 and key not in out
    assert (engine.cache / key / "manifest.json").is_file()
    others = [k for k in listed(cache) if k != key]
    for other in others:
        cache("pin", other)
    assert cache("unpin", key)[0] == 0

    code, out, err = cache(*prune)
    assert code == 0, err
    assert f"deleted {key} (" in out and out.splitlines()[-1].startswith("1 sets, 0 left-over")
    assert set(listed(cache)) == set(others)
    assert not (engine.cache / key).exists()
    log = engine.topic("prediction-sets")
    ours = [r for r in log.read() if r.key == key.encode()]
    assert ours[-1].value == b"", "a tombstone"

    engine.send("evaluation-requests", request("command-prune", "after-prune", 1))
    outcome = engine.outcome("command-prune", trigger_id="after-prune")
    assert outcome["state"] == "INCOMPLETE"
    assert f"PARTIAL(0/{ROWS}): the set was deleted from the cache" in outcome["reason"]

    # whoever sends the predictions again finds the set complete again
    engine.send("predictions", *rows.messages(1_000))
    again = engine.manifest("command-prune", state=("COMPLETE",))
    assert (again["digest"], again["duplicates"]) == (manifest["digest"], 0)
    engine.send("evaluation-requests", request("command-prune", "after-resend", 60))
    outcome = engine.outcome("command-prune", trigger_id="after-resend")
    assert outcome["state"] == "EVALUATED", outcome
    for other in others:
        cache("unpin", other)


def test_a_key_that_is_none_is_wrong_usage(cache):
    code, _, err = cache("pin", "../../etc")
    assert code == 2
    assert "set must be the key of one set, or its beginning; none starts with" in err


def test_nothing_there_is_no_error(tmp_path):
    code, out, _ = run("cache", "ls", "--data", tmp_path / "none", logs=tmp_path)
    assert code == 0 and out.startswith("no prediction sets in ")
