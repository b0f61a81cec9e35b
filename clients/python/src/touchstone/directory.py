"""What a run keeps on disk: its attempts and its spool."""

import hashlib
import json
import os
import re
import secrets
import tempfile
from pathlib import Path
from typing import Any


class RunDirectory:
    """``<spool>/<run>/``; the name is derived, so that no run id reaches outside."""

    def __init__(self, spool: Path, run_id: str) -> None:
        digest = hashlib.blake2b(run_id.encode(), digest_size=6).hexdigest()
        readable = re.sub(r"[^A-Za-z0-9_-]+", "_", run_id)[:40]
        self.path = spool / f"{readable}-{digest}"

    def create(self) -> None:
        """OSError where it can't be written."""
        self.path.mkdir(0o700, parents=True, exist_ok=True)  # predictions are nobody else's
        with tempfile.TemporaryFile(dir=self.path):
            pass

    def next_attempt(self, rank: int) -> int:
        """Which attempt of its run this is, by counting. Each rank counts for itself, but takes part
        in an attempt that others have begun: so all get the same number, whoever is first."""
        own, newest = -1, -1
        for file in self.path.glob("attempt-rank*"):
            try:
                number = int(file.read_text())
            except (OSError, ValueError):
                continue
            newest = max(newest, number)
            if file.name == f"attempt-rank{rank}":
                own = number
        attempt = newest if own < newest else own + 1
        self.write(f"attempt-rank{rank}", str(attempt))
        return attempt

    def describe(self, facts: dict[str, Any]) -> None:
        """For people, and for ``sync``."""
        self.write("run.json", json.dumps(facts, indent=2, default=str) + "\n")

    def write(self, name: str, text: str) -> None:
        """Whole or not at all."""
        temporary = self.path / f"{name}.{os.getpid()}-{secrets.token_hex(4)}.tmp"
        temporary.write_text(text, "utf-8")
        temporary.replace(self.path / name)


def default_spool() -> Path:
    """$TOUCHSTONE_SPOOL, else a directory of the user's state."""
    named = os.environ.get("TOUCHSTONE_SPOOL")
    if named:
        return Path(named)
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    return Path(state) / "touchstone" / "spool"
