"""One mailbox, many spellings: every door that stops an address at hand stops Gmail's other ways to write it, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from base.database import Database
from delivery import opt_outs
from delivery.providers.sendgrid import SendGrid
from delivery.pull import pull
from subscribers.addresses import address_key, parse_address, wide_key
from subscribers.keys import Keys
from subscribers.suppression import mailable, stops
from tests.delivery.test_events import brought, drained, event
from tests.delivery.test_pull import unsubscribe
from tests.localgrid.support import Running
from tests.support.people import a_list, a_person

ONE = "ann.lee+tips@gmail.com"
OTHERS = ("annlee@gmail.com", "A.n.n.lee@googlemail.com", "annlee+news@gmail.com", "ANN.LEE@GMAIL.COM")
REASONS = [("bounce", {"type": "bounce"}, "hard bounce"), ("spamreport", {}, "opt-out"), ("unsubscribe", {}, "opt-out")]


@pytest.mark.parametrize(("kind", "more", "reason"), REASONS)
def test_an_event_stops_every_way_to_write_it(
    db: Database, keys: Keys, kind: str, more: dict[str, Any], reason: str
) -> None:
    with db.write() as s:
        a_list(s)
    brought(db, {**event(kind, 1, "nobody-knows", **more), "email": ONE})
    drained(db, keys)
    assert all(reason in found for found in _reasons(db, keys))


def test_what_is_pulled_stops_every_way_to_write_it(
    db: Database, keys: Keys, grid: Running, provider: SendGrid
) -> None:
    with db.write() as s:
        a_list(s)
    unsubscribe(grid, ONE)
    grid.send("ann.lee+bounce@gmail.com")
    pull(db, keys, provider)
    assert all({"opt-out", "hard bounce"} <= found for found in _reasons(db, keys))


def test_the_page_without_a_link_stops_every_way_to_write_it(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        people = [a_person(s, keys, email) for email in OTHERS[:3]]
        assert len(s.scalars(mailable(tips.id)).all()) == len(people)
        opt_outs.stop_address(s, keys, parse_address(ONE), how="form", source="test")
        assert s.scalars(mailable(tips.id)).all() == []


def test_other_domains_are_not_guessed_at(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        opt_outs.stop_address(s, keys, parse_address("ann.lee+tips@example.com"), how="form", source="test")
        assert stops(s, address_key(keys, "annlee@example.com")) == []


def _reasons(db: Database, keys: Keys) -> Iterator[set[str]]:
    with db.read() as s:
        for email in (ONE, *OTHERS):
            yield {x.reason for x in stops(s, address_key(keys, email), wide=wide_key(keys, email))}
