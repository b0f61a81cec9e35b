"""What frameworks' callbacks log, without an engine: rows, steps, ends and stops."""

import importlib
import os
import types

import numpy as np
import pytest
from conftest import batches, spooled
from touchstone.frameworks._evaluation import Evaluation, activated, check_activation, unpack
from touchstone.plan import SamplingPlan

os.environ.setdefault("KERAS_BACKEND", "jax")


def framework(name, needs=None):
    pytest.importorskip(needs or name)
    return importlib.import_module(f"touchstone.frameworks.{name}")


def scores(batch):
    return np.frombuffer(batch["scores"], "<f4")


def events(directory, topic="checkpoints"):
    return [record for name, record in spooled(directory) if name == topic]


def stopping(run, monkeypatch):
    """The engine has said STOP."""
    monkeypatch.setattr(type(run), "should_stop", lambda self: True)


# ---- evaluations


def test_batches_become_one_set_and_one_question(offline):
    with offline() as run:
        evaluation = Evaluation(run, step=5, epoch=0.5, options={"evaluation_set": "val", "model_digest": "m"})
        for start in (0, 3):
            evaluation.batch([0.1, 0.2, 0.3], [0, 1, 0], weights=[1, 2, 3], slices={"s": ["a", "b", "a"]})
        evaluation.end(path="model.bin")
        evaluation.end()
    (batch,) = batches(run.directory)
    assert batch["count"] == 6 and batch["last_of_shard"] and batch["example_ids"] == 0
    assert batch["checkpoint"] == {"id": "step-5", "step": 5, "epoch": 0.5, "model_digest": "m"}
    (event,) = events(run.directory)
    assert (event["checkpoint"], event["evaluation_set"], event["path"], event["model_digest"]) == (
        "step-5", "val", "model.bin", "m",
    )  # fmt: skip


def test_two_columns_of_two_classes_are_binary_unless_said_otherwise(offline):
    for task, width in ((None, 1), ("binary", 1), ("multiclass", 2)):
        with offline(run_id=f"r-{task}") as run:
            evaluation = Evaluation(run, step=1, activation="softmax", options={"task": task} if task else {})
            evaluation.batch([[0.0, np.log(3.0)], [0.0, 0.0]], [1, 0])
            evaluation.end()
        (batch,) = batches(run.directory)
        assert batch["outputs"] == width
        assert scores(batch).tolist() == ([0.75, 0.5] if width == 1 else [0.25, 0.75, 0.5, 0.5])


def test_a_sample_asks_for_no_report(offline):
    y = np.arange(100) % 2
    plan = SamplingPlan.create(y, budget=20)
    with offline() as run:
        evaluation = Evaluation(run, step=1, options={"plan": plan})
        rows = plan.indices()
        evaluation.batch(np.linspace(0, 1, len(rows)), y[rows], rows)
        evaluation.end()
    (batch,) = batches(run.directory)
    assert [s["name"] for s in batch["sampling_plan"]["strata"]] == ["positive", "negative-0"]
    assert np.frombuffer(batch["strata"], "u1").tolist() == plan.codes().tolist()
    assert events(run.directory) == []


def test_what_cannot_be_activated_is_not_logged_raw(offline, caplog):
    def broken(outputs):
        raise RuntimeError("no such layer")

    with offline() as run:
        evaluation = Evaluation(run, step=1, activation=broken)
        for _ in range(3):
            evaluation.batch([5.0, -7.0], [0, 1])
        evaluation.end()
    assert caplog.text.count("an evaluation is not logged: no such layer") == 1
    assert spooled(run.directory) == []


def test_activations_are_exact_and_overflow_nowhere():
    x = np.array([-1e4, -1.0, 0.0, 1.0, 1e4])
    with np.errstate(all="raise", under="ignore"):
        assert activated(x, "sigmoid").tolist() == pytest.approx([0, 1 / (1 + np.e), 0.5, np.e / (1 + np.e), 1], rel=1e-15)
        soft = activated(np.array([[1e4, 0.0], [0.0, np.log(3)]]), "softmax")
    assert soft.ravel().tolist() == pytest.approx([1, 0, 0.25, 0.75], rel=1e-15)
    assert activated(x, None) is x
    assert activated(x, lambda v: v * 2).tolist() == (x * 2).tolist()
    with pytest.raises(ValueError, match="activation must be sigmoid, softmax, a function or None, got 'relu'"):
        check_activation("relu")


def test_batches_of_the_usual_shapes_are_unpacked():
    assert unpack((1, 2)) == (1, 2, None)
    assert unpack([1, 2, 3]) == (1, 2, 3)
    assert unpack({"pixels": 1, "labels": 2, "ids": 3}) == ({"pixels": 1}, 2, 3)
    with pytest.raises(ValueError, match="a batch must have labels, got pixels: give unpack="):
        unpack({"pixels": 1})
    with pytest.raises(ValueError, match="a batch must be inputs, labels and perhaps ids, got int"):
        unpack(4)


# ---- light frameworks


def test_sklearn_labels_are_places_of_classes_and_folds_keep_their_rows(offline):
    sklearn = framework("sklearn")
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.svm import LinearSVC

    random = np.random.default_rng(0)
    x = random.normal(size=(90, 3))
    y = np.array(["cat", "dog", "eel"])[np.argmax(x, axis=1)]
    with offline(run_id="a") as run:
        sklearn.log_estimator(run, LogisticRegression().fit(x, y), x, y, batch_rows=40, slices={"y": y})
    (batch,) = batches(run.directory)
    assert (batch["count"], batch["outputs"]) == (90, 3)
    assert np.frombuffer(batch["labels"], "u1").tolist() == np.argmax(x, axis=1).tolist()
    assert batch["checkpoint"]["model_digest"].startswith("d1-")
    assert len(batch["inference"]["latency_micros"]) == 3
    with offline(run_id="b") as run:
        sklearn.log_estimator(run, LinearSVC().fit(x, y == "cat"), x, y == "cat")
        sklearn.log_estimator(run, LinearRegression().fit(x, x[:, 0]), x, x[:, 0], step=1)
        with pytest.raises(ValueError, match="labels must be classes of the estimator, got owl in row 1"):
            sklearn.log_estimator(run, LogisticRegression().fit(x, y), x[:2], ["cat", "owl"], step=2)
    assert [b["task"] for b in batches(run.directory)] == ["BINARY", "REGRESSION"]
    with offline(run_id="c") as run:
        models = sklearn.cross_validate(run, LogisticRegression(), x, y, cv=3)
    folds = batches(run.directory)
    assert len(models) == 3 and [b["evaluation_set"]["fold"] for b in folds] == [0, 1, 2]
    ids = np.concatenate([np.frombuffer(b["example_ids"], "<i8") for b in folds])
    assert sorted(ids.tolist()) == list(range(90))


def rows():
    random = np.random.default_rng(1)
    x = random.normal(size=(200, 4))
    return x, (x[:, 0] + random.normal(size=200) > 0).astype(int)


def test_xgboost_logs_every_so_often_and_keeps_ones_own_metric(offline, monkeypatch):
    module = framework("xgboost")
    import xgboost

    x, y = rows()
    data, other = xgboost.DMatrix(x, y), xgboost.DMatrix(x[:50], y[:50])
    with offline() as run:
        touch = module.TouchstoneCallback(
            run, data, every=3, rounds=8, ids=np.arange(200) + 7, metric=lambda p, d: ("mine", float(len(p)))
        )
        seen = {}
        booster = xgboost.train(
            {"objective": "binary:logistic", "nthread": 1}, other, 8, evals=[(other, "o"), (data, "d")],
            custom_metric=touch.custom_metric, callbacks=[touch], evals_result=seen, verbose_eval=False,
        )  # fmt: skip
        stopping(run, monkeypatch)
        stopped = xgboost.train(
            {"objective": "binary:logistic", "nthread": 1}, other, 8, evals=[(data, "d")], callbacks=[touch],
            verbose_eval=False,
        )  # fmt: skip
    logged = batches(run.directory)
    assert [b["checkpoint"]["step"] for b in logged] == [3, 6, 8]
    assert scores(logged[-1]).tolist() == booster.predict(data).tolist()
    # a column that counts up is its first number
    assert logged[0]["example_ids"] == 7 or np.frombuffer(logged[0]["example_ids"], "<i8")[0] == 7
    assert seen["d"]["mine"] == [200.0] * 8 and seen["o"]["mine"] == [50.0] * 8
    assert stopped.num_boosted_rounds() == 1
    assert [e["step"] for e in events(run.directory)] == [3, 6, 8]


def test_lightgbm_logs_the_last_iteration_and_stops(offline, monkeypatch):
    module = framework("lightgbm")
    import lightgbm

    x, y = rows()
    settings = {"objective": "binary", "num_threads": 1, "verbose": -1}

    def trained(run):
        train = lightgbm.Dataset(x, y)
        valid = lightgbm.Dataset(x[:80], y[:80], reference=train)
        touch = module.TouchstoneCallback(run, valid, every=3, metric=lambda p, d: ("mine", float(len(p)), True))
        kept = {}
        booster = lightgbm.train(
            settings, train, 7, valid_sets=[train, valid], feval=touch.feval,
            callbacks=[*touch.callbacks, lightgbm.record_evaluation(kept)],
        )  # fmt: skip
        return booster, kept

    with offline() as run:
        booster, kept = trained(run)
    logged = batches(run.directory)
    assert [b["checkpoint"]["step"] for b in logged] == [3, 6, 7]
    assert scores(logged[-1]).tolist() == booster.predict(x[:80]).astype("f4").tolist()
    assert kept["valid_1"]["mine"] == [80.0] * 7
    with offline(run_id="stopped") as run:
        stopping(run, monkeypatch)
        booster, _ = trained(run)
    assert booster.current_iteration() == 1


def test_keras_evaluates_in_batches_and_stops(offline, monkeypatch):
    module = framework("keras")
    import keras

    x, y = rows()
    x = x.astype("f4")

    def trained(run, **options):
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
        touch = module.TouchstoneCallback(run, x, y, ids=np.arange(200)[::-1], batch_size=64, activation="sigmoid", **options)
        model.fit(x, y, batch_size=50, epochs=3, verbose=0, callbacks=[touch])
        return model

    with offline() as run:
        model = trained(run, every=2)
    (batch,) = batches(run.directory)
    assert (batch["checkpoint"]["step"], batch["checkpoint"]["epoch"]) == (8, 2.0)
    assert np.frombuffer(batch["example_ids"], "<i8").tolist() == list(range(199, -1, -1))
    assert ((scores(batch) > 0) & (scores(batch) < 1)).all()
    assert len(batch["inference"]["latency_micros"]) == 4
    with offline(run_id="stopped") as run:
        stopping(run, monkeypatch)
        model = trained(run)
    assert int(model.optimizer.iterations) == 1
    with pytest.raises(ValueError, match="batch_size and every must be at least 1, got 0 and 1"):
        module.TouchstoneCallback(run, x, y, batch_size=0)


# ---- torch and what builds on it


def test_pytorch_keeps_the_mode_and_unpacks_mappings(offline):
    module = framework("pytorch", "torch")
    import torch

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(4, 2)

        def forward(self, x):
            assert not self.training and not torch.is_grad_enabled()
            return types.SimpleNamespace(logits=self.linear(x))

    x, y = rows()
    x = torch.tensor(x).float()
    loader = [{"x": x[i : i + 90], "labels": torch.tensor(y[i : i + 90]), "ids": torch.arange(i, min(i + 90, 200))} for i in (0, 90, 180)]
    model = Model().train()
    with offline() as run:
        module.evaluate(run, model, loader, step=3, activation="softmax", report=False)
    assert model.training
    (batch,) = batches(run.directory)
    with torch.inference_mode():
        wanted = model.linear(x).double().softmax(1)[:, 1].float()
    assert scores(batch).tolist() == wanted.tolist()
    assert events(run.directory) == []
    (timing,) = events(run.directory, "timings")
    assert set(timing["phase_micros"]) == {"data_wait", "evaluate", "compute"}
    with pytest.raises(ValueError, match="activation must be"):
        module.evaluate(run, model, loader, step=3, activation="tanh")


def test_lightning_skips_sanity_checks_and_tells_loaders_apart(offline, monkeypatch, caplog):
    module = framework("lightning")
    import lightning
    import torch

    class Model(lightning.LightningModule):
        returns = "mapping"

        def __init__(self):
            super().__init__()
            self.net = torch.nn.Linear(4, 1)

        def training_step(self, batch, index):
            return self.net(batch[0]).mean()

        def validation_step(self, batch, index, dataloader_idx=0):
            if self.returns != "mapping":
                return self.net(batch[0]).mean()
            return {"logits": self.net(batch[0]).squeeze(1), "labels": batch[1]}

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.01)

    x, y = rows()
    data = torch.utils.data.TensorDataset(torch.tensor(x).float(), torch.tensor(y))
    loader = torch.utils.data.DataLoader(data, batch_size=60)

    def trained(run, **attributes):
        model = Model()
        vars(model).update(attributes)
        trainer = lightning.Trainer(
            max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
            enable_model_summary=False, callbacks=[module.TouchstoneCallback(run, activation="sigmoid")],
        )  # fmt: skip
        trainer.fit(model, loader, [loader, loader])
        return trainer

    with offline() as run:
        trained(run)
    logged = [(b["checkpoint"]["step"], b["evaluation_set"]["id"], b["count"]) for b in batches(run.directory)]
    assert sorted(logged) == [(4, "fraud", 200), (4, "fraud-1", 200), (8, "fraud", 200), (8, "fraud-1", 200)]
    with offline(run_id="other") as run:
        trained(run, returns="a number")
    assert batches(run.directory) == []
    assert caplog.text.count("validation_step must return a mapping with outputs and labels, got Tensor") == 1
    with offline(run_id="stopped") as run:
        stopping(run, monkeypatch)
        assert trained(run).global_step == 1


def test_huggingface_keeps_ones_own_metrics_and_stops(offline, monkeypatch, tmp_path):
    module = framework("huggingface", "transformers")
    import torch
    from transformers import Trainer, TrainingArguments

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = torch.nn.Linear(4, 2)

        def forward(self, x, labels=None):
            logits = self.net(x)
            return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}

    x, y = rows()
    data = [{"x": a, "labels": b} for a, b in zip(torch.tensor(x).float(), torch.tensor(y))]
    sizes = []

    def own(predictions, compute_result):
        sizes.append(len(predictions.label_ids))
        return {"rows": sum(sizes)} if compute_result else {}

    def trained(run):
        touch = module.TouchstoneCallback(run, activation="softmax", metrics=own)
        arguments = TrainingArguments(
            str(tmp_path), max_steps=4, per_device_train_batch_size=50, per_device_eval_batch_size=80, eval_strategy="steps",
            eval_steps=2, save_strategy="no", batch_eval_metrics=True, report_to=[], use_cpu=True, disable_tqdm=True,
        )  # fmt: skip
        trainer = Trainer(
            Model(), arguments, train_dataset=data, eval_dataset=data, compute_metrics=touch.compute_metrics, callbacks=[touch]
        )
        trainer.train()
        return trainer

    with offline() as run:
        trainer = trained(run)
    assert sizes == [80, 80, 40] * 2
    # summed up over both evaluations
    assert [entry["eval_rows"] for entry in trainer.state.log_history if "eval_rows" in entry] == [200, 400]
    logged = batches(run.directory)
    assert [(b["checkpoint"]["step"], b["count"], b["task"]) for b in logged] == [(2, 200, "BINARY"), (4, 200, "BINARY")]
    with torch.inference_mode():
        wanted = trainer.model(torch.tensor(x).float(), torch.tensor(y))["logits"].double().softmax(1)[:, 1]
    # batches of another size round differently
    assert scores(logged[-1]).tolist() == pytest.approx(wanted.tolist(), rel=1e-5)
    with offline(run_id="stopped") as run:
        stopping(run, monkeypatch)
        assert trained(run).state.global_step == 1


def test_ignite_logs_each_run_of_the_evaluator_and_stops(offline, monkeypatch):
    module = framework("ignite")
    from ignite.engine import Engine, Events

    x, y = rows()

    def trained(run):
        trainer = Engine(lambda engine, batch: None)
        evaluator = Engine(lambda engine, batch: {"y_pred": x[batch, 0], "y": y[batch], "ids": batch})
        module.TouchstoneHandler(run, activation="sigmoid").attach(evaluator, trainer)
        parts = np.array_split(np.arange(200), 3)
        trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda _: evaluator.run(parts))
        trainer.run(range(5), max_epochs=2)
        return trainer

    with offline() as run:
        trained(run)
    logged = batches(run.directory)
    assert [(b["checkpoint"]["step"], b["checkpoint"]["epoch"], b["count"]) for b in logged] == [(5, 1.0, 200), (10, 2.0, 200)]
    assert scores(logged[0]).tolist() == (1 / (1 + np.exp(-x[:, 0]))).astype("f4").tolist()
    with offline(run_id="stopped") as run:
        stopping(run, monkeypatch)
        assert trained(run).state.iteration == 1
