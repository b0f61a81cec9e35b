"""The same value wherever it is looked up: the topic, the HTTP API, the cache, MLflow, TensorBoard,
Prometheus; and messages about STOPs and verdicts. Each home is the real thing."""

import json
import math

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

import check_reports
from engine import Engine
from homes import Mlflow, Receiver, TensorBoard, tags
from processes import QUICK_START, eventually
from prometheus import Prometheus
from wire import PredictionSet, random_rows, single_object

ROWS = 4_000
RUN = "Fraud/7 ü"  # neither a directory nor a name of MLflow's
BOARD = "Fraud-7-~"  # what its directory begins with
SECRET = "shared with the receiver"
SECONDS = 120


def predictions(run, seed, **changes):
    labels, scores = random_rows(seed, ROWS)
    country = np.random.default_rng(seed).integers(0, 2, ROWS)
    return PredictionSet(
        run, labels, scores, slices={"country": (["DE", "Brasília/DF"], country)}, **changes
    )


class Homes:
    """An engine that forwards to all of them."""

    def __init__(self, directory):
        self.directory = directory
        # all at once: mostly they wait
        self.mlflow = Mlflow(directory / "mlflow", wait=False)
        self.prometheus = Prometheus(directory / "prometheus", wait=False)
        self.receiver = Receiver(SECRET)
        self.boards = directory / "boards"
        self.settings = directory / "touchstone.yaml"
        self.settings.write_text(
            json.dumps(
                {
                    "server": {"public_url": "https://touchstone.example"},
                    "cache": {"segment_rows": 4096},
                    "forward": {
                        "mlflow": {"tracking_uri": self.mlflow.url},
                        "tensorboard": {"directory": str(self.boards)},
                        "remote_write": {"url": self.prometheus.write_url},
                        "webhooks": [
                            {"url": f"{self.receiver.url}/signed", "secret": SECRET},
                            {"url": f"{self.receiver.url}/failing", "format": "slack"},
                            {"url": f"{self.receiver.url}/verdicts", "on": ["VERDICT"]},
                        ],
                    },
                }
            )
        )
        self.boards.mkdir()
        self.board = TensorBoard(directory / "tensorboard", self.boards, wait=False)
        self.engine = self.start()
        for home in (self.mlflow, self.prometheus, self.board):
            home.await_start()

    def start(self, ports=None):
        engine = Engine(
            self.directory / "data", self.directory / "logs", "--conf", self.settings,
            java_options=f"{QUICK_START} -Xmx1g", ports=ports,
        )  # fmt: skip
        engine.await_start()
        return engine

    def restart(self):
        """kill -9, and the same again."""
        self.engine.process.kill()
        self.engine = self.start(self.engine.ports)

    def forward(self, name):
        return next(f for f in self.engine.get("/v1/status")["forwards"] if f["name"] == name)

    def await_delivery(self, name, *topics):
        """Until all that the topics hold was delivered or refused."""

        def caught_up():
            forward = self.forward(name)
            records = sum(bool(r.value) for t in topics for r in self.engine.topic(t).read())
            return forward["delivered"] + sum(forward["refused"].values()) == records

        eventually(f"{name} has all\n{self.engine.process.tail()}", SECONDS, caught_up)

    def close(self):
        self.engine.close()
        for home in (self.mlflow, self.board, self.prometheus, self.receiver):
            home.close()


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    homes = Homes(tmp_path_factory.mktemp("homes"))
    try:
        yield homes
    finally:
        homes.close()


@pytest.fixture(scope="module")
def rows():
    return predictions(RUN, 31)


@pytest.fixture(scope="module")
def points(homes, rows):
    """What the topic says of the run in the end: by tier, slice and metric."""
    homes.engine.send("predictions", *rows.messages(1_000))
    homes.engine.send("checkpoints", rows.event())
    assert homes.engine.outcome(RUN)["state"] == "EVALUATED"
    homes.engine.final_proxies(RUN)

    metrics = report(homes)["metrics"]

    def last():
        found = {}
        for record in homes.engine.topic("metrics").read():
            point = record.json()
            if point["run_id"] == RUN and point["state"] == "COMPLETE":
                found[point["tier"], point["slice"], point["metric"]] = point
        return found if all(("full", "", metric) in found for metric in metrics) else None

    found = eventually("full points", SECONDS, last)
    homes.await_delivery("mlflow", "metrics", "signals", "verdicts", "reports")
    homes.await_delivery("tensorboard", "metrics", "reports")
    return found


def report(homes):
    return homes.engine.get("/v1/runs/Fraud%2F7%20%C3%BC/checkpoints/c1/report")["report"]


def defined(points):
    return [p for p in points.values() if p["value"] is not None]


def board_run(homes, tier):
    [directory] = [d for d in homes.boards.iterdir() if d.name.startswith(BOARD)]
    return f"{directory.name}/{tier}"


def tag(point):
    escaped = point["slice"].replace("%", "%25").replace("/", "%2F")
    return f"val/validation/{point['metric']}" + (f"/{escaped}" if escaped else "")


def test_the_full_values_are_what_scikit_learn_says_of_the_cache(homes, points):
    checked = check_reports.check_checkpoint(
        homes.engine.cache, homes.engine.outcome(RUN) | {"report": report(homes)}, RUN, 1e-12
    )
    assert checked["wrong"] == []
    for metric, exact in report(homes)["metrics"].items():
        assert points["full", "", metric]["value"] == exact["value"], metric


def test_mlflow_has_the_values_of_the_topic_to_the_last_bit(homes, points):
    [run] = homes.mlflow.runs(RUN)
    assert run["info"]["run_name"] == RUN
    known = {m["key"]: m for m in run["data"]["metrics"]}
    for point in defined(points):
        key = f"{point['tier']}/val/validation/{point['metric']}"
        if point["slice"] == "country=DE":
            key += "/country/DE"
        elif point["slice"]:
            continue
        assert float(known[key]["value"]) == point["value"], key
    for metric in ("average_precision", "log_loss"):
        point = points["full", "", metric]
        history = homes.mlflow.history(run["info"]["run_id"], f"full/val/validation/{metric}")
        assert history == [(point["step"], point["ts"], point["value"])]
    brazilian = [k for k in known if "/country/Brasília_DF-" in k]
    assert len(brazilian) == sum(p["slice"].endswith("/DF") for p in defined(points))


def test_undefined_values_are_counted_and_sent_nowhere(homes, points):
    undefined = [p for p in points.values() if p["value"] is None]
    refused = homes.forward("mlflow")["refused"]
    assert refused.get("undefined", 0) >= len(undefined)
    assert refused.keys() <= {"undefined", "partial", "no_report"}


def test_mlflow_keeps_the_report_as_an_artifact(homes, points):
    [run] = homes.mlflow.runs(RUN)
    listed = homes.mlflow.call("artifacts/list", run_id=run["info"]["run_id"], path="touchstone/c1")
    [file] = listed["files"]
    assert homes.mlflow.artifact(run["info"]["artifact_uri"], file["path"]) == report(homes)


def test_tensorboard_has_the_values_of_the_topic_to_the_last_bit(homes, points):
    files = {
        tier: EventAccumulator(str(homes.boards / board_run(homes, tier))).Reload()
        for tier in ("proxy", "full")
    }
    for point in defined(points):
        *_, last = files[point["tier"]].Tensors(tag(point))
        assert (last.step, list(last.tensor_proto.double_val)) == (point["step"], [point["value"]])
        assert make_ndarray(last.tensor_proto) == np.float32(point["value"])
        assert round(last.wall_time * 1000) == point["ts"]


def test_tensorboard_draws_them_rounded_to_32_bits(homes, points):
    for tier in ("proxy", "full"):
        point = points[tier, "", "average_precision"]
        run = board_run(homes, tier)
        curve = eventually(
            f"{tier} in TensorBoard", SECONDS, lambda: homes.board.scalars(run, tag(point))
        )
        assert curve[-1][0] == point["step"]
        assert curve[-1][2] == np.float32(point["value"])


def test_the_curve_in_tensorboard_is_at_the_thresholds_it_is_drawn_at(homes, points, rows):
    run = board_run(homes, "full")
    [curve] = eventually(
        "the curve", SECONDS, lambda: homes.board.pr_curves(run, "val/validation/pr_curve")
    )
    thresholds = np.array(curve["thresholds"])
    positive = rows.labels == 1
    predicted = rows.scores[None, :] >= np.linspace(0, 1, 100).astype("f4")[:, None]
    # the plugin leaves out the end, where nothing is predicted positive
    predicted = predicted[predicted.any(1)]
    assert thresholds == pytest.approx(np.linspace(0, 1, 100)[: len(predicted)], abs=1e-12)
    counts = {
        "true_positives": (predicted & positive).sum(1),
        "false_positives": (predicted & ~positive).sum(1),
        "true_negatives": (~predicted & ~positive).sum(1),
        "false_negatives": (~predicted & positive).sum(1),
    }
    for name, expected in counts.items():
        assert curve[name] == expected.tolist(), name
    recall = counts["true_positives"] / positive.sum()
    assert curve["recall"] == recall.tolist()
    assert curve["step"] == 7


def test_prometheus_has_the_values_of_the_topic_to_the_last_bit(homes, points):
    homes.await_delivery("remote-write", "metrics", "signals", "verdicts")
    stored = {
        # an empty label is none
        (labels["tier"], labels.get("slice", ""), labels["metric"]): samples[-1][1]
        for labels, samples in (
            (dict(series), samples)
            for series, samples in homes.prometheus.samples("touchstone_metric").items()
        )
        if labels["run_id"] == RUN
    }
    expected = {key: p["value"] for key, p in points.items() if p["value"] is not None}
    assert stored == expected


def test_a_stop_is_told_with_a_signature_and_after_failures_under_the_same_id(homes, points):
    diverged = predictions("diverged", 32).run_event_record(metrics={"training_loss": math.nan})
    homes.engine.send("run-events", json.dumps(diverged | {"metrics": {"training_loss": "NaN"}}).encode())

    def told(path):
        return eventually(f"a message at {path}", SECONDS, lambda: homes.receiver.told(path))

    [message] = told("/signed")
    stop = message.json()
    assert (stop["type"], stop["run_id"]) == ("STOP", "diverged")
    assert stop["link"] == "https://touchstone.example/#/runs/diverged"
    [record] = [
        r.json() for r in homes.engine.topic("signals").read() if r.key == b"diverged"
    ]
    assert stop["signal"]["reason"] == record["reason"]
    [slack] = told("/failing")
    assert slack.json()["text"].startswith("*STOP* run `diverged` at step 100: ")
    first, again = [m for m in homes.receiver.messages if m.path == "/failing"]
    assert first.status == 503 and first.body == again.body
    ids = {m.headers["Touchstone-Delivery"] for m in (first, again, message)}
    assert ids == {stop["id"]}
    assert "Touchstone-Signature" not in slack.headers
    run = eventually("the tag", SECONDS, lambda: homes.mlflow.runs("diverged"))[0]
    assert tags(run)["touchstone.signal"] == "STOP"


def test_a_verdict_is_told_to_those_who_asked(homes, points):
    # by hand, as the gate would
    verdict = {
        "run_id": RUN, "checkpoint": "c1", "step": 7, "gate": "release", "outcome": "FAIL",
        "reasons": ["recall 0.41 is below 0.5", "<!channel> & more"], "report_key": None,
        "ts": points["full", "", "average_precision"]["ts"],
    }  # fmt: skip
    homes.engine.send("verdicts", json.dumps(verdict).encode(), key=f"{RUN}:c1")
    for path in ("/signed", "/verdicts"):
        message = eventually(
            f"the verdict at {path}", SECONDS,
            lambda p=path: next((m for m in homes.receiver.told(p) if b"VERDICT" in m.body), None),
        )  # fmt: skip
        assert message.json()["verdict"] == verdict
    assert not any(b"STOP" in m.body for m in homes.receiver.told("/verdicts"))
    text = eventually(
        "the verdict for people", SECONDS,
        lambda: next((m for m in homes.receiver.told("/failing") if b"FAIL" in m.body), None),
    ).json()["text"]  # fmt: skip
    assert "• &lt;!channel&gt; &amp; more" in text
    assert text.endswith("<https://touchstone.example/#/runs/Fraud%2F7%20%C3%BC/checkpoints/c1|Open the page>")

    def tagged():
        [run] = homes.mlflow.runs(RUN)
        return tags(run).get("touchstone.verdict.release") == "FAIL"

    eventually("the tag", SECONDS, tagged)


def test_a_home_that_is_away_holds_up_nobody_and_gets_all_after_a_restart(homes, points, rows):
    told = len(homes.receiver.messages)
    homes.mlflow.stop()
    later = predictions(RUN, 33, checkpoint="c2")
    later_batches = [b | {"checkpoint": b["checkpoint"] | {"step": 8}} for b in later.batches(4_000)]
    homes.engine.send("predictions", *(single_object("prediction_batch", b) for b in later_batches))
    value = eventually("the second set", SECONDS, lambda: second(homes))["value"]
    curve_tag = "val/validation/average_precision"
    run = board_run(homes, "proxy")

    def drawn():
        return homes.board.scalars(run, curve_tag)[-1][::2] == (8, np.float32(value))

    eventually("TensorBoard goes on", SECONDS, drawn)
    eventually("MLflow is missed", SECONDS, lambda: homes.forward("mlflow")["state"] == "WAITING")
    assert "can't be reached" in homes.forward("mlflow")["last_error"]

    homes.mlflow.start(wait=False)
    homes.restart()
    homes.mlflow.await_start()

    def logged():
        [run] = homes.mlflow.runs(RUN)
        history = homes.mlflow.history(
            run["info"]["run_id"], "proxy/val/validation/average_precision"
        )
        return history if history[-1][0] == 8 else None

    history = eventually("MLflow catches up", SECONDS, logged)
    logged_values = [(step, v) for step, _, v in history]
    assert logged_values[:2] == [
        (7, points["proxy", "", "average_precision"]["value"]),
        (8, value),
    ]
    # a killed engine may say its last point again, at another time, which MLflow keeps; nothing else comes twice
    assert set(logged_values[2:]) <= {(8, value)}
    assert len({(step, at) for step, at, _ in history}) == len(history)
    assert len(homes.receiver.messages) == told, "nothing is told twice"


def second(homes):
    """The last proxy of the second set once it is complete."""
    for record in homes.engine.topic("metrics").read():
        point = record.json()
        if (point["run_id"], point["checkpoint"], point["metric"]) == (
            RUN, "c2", "average_precision",
        ) and point["state"] == "COMPLETE" and not point["slice"]:  # fmt: skip
            return point
    return None
