from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import Database
from base.errors import BadInput, Refused
from subscribers.addresses import address_key
from subscribers.changes.merging import merge
from subscribers.consent import opt_out
from subscribers.keys import Keys
from subscribers.models import Subscriber, Subscription
from subscribers.people import find, tags_of
from subscribers.suppression import Reason, mailable, stops, suppress, why_not
from tests.support.people import EVIDENCE, a_list, a_person

SAME: dict[str, Any] = {"because": "the same phone number", "actor": "robin"}
BOB = "bob@example.com"


def test_the_winner_gets_what_they_lacked_and_the_loser_is_an_empty_row(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips, news = a_list(s), a_list(s, "news")
        ann = a_person(s, keys, first_name="Ann", custom={"city": "Milpitas"}, tags=["runner"])
        bob = a_person(
            s, keys, BOB, "news", first_name="A.", last_name="Lee", custom={"city": "x", "plan": "b"}, tags=["new"]
        )
        merge(s, ann, bob, **SAME)
        assert (ann.first_name, ann.last_name, ann.custom) == ("Ann", "Lee", {"city": "Milpitas", "plan": "b"})
        assert tags_of(s, [ann.id, bob.id]) == {ann.id: ["new", "runner"]}
        assert (bob.email, bob.custom, bob.merged_into) == ("", {}, ann.id)
        assert find(s, keys, BOB) is None
        assert s.scalars(mailable(news.id)).all() == s.scalars(mailable(tips.id)).all() == [ann.id]
        assert dict(s.execute(why_not(news.id)).all()) == {bob.id: "merged into another subscriber"}


def test_consent_is_not_invented(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s), a_list(s, "news")
        ann, bob = a_person(s, keys), a_person(s, keys, BOB, "news", state="pending")
        with pytest.raises(BadInput, match="--because"):
            merge(s, ann, bob, because="", actor="robin")
        merge(s, ann, bob, **SAME)
        assert _lists(s, ann) == {"confirmed"}
        assert _lists(s, bob) == {"withdrawn"}


@pytest.mark.parametrize("who", ["winner", "loser"])
def test_a_withdrawal_of_either_wins(db: Database, keys: Keys, who: str) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann, bob = a_person(s, keys), a_person(s, keys, BOB)
        gone = ann if who == "winner" else bob
        opt_out(s, address_key=gone.address_key, list_id=tips.id, **EVIDENCE)
        merge(s, ann, bob, **SAME)
        assert s.scalars(mailable(tips.id)).all() == []
        assert _lists(s, ann) == {"withdrawn"}


@pytest.mark.parametrize("reason", ["hard bounce", "invalid"])
def test_a_bounce_stays_with_the_address_that_bounced(db: Database, keys: Keys, reason: Reason) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann, bob = a_person(s, keys), a_person(s, keys, BOB)
        suppress(s, bob.address_key, reason, source="test")
        merge(s, ann, bob, **SAME)
        assert s.scalars(mailable(tips.id)).all() == [ann.id]
        assert [x.reason for x in stops(s, address_key(keys, BOB))] == [reason]


def test_what_either_said_holds_for_the_winner(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann, bob = a_person(s, keys), a_person(s, keys, BOB)
        suppress(s, bob.address_key, "complaint", source="test")
        merge(s, ann, bob, **SAME)
        assert [x.reason for x in stops(s, ann.address_key)] == ["complaint"]
        assert s.scalars(mailable(tips.id)).all() == []


def test_links_in_mails_to_the_loser_lead_to_the_winner_however_often_they_merge(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann, bob, cat = (a_person(s, keys, f"{name}@example.com") for name in ("ann", "bob", "cat"))
        merge(s, bob, ann, **SAME)
        merge(s, cat, bob, **SAME)
        assert ann.merged_into == cat.id
        assert opt_out(s, address_key=address_key(keys, "ann@example.com"), list_id=None, **EVIDENCE).changed
        assert s.scalars(mailable(tips.id)).all() == []


def test_nobody_is_merged_into_themselves_or_twice(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        ann, bob = a_person(s, keys), a_person(s, keys, BOB)
        with pytest.raises(Refused, match="one subscriber already"):
            merge(s, ann, ann, **SAME)
        merge(s, ann, bob, **SAME)
        with pytest.raises(Refused, match="at this moment"):
            merge(s, ann, bob, **SAME)


def _lists(s: Session, person: Subscriber) -> set[str]:
    return set(s.scalars(select(Subscription.state).where(Subscription.subscriber_id == person.id)))
