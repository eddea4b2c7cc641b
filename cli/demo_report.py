"""What the demo says at its end: counts that add up, what is on record about two people, and where to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from campaigns.drafts import get_campaign
from campaigns.recipients import count_kept_exclusions
from campaigns.status import Status, status
from campaigns.why import Why, why
from cli.demo_office import bounces
from cli.door import Door
from cli.output import Printer, in_zone, when

_STATES = ("accepted", "refused", "skipped", "uncertain")
_FATES = ("delivered", "bounced", "blocked", "dropped", "deferred", "no_news")
_ALSO = ("complained", "opted_out")  # of those whom it was delivered to


def report(printer: Printer, door: Door, slugs: Sequence[str], leaver: str) -> None:
    with door.db.read() as s:
        campaigns = [get_campaign(s, slug) for slug in slugs]
        found = [status(s, campaign) for campaign in campaigns]
        left_out = [count_kept_exclusions(s, campaign) for campaign in campaigns]
        about = why(s, door.keys, campaigns[0], bounces()), why(s, door.keys, campaigns[1], leaver)
    printer.say("")
    printer.table(("", *(f"{slug}>" for slug in slugs)), _rows(found, left_out), empty="")
    for one in about:
        _tell_why(printer, one, door.config.campaigns.zone)


def _rows(found: Sequence[Status], left_out: Sequence[Mapping[str, int]]) -> list[tuple[str, ...]]:
    """Each sum with its parts below it, further in. A part that nobody is in is left out."""
    reasons = list(dict.fromkeys(reason for each in left_out for reason in each))
    on_list = [one.counts.audience + sum(out.values()) for one, out in zip(found, left_out, strict=True)]
    return [
        _row("on the list", on_list),
        *_parts("− ", reasons, [dict(out) for out in left_out]),
        _row("= audience", [one.counts.audience for one in found]),
        *_parts("   ", _STATES, [vars(one.counts) for one in found]),
        *_parts("      ", _FATES, [vars(one.counts) for one in found]),
        *_parts("         ", _ALSO, [vars(one.counts) for one in found]),
    ]


def _parts(before: str, names: Sequence[str], counts: Sequence[Mapping[str, int]]) -> list[tuple[str, ...]]:
    rows = [(name, [one.get(name, 0) for one in counts]) for name in names]
    return [_row(before + name.replace("_", " "), each) for name, each in rows if any(each)]


def _row(name: str, each: Sequence[int]) -> tuple[str, ...]:
    return name, *(f"{n:,}" for n in each)


def _tell_why(printer: Printer, found: Why, zone: str) -> None:
    printer.say(f"Why {found.email} did, or did not, get {found.slug}: {found.verdict.replace('_', ' ')}", "bold")
    rows = [(when(step.at, zone), step.what, in_zone(step.detail, zone)) for step in found.steps]
    printer.table(("at", "what", "detail"), rows, empty="")
