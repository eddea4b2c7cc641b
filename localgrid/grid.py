"""Everything that one running localgrid holds; handed to each handler, so that nothing is global."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from localgrid.faults import Faults
from localgrid.journal import Journal
from localgrid.mailbox import Mailbox
from localgrid.poster import Poster
from localgrid.settings import Settings
from localgrid.suppressions import Suppressions
from localgrid.webhook import Webhook


@dataclass
class Tally:
    """What was asked and answered on mail/send since the start."""

    requests: int = 0
    answers: Counter[str] = field(default_factory=Counter)  # by status; "none" where no answer left
    faults: Counter[str] = field(default_factory=Counter)
    fast_accepted: int = 0
    fast_recipients: int = 0
    fast_addresses: set[str | bytes] = field(default_factory=set)


@dataclass(frozen=True)
class Grid:
    settings: Settings
    mailbox: Mailbox
    suppressions: Suppressions
    webhook: Webhook
    faults: Faults
    poster: Poster
    batch_ids: Journal
    tally: Tally = field(default_factory=Tally)
    asked: Counter[tuple[str, int]] = field(default_factory=Counter)  # requests by path and minute


def open_grid(settings: Settings) -> Grid:
    mailbox = Mailbox(settings.data, settings.fsync)
    webhook = Webhook(settings.data, settings.events_url)
    faults = Faults()
    return Grid(
        settings=settings,
        mailbox=mailbox,
        suppressions=Suppressions(settings.data),
        webhook=webhook,
        faults=faults,
        poster=Poster(settings, mailbox, webhook, faults),
        batch_ids=Journal(settings.data / "batch_ids.jsonl"),
    )


def stats(grid: Grid) -> dict[str, Any]:
    """Recipients, distinct and duplicates count addresses over the whole life of the data folder."""
    tally, mailbox = grid.tally, grid.mailbox
    recipients = mailbox.recipients + tally.fast_recipients
    distinct = mailbox.distinct + len(tally.fast_addresses)
    return {
        "requests": tally.requests,
        "accepted": len(mailbox.requests) + tally.fast_accepted,
        "recipients": recipients,
        "distinct": distinct,
        "duplicates": recipients - distinct,
        "delivered": len(mailbox.kept),
        "refused": {status: n for status, n in tally.answers.items() if status[0] in "45"},
        "unanswered": tally.answers["none"],
        "faults": dict(tally.faults),
        "events": {"posted": grid.poster.posted, "pending": grid.poster.pending},
    }
