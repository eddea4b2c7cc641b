from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from base.database import Database, database_now
from base.errors import BadInput, NotFound
from campaigns.models import Segment
from campaigns.segments.resolve import MOST_INSIDE, read_rule
from campaigns.segments.saved import add_segment, edit_segment
from campaigns.segments.tree import All, Between, DidIn, HasTag, Holds, Not, Rule
from delivery.models import Run
from subscribers.lists import add_list
from tests.campaigns.mailing import Mailing


def resolved(s: Session, text: str) -> Rule:
    return read_rule(s, text).rule


def test_days_are_counted_from_today(db: Database) -> None:
    with db.read() as s:
        today = database_now(s).date()
        assert resolved(s, "joined within 90 days") == Between("joined", today - timedelta(90), today)
        assert resolved(s, "clicked within next 2 weeks") == Between("clicked", today, today + timedelta(14))


def test_a_list_that_is_not_there_is_named(db: Database) -> None:
    with db.write() as s:
        tips, other = add_list(s, "tips", "Tips").id, add_list(s, "other", "Other").id
        assert resolved(s, "list in (tips, other) with state pending") == Holds((tips, other), "pending")
        with pytest.raises(NotFound, match=r"no list 'tip' \(the rule names it\); did you mean tips\?"):
            resolved(s, "list = tip")


def test_another_segment_is_put_in(db: Database) -> None:
    with db.write() as s:
        add_segment(s, "a", "tag has a")
        add_segment(s, "b", "segment a and tag has b")
        assert resolved(s, "not segment b") == Not(All((HasTag("a"), HasTag("b"))))
        with pytest.raises(NotFound, match="tipsheet segment list"):
            resolved(s, "segment gone")


def test_segments_that_stand_in_themselves_are_refused(db: Database) -> None:
    with db.write() as s:
        add_segment(s, "a", "tag has a")
        add_segment(s, "b", "segment a")
        with pytest.raises(BadInput, match="a → b → a"):
            edit_segment(s, "a", "segment b")
        with pytest.raises(BadInput, match="c → c"):
            add_segment(s, "c", "tag has x or segment c")
        s.execute(update(Segment).where(Segment.slug == "a").values(rule="segment b"))
        with pytest.raises(BadInput, match="would stand in itself"):
            resolved(s, "segment b")


def test_segments_in_segments_have_an_end(sqlite_db: Database) -> None:
    with sqlite_db.write() as s:
        add_segment(s, "s0", "tag has a")
        for number in range(1, MOST_INSIDE):
            add_segment(s, f"s{number}", f"segment s{number - 1}")
        with pytest.raises(BadInput, match="use fewer"):
            add_segment(s, "last", f"segment s{MOST_INSIDE - 1}")
        add_segment(s, "d0", " or ".join(["tag has a"] * 301))
        with pytest.raises(BadInput, match="more than 600 conditions"):
            add_segment(s, "d1", "segment d0 or tag has b and segment d0")


def test_the_last_campaigns_are_the_newest_that_were_frozen_and_not_cancelled(mailing_on_both: Mailing) -> None:
    mailing = mailing_on_both
    mailing.people("ann")
    runs = {}
    for number, slug in enumerate(("oldest", "older", "cancelled", "newest", "unfrozen")):
        mailing.draft(slug)
        mailing.sent(slug)
        mailing.put(slug, launched_at=mailing.now() + timedelta(seconds=number))
        runs[slug] = mailing.run_id(slug)
    mailing.put("cancelled", cancelled_at=mailing.now())
    with mailing.db.write() as s:
        s.execute(update(Run).where(Run.id == runs["unfrozen"]).values(frozen_at=None))
        s.execute(update(Run).where(Run.id == runs["older"]).values(list_id=add_list(s, "other", "Other").id))
    with mailing.db.read() as s:
        assert resolved(s, "clicked any of last 2 campaigns") == DidIn("clicked", (runs["newest"], runs["older"]))
        assert resolved(s, "opened any of last 2 campaigns on other") == DidIn("opened", (runs["older"],))
        assert resolved(s, 'received "oldest"') == DidIn("received", (runs["oldest"],))
        with pytest.raises(NotFound, match=r"no campaign 'olderst' .* did you mean"):
            resolved(s, 'received "olderst"')


def test_who_received_a_campaign_is_who_it_reached(mailing: Mailing) -> None:
    mailing.people("ann", "bob")
    mailing.draft("first", segment='email contains "ann"')
    mailing.sent("first")
    mailing.draft("second", segment='not received "first"')
    mailing.sent("second")
    assert [mailing.why(name, "second").verdict for name in ("ann", "bob")] == ["excluded", "accepted"]
