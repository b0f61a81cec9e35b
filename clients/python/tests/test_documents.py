"""The examples of docs/python-tools.md run as they stand."""

import os
import re
import subprocess
import sys

import pytest
from conftest import ROOT

TEXT = (ROOT / "docs/python-tools.md").read_text()
EXAMPLES = re.findall(r"^## (.*?)$.*?^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(("title", "example"), EXAMPLES, ids=[title for title, _ in EXAMPLES])
def test_an_example_runs(title, example, tmp_path):
    # a file, since a digest of a function reads its source
    (tmp_path / "example.py").write_text(example)
    settings = {"TOUCHSTONE_MODE": "offline", "TOUCHSTONE_SPOOL": str(tmp_path / "spool")}
    source = str(ROOT / "clients/python/src")
    done = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": source, **settings},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_every_part_has_its_example():
    assert [title for title, _ in EXAMPLES] == ["Sampling plans", "Digests", "Artifacts", "Timings"]
    examples = {path.name for path in (ROOT / "clients/python/examples").glob("*.py")}
    assert examples == set(re.findall(r"`(\w+\.py)`", TEXT))
