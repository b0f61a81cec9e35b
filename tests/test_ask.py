"""Commands that ask a running engine, as a person at a terminal and a script in a pipe see them."""

import csv
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest
from sklearn.metrics import roc_auc_score

from processes import LAUNCHER, QUICK_START, run
from wire import PredictionSet, random_rows

RUN = "asked from a shell"
COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@pytest.fixture(scope="module")
def asked(engine):
    labels, scores = random_rows(21, 900)
    rows = PredictionSet(RUN, labels, scores)
    engine.send("predictions", *rows.messages(300))
    engine.send("checkpoints", rows.event())
    assert engine.outcome(RUN)["state"] == "EVALUATED"
    return labels, scores


def at(engine):
    return f"--server=http://127.0.0.1:{engine.port}"


def test_runs_are_the_same_in_every_format(engine, asked, tmp_path):
    table, as_json, as_csv = (
        run("runs", "asked", "--format", f, at(engine), logs=tmp_path)
        for f in ("table", "json", "csv")
    )
    assert [r[0] for r in (table, as_json, as_csv)] == [0, 0, 0]
    assert RUN in table[1] and "\x1b" not in table[1]
    found = {r["run_id"]: r for r in json.loads(as_json[1])}
    row = {r["run_id"]: r for r in csv.DictReader(io.StringIO(as_csv[1]))}[RUN]
    assert int(row["received"]) == found[RUN]["received"] == 900


def test_a_shown_run_has_the_exact_values(engine, asked, tmp_path):
    labels, scores = asked
    code, out, err = run("runs", "show", RUN, "--format", "csv", at(engine), logs=tmp_path)
    assert code == 0, err
    values = {r["metric"]: r["exact"] for r in csv.DictReader(io.StringIO(out))}
    assert float(values["roc_auc"]) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    code, out, err = run("runs", "show", "nobody", at(engine), logs=tmp_path)
    assert (code, out, err) == (3, "", 'touchstone: no run has the id "nobody" here\n')


def test_a_report_proposes_the_next_plan(engine, asked, tmp_path):
    """The whole way: a report from the cache, the plan that it proposes, the ids that it takes."""
    code, out, err = run(
        "report", "--run", RUN, "--checkpoint", "c1", "--propose-plan", "200", "--wait",
        "--format", "json", at(engine), logs=tmp_path,
    )  # fmt: skip
    assert code == 0, err
    report = json.loads(out)
    assert report["proposed_plan"]["budget"] == 200
    file = tmp_path / "report.json"
    file.write_text(out)
    made = tmp_path / "plan.json"
    code, out, err = run(
        "plan", "--from-report", file, "--out", made, "--data", engine.data, logs=tmp_path
    )
    assert code == 0, err
    plan = json.loads(made.read_text())
    strata = [{k: v for k, v in s.items() if k != "sampled"} for s in plan["strata"]]
    assert strata == report["proposed_plan"]["plan"]["strata"]
    assert 100 <= plan["sampled"] <= 300, "200 give or take what chance takes"


@pytest.mark.parametrize("colours", [True, False])
def test_a_run_is_watched_in_a_terminal(engine, asked, tmp_path, colours):
    environment = dict(os.environ, TERM="xterm", TOUCHSTONE_LOGS=str(tmp_path))
    environment["TOUCHSTONE_JAVA_OPTS"] = QUICK_START
    environment.pop("NO_COLOR", None)
    if not colours:
        environment["NO_COLOR"] = "1"
    send(engine, f"before-{colours}")  # a run that is silent for a minute has ended
    terminal, inside = pty.openpty()
    process = subprocess.Popen(
        ["bash", "-c", f'stty rows 30 cols 120; exec "{LAUNCHER}" watch "{RUN}" {at(engine)}'],
        stdin=inside, stdout=inside, stderr=inside, env=environment, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    os.close(inside)
    try:
        screen = until(terminal, "Ctrl-C ends this, not the run")
        assert ("\x1b[32mLIVE" in screen) == colours
        plain = COLOUR.sub("", screen)
        assert RUN in plain and "ROC AUC" in plain and "EVALUATED" in plain
        send(engine, f"after-{colours}")
        until(terminal, f"after-{colours}")
        assert all(len(line) <= 120 for line in plain.splitlines())
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        os.close(terminal)


def send(engine, checkpoint):
    rows = PredictionSet(RUN, *random_rows(22, 900), checkpoint=checkpoint)
    engine.send("predictions", *rows.messages(300))


def until(terminal, text, seconds=60):
    """What the terminal was sent, to the first frame that holds the text."""
    seen, end = "", time.monotonic() + seconds
    while text not in COLOUR.sub("", seen):
        assert time.monotonic() < end, f"no {text!r} in {seconds} s:\n{seen}"
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 65_536).decode("utf-8", "replace")
    return seen
