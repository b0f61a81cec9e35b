"""How `./touchstone up` refuses to start, and how it stops."""

import pytest

from processes import eventually, free_ports, is_free, run


def refused(tmp_path, *arguments):
    """What a second `up` says; it must be one line, behind the greeting."""
    code, out, err = run("up", *arguments, logs=tmp_path / "logs", seconds=90)
    assert (code, out) == (2, "")
    lines = [line for line in err.splitlines() if not line.startswith("Starting")]
    assert len(lines) == 1, err
    return lines[0]


@pytest.mark.parametrize("option, what", [("--port", "page and API"), ("--kafka-port", "Kafka")])
def test_a_taken_port_is_refused_in_one_line(engine, tmp_path, option, what):
    page, kafka = free_ports(2)
    ports = {"--port": page, "--kafka-port": kafka}
    ports[option] = {"--port": engine.port, "--kafka-port": engine.kafka_port}[option]
    arguments = [x for pair in ports.items() for x in pair]
    line = refused(tmp_path, "--data", tmp_path / "data", *arguments)
    assert line == (
        f"touchstone: port {ports[option]} ({what}) is taken: stop what listens there,"
        f" or choose another with {option}"
    )


def test_a_directory_in_use_is_refused_in_one_line(engine, tmp_path):
    page, kafka = free_ports(2)
    line = refused(tmp_path, "--data", engine.data, "--port", page, "--kafka-port", kafka)
    assert line == (
        f"touchstone: directory {engine.data} is in use by another engine: stop it,"
        " or choose another --data"
    )


def test_ctrl_c_stops_everything_cleanly(engine, figures):
    engine.process.interrupt()
    code = engine.process.ended(60)
    assert code == 130, "as a shell reports an interrupt"
    assert "Stopping" in engine.process.err[-1]
    assert not any("Exception" in line for line in engine.process.err)
    for port in (engine.port, engine.kafka_port, engine.flink_port):
        eventually(f"port {port} is free again", 10, lambda p=port: is_free(p))
