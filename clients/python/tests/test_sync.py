"""`touchstone sync`, and what a run without a broker takes."""

import subprocess
import sys
import time

import numpy as np
import pytest
import touchstone
from conftest import batches
from touchstone.__main__ import main
from touchstone.sync import bootstrap_of, sync


@pytest.fixture
def left(offline):
    """A run that has left something."""
    with offline(run_id="left", bootstrap="127.0.0.1:1") as run:
        run.log_predictions([0.5], [1], step=1)
    return run.directory


def test_without_a_broker_everything_stays(left, capsys):
    began = time.monotonic()
    assert main(["sync", str(left.parent), "--timeout", "1"]) == 1
    assert time.monotonic() - began < 20
    assert capsys.readouterr().out == f"{left}: 0 messages sent, 1 files left\n"
    assert len(batches(left)) == 1


def test_the_brokers_are_those_that_the_run_was_meant_for(left):
    assert bootstrap_of(left) == "127.0.0.1:1"
    (left / "run.json").write_text("nonsense")
    assert bootstrap_of(left) is None
    assert [s.files_left for s in sync(left, timeout=0.5)] == [1]


def test_what_is_no_directory_is_an_error_in_one_line(tmp_path, capsys):
    assert main(["sync", str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err == f"touchstone: there is no directory {tmp_path / 'none'}\n"
    assert main(["sync", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "nothing to send\n"
    for wrong in ([], ["sink"], ["sync", str(tmp_path), "--kafka", "nothing"]):
        with pytest.raises(SystemExit) as ended:
            main(wrong)
        assert ended.value.code == 2


def test_settings_that_kafka_refuses_are_said_and_nothing_is_lost(left, capsys, caplog):
    assert main(["sync", str(left), "--kafka", "no.such=1", "--timeout", "1"]) == 1
    assert "1 files left" in capsys.readouterr().out
    assert "No such configuration property" in caplog.text
    assert len(batches(left)) == 1


LONG = """
import resource, sys
import numpy as np
import touchstone

rows = 65_536
scores, labels, ids = np.zeros(rows, "f4"), np.zeros(rows, "i8"), np.arange(rows)[::-1]
run = touchstone.init("f", bootstrap="127.0.0.1:1", spool=sys.argv[1], max_memory_bytes=64 << 20)
run.log_predictions(scores, labels, ids=ids, step=0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for step in range(1, 600):
    run.log_predictions(scores, labels, ids=ids, step=step)
counts = run.finish()
assert counts.sent == 0 and counts.spooled + counts.dropped == 600, counts
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_memory_is_bounded_while_the_broker_is_away(tmp_path):
    """Half a gigabyte is logged, as fast as can be."""
    done = subprocess.run(
        [sys.executable, "-c", LONG, str(tmp_path)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 64 + 16, "megabytes"
