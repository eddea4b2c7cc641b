"""What keeps the threads of an outbox from going on, told so that many of them do not fill the log."""

from __future__ import annotations

import logging
import threading
import traceback

from base.errors import TipsheetError
from base.time import elapsed

log = logging.getLogger(__name__)

REMIND = 60.0  # seconds after which trouble that lasts is told again
QUIET = 5.0  # seconds without any before it counts as over: one thread may go on while another cannot


class Troubles:
    """Shared by all threads: each trouble once, again each minute while it lasts, and once that it is over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}  # what, and when it was last said
        self._met_at, self._went_on = 0.0, False

    def met(self, trouble: Exception) -> None:
        """Many lines a second would fill the disk that is full; so would the way that led to a mistake of ours."""
        sentence = trouble.sentence if isinstance(trouble, TipsheetError) else ""
        what = sentence or _way_to(trouble)
        with self._lock:
            self._met_at, self._went_on = elapsed(), False
            told_at = self._told.get(what)
            if told_at is not None and elapsed() - told_at <= REMIND:
                return
            self._told[what] = elapsed()
        if sentence:
            log.error("the outbox cannot go on for now: %s", what)
        else:
            first = trouble if told_at is None else None
            log.error("the outbox met something unforeseen and tries again: %s", what, exc_info=first)

    def none(self, *, went_on: bool) -> None:
        """A turn without any; in it something left, or nothing had to."""
        if not self._told:
            return
        with self._lock:
            self._went_on = self._went_on or went_on
            if not (self._told and self._went_on and elapsed() - self._met_at > QUIET):
                return
            self._told.clear()
        log.warning("the outbox goes on")


def _way_to(trouble: Exception) -> str:
    """The same for the same mistake, whatever its words quote."""
    steps = reversed(traceback.extract_tb(trouble.__traceback__))
    return f"{type(trouble).__name__} at {' < '.join(f'{step.filename}:{step.lineno}' for step in steps)}"
