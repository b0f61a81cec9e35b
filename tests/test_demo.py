"""`./touchstone demo --once`: undisturbed, and killed in the middle."""

import re

import pytest

import check_reports
from demos import EVERY, ROWS, SECONDS, STEPS


@pytest.fixture(scope="module")
def undisturbed(demos, figures):
    demo = demos.ended().undisturbed
    figures[f"demo of {STEPS} × {ROWS} rows, beside other checks, seconds"] = demo.seconds
    return demo


@pytest.fixture(scope="module")
def killed(demos, figures):
    demo = demos.ended().killed
    figures["the same, begun again after kill -9, seconds"] = demo.seconds
    return demo


def test_the_result_has_the_promised_shape(undisturbed):
    result = undisturbed.result
    promised = {
        "run_id": str, "steps": int, "predictions_emitted": int, "predictions_evaluated": int,
        "duplicates": int, "dead_letters": int, "checkpoints": list, "proxies": list,
        "seconds": dict,
    }  # fmt: skip
    assert {key: type(result.get(key)) for key in promised} == promised
    assert result.keys() - promised.keys() <= {"attempt", "conflicts"}
    for checkpoint in result["checkpoints"]:
        assert {"checkpoint", "step", "state", "report"} <= checkpoint.keys()
        for name, metric in checkpoint["report"]["metrics"].items():
            fields = {"value", "ci_low", "ci_high", "ci_method", "level", "target", "reason"}
            assert fields <= metric.keys(), name
            assert (metric["value"] is None) == (metric["reason"] is not None), name
    seconds = result["seconds"]
    for key in ("training", "evaluation", "time_to_first_proxy", "checkpoint_to_report"):
        assert 0 < seconds[key] < SECONDS, key


def test_every_checkpoint_is_evaluated_and_nothing_is_lost(undisturbed):
    result = undisturbed.result
    assert result["steps"] == STEPS
    assert result["predictions_emitted"] == result["predictions_evaluated"] == STEPS * ROWS
    assert (result["duplicates"], result["dead_letters"]) == (0, 0)
    states = {c["step"]: c["state"] for c in result["checkpoints"]}
    assert states == {step: "EVALUATED" for step in range(EVERY, STEPS + 1, EVERY)}


def checked(demo, checkpoint):
    return check_reports.check_checkpoint(
        demo.data / "cache", checkpoint, demo.result["run_id"], 1e-12
    )


def test_the_reports_are_what_scikit_learn_says_of_the_cache(undisturbed):
    for checkpoint in undisturbed.result["checkpoints"]:
        entry = checked(undisturbed, checkpoint)
        assert entry["wrong"] == [], entry
        assert entry["rows"] == ROWS
        for metric in ("average_precision", "roc_auc", "log_loss", "brier"):
            assert entry["metrics"][metric]["difference"] <= 1e-12


def test_the_proxies_of_every_step_hold_the_exact_value(undisturbed):
    cache, run = undisturbed.data / "cache", undisturbed.result["run_id"]
    proxies = {}
    for point in undisturbed.result["proxies"]:
        assert point["state"] == "COMPLETE", point
        key = point["checkpoint"], point["metric"]
        assert key not in proxies, "one last point of each metric"
        proxies[key] = point
    steps = set()
    for directory in cache.iterdir():
        manifest, rows = check_reports.read_set(cache, directory.name)
        [claim] = [c for c in manifest["claims"] if c["run_id"] == run]
        labels = rows["label"].to_numpy().astype("i1")
        scores = rows["score"].to_numpy().astype("f8")
        for metric, exact in check_reports.expected_metrics(labels, scores).items():
            point = proxies[claim["checkpoint"], metric]
            assert (point["n"], point["n_pos"]) == (ROWS, int(labels.sum()))
            if metric in ("average_precision", "roc_auc"):
                assert (point["ci_method"], point["level"]) == ("binned_bounds", 1.0)
                assert point["ci_low"] <= exact <= point["ci_high"], (claim, metric)
            else:
                assert point["value"] == pytest.approx(exact, rel=1e-9), (claim, metric)
        steps.add(claim["step"])
    assert steps == set(range(1, STEPS + 1))


def test_no_stack_reaches_the_terminal(undisturbed, killed):
    for demo in (undisturbed, killed):
        assert "Exception" not in demo.err, demo.err


def test_progress_goes_to_stderr_and_names_the_page(undisturbed):
    assert re.search(r"http://127\.0\.0\.1:\d+", undisturbed.err)
    assert len(re.findall(rf"^step \d/{STEPS}", undisturbed.err, re.M)) == STEPS


def test_after_kill_9_the_same_command_ends_with_the_same_reports(undisturbed, killed):
    first, second = undisturbed.result, killed.result
    assert second["attempt"] == 1 and second["duplicates"] > 0
    assert second["predictions_evaluated"] == STEPS * ROWS, "nothing lost, nothing twice"
    assert (second["conflicts"], second["dead_letters"]) == (0, 0)
    states = {c["step"]: c["state"] for c in second["checkpoints"]}
    assert states == {step: "EVALUATED" for step in range(EVERY, STEPS + 1, EVERY)}
    for one, other in zip(first["checkpoints"], second["checkpoints"], strict=True):
        assert other["report"] == one["report"], one["checkpoint"]
        assert other["set_key"] == one["set_key"], "the same content"
    for checkpoint in second["checkpoints"]:
        entry = checked(killed, checkpoint)
        assert entry["wrong"] == [], entry


def test_after_kill_9_the_proxies_are_the_same_too(undisturbed, killed):
    def by_key(result):
        return {(p["checkpoint"], p["metric"]): p for p in result["proxies"]}

    assert by_key(killed.result) == by_key(undisturbed.result)


def test_after_kill_9_manifests_list_each_row_once(killed):
    for directory in (killed.data / "cache").iterdir():
        manifest, rows = check_reports.read_set(killed.data / "cache", directory.name)
        ids = rows["example_id"].to_pylist()
        assert len(ids) == len(set(ids)) == manifest["rows"] == ROWS
