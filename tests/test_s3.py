"""The prediction cache in an S3-compatible store: a real server on loopback, Flink's own plugin."""

import io
import json
import subprocess
import xml.etree.ElementTree as ET

import boto3
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer

from engine import Engine
from processes import QUICK_START, ROOT, free_ports, run
from wire import PredictionSet, random_rows

ROWS = 9_000
KEYS = {"aws_access_key_id": "touchstone", "aws_secret_access_key": "secret"}


def flink_version():
    pom = ET.parse(ROOT / "pom.xml").getroot()
    return pom.find(".//{*}properties/{*}flink.version").text


@pytest.fixture(scope="module")
def plugins():
    """Flink's S3 plugin, as the guide says to install it; fetched once."""
    directory = ROOT / "target/plugins"
    if not list(directory.glob("s3-fs-hadoop/*.jar")):
        artifact = f"org.apache.flink:flink-s3-fs-hadoop:{flink_version()}"
        subprocess.run(
            ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={artifact}",
             f"-DoutputDirectory={directory}/s3-fs-hadoop"],
            cwd=ROOT, check=True, timeout=600,
        )  # fmt: skip
    return directory


@pytest.fixture(scope="module")
def store():
    [port] = free_ports(1)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    endpoint = f"http://127.0.0.1:{port}"
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **KEYS)
    client.create_bucket(Bucket="models")
    client.endpoint = endpoint
    yield client
    server.stop()


@pytest.fixture(scope="module")
def conf(store, tmp_path_factory):
    directory = tmp_path_factory.mktemp("conf")
    settings = (ROOT / "conf/touchstone.yaml").read_text()
    (directory / "touchstone.yaml").write_text(
        settings.replace("directory: data/cache", "directory: s3://models/cache")
    )
    (directory / "config.yaml").write_text(
        (ROOT / "conf/config.yaml").read_text()
        + f"""
s3:
  endpoint: {store.endpoint}
  path-style-access: "true"
  access-key: {KEYS["aws_access_key_id"]}
  secret-key: {KEYS["aws_secret_access_key"]}
"""
    )
    return directory / "touchstone.yaml"


@pytest.fixture(scope="module")
def engine(plugins, conf, tmp_path_factory):
    home = tmp_path_factory.mktemp("s3")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FLINK_PLUGINS_DIR", str(plugins))
        engine = Engine(
            home / "data", home / "logs", "--conf", conf, "--set", "cache.segment_rows=4096",
            java_options=QUICK_START,
        )  # fmt: skip
        try:
            engine.await_start()
            yield engine
        finally:
            engine.close()


def test_a_set_is_written_evaluated_verified_and_pruned(engine, store, conf, tmp_path):
    labels, scores = random_rows(41, ROWS)
    rows = PredictionSet("in-s3", labels, scores)
    engine.send("predictions", *rows.messages(1_000, shards=2))
    engine.send("checkpoints", rows.event())
    manifest = engine.manifest("in-s3")
    prefix = f"cache/{manifest['set_key']}/"

    def objects():
        found = store.list_objects_v2(Bucket="models", Prefix=prefix).get("Contents", [])
        return {o["Key"].removeprefix(prefix) for o in found} - {""}

    assert objects() == {s["file"] for s in manifest["segments"]} | {"manifest.json"}
    assert not (engine.data / "cache").exists(), "nothing on the local disk"
    read = 0
    for segment in manifest["segments"]:
        body = store.get_object(Bucket="models", Key=prefix + segment["file"])["Body"].read()
        read += pq.read_table(io.BytesIO(body)).num_rows
    assert read == ROWS
    outcome = engine.outcome("in-s3")
    assert outcome["state"] == "EVALUATED", outcome

    def cache(*arguments):
        return run("cache", *arguments, "--conf", conf, logs=tmp_path)

    code, out, err = cache("verify")
    assert code == 0, out + err
    assert out.splitlines()[-1] == "1 sets, 2 segments: sound"
    assert cache("pin", manifest["set_key"])[0] == 0
    code, out, _ = cache("ls", "--format", "json")
    [entry] = json.loads(out)
    assert (entry["rows"], entry["pinned"]) == (ROWS, True)
    code, out, err = cache("prune", "--set", "cache.max_bytes=1")
    assert code == 0 and out.startswith("0 sets, 0 left-over files"), out + err
    assert cache("unpin", manifest["set_key"])[0] == 0
    code, out, err = cache("prune", "--set", "cache.max_bytes=1")
    assert code == 0 and "1 sets, 0 left-over files" in out, out + err
    assert objects() == set()
