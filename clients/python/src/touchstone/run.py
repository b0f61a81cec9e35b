"""A run of training, as Touchstone knows it."""

from typing import Any


class Run:
    """What ``init`` returns."""

    def log_timing(
        self,
        step: int,
        phase_micros: dict[str, int],
        *,
        steps: int = 1,
        gpu_utilisation: float | None = None,
        digest: str | None = None,
    ) -> None:
        """Says where ``steps`` steps up to ``step`` spent their time (StepTiming)."""
        raise NotImplementedError


def init(project: str, **options: Any) -> Run:
    raise NotImplementedError
