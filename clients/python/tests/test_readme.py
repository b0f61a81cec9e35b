"""The README's examples run as they stand."""

import re
import subprocess
import sys

import pytest
from conftest import ROOT, batches

TEXT = (ROOT / "clients/python/README.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_runs(number, tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_MODE", "offline")
    monkeypatch.setenv("TOUCHSTONE_SPOOL", str(tmp_path))
    example = EXAMPLES[number]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    sets = [b for directory in tmp_path.iterdir() for b in batches(directory)]
    assert sum(b["last_of_shard"] for b in sets) == (3, 1, 4, 1)[number]
    if "run.counts" in example:
        assert done.stdout == "0 sent, 9 spooled, 0 dropped\n"


def test_there_are_examples():
    assert len(EXAMPLES) == 4
