"""Homes that results are forwarded to: MLflow, TensorBoard, and a receiver of webhooks."""

import hashlib
import hmac
import json
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from service import Service


class Mlflow(Service):
    """A tracking server over SQLite that keeps artifacts too."""

    HEALTH = "/health"
    # half a dozen processes that nothing here asks for
    ENVIRONMENT = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}

    def command(self):
        return [
            sys.executable, "-m", "mlflow", "server",
            "--backend-store-uri", f"sqlite:///{self.directory / 'mlflow.db'}",
            "--artifacts-destination", str(self.directory / "artifacts"),
            "--port", str(self.port), "--workers", "1",
        ]  # fmt: skip

    def call(self, method, body=None, **parameters):
        return self.answer(f"/api/2.0/mlflow/{method}", body, **parameters)

    def experiment(self, name):
        found = self.call("experiments/get-by-name", experiment_name=name)
        return found["experiment"]["experiment_id"]

    def runs(self, run_id, experiment="touchstone"):
        """The runs of MLflow that hold the results of that run: those that were not deleted."""
        query = {
            "experiment_ids": [self.experiment(experiment)],
            "filter": f"tags.`touchstone.run_id` = '{run_id}'",
        }
        return self.call("runs/search", query).get("runs", [])

    def history(self, mlflow_run, key):
        """Every value of a metric: (step, milliseconds, value)."""
        answer = self.call("metrics/get-history", run_id=mlflow_run, metric_key=key)
        return [
            (int(m.get("step", 0)), int(m["timestamp"]), float(m["value"]))
            for m in answer.get("metrics", [])
        ]

    def artifact(self, artifact_uri, path):
        """The JSON of an artifact that the server keeps."""
        root = artifact_uri.removeprefix("mlflow-artifacts:/")
        return self.answer(f"/api/2.0/mlflow-artifacts/artifacts/{root}/{path}")


def tags(run):
    return {tag["key"]: tag["value"] for tag in run["data"].get("tags", [])}


class TensorBoard(Service):
    """Over the event files in `logdir`, with the reader that it takes by itself."""

    HEALTH = "/data/environment"

    def __init__(self, directory, logdir, wait=True):
        self.logdir = logdir
        super().__init__(directory, wait)

    def command(self):
        return [
            sys.executable, "-m", "tensorboard.main", "--logdir", str(self.logdir),
            "--port", str(self.port), "--reload_interval", "1",
        ]  # fmt: skip

    def scalars(self, run, tag):
        """(step, seconds, value) of a curve; None where there is no such curve yet."""
        if tag not in self.answer("/data/plugin/scalars/tags").get(run, {}):
            return None
        points = self.answer("/data/plugin/scalars/scalars", run=run, tag=tag)
        return [(step, wall, value) for wall, step, value in points]

    def pr_curves(self, run, tag):
        """The curves of a run, a step each; None where there are none yet."""
        if tag not in self.answer("/data/plugin/pr_curves/tags").get(run, {}):
            return None
        return self.answer("/data/plugin/pr_curves/pr_curves", run=run, tag=tag)[run]


@dataclass(frozen=True)
class Message:
    path: str
    headers: dict
    body: bytes
    status: int

    def json(self):
        return json.loads(self.body)


class Receiver:
    """Takes webhooks. One at `/signed…` must be signed with the secret, seconds ago; `/failing…` is
    answered 503 the first time."""

    def __init__(self, secret):
        self.secret = secret
        self.messages = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = outer._judge(self.path, self.headers, body)
                outer.messages.append(Message(self.path, dict(self.headers), body, status))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _judge(self, path, headers, body):
        if path.startswith("/failing") and not any(m.path == path for m in self.messages):
            return 503
        if path.startswith("/signed"):
            return 200 if self._is_signed(headers.get("Touchstone-Signature", ""), body) else 401
        return 200

    def _is_signed(self, signature, body):
        parts = dict(part.split("=", 1) for part in signature.split(",") if "=" in part)
        signed = f"{parts.get('t')}.".encode() + body
        expected = hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()
        recent = parts.get("t", "").isdigit() and abs(time.time() - int(parts["t"])) < 300
        return recent and hmac.compare_digest(parts.get("v1", ""), expected)

    def told(self, path):
        return [m for m in self.messages if m.path == path and m.status == 200]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


