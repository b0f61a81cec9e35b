"""The shaded job jar on a cluster of separate processes: what `flink run` would do, without a
distribution. One task manager is killed while a set arrives."""

import glob
import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from sklearn.metrics import average_precision_score, roc_auc_score

from engine import Topic
from processes import ROOT, eventually, free_ports

LIB = ROOT / "cli/target/lib"
JOB_JAR = ROOT / "jobs/target/touchstone-jobs.jar"
ROWS, BATCH = 20_000, 1_000
TOPICS = (
    "predictions checkpoints evaluation-requests serving-predictions timings run-events prediction-sets "
    "metrics reports progress signals verdicts dead-letters"
).split()
# a cluster has Flink and its logging; everything else must be in the job jar
NOT_FLINKS = (
    "touchstone kafka parquet hadoop avro xgboost jetty javalin kotlin picocli fastcsv uplot hash4j "
    "scala websocket jackson-"
).split()
OPENS = [
    f"--add-opens=java.base/{package}=ALL-UNNAMED"
    for package in (
        "java.lang java.net java.io java.nio sun.nio.ch java.lang.reflect java.text java.time "
        "java.util java.util.concurrent java.util.concurrent.atomic java.util.concurrent.locks"
    ).split()
]


class Cluster:
    """A broker, a job manager and task managers, a JVM each."""

    def __init__(self, home: Path):
        self.home = home
        self.processes = []
        kafka, controller, rpc, rest = free_ports(4)
        self.bootstrap = f"127.0.0.1:{kafka}"
        self.rest = f"http://127.0.0.1:{rest}"
        for name in ("lib", "conf", "log", "kafka"):
            (home / name).mkdir()
        for jar in glob.glob(f"{LIB}/*.jar"):
            name = os.path.basename(jar)
            if name.startswith("flink-shaded-") or not any(n in name for n in NOT_FLINKS):
                os.symlink(jar, home / "lib" / name)
        self._start_broker(kafka, controller)
        self._start_flink(rpc, rest)

    def _spawn(self, name, *arguments):
        log = open(self.home / "log" / name, "w")
        environment = dict(
            os.environ, FLINK_LIB_DIR=f"{self.home}/lib", FLINK_CONF_DIR=f"{self.home}/conf"
        )
        process = subprocess.Popen(
            ["java", *arguments], stdout=log, stderr=subprocess.STDOUT, env=environment
        )
        self.processes.append(process)
        return process

    def _start_broker(self, port, controller):
        properties = self.home / "kafka/server.properties"
        properties.write_text(
            f"""process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
log.dirs={self.home}/kafka/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
"""
        )
        storage = ["java", "-cp", f"{LIB}/*", "kafka.tools.StorageTool"]
        cluster = subprocess.run(
            [*storage, "random-uuid"], capture_output=True, text=True, check=True, timeout=60
        ).stdout.split()[-1]
        subprocess.run(
            [*storage, "format", "--standalone", "-t", cluster, "-c", str(properties)],
            capture_output=True,
            check=True,
            timeout=60,
        )
        self._spawn("kafka", "-Xmx512m", "-cp", f"{LIB}/*", "kafka.Kafka", str(properties))

    def _start_flink(self, rpc, rest):
        (self.home / "conf/config.yaml").write_text(
            (ROOT / "conf/config.yaml").read_text()
            + f"""
jobmanager.rpc.address: 127.0.0.1
jobmanager.rpc.port: {rpc}
jobmanager.bind-host: 127.0.0.1
jobmanager.memory.process.size: 1024m
taskmanager.bind-host: 127.0.0.1
taskmanager.host: 127.0.0.1
taskmanager.memory.process.size: 1600m
taskmanager.numberOfTaskSlots: 2
rest.address: 127.0.0.1
rest.bind-address: 127.0.0.1
rest.port: {rest}
heartbeat.interval: 1000
heartbeat.timeout: 5000
execution.checkpointing.dir: file://{self.home}/checkpoints
"""
        )
        self.flink = ["-cp", f"{self.home}/lib/*"]
        self._spawn(
            "jobmanager",
            "-Xmx448m",
            *OPENS,
            *self.flink,
            "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
            "--configDir",
            f"{self.home}/conf",
        )
        marker = "BASH_JAVA_UTILS_EXEC_RESULT:"
        output = subprocess.run(
            [
                "java", *self.flink, "org.apache.flink.runtime.util.bash.BashJavaUtils",
                "GET_TM_RESOURCE_PARAMS", "--configDir", f"{self.home}/conf",
            ],
            capture_output=True,
            text=True,
            timeout=60,
        )  # fmt: skip
        found = [line.split(marker)[1] for line in output.stdout.splitlines() if marker in line]
        assert len(found) == 2, output.stdout + output.stderr
        self.jvm_options, self.resources = (line.split() for line in found)

    def task_manager(self, name):
        return self._spawn(
            name,
            *self.jvm_options,
            *OPENS,
            *self.flink,
            "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
            "--configDir",
            f"{self.home}/conf",
            *self.resources,
            "-D",
            f"taskmanager.resource-id={name}",
        )

    def get(self, path):
        """The JSON at `path`, or None while nobody answers."""
        try:
            with urllib.request.urlopen(self.rest + path, timeout=10) as answer:
                return json.load(answer)
        except (urllib.error.URLError, ConnectionError):
            return None

    def submit(self, *jobs):
        # the REST API takes a form; curl is nearer to what people do than a form by hand
        upload = subprocess.run(
            [
                "curl", "-s", "-X", "POST", "-F",
                f"jarfile=@{JOB_JAR};type=application/x-java-archive", f"{self.rest}/v1/jars/upload",
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )  # fmt: skip
        jar = os.path.basename(json.loads(upload.stdout)["filename"])
        for job in jobs:
            body = {
                "entryClass": f"dev.touchstone.jobs.{job}",
                "parallelism": 2,
                "programArgsList": [
                    "--conf", f"{ROOT}/conf/touchstone.yaml", "--bootstrap", self.bootstrap,
                    "--set", f"cache.directory=file://{self.home}/cache",
                ],
            }  # fmt: skip
            request = urllib.request.Request(
                f"{self.rest}/v1/jars/{jar}/run",
                json.dumps(body).encode(),
                {"Content-Type": "application/json"},
            )
            urllib.request.urlopen(request, timeout=60).close()
        eventually("both jobs run", 90, self.all_tasks_run, every=0.3)

    def all_tasks_run(self):
        jobs = (self.get("/v1/jobs/overview") or {"jobs": []})["jobs"]
        return len(jobs) == 2 and all(
            job["state"] == "RUNNING" and job["tasks"]["running"] == job["tasks"]["total"]
            for job in jobs
        )

    def checkpoints(self):
        """Flink checkpoints completed, the least of both jobs."""
        counts = []
        for job in self.get("/v1/jobs/overview")["jobs"]:
            answer = self.get(f"/v1/jobs/{job['jid']}/checkpoints")
            counts.append(answer["counts"]["completed"] if answer else 0)
        return min(counts)

    def close(self):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait(30)


@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path)
    try:
        yield cluster
    finally:
        cluster.close()


def test_a_killed_task_manager_changes_no_report(cluster, figures):
    first = cluster.task_manager("tm-1")
    cluster.task_manager("tm-2")
    eventually(
        "two task managers",
        90,
        lambda: (cluster.get("/overview") or {}).get("taskmanagers") == 2,
        every=0.3,
    )
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
    made = admin.create_topics([NewTopic(f"touchstone.{name}", 2, 1) for name in TOPICS])
    for topic in made.values():
        topic.result(60)
    cluster.submit("PredictionsJob", "EvaluationsJob")

    random = np.random.default_rng(1)
    labels = (random.random(ROWS) < 0.1).astype(int)
    scores = (random.random(ROWS) * 0.6 + labels * 0.3 * random.random(ROWS)).astype(np.float32)
    producer = Producer({"bootstrap.servers": cluster.bootstrap})

    def send(sequence):
        rows = slice(sequence * BATCH, (sequence + 1) * BATCH)
        batch = {
            "run_id": "r",
            "checkpoint": {"id": "c", "step": 1},
            "evaluation_set": {"id": "v", "size": ROWS},
            "sequence": sequence,
            "last_of_shard": sequence == ROWS // BATCH - 1,
            "count": BATCH,
            "example_ids": sequence * BATCH,
            "labels": labels[rows].tolist(),
            "scores": [float(score) for score in scores[rows]],
            "emitted_at": 0,
        }
        producer.produce("touchstone.predictions", json.dumps(batch).encode(), partition=0)

    for sequence in range(10):
        send(sequence)
    producer.flush()
    before = cluster.checkpoints()
    eventually("a Flink checkpoint with half the set", 60, lambda: cluster.checkpoints() > before)
    first.kill()
    for sequence in range(10, 20):
        send(sequence)
    event = {"run_id": "r", "checkpoint": "c", "step": 1, "evaluation_set": "v", "emitted_at": 0}
    producer.produce("touchstone.checkpoints", json.dumps(event).encode())
    producer.flush()
    cluster.task_manager("tm-3")

    reports = Topic(cluster.bootstrap, "touchstone.reports")
    report = eventually("the report", 120, reports.read)[0].json()
    assert report["state"] == "EVALUATED", report["reason"]
    assert report["report"]["n"] == ROWS
    metrics = report["report"]["metrics"]
    assert metrics["average_precision"]["value"] == pytest.approx(
        average_precision_score(labels, scores), abs=1e-12
    )
    assert metrics["roc_auc"]["value"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
