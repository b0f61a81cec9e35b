"""The dashboards of docker/grafana as Grafana reads them: variables, queries, and what a panel makes of the answers."""

import json
import re
import urllib.parse
from dataclasses import dataclass

import yaml
from jsonata import Jsonata

from processes import ROOT

GRAFANA = ROOT / "docker/grafana"
PROVISIONING = GRAFANA / "provisioning"
KINDS = {
    "prometheus": "prometheus",
    "yesoreyeram-infinity-datasource": "api",
    "hamedkarbasi93-kafka-datasource": "kafka",
}


@dataclass(frozen=True)
class Target:
    """A query of a panel."""

    panel: dict
    query: dict

    @property
    def source(self):
        return KINDS[self.query["datasource"]["type"]]


class Dashboard:
    def __init__(self, path):
        self.name = path.stem
        self.json = json.loads(path.read_text())
        # panels of collapsed rows lie inside the row
        self.all_panels = [q for p in self.json["panels"] for q in [p, *p.get("panels", [])]]
        self.panels = [p for p in self.all_panels if p["type"] != "row"]
        self.variables = self.json["templating"]["list"]

    def targets(self, source):
        targets = [Target(p, query) for p in self.panels for query in p["targets"]]
        return [t for t in targets if t.source == source]


DASHBOARDS = {d.name: d for d in map(Dashboard, sorted((GRAFANA / "dashboards").glob("*.json")))}


def provisioned(what):
    return yaml.safe_load((PROVISIONING / what / "touchstone.yml").read_text())


# ---- variables


@dataclass(frozen=True)
class Choice:
    """What is chosen for a variable; `as_is` for the custom value of All, which Grafana doesn't escape."""

    value: str
    regex: bool = False  # one that may have several values, or All
    as_is: bool = False


_REFERENCE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(\w+)")


def substitute(text, choices, promql=False):
    """The text with its variables, as Grafana's data sources put them in."""

    def put(match):
        name, form = match[1] or match[3], match[2]
        choice = choices[name]
        if not isinstance(choice, Choice):
            return str(choice)
        if form == "percentencode":
            return urllib.parse.quote(choice.value, safe="")
        assert form is None, f"${{{name}:{form}}} is not known here"
        if not promql or choice.as_is:
            return choice.value
        if choice.regex:  # inside a string of PromQL, where a backslash is written twice
            return re.sub(r"[$^*{}\[\]'+?.()|\\]", r"\\\\\g<0>", choice.value)
        return choice.value.replace("\\", "\\\\").replace('"', '\\"')

    return _REFERENCE.sub(put, text)


# ---- the HTTP API through Infinity

_PATH = re.compile(r"\w+(\.\w+)*")


def _walk(value, path):
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def select_rows(body, selector):
    """The rows that a root selector answers with: a path is tried first, then JSONata, as the backend parser does."""
    found = body
    if selector:
        found = _walk(body, selector) if _PATH.fullmatch(selector) else Jsonata(selector).evaluate(body)
    if found is None:
        return []
    return list(found) if isinstance(found, list) else [found]


def select_columns(rows, columns):
    """Rows by the columns' texts."""
    for column in columns:
        assert _PATH.fullmatch(column["selector"]), f"{column['selector']} must be a path"
    return [{c["text"]: _walk(row, c["selector"]) for c in columns} for row in rows]


# ---- what a panel has in the end


def transformed(columns, panel):
    """The columns after the panel's transformations; a name that is asked for and not there is an error."""
    columns = set(columns)
    for step in panel.get("transformations", []):
        options = step["options"]
        if step["id"] == "organize":
            asked = {*options["indexByName"], *options["renameByName"], *options["excludeByName"]}
            assert asked <= columns, f"organize names {asked - columns}, there is {columns}"
            renamed = {name: to for name, to in options["renameByName"].items() if to}
            columns -= {name for name, out in options["excludeByName"].items() if out}
            columns = {renamed.get(name, name) for name in columns}
        elif step["id"] == "filterFieldsByName":
            wanted = set(options["include"]["names"])
            assert wanted <= columns, f"filterFieldsByName names {wanted - columns}, there is {columns}"
            columns = wanted
        else:
            assert step["id"] in ("merge", "joinByField"), f"{step['id']} is not known here"
    return columns


def names_in_overrides(panel):
    """Names and patterns of fields that the panel treats in a way of their own."""
    for override in panel["fieldConfig"]["overrides"]:
        matcher = override["matcher"]
        if matcher["id"] in ("byName", "byRegexp"):
            yield matcher["id"], matcher["options"]
        else:
            assert matcher["id"] == "byFrameRefID", matcher
            assert matcher["options"] in {t["refId"] for t in panel["targets"]}, matcher
    for series in panel["options"].get("series", []):
        yield "byName", series["x"]["matcher"]["options"]
        yield "byName", series["y"]["matcher"]["options"]
    for by in panel["options"].get("sortBy", []):
        yield "byName", by["displayName"]


def assert_names_are_there(panel, columns):
    for kind, name in names_in_overrides(panel):
        there = name in columns if kind == "byName" else any(re.search(name, c) for c in columns)
        assert there, f"{panel['title']}: no field {name} among {sorted(columns)}"
