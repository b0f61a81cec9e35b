"""What all checks share: the built launcher, one running engine, and figures for the summary."""

import os
import signal
import subprocess
import sys

import pytest

import processes
from processes import LAUNCHER, QUICK_START, ROOT

sys.path.insert(0, str(ROOT / "bench/peers"))

from demos import DemoPair  # noqa: E402
from engine import Engine  # noqa: E402

FIGURES = pytest.StashKey[dict]()


def pytest_configure(config):
    config.stash[FIGURES] = {}
    # a stopped run leaves no process behind either
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


# what stops the shared engine, and what the demos have been running beside
LAST = ["test_stop", "test_cluster", "test_demo"]


def pytest_collection_modifyitems(items):
    def place(item):
        name = item.module.__name__
        return LAST.index(name) + 1 if name in LAST else 0

    items.sort(key=place)


def pytest_unconfigure():
    processes.end_all()


def pytest_terminal_summary(terminalreporter, config):
    figures = config.stash[FIGURES]
    if figures:
        load = os.getloadavg()[0]
        terminalreporter.section(f"figures ({os.cpu_count()} cores, load {load:.1f})")
        for name, value in figures.items():
            terminalreporter.write_line(f"{name}: {value}")


@pytest.fixture(scope="session")
def figures(pytestconfig):
    """What was measured on the way; printed at the end."""
    return pytestconfig.stash[FIGURES]


@pytest.fixture(scope="session", autouse=True)
def built():
    """Builds once if something is stale, so that no check measures a build."""
    version = subprocess.run([LAUNCHER, "--version"], capture_output=True, text=True, timeout=900)
    assert version.returncode == 0, version.stderr


@pytest.fixture(scope="session", autouse=True)
def demos(request, built, tmp_path_factory):
    """Both demos of test_demo.py, begun at once where one of its checks is to run: mostly they wait."""
    if not any(item.module.__name__ == "test_demo" for item in request.session.items):
        yield None
        return
    pair = DemoPair(tmp_path_factory.mktemp("demos"))
    try:
        yield pair
    finally:
        pair.close()


@pytest.fixture(scope="session")
def engine(tmp_path_factory, figures):
    """`./touchstone up`, with small segments and a heap that a hostile length would burst."""
    home = tmp_path_factory.mktemp("up")
    engine = Engine(
        home / "data", home / "logs", "--set", "cache.segment_rows=4096",
        java_options=f"{QUICK_START} -Xmx1g",
    )  # fmt: skip
    try:
        engine.await_start()
        figures["start-up of `up`, seconds"] = round(engine.start_seconds, 1)
        yield engine
    finally:
        engine.close()
