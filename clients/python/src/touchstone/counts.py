"""What became of what was logged."""

import logging
import threading
from collections import Counter
from dataclasses import dataclass, field

LOG = logging.getLogger("touchstone")


@dataclass(frozen=True)
class Counts:
    """Messages, of which one holds up to 65,536 predictions.

    A call that could not be taken counts as one dropped message. ``reasons`` says of everything
    that was dropped, or sent other than asked for, why and how often.
    """

    sent: int = 0
    spooled: int = 0
    dropped: int = 0
    rows_logged: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        text = f"{self.sent} sent, {self.spooled} spooled, {self.dropped} dropped"
        for reason, times in self.reasons.items():
            text += f"; {times} × {reason}"
        return text


class Tally:
    """Counts, from any thread. Says each reason in the log the first time, and then ever more rarely."""

    MOST_REASONS = 100

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent = self._spooled = self._dropped = self._rows = 0
        self._reasons: Counter[str] = Counter()

    def sent(self, messages: int = 1) -> None:
        with self._lock:
            self._sent += messages

    def spooled(self, messages: int = 1) -> None:
        with self._lock:
            self._spooled += messages

    def taken_from_spool(self, sent: int, refused: int = 0) -> None:
        """What became of a file; some of its messages may have been spooled by another process."""
        with self._lock:
            self._sent += sent
            self._dropped += refused
            self._spooled = max(0, self._spooled - sent - refused)

    def rows(self, count: int) -> None:
        with self._lock:
            self._rows += count

    def dropped(self, reason: str, messages: int = 1) -> None:
        with self._lock:
            self._dropped += messages
        self.noted(reason, messages)

    def noted(self, reason: str, times: int = 1) -> None:
        """Something that the user should hear of."""
        with self._lock:
            if reason not in self._reasons and len(self._reasons) >= self.MOST_REASONS:
                reason = "other reasons; see the log of before"
            before = self._reasons[reason]
            self._reasons[reason] = now = before + times
        # the 1st, 10th, 100th … time
        if len(str(before)) < len(str(now)) or before == 0:
            LOG.warning("%s%s", reason, f" ({now} times)" if now > 1 else "")

    def counts(self) -> Counts:
        with self._lock:
            return Counts(
                self._sent, self._spooled, self._dropped, self._rows, dict(self._reasons)
            )
