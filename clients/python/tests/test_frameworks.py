"""Each framework's example trains for real, and the engine's report is scikit-learn's on the same
predictions. Those whose framework isn't installed are skipped: `./touchstone test frameworks` has all.
"""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"

# module of touchstone.frameworks → (what it needs, its example)
FRAMEWORKS = {
    "sklearn": ("sklearn", "sklearn_breast_cancer"),
    "xgboost": ("xgboost", "xgboost_breast_cancer"),
    "lightgbm": ("lightgbm", "lightgbm_digits"),
    "keras": ("keras", "keras_digits"),
    "pytorch": ("torch", "pytorch_breast_cancer"),
    "lightning": ("lightning", "lightning_digits"),
    "huggingface": ("transformers", "huggingface_digits"),
    "ignite": ("ignite", "ignite_breast_cancer"),
}


def example(name):
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def expected(labels, scores):
    """scikit-learn's figures of float32 scores, as the wire has them."""
    from sklearn import metrics

    y, s = np.asarray(labels), np.asarray(scores).astype("f4").astype("f8")
    if s.ndim == 1:
        return {
            "average_precision": metrics.average_precision_score(y, s),
            "roc_auc": metrics.roc_auc_score(y, s),
            # clipped as the engine clips scores of 32 bits
            "log_loss": metrics.log_loss(y, np.clip(s, 2.0**-23, 1 - 2.0**-23)),
            "brier": metrics.brier_score_loss(y, s),
            "accuracy": metrics.accuracy_score(y, s >= 0.5),
            "mcc": metrics.matthews_corrcoef(y, s >= 0.5),
        }
    chosen = s.argmax(axis=1)
    return {
        "accuracy": metrics.accuracy_score(y, chosen),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, chosen),
        "macro_f1": metrics.f1_score(y, chosen, average="macro"),
        "cohen_kappa": metrics.cohen_kappa_score(y, chosen),
        "mcc": metrics.matthews_corrcoef(y, chosen),
        "log_loss": metrics.log_loss(y, s),
    }


# float32 probabilities of ten classes sum to 1 but for their rounding
@pytest.mark.filterwarnings("ignore:The y_prob values do not sum to one")
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_report_of_the_example_is_scikit_learns(framework, online, figures_of_reports):
    needs, name = FRAMEWORKS[framework]
    pytest.importorskip("sklearn")
    pytest.importorskip(needs)
    module = example(name)
    with online("frameworks", run_id=f"example-{framework}", on_error="raise") as run:
        labels, scores = module.train(run)
        report = run.report(wait=120)
        assert run.counts.dropped == 0, run.counts
    assert report is not None, run.counts
    found = {metric: value["value"] for metric, value in report["report"]["metrics"].items()}
    wanted = expected(labels, scores)
    assert {m: found[m] for m in wanted} == pytest.approx(wanted, rel=1e-12, abs=1e-12)
    assert report["report"]["n"] == len(labels)
    figures_of_reports.append((framework, max(abs(found[m] - wanted[m]) for m in wanted)))


def test_four_processes_count_every_example_once(engine, tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    pytest.importorskip("torch")
    # the processes import it by its name
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import pytorch_ddp

    labels, scores, report = pytorch_ddp.train(
        tmp_path, run_id="example-ddp", bootstrap=engine.bootstrap, server=f"http://127.0.0.1:{engine.port}",
        spool=str(tmp_path / "spool"), on_error="raise", attempt=0,
    )  # fmt: skip
    assert report is not None and report["report"]["n"] == len(labels) == 229
    found = {metric: value["value"] for metric, value in report["report"]["metrics"].items()}
    # a rank's batches are not those of one process: sums within a layer round differently
    assert {m: found[m] for m in ("average_precision", "roc_auc")} == pytest.approx(
        {m: expected(labels, scores)[m] for m in ("average_precision", "roc_auc")}, rel=1e-6
    )
    manifest = engine.manifest("example-ddp")
    assert manifest["state"] == "COMPLETE"
    # 4 × 58 rows came: 3 of them twice
    assert manifest["duplicate_rows"] == 3


def test_a_sample_becomes_proxies_with_intervals(engine, online):
    from touchstone import SamplingPlan

    random = np.random.default_rng(3)
    labels = (random.random(20_000) < 0.02).astype(int)
    scores = 1 / (1 + np.exp(3 - random.normal(size=20_000) - 2 * labels))
    plan = SamplingPlan.create(labels, scores, budget=1_500)
    rows = plan.indices()
    with online("frameworks", run_id="sampled", on_error="raise") as run:
        run.log_predictions(scores[rows], labels[rows], ids=rows, step=1, plan=plan)
        run.finish()
        assert run.counts.dropped == 0, run.counts
    proxy = engine.final_proxies("sampled")["average_precision"]
    assert proxy["n"] == len(plan) < 2_000
    # an interval of 95 % misses once in 20; three of its half-widths, six standard errors, do not
    exact = expected(labels, scores)["average_precision"]
    half = (proxy["ci_high"] - proxy["ci_low"]) / 2
    assert 0 < half < 0.1 and abs(proxy["value"] - exact) < 3 * half


@pytest.fixture(scope="module")
def figures_of_reports():
    found = []
    yield found
    for framework, difference in found:
        print(f"{framework}: largest difference from scikit-learn {difference:.1e}")
