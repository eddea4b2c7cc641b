"""A report made up for pictures and for looking at the page: a mailing of a clinic that went as such mailings go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from math import exp
from pathlib import Path

from base.config import BrandConfig, Config
from campaigns.report.links import Link
from campaigns.report.page import page
from campaigns.report.rates import rates
from campaigns.report.reasons import Back
from campaigns.report.report import BESIDE, Beside, Hour, Report, rate
from delivery.ledger.counts import Counts
from delivery.results import Reactions

CONFIG = Config(file=Path("config.toml"), brand=BrandConfig(name="Larkfield Physiotherapy", address="1 Mill Row"))
_TAKEN = {"accepted": 12_431, "refused": 4, "skipped": 45, "uncertain": 0, "planned": 0, "sending": 0}
_FATES = {"delivered": 12_246, "deferred": 9, "blocked": 61, "bounced": 97, "dropped": 12, "no_news": 6}
COUNTS = Counts(audience=12_480, **_TAKEN, **_FATES, complained=3, opted_out=41)
REACTED = Reactions(opened=4_312, opened_by_machine=2_870, clicked=618, clicked_by_bot=143, turned_away=48, seen=9_804)
_SITE = "https://larkfield.example.com"


def sample_report() -> Report:
    launched = datetime(2026, 12, 1, 17, tzinfo=UTC)
    return Report(
        slug="december",
        subject="Kinder knees: three small habits for the stairs",
        list_name="Monthly tips",
        segment="",
        state="sent",
        launched_at=launched,
        made_at=datetime(2026, 12, 4, 9, 30, tzinfo=UTC),
        zone="America/Los_Angeles",
        recipients=COUNTS.audience,
        rates=rates(COUNTS, REACTED),
        excluded={"opted out": 812, "pending": 133, "suppressed: hard bounce": 96, "suppressed: complaint": 11},
        skipped={"opted out": 31, "frequency cap": 14},
        refused={"Does not contain a valid address.": 4},
        came_back=(
            Back("bounced for good (hard)", "no such mailbox", 71),
            Back("bounced for good (hard)", "no such domain", 26),
            Back("turned away", "the mailbox is full", 48),
            Back("turned away", "refused by a rule or as spam", 13),
            Back("held back by the provider", "Bounced Address", 12),
        ),
        hours=tuple(Hour(n, *_crowd(n)) for n in range(48)),
        links=(
            Link("Read the whole article", f"{_SITE}/blog/kinder-knees", 402, 466),
            Link("Book a free first visit", f"{_SITE}/visit?from=december", 177, 203),
            Link("A rail at the right height", f"{_SITE}/blog/rails", 61, 70),
            Link("Larkfield Physiotherapy", f"{_SITE}/", 12, 12),
            Link("Privacy", f"{_SITE}/privacy", 0, 0),
        ),
        beside=(
            _earlier("november", "Hello, a stiff neck is no pillow’s fault", 11, 1.07, 0.9),
            _earlier("october", "Back to running, without going back to pain", 10, 0.93, 1.2),
            _earlier("september", "Desks, chairs and the truth about sitting", 9, 0.88, 0.7),
        ),
    )


def sample_page() -> str:
    return page(sample_report(), CONFIG)


def _crowd(hour: int) -> tuple[int, int]:
    """Most at once, a second wave the next evening, few at night."""
    night = 0.15 if 13 <= hour % 24 < 22 else 1
    opened = (1150 * exp(-hour / 5) + 210 * exp(-(((hour - 23) / 4) ** 2)) + 25) * night
    return round(opened), round(opened / 7)


def _earlier(slug: str, subject: str, month: int, share: float, left: float) -> Beside:
    counts = replace(COUNTS, opted_out=round(41 * left), complained=round(3 * left), bounced=round(97 * left))
    reacted = replace(REACTED, opened=round(4_312 * share), clicked=round(618 * share * left))
    numbers = rates(counts, reacted)
    at = datetime(2026, month, 3, 17, tzinfo=UTC)
    return Beside(slug, subject, at, "", counts.audience, tuple(rate(numbers, name) for name in BESIDE))
