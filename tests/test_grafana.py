"""Dashboards and alerts of docker/grafana and docker/prometheus: every query is asked, and must be answered."""

import json
import math
import re
import shutil
import subprocess
import time
import urllib.parse
from itertools import combinations

import numpy as np
import pytest
import yaml

from engine import Engine
from grafana import (
    DASHBOARDS,
    GRAFANA,
    Choice,
    assert_names_are_there,
    provisioned,
    select_columns,
    select_rows,
    substitute,
    transformed,
)
from processes import QUICK_START, ROOT, eventually, free_ports
from prometheus import Prometheus
from wire import PredictionSet, random_rows, single_object

PROMETHEUS = ROOT / "docker/prometheus"
RULES = yaml.safe_load((PROMETHEUS / "rules/touchstone.yml").read_text())
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}

STEPS = (100, 200, 300)
STOPPED, GOOD = "stopped-run", "good.run (1)"  # characters that a regular expression reads otherwise
COUNTRIES = ["DE", "FR", "US"]

# what a column may be without, in every row
MAY_BE_NULL = {"last error", "undefined because", "first reason"}


# ---- a real run in a real Prometheus


class Filled:
    """An engine with two runs behind it, and the Prometheus that they were written to."""

    def __init__(self, engine, prometheus, since):
        self.engine, self.prometheus = engine, prometheus
        self.since, self.until = since, time.time() + 15
        self.choices = {name: self._choices(d) for name, d in DASHBOARDS.items()}

    def ask(self, expression, instant):
        if instant:
            return self.prometheus.query(expression, time=self.until - 15)
        return self.prometheus.range(expression, self.since, self.until)

    def fetch(self, query, choices):
        """The rows of an Infinity query."""
        url = substitute(query["url"], choices)
        params = {p["key"]: substitute(p["value"], choices) for p in query["url_options"].get("params", [])}
        path = url + ("?" + urllib.parse.urlencode(params) if params else "")
        status, _, body = self.engine.http("GET", path)
        assert status == 200, f"{path}: {body}"
        return select_columns(select_rows(body, query["root_selector"]), query["columns"])

    # Variables are found by their own queries, one after the other, as Grafana does when a dashboard opens.
    def _choices(self, dashboard):
        range_seconds = math.ceil(self.until - self.since)
        choices = {"__interval": "15s", "__range": f"{range_seconds}s", "__rate_interval": "60s"}
        wanted = {"run_id": STOPPED, "checkpoint": f"step-{STEPS[-1]}", "evaluation_set": "val"}
        for variable in dashboard.variables:
            name = variable["name"]
            if variable["type"] == "datasource":
                choices[name] = Choice(variable["current"]["value"])
                continue
            options = self.options(variable, choices)
            assert options, f"{dashboard.name}: nothing to choose from for {name}"
            if variable["includeAll"]:
                choices[name] = Choice(variable["allValue"], regex=True, as_is=True)
                continue
            default = variable["current"]["value"]
            value = wanted.get(name) or default or options[0]
            assert value in options, f"{dashboard.name}: {name} must be one of {options}, got {value}"
            choices[name] = Choice(value)
        return choices

    def options(self, variable, choices):
        query = variable["query"]
        if "infinityQuery" in query:
            rows = self.fetch(query["infinityQuery"], choices)
            assert all(row["__text"] == row["__value"] for row in rows)
            return [row["__value"] for row in rows]
        selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", query["query"]).groups()
        matching = {"match[]": substitute(selector, choices, promql=True)}
        return self.prometheus.get(f"/api/v1/label/{label}/values", **matching)


def send_run(engine, run, seed):
    """A run that gets better with each model checkpoint."""
    labels, scores = random_rows(seed, 6_000)
    random = np.random.default_rng(seed)
    country = random.integers(0, len(COUNTRIES), len(labels))
    logits = np.log(scores / (1 - scores))
    for step in STEPS:
        better = 1 / (1 + np.exp(-(logits + step / 200 * labels)))
        rows = PredictionSet(
            run, labels, better, slices={"country": (COUNTRIES, country)}, checkpoint=f"step-{step}"
        )
        at = {"checkpoint": {"id": rows.checkpoint, "step": step, "epoch": step / 100, "model_digest": None}}
        engine.send("predictions", *(single_object("prediction_batch", b | at) for b in rows.batches(2_000)))
        engine.send("checkpoints", rows.event(step=step, epoch=step / 100))
        assert engine.outcome(run, checkpoint=rows.checkpoint)["state"] == "EVALUATED"
        report_losses(engine, rows, step=step, training_loss=0.3 - step / 2_000)
    return rows


def report_losses(engine, rows, step, **losses):
    """Stamped with the time of today: Prometheus takes no samples of another year."""
    now = time.time_ns() // 1_000_000
    event = rows.run_event_record(step=step, metrics=losses, emitted_at=now)
    engine.send("run-events", json.dumps(event).encode())


def verdict(run, gate, outcome, ts):
    return json.dumps(
        {
            "run_id": run, "checkpoint": f"step-{STEPS[-1]}", "step": STEPS[-1], "gate": gate, "outcome": outcome,
            "reasons": [] if outcome == "PASS" else ["latency p99 must be at most 20 ms, got 31 ms"],
            "report_key": None, "ts": ts,
        }
    ).encode()  # fmt: skip


LABELS = ("run_id", "evaluation_set", "split", "tier", "slice", "metric")


def on_topic(engine):
    """The series that points with a value make."""
    points = [record.json() for record in engine.topic("metrics").read()]
    return {tuple(p[label] for label in LABELS) for p in points if p["value"] is not None}


def stored(prometheus):
    found = prometheus.query("last_over_time(touchstone_metric[1h])")
    return {tuple(series["metric"].get(label, "") for label in LABELS) for series in found}


def prometheus_config(port):
    """docker/prometheus with the engine here in place of the one in compose."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    assert config["rule_files"] == ["rules/*.yml"]
    config["rule_files"] = [str(PROMETHEUS / "rules/*.yml")]
    config["global"] |= {"scrape_interval": "1s", "evaluation_interval": "1s"}
    [job] = config["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["server:8080"]}]
    job["static_configs"] = [{"targets": [f"127.0.0.1:{port}"]}]
    return yaml.safe_dump(config)


@pytest.fixture(scope="module")
def filled(tmp_path_factory, figures):
    home = tmp_path_factory.mktemp("grafana")
    since = time.time()
    ports = free_ports(3)
    prometheus = Prometheus(home / "prometheus", prometheus_config(ports[0]))
    engine = Engine(
        home / "data", home / "logs", "--set", f"forward.remote_write.url={prometheus.write_url}",
        java_options=f"{QUICK_START} -Xmx1g", ports=ports,
    )  # fmt: skip
    try:
        engine.await_start()
        send_run(engine, GOOD, 71)
        rows = send_run(engine, STOPPED, 72)
        asked = {"run_id": STOPPED, "checkpoint": rows.checkpoint, "slices": ["country"]}
        status, headers, _ = engine.http("POST", "/v1/evaluations", asked)
        assert (status, engine.evaluation(headers["Location"])["state"]) == (202, "EVALUATED")
        now = time.time_ns() // 1_000_000
        for run, gate, outcome in (
            (STOPPED, "latency", "FAIL"), (STOPPED, "quality", "INSUFFICIENT"), (GOOD, "latency", "PASS")
        ):  # fmt: skip
            engine.send("verdicts", verdict(run, gate, outcome, now), key=f"{run}/{gate}")
        engine.send("predictions", b"no batch at all")
        report_losses(engine, rows, step=350, training_loss=0.1, validation_loss="NaN")
        engine.await_record("signals", "the STOP", lambda r: r.json()["decision"] == "STOP")
        for last in (
            "last_over_time(touchstone_signal_stop[1h]) == 1",
            "count(last_over_time(touchstone_verdict[1h])) == 3",
            "touchstone_dead_letters_total",
        ):
            eventually(f"{last} in Prometheus", 60, lambda: prometheus.query(last))
        eventually("all metrics in Prometheus", 60, lambda: stored(prometheus) >= on_topic(engine))
        figures["dashboards: runs in Prometheus after, seconds"] = round(time.time() - since, 1)
        yield Filled(engine, prometheus, since)
    finally:
        engine.close()
        prometheus.close()


# ---- queries


def panels(source):
    return [
        pytest.param(d, p, id=f"{d.name}-{p['id']}-{p['title']}")
        for d in DASHBOARDS.values()
        for p in d.panels
        if any(t.panel is p for t in d.targets(source))
    ]


def is_number(text):
    return not math.isnan(float(text))


@pytest.mark.parametrize("dashboard, panel", panels("prometheus"))
def test_every_query_to_prometheus_returns_data(filled, dashboard, panel):
    choices = filled.choices[dashboard.name]
    columns = set()
    for query in panel["targets"]:
        expression = substitute(query["expr"], choices, promql=True)
        result = filled.ask(expression, query["instant"])
        numbers = [v for series in result for _, v in series.get("values", [series.get("value")]) if is_number(v)]
        assert numbers, f"{panel['title']}, {query['refId']}: no data for {expression}"
        labels = {label for series in result for label in series["metric"]}
        if query["format"] == "table":
            assert query["instant"], "a table of instants"
            value = "Value" if len(panel["targets"]) == 1 else f"Value #{query['refId']}"
            columns |= {"Time", value, *labels}
        else:
            legend = query["legendFormat"]
            wanted = set(re.findall(r"{{(\w+)}}", legend))
            assert wanted <= labels | {"slice"}, f"{panel['title']}: {legend} of {labels}"
            columns |= {legend, "Time"}
            if not wanted and legend != "__auto":
                assert len(result) == 1, f"{panel['title']}: {len(result)} series are named {legend}"
    assert_names_are_there(panel, transformed(columns, panel))


@pytest.mark.parametrize("dashboard, panel", panels("api"))
def test_every_query_to_the_api_returns_data(filled, dashboard, panel):
    columns = set()
    for query in panel["targets"]:
        rows = filled.fetch(query, filled.choices[dashboard.name])
        assert rows, f"{panel['title']}: no row"
        for column in query["columns"]:
            name = column["text"]
            assert name not in columns, f"{panel['title']}: two columns are named {name}"
            columns.add(name)
            values = [row[name] for row in rows if row[name] is not None]
            assert values or name in MAY_BE_NULL, f"{panel['title']}: {column['selector']} is null everywhere"
            types = {"string": str, "number": (int, float), "timestamp_epoch": int}[column["type"]]
            assert all(isinstance(v, types) and not isinstance(v, bool) for v in values), (column, values[:3])
            if column["type"] == "timestamp_epoch":
                assert all(filled.since - 60 < v / 1000 < filled.until + 60 for v in values), "milliseconds"
    assert_names_are_there(panel, transformed(columns, panel))


@pytest.mark.parametrize("dashboard, panel", panels("kafka"))
def test_fields_of_every_kafka_panel_are_in_the_topics_messages(filled, dashboard, panel):
    [query] = panel["targets"]
    prefix, _, name = query["topicName"].partition(".")
    assert prefix == "touchstone"
    messages = [record.json() for record in filled.engine.topic(name).read(1) if record.value]
    assert messages
    assert all(not isinstance(v, (dict, list)) for m in messages for v in m.values()), "flat"
    # the plugin adds the message's own time
    columns = transformed({"time"}.union(*messages), panel)
    assert_names_are_there(panel, columns)
    for column in columns - {"time"}:
        assert any(m[column] is not None for m in messages), f"{panel['title']}: {column} is null everywhere"


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)
def test_marks_are_found(filled, dashboard):
    for mark in dashboard.json["annotations"]["list"]:
        expression = substitute(mark["target"]["expr"], filled.choices[dashboard.name], promql=True)
        assert filled.ask(expression, instant=False), f"{mark['name']}: {expression}"


def panel_of(name, title):
    [panel] = [p for p in DASHBOARDS[name].panels if p["title"] == title]
    return panel


def test_prometheus_and_the_api_show_the_values_of_the_report(filled):
    report = filled.engine.get(f"/v1/runs/{STOPPED}/checkpoints/step-{STEPS[-1]}/report")["report"]
    exact = report["metrics"]["average_precision"]

    run = filled.choices["run"]
    shown = {
        q["legendFormat"]: float(series["value"][1])
        for q in panel_of("run", "Last full report")["targets"]
        for series in filled.ask(substitute(q["expr"], run, promql=True), instant=True)
    }
    assert shown == {"full": exact["value"], "low": exact["ci_low"], "high": exact["ci_high"]}

    [query] = panel_of("checkpoint", "Average precision")["targets"]
    [row] = filled.fetch(query, filled.choices["checkpoint"])
    assert row == {"value": exact["value"], "low": exact["ci_low"], "high": exact["ci_high"]}

    [query] = panel_of("checkpoint", "All metrics")["targets"]
    rows = {r["metric"]: r["value"] for r in filled.fetch(query, filled.choices["checkpoint"])}
    assert rows == {name: metric["value"] for name, metric in report["metrics"].items()}


def test_the_slice_all_is_all_examples_and_each_slice_can_be_chosen(filled):
    [query] = [q for q in panel_of("run", "Last proxy")["targets"] if q["legendFormat"] == "proxy"]
    choices = filled.choices["run"]
    [all_examples] = filled.ask(substitute(query["expr"], choices, promql=True), instant=True)
    assert "slice" not in all_examples["metric"]
    [variable] = [v for v in DASHBOARDS["run"].variables if v["name"] == "slice"]
    slices = filled.options(variable, choices)
    assert {f"country={c}" for c in COUNTRIES} <= set(slices)
    for name in slices:
        one = choices | {"slice": Choice(name, regex=True)}
        found = filled.ask(substitute(query["expr"], one, promql=True), instant=True)
        assert [series["metric"]["slice"] for series in found] == [name]


def test_any_run_can_be_chosen_by_its_name(filled):
    for name, regex in (("run", False), ("fleet", True)):
        choices = filled.choices[name] | {"run_id": Choice(GOOD, regex=regex)}
        for panel in DASHBOARDS[name].panels:
            for query in panel["targets"]:
                if "touchstone_metric{" in query.get("expr", "") and "by (" not in query["expr"]:
                    found = filled.ask(substitute(query["expr"], choices, promql=True), query["instant"])
                    assert found and {s["metric"].get("run_id", GOOD) for s in found} == {GOOD}, query["expr"]


# ---- alerts


def test_alerts_about_runs_name_the_right_ones(filled):
    def named(alert):
        return {s["metric"]["run_id"]: s["metric"].get("gate") for s in filled.ask(ALERTS[alert]["expr"], True)}

    assert named("TouchstoneRunStopped") == {STOPPED: None}
    assert named("TouchstoneGateFailed") == {STOPPED: "latency"}
    assert named("TouchstoneRunDiverging") == {}
    assert named("TouchstoneProxyUntrusted") == {}


def test_prometheus_loads_the_rules_and_an_alert_fires(filled):
    def firing():
        alerts = filled.prometheus.get("/api/v1/alerts")["alerts"]
        return {a["labels"]["alertname"] for a in alerts if a["state"] == "firing"}

    eventually("TouchstoneRunStopped fires", 60, lambda: "TouchstoneRunStopped" in firing())
    assert "TouchstoneServerDown" not in firing()


@pytest.mark.parametrize(
    "command",
    [
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "rules/touchstone.yml"],
        ["test", "rules", "tests/touchstone_test.yml"],
    ],
    ids=" ".join,
)
def test_promtool_is_content(command):
    result = subprocess.run(["promtool", *command], cwd=PROMETHEUS, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_alert_has_a_unit_test_in_which_it_fires_and_one_in_which_it_does_not():
    tests = yaml.safe_load((PROMETHEUS / "tests/touchstone_test.yml").read_text())["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    for alert in ALERTS:
        fires = [bool(case.get("exp_alerts")) for case in cases if case["alertname"] == alert]
        quiet = not all(fires) or any(
            len(test["input_series"]) > len(case["exp_alerts"])
            for test in tests
            for case in test["alert_rule_test"]
            if case["alertname"] == alert
        )
        assert any(fires) and quiet, alert


def test_grafanas_alerts_are_those_of_prometheus():
    groups = provisioned("alerting")["groups"]
    assert [g["name"] for g in groups] == [g["name"] for g in RULES["groups"]]
    rules = {rule["title"]: rule for group in groups for rule in group["rules"]}
    assert list(rules) == list(ALERTS)
    assert len({rule["uid"] for rule in rules.values()}) == len(rules)
    boards = {d.json["uid"] for d in DASHBOARDS.values()}
    source = provisioned("datasources")["datasources"][0]["uid"]
    for name, theirs in ALERTS.items():
        rule = rules[name]
        query, threshold = rule["data"]
        assert query["datasourceUid"] == source
        assert query["model"]["expr"].split() == theirs["expr"].split(), name
        assert "$" not in query["model"]["expr"], "Grafana would read a variable of its environment"
        assert rule["condition"] == threshold["refId"] and threshold["model"]["expression"] == "A"
        # every condition answers with values of at least 0
        assert threshold["model"]["conditions"] == [{"evaluator": {"type": "gt", "params": [-1]}}]
        assert rule["for"] == theirs.get("for", "0s"), name
        assert rule["labels"] == theirs["labels"], name
        said = {key: text.replace("$value ", "$values.A ") for key, text in theirs["annotations"].items()}
        assert rule["annotations"] == said, name
        assert rule["noDataState"] == "OK", "no series is the usual case"
        assert rule["dashboardUid"] in boards


# ---- the files themselves


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)
def test_a_dashboard_is_tidy(dashboard):
    board = dashboard.json
    assert board["uid"] == f"touchstone-{dashboard.name}" and board["description"]
    assert "touchstone" in board["tags"], "or the links of the others don't find it"
    ids = [p["id"] for p in dashboard.all_panels]
    assert len(ids) == len(set(ids))
    for panel in dashboard.panels:
        assert panel["title"] and panel["description"].endswith("."), panel["title"]
        refs = [q["refId"] for q in panel["targets"]]
        assert len(refs) == len(set(refs)) and all(q["datasource"] == panel["datasource"] for q in panel["targets"])
        known = {v["name"] for v in dashboard.variables} | {"__interval", "__range", "__rate_interval"}
        # JSONata has variables and functions of its own, which Grafana leaves alone
        queries = [{k: v for k, v in q.items() if k != "root_selector"} for q in panel["targets"]]
        for text in re.findall(r"\$\{?(\w+)", json.dumps([queries, panel["title"]])):
            assert text in known, f"{panel['title']}: ${text} is no variable"
    for one, other in combinations((p["gridPos"] for p in dashboard.all_panels), 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above, f"{one} and {other} overlap"


def test_links_lead_to_dashboards_and_variables_that_there_are():
    boards = {d.json["uid"]: {v["name"] for v in d.variables} for d in DASHBOARDS.values()}
    texts = [json.dumps(d.json) for d in DASHBOARDS.values()]
    links = re.findall(r"/d/([\w-]+)(?:\?([^\" ]*))?", "\n".join(texts))
    assert {uid for uid, _ in links} == {"touchstone-run", "touchstone-checkpoint"}
    for uid, query in links:
        for name in re.findall(r"var-(\w+)=", query):
            assert name in boards[uid], (uid, name)


def test_data_sources_are_the_ones_that_dashboards_open_with():
    sources = {s["uid"]: s["type"] for s in provisioned("datasources")["datasources"]}
    assert len(sources) == 3
    for dashboard in DASHBOARDS.values():
        for variable in dashboard.variables:
            if variable["type"] == "datasource":
                assert sources[variable["current"]["value"]] == variable["query"], dashboard.name


def test_compose_mounts_what_grafana_and_prometheus_read():
    compose = yaml.safe_load((ROOT / "docker/compose.yaml").read_text())
    grafana, prometheus = (compose["services"][name] for name in ("grafana", "prometheus"))
    assert grafana["profiles"] == prometheus["profiles"] == ["monitoring"]
    mounted = {v.split(":")[1]: v.split(":")[0] for v in grafana["volumes"]}
    assert mounted["/etc/grafana/provisioning"] == "./grafana/provisioning"
    [provider] = provisioned("dashboards")["providers"]
    assert mounted[provider["options"]["path"]] == "./grafana/dashboards"
    assert "--web.enable-remote-write-receiver" in prometheus["command"]
    given = (GRAFANA / "provisioning/datasources/touchstone.yml").read_text()
    variables = set(re.findall(r"\$\{(\w+)\}", given))
    assert variables == {name for name in grafana["environment"] if name.startswith("TOUCHSTONE_")}
    plugins = grafana["environment"]["GF_PLUGINS_PREINSTALL_SYNC"]
    kinds = {s["type"] for s in provisioned("datasources")["datasources"]} - {"prometheus"}
    assert {p.split("@")[0] for p in plugins.split(",")} == kinds
    types = json.loads((GRAFANA / "types/package.json").read_text())["devDependencies"]
    assert grafana["image"] == f"grafana/grafana:{types['@grafana/schema']}", "the version that is checked against"


@pytest.mark.skipif(not shutil.which("npm"), reason="npm is missing: docker/grafana/README.md has the command")
def test_dashboards_have_the_types_that_grafana_publishes(tmp_path):
    types = tmp_path / "types"
    shutil.copytree(GRAFANA / "types", types, ignore=shutil.ignore_patterns("node_modules"))
    subprocess.run(["npm", "ci", "--silent"], cwd=types, check=True, timeout=300)

    # one that is wrong beside the others, since a check that finds nothing proves nothing
    wrong = json.loads((GRAFANA / "dashboards/run.json").read_text())
    wrong["panels"][0]["options"]["colorMode"] = "backgrund"
    (tmp_path / "wrong.json").write_text(json.dumps(wrong, indent=2))
    files = [*sorted((GRAFANA / "dashboards").glob("*.json")), tmp_path / "wrong.json"]
    check = ["node", "check.mjs", *map(str, files)]
    result = subprocess.run(check, cwd=types, capture_output=True, text=True, timeout=300)
    *problems, summary = result.stdout.splitlines()
    assert [p for p in problems if not p.startswith((" ", "wrong.json"))] == [], result.stdout
    assert any("backgrund" in p for p in problems), result.stdout
    assert summary == f"{len(files)} dashboards, 1 problems", result.stdout
