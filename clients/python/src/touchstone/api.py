"""The engine's HTTP API, as far as training asks it."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

# an evaluation that ended otherwise than with a report
_WITHOUT_REPORT = ("SUPERSEDED", "INCOMPLETE", "EXPIRED", "FAILED")

MAX_ANSWER_BYTES = 256 << 20


class Api:
    def __init__(self, server: str, timeout: float = 5.0) -> None:
        """``server``: its URL, for example http://localhost:8080."""
        parts = urllib.parse.urlsplit(server)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError(f"server must be an http or https URL, got {server!r:.200}")
        self._server = server.rstrip("/")
        self._timeout = timeout

    def get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        """The JSON there; None where there is nothing. OSError where the server can't be asked."""
        known = {k: v for k, v in (query or {}).items() if v is not None}
        url = self._server + path + ("?" + urllib.parse.urlencode(known) if known else "")
        try:
            with urllib.request.urlopen(url, timeout=self._timeout) as answer:
                return json.loads(answer.read(MAX_ANSWER_BYTES))
        except urllib.error.HTTPError as e:
            if e.code == 404:
                return None
            raise OSError(f"{url} answered {e.code}: {e.read(500).decode(errors='replace')}") from e

    def has_predictions(self, query: dict[str, Any]) -> bool:
        answer = self.get("/v1/prediction-sets", query)
        return any(s.get("state") == "COMPLETE" for s in answer["prediction_sets"])

    def report(
        self,
        run_id: str,
        checkpoint: str,
        evaluation_set: str | None,
        split: str,
        wait: float,
        since_millis: int,
    ) -> dict[str, Any] | None:
        """The report, once it is there; None where it isn't within ``wait`` seconds. ValueError
        where the newest evaluation asked since then has ended without one."""
        path = f"/v1/runs/{_part(run_id)}/checkpoints/{_part(checkpoint)}/report"
        query = {"evaluation_set": evaluation_set, "split": split}
        deadline = time.monotonic() + wait
        pause = 0.1
        while True:
            failure = None
            try:
                found = self.get(path, query)
                if found is not None:
                    return dict(found)
                ended = self._ended(run_id, checkpoint, evaluation_set, split, since_millis)
            except OSError as e:  # a server that is busy or starts again answers later
                failure, ended = e, None
            if ended is not None:
                raise ValueError(
                    f"the evaluation of {checkpoint} ended {ended['state']}: {ended['reason']}"
                )
            left = deadline - time.monotonic()
            if left <= 0:
                if failure is not None:
                    raise failure
                return None
            time.sleep(min(pause, left))
            pause = min(1.5 * pause, 2.0)

    def _ended(
        self, run_id: str, checkpoint: str, evaluation_set: str | None, split: str, since: int
    ) -> dict[str, Any] | None:
        """The newest evaluation of that model checkpoint, if it ended without a report."""
        answer = self.get("/v1/evaluations", {"run": run_id})
        for e in answer["evaluations"] if answer else []:
            asked = e["checkpoint"] == checkpoint and e["split"] == split
            if asked and evaluation_set in (None, e["evaluation_set"]) and e["triggered_at"] >= since:
                return dict(e) if e["state"] in _WITHOUT_REPORT else None
        return None


def _part(text: str) -> str:
    """As one part of a path."""
    return urllib.parse.quote(text, safe="")
