"""The HTTP API, fuzzed from its own document: no answer may be a 500 or contradict openapi.json.

Schemathesis makes requests that the document allows and ones that it forbids; ids are often those of
runs that are really there. What the server accepts, the engine must accept too.
"""

import json
import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance

from processes import ROOT, eventually
from wire import PredictionSet, random_rows

FILE = ROOT / "server/src/main/resources/dev/touchstone/server/openapi.json"
DOCUMENT = json.loads(FILE.read_text())
RUN = "fuzzed / 100% ☃"
# more of them by hand; as many forbidden ones
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", 10))

# a stream has no end, and where nothing can be said nothing is forbidden
REQUESTS = [
    (path, method, mode)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    for mode in ("allowed", "forbidden")
    if path != "/v1/events" and (mode == "allowed" or operation["parameters"])
]


@pytest.fixture(scope="module")
def api(engine):
    """The server's document, and a run with reports behind it."""
    rows = PredictionSet(RUN, *random_rows(8, 600))
    engine.send("predictions", *rows.messages(200))
    engine.send("checkpoints", rows.event())
    assert engine.outcome(RUN)["state"] == "EVALUATED"
    served = engine.get("/openapi.json")
    assert served == DOCUMENT
    schema = schemathesis.openapi.from_dict(served)
    schema.config.update(base_url=f"http://127.0.0.1:{engine.port}")

    def listed():
        evaluations = engine.get("/v1/evaluations")["evaluations"]
        return next((e for e in evaluations if e["run_id"] == RUN and e["report_key"]), None)

    ended = eventually("the evaluation in the list", 30, listed)
    before = refused_letters(engine)
    known = {
        "run": RUN, "checkpoint": ended["checkpoint"], "report_key": ended["report_key"],
        "id": ended["id"],
    }  # fmt: skip
    yield schema, known

    # what was accepted is behind these in every partition; nothing of it may be a dead letter
    ask = {"run_id": RUN, "checkpoint": ended["checkpoint"]}
    for i in range(8):
        assert engine.http("POST", "/v1/evaluations", ask, Idempotency_Key=f"last-{i}")[0] == 202
    for i in range(8):
        assert engine.evaluation(f"/v1/evaluations/last-{i}")["state"] == "REUSED"
    assert refused_letters(engine) == before


def refused_letters(engine):
    letters = engine.get("/v1/status")["dead_letters"]["by_topic"]
    return letters.get("touchstone.evaluation-requests", 0)


def is_beyond_the_document(case, answer):
    """Whether a refusal has a reason that JSON Schema can't express."""
    problem = answer.json()
    if answer.status_code == 422:
        return "Idempotency-Key must mean one request" in problem["detail"]
    if answer.status_code != 400:
        return False
    about_a_cursor = problem.get("key") == "cursor"
    # the document counts characters, the server units of UTF-16
    too_long = "must have 1 to" in problem["detail"]
    # columns of a CSV, and what plans ask of their columns together
    return about_a_cursor or too_long or case.path == "/v1/sampling-plans"


@pytest.mark.parametrize("path, method, mode", REQUESTS)
def test_no_request_breaks_the_server_or_its_document(api, path, method, mode):
    schema, known = api
    operation = schema[path][method.upper()]
    positive = mode == "allowed"
    kind = schemathesis.GenerationMode.POSITIVE if positive else schemathesis.GenerationMode.NEGATIVE

    @seed(20)
    @settings(
        max_examples=EXAMPLES, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=kind), real=st.booleans())
    def holds(case, real):
        if real and positive and case.path_parameters:
            case.path_parameters.update({k: known[k] for k in case.path_parameters})
        answer = case.call(timeout=30)
        if answer.status_code == 414:
            # said before any route sees it
            assert answer.headers["content-type"] == ["application/problem+json"], answer.text
            return
        case.validate_response(answer, excluded_checks=[positive_data_acceptance])
        if positive and answer.status_code in (400, 413, 415, 422):
            assert is_beyond_the_document(case, answer), (case.as_curl_command(), answer.text)

    holds()
