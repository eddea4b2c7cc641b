"""A campaign's numbers, each with what it is a part of. Never a share without the number it is a share of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from delivery.ledger.counts import Counts
from delivery.results import Reactions

SEEN = "delivered with open tracking"
BOUNCED = "bounced for good (hard)"
TURNED_AWAY = "turned away for now (soft)"


@dataclass(frozen=True)
class Rate:
    name: str
    people: int
    of: int
    of_what: str  # recipients | accepted | delivered | SEEN
    share: float | None  # None: nothing was told of, so a 0 would say nothing; or there is nobody to be a part of


def rates(n: Counts, reacted: Reactions) -> tuple[Rate, ...]:
    return (*_of_recipients(n), *_of_accepted(n, reacted), *_of_seen(reacted), *_of_delivered(n, reacted))


def _of_recipients(n: Counts) -> Iterator[Rate]:
    """They add up to the recipients."""
    yield _rate("accepted", n.accepted, n.audience, "recipients")
    for name in ("refused", "skipped", "uncertain"):
        yield _rate(name, getattr(n, name), n.audience, "recipients")
    yield _rate("to leave", n.planned + n.sending, n.audience, "recipients")


def _of_accepted(n: Counts, reacted: Reactions) -> Iterator[Rate]:
    """They add up to the accepted."""
    told = n.accepted > n.no_news
    yield _rate("delivered", n.delivered, n.accepted, "accepted", told)
    yield _rate(BOUNCED, n.bounced, n.accepted, "accepted", told)
    yield _rate(TURNED_AWAY, reacted.turned_away, n.accepted, "accepted", told)
    yield _rate("blocked on the way", n.blocked - reacted.turned_away, n.accepted, "accepted", told)
    yield _rate("held back by the provider", n.dropped, n.accepted, "accepted", told)
    yield _rate("still being tried", n.deferred, n.accepted, "accepted", told)
    yield _rate("no news yet", n.no_news, n.accepted, "accepted")


def _of_seen(reacted: Reactions) -> Iterator[Rate]:
    """Of the others nobody knows: they did not agree to it."""
    opens = bool(reacted.opened or reacted.opened_by_machine)
    yield _rate("opened", reacted.opened, reacted.seen, SEEN, opens)
    yield _rate("opened by a machine only", reacted.opened_by_machine, reacted.seen, SEEN, opens)


def _of_delivered(n: Counts, reacted: Reactions) -> Iterator[Rate]:
    """Some did several of these, most did none."""
    clicks = bool(reacted.clicked or reacted.clicked_by_bot)
    yield _rate("clicked", reacted.clicked, n.delivered, "delivered", clicks)
    yield _rate("clicked by a bot only", reacted.clicked_by_bot, n.delivered, "delivered", clicks)
    yield _rate("opted out", n.opted_out, n.delivered, "delivered")
    yield _rate("complained", n.complained, n.delivered, "delivered")


def _rate(name: str, people: int, of: int, of_what: str, is_known: bool = True) -> Rate:
    return Rate(name, people, of, of_what, people / of if of and is_known else None)


def percent(share: float | None) -> str:
    """Small shares keep their digits: 0.08 % complaints and 0.12 % are two different things."""
    if share is None:
        return "–"
    return f"{share:.1%}" if share >= 0.01 or share == 0 else f"{share:.2%}"
