"""What the client's checks share: messages read back by other people's code, and a real engine."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import fastavro
import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench/peers")]

import processes  # noqa: E402
from engine import Engine  # noqa: E402
from touchstone.spool import SpoolFile, waiting  # noqa: E402

SCHEMAS = ROOT / "schemas/src/main/avro"


def pytest_configure():
    # a stopped run leaves no process behind either
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def pytest_collection_modifyitems(items):
    def frameworks(item):
        return item.module.__name__ in ("test_evaluations", "test_frameworks") or "keras" in item.name

    # last: JAX and others start threads that a process forked later doesn't have
    items.sort(key=frameworks)


def pytest_unconfigure():
    processes.end_all()


def decode(schema, message):
    """A record of the engine's own contract, with the client's ten bytes of framing taken off."""
    # times as plain numbers
    text = json.loads(
        (SCHEMAS / f"{schema}.avsc").read_text(),
        object_hook=lambda o: {k: v for k, v in o.items() if k != "logicalType"},
    )
    body = io.BytesIO(message[10:])
    record = fastavro.schemaless_reader(body, fastavro.parse_schema(text), None)
    assert not body.read(), "nothing is left over"
    return record


BY_TOPIC = {
    "predictions": "prediction_batch",
    "checkpoints": "checkpoint_event",
    "run-events": "run_event",
    "timings": "step_timing",
}


def spooled(directory):
    """(topic, record) of all that is on disk, in order."""
    found = []
    for path in waiting(Path(directory)):
        file = SpoolFile.claim(path)
        assert file is not None, f"{path} is locked"
        for message in file.messages():
            topic = message.topic.removeprefix("touchstone.")
            found.append((topic, decode(BY_TOPIC[topic], message.value)))
        assert file.damage is None
        file.release()
    return found


def batches(directory):
    return [record for topic, record in spooled(directory) if topic == "predictions"]


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch):
    for key in list(os.environ):
        if key.startswith("TOUCHSTONE_") or key in ("RANK", "WORLD_SIZE"):
            monkeypatch.delenv(key)


@pytest.fixture
def offline(tmp_path):
    """Begins runs that only write to disk."""
    import touchstone

    def begin(project="fraud", **options):
        return touchstone.init(project, mode="offline", **{"spool": tmp_path / "spool"} | options)

    return begin


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    """`./touchstone up`, stopping runs quickly."""
    # builds once if something is stale, so that no start waits for a build
    subprocess.run([processes.LAUNCHER, "--version"], capture_output=True, check=True, timeout=900)
    home = tmp_path_factory.mktemp("up")
    engine = Engine(
        home / "data", home / "logs", "--set", "signals.patience=2",
        "--set", "signals.min_delta=0.2", java_options=f"{processes.QUICK_START} -Xmx1g",
    )  # fmt: skip
    try:
        engine.await_start(240)
        yield engine
    finally:
        engine.close()


@pytest.fixture
def online(engine, tmp_path):
    """Begins runs of that engine."""
    import touchstone

    def begin(project="fraud", **options):
        where = {
            "bootstrap": engine.bootstrap,
            "server": f"http://127.0.0.1:{engine.port}",
            "spool": tmp_path / "spool",
        }
        return touchstone.init(project, **where | options)

    return begin
