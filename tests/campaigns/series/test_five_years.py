"""A clock that runs through five years in twelve zones: each date once, on its day, and nothing without a nod."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from base.config import TemplatesConfig
from campaigns.models import Series
from campaigns.series.occurrences import instant, to_come
from campaigns.series.store import get_series
from tests.campaigns.series.clinic import Clinic, at

# Both hemispheres, halves and quarters of hours, a change of half an hour (Lord Howe), changes at midnight (Cairo,
# Beirut, Nuuk before it, Azores) and none at all.
ZONES = (
    *("Pacific/Auckland", "Australia/Lord_Howe", "Asia/Tokyo", "Asia/Kathmandu", "Africa/Cairo", "Asia/Beirut"),
    *(
        "Europe/Berlin",
        "Atlantic/Azores",
        "America/Nuuk",
        "America/New_York",
        "America/Los_Angeles",
        "America/St_Johns",
    ),
)
FROM, TO = date(2030, 1, 1), date(2034, 12, 31)
HOUR = timedelta(hours=1)


def every_day() -> Iterator[date]:
    return (FROM + timedelta(n) for n in range((TO - FROM).days + 1))


def is_last_weekday(day: date) -> bool:
    rest = range(day.day + 1, monthrange(day.year, day.month)[1] + 1)
    return day.weekday() < 5 and all(day.replace(day=n).weekday() > 4 for n in rest)


# What the words mean, said once more without any of the code that is tested.
MEANINGS: dict[str, Callable[[date], bool]] = {
    "first tuesday": lambda day: day.weekday() == 1 and day.day <= 7,
    "fifth tuesday": lambda day: day.weekday() == 1 and day.day > 28,
    "second and fourth monday": lambda day: day.weekday() == 0 and (day.day + 6) // 7 in (2, 4),
    "last friday": lambda day: day.weekday() == 4 and (day + timedelta(7)).month != day.month,
    "last weekday": is_last_weekday,
    "15th": lambda day: day.day == 15,
    "31st": lambda day: (day + timedelta(1)).day == 1,
    "last day": lambda day: (day + timedelta(1)).day == 1,
    "every sunday": lambda day: day.weekday() == 6,
    "every 2 weeks on thursday": lambda day: day.weekday() == 3 and (day - date(2030, 1, 3)).days % 14 == 0,
    "every day": lambda day: True,
}


@pytest.mark.parametrize("words", MEANINGS)
@pytest.mark.parametrize("time", ["09:00", "00:00", "00:30", "01:30", "02:30"])
def test_each_date_comes_once_and_none_on_a_wrong_day(words: str, time: str) -> None:
    expected = [day for day in every_day() if MEANINGS[words](day)]
    for zone in ZONES:
        series = Series(words=f"{words} {time}", zone=zone, starts_on=FROM, seen_through=FROM)
        before = datetime(2029, 12, 31, 11, 59, tzinfo=ZoneInfo(zone))
        found = list(takewhile(lambda day: day <= TO, to_come(series, before)))
        assert found == expected
        falls = [instant(series, day) for day in found]
        assert falls == sorted(set(falls))
        local = [fall.astimezone(ZoneInfo(zone)) for fall in falls]
        assert [there.date() for there in local] == expected
        # On the wall's time, or, in the hour that a day leaves out, that much later; never in the hour's repetition.
        assert all(f"{there:%H:%M}" >= time and there.fold == 0 for there in local)
        assert sum(f"{there:%H:%M}" != time for there in local) <= len(range(2030, 2035))


def test_whoever_looks_at_any_moment_finds_the_same_next_date() -> None:
    chance = Random(5)
    for zone in ZONES:
        series = Series(words="every day 01:30", zone=zone, starts_on=FROM, seen_through=FROM)
        for _ in range(300):
            now = at("2030-01-02 00:00") + timedelta(minutes=chance.randrange(5 * 365 * 24 * 60))
            day = next(to_come(series, now))
            assert instant(series, day) > now >= instant(series, day - timedelta(1))


@pytest.fixture
def hasty(clinic: Clinic, tmp_path: Path) -> Clinic:
    """With a mail of a few words, and a disk that need not survive a power cut: neither is what years are for."""
    home = tmp_path / "templates" / "email" / "monthly-tips"
    home.mkdir(parents=True)
    for part in ("html", "txt"):
        (home / f"mail.{part}").write_text("{{ article.title }} {{ brand.address }} {{ links.unsubscribe }}")
    clinic.config = replace(clinic.config, templates=TemplatesConfig(path=tmp_path / "templates"))
    clinic.db.engine.dispose()
    event.listen(clinic.db.engine, "connect", _hurry)
    return clinic


def _hurry(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


@pytest.mark.slow
def test_five_years_in_twelve_zones_make_each_campaign_once_and_send_only_what_was_approved(hasty: Clinic) -> None:
    """One series a zone. Months without an article, without a nod, and with both; the service ticks when it likes."""
    clinic = hasty
    nods, hungry, known = set[str](), set[str](), set[str]()
    for zone in ZONES:
        clinic.series("2029-12-31 18:00", slug=_slug(zone), zone=zone)
    coming = _coming(clinic)
    for when, moment, name in _moments(coming, Random(7)):
        if moment == "nod" and name in known:
            nods.add(clinic.approve(when, name[:-11]))
        is_news = moment == "due" and (name in nods or name not in known)
        if (moment == "tick" or is_news) and clinic.tick(when):
            known = {campaign.slug for campaign in clinic.campaigns()}
        if moment == "due" and name not in known:
            hungry.add(name)
            clinic.articles(*(f"{name}-{n}" for n in range(30)))  # too late for this one
    made = clinic.campaigns()
    assert len(coming) == 12 * 60
    assert len(hungry) >= 20
    assert len(nods) >= 8
    assert sorted([*(x.slug for x in made), *hungry]) == sorted(name for _, name in coming)
    assert {x.slug for x in made if x.launched_at} == nods
    assert all(x.launched_at == x.scheduled_for for x in made if x.launched_at)
    assert all(x.article_id for x in made)
    assert sorted(f"{slug}-{row.local_date}" for slug, row in clinic.rows()) == sorted(name for _, name in coming)


def _coming(clinic: Clinic) -> list[tuple[datetime, str]]:
    with clinic.db.read() as s:
        return sorted(
            (instant(series, day), f"{series.slug}-{day}")
            for series in (get_series(s, _slug(zone)) for zone in ZONES)
            for day in takewhile(lambda day: day <= TO, to_come(series, at("2029-12-31 18:00")))
        )


def _moments(coming: list[tuple[datetime, str]], chance: Random) -> list[tuple[datetime, str, str]]:
    """In order. In some months the service ticks at each time, in others only once before the first and where a time
    has news: something approved, or nothing made. What else was due, it has to find at its next tick."""
    found = [(due, "due", name) for due, name in coming]
    for n in range(0, len(coming), len(ZONES)):
        month, is_awake = coming[n : n + len(ZONES)], chance.random() < 0.25
        if is_awake:
            found += [(due, "tick", name) for due, name in month]
        if not is_awake or chance.random() < 0.5:
            found.append((month[0][0] - timedelta(days=chance.choice((1, 2, 3, 4))), "tick", ""))
    found += [(due - HOUR, "nod", name) for due, name in coming if chance.random() < 0.02]
    # At one instant the service ticks before anybody looks what came of it.
    return sorted(found, key=lambda each: (each[0], each[1] == "due", each[2]))


def _slug(zone: str) -> str:
    return zone.lower().replace("/", "-").replace("_", "-")
