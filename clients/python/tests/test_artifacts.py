"""Artifacts: made once for the same inputs and transformation, whole or made anew, and told to the run."""

import multiprocessing
import os
import time

import numpy as np
import pytest
import touchstone
from conftest import spooled
from touchstone.artifacts import ArtifactCache, cached

CALLS = []


@pytest.fixture(autouse=True)
def own_directory(monkeypatch, tmp_path):
    monkeypatch.setenv("TOUCHSTONE_ARTIFACTS", str(tmp_path / "artifacts"))
    CALLS.clear()
    return tmp_path / "artifacts"


def artifacts(directory):
    return sorted(p for p in directory.glob("??/*"))


@cached(transform="double/1")
def double(x, *, factor=2):
    CALLS.append(factor)
    return {"x": np.asarray(x) * factor, "n": len(x)}


def rebuilt(directory=None):
    """A function whose source is all of it: calls leave no trace in what it sees."""

    @cached(directory=directory)
    def scaled(x):
        return x * 3

    return scaled


def test_the_same_inputs_are_computed_once(own_directory):
    double = globals()["double"]
    cache = double.cache.directory = own_directory
    first = double(np.arange(4))
    again = double(np.arange(4))
    assert CALLS == [2]
    assert again["n"] == 4 and again["x"].tolist() == first["x"].tolist() == [0, 2, 4, 6]
    double(np.arange(5))
    double(np.arange(4), factor=3)
    assert CALLS == [2, 2, 3]
    assert len(artifacts(cache)) == 3
    # a copy of one's own: the artifact stays as it was
    again["x"][:] = 9
    assert double(np.arange(4))["x"].tolist() == [0, 2, 4, 6]


def test_another_process_finds_what_this_one_made(own_directory):
    assert rebuilt()(np.arange(3)).tolist() == [0, 3, 6]
    before = artifacts(own_directory)
    assert len(before) == 1
    child = multiprocessing.get_context("spawn").Process(target=_child, args=(str(own_directory),))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert artifacts(own_directory) == before


def _child(directory):
    assert rebuilt(directory)(np.arange(3)).tolist() == [0, 3, 6]


def test_inputs_and_transform_may_be_said(tmp_path):
    seen = []

    @cached(inputs=lambda path, log: path, transform=("lines", 2), directory=tmp_path / "a")
    def lines(path, log):
        log.append(path)
        return path.read_text().splitlines()

    file = tmp_path / "f.txt"
    file.write_text("a\nb")
    assert lines(file, seen) == lines(file, seen) == ["a", "b"]
    assert len(seen) == 1
    # the content counts, not the name or the time
    os.utime(file, (1, 1))
    lines(file.rename(tmp_path / "g.txt"), seen)
    assert len(seen) == 1
    (tmp_path / "g.txt").write_text("a\nc")
    assert lines(tmp_path / "g.txt", seen) == ["a", "c"]
    assert len(seen) == 2


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "other format", "huge length"])
def test_a_damaged_artifact_is_made_anew(own_directory, damage, caplog):
    scaled = rebuilt()
    scaled(np.arange(1000.0))
    (path,) = artifacts(own_directory)
    whole = path.read_bytes()
    broken = {
        "cut": whole[:-1],
        "flipped": whole[:500] + bytes([whole[500] ^ 1]) + whole[501:],
        "empty": b"",
        "other format": b"x" * len(whole),
        "huge length": whole[:22] + b"\xff" * 8 + whole[30:],
    }[damage]
    path.write_bytes(broken)
    assert scaled(np.arange(1000.0)).tolist() == (np.arange(1000.0) * 3).tolist()
    assert "is made anew: " in caplog.text
    caplog.clear()
    scaled(np.arange(1000.0))
    assert caplog.text == ""


def test_many_processes_make_it_once(own_directory, tmp_path):
    context = multiprocessing.get_context("fork")
    gate = context.Event()

    def work(number):
        gate.wait(30)

        @cached(inputs="the same", transform="slow/1", directory=own_directory)
        def slow():
            (tmp_path / f"made-{number}").touch()
            time.sleep(0.3)
            return np.arange(10)

        assert slow().tolist() == list(range(10))

    children = [context.Process(target=work, args=(i,)) for i in range(6)]
    for child in children:
        child.start()
    gate.set()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0] * 6
    assert len(list(tmp_path.glob("made-*"))) == 1
    assert len(artifacts(own_directory)) == 1
    assert not list(own_directory.glob("??/.*")), "no draft is left"


def test_a_cached_function_may_call_another(own_directory):
    inner = rebuilt()

    @cached
    def outer(x):
        return inner(x) + 1

    assert outer(np.arange(2)).tolist() == [1, 4]
    assert outer(np.arange(2)).tolist() == [1, 4]
    assert len(artifacts(own_directory)) == 2


def test_what_cannot_be_kept_is_computed_each_time(own_directory, caplog):
    @cached(transform="t")
    def generator(x):
        CALLS.append(x)
        return (i for i in range(x))

    assert list(generator(2)) == list(generator(2)) == [0, 1]
    assert CALLS == [2, 2]
    assert "is not kept: " in caplog.text and "generator" in caplog.text
    caplog.clear()

    @cached(transform="t")
    def of_no_form(x):
        return 1

    assert of_no_form(iter([1])) == 1
    assert "is not cached: value['inputs']['args'][0] must have a canonical form" in caplog.text
    assert artifacts(own_directory) == []


def test_errors_of_the_function_are_its_own(own_directory):
    @cached(transform="t")
    def failing():
        CALLS.append(1)
        raise OSError("mine")

    for _ in range(2):
        with pytest.raises(OSError, match="mine"):
            failing()
    assert CALLS == [1, 1]


def test_a_directory_that_others_may_write_to_is_refused(tmp_path, caplog):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(ValueError, match="must be one that nobody else may write to, got .*shared"):
        ArtifactCache(shared).get("d1-" + "0" * 64)
    assert rebuilt(shared)(2) == 6
    assert "is not cached" in caplog.text


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "d1-" + "z" * 64, "d1-" + "0" * 63])
def test_keys_reach_no_other_file(own_directory, key):
    with pytest.raises(ValueError, match="key must be a digest, got"):
        ArtifactCache().put(key, 1, 0.0)


def test_pruning_deletes_what_was_longest_not_used(own_directory):
    scaled = rebuilt()
    for n in (1000, 1001, 1002):
        scaled(np.arange(float(n)))
    for age, path in enumerate(artifacts(own_directory)):
        os.utime(path, (age + 1, age + 1))
    oldest, *rest = artifacts(own_directory)
    left = sum(path.stat().st_size for path in rest)
    assert ArtifactCache().prune(left) == 1
    assert artifacts(own_directory) == rest


def test_what_it_saves_is_told_to_the_run(tmp_path):
    def work(x):
        time.sleep(0.2)
        return x + 1

    with touchstone.init("p", "r", mode="offline", spool=tmp_path / "spool") as run:
        for _ in range(3):
            cached(inputs=None, transform="slow/2")(work)(np.arange(3))
    told = [record for topic, record in spooled(run.directory) if topic == "timings"]
    assert [set(r["phase_micros"]) for r in told] == [{"preprocess"}] + [{"preprocess", "preprocess_saved"}] * 2
    assert told[0]["phase_micros"]["preprocess"] >= 200_000
    assert all(0 < r["phase_micros"]["preprocess_saved"] for r in told[1:])
    assert len({r["digest"] for r in told}) == 1 and told[0]["digest"].startswith("d1-")
