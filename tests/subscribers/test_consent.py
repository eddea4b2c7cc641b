from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.database import Database
from base.errors import NotFound, Refused
from subscribers.card import show
from subscribers.consent import OptOut, give, opt_out, undo
from subscribers.keys import Keys
from subscribers.models import Consent, Subscriber, Subscription, Suppression
from subscribers.suppression import mailable, suppress
from tests.support.people import CONSENT, EVIDENCE, a_list, a_person

PAGE: dict[str, Any] = {"how": "page", "source": "campaign 1", "actor": "subscriber"}
AGAIN: dict[str, Any] = {"wording": "Yes, put me back.", **PAGE}


def leave(s: Session, person: Subscriber, list_id: int | None) -> OptOut:
    return opt_out(s, address_key=person.address_key, list_id=list_id, **PAGE)


def come_back(s: Session, person: Subscriber, list_id: int | None) -> OptOut:
    return undo(s, address_key=person.address_key, list_id=list_id, **AGAIN)


def may_be_mailed(s: Session, person: Subscriber, list_id: int) -> bool:
    return person.id in s.scalars(mailable(list_id)).all()


def states(s: Session, person: Subscriber) -> list[str]:
    query = select(Consent.state).where(Consent.subscriber_id == person.id).order_by(Consent.id)
    return list(s.scalars(query))


def test_who_confirmed_may_be_mailed_and_the_evidence_is_kept(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
        assert may_be_mailed(s, ann, tips.id)
        row = show(s, ann).consents[0]
        assert (row.state, row.wording, row.how) == ("confirmed", CONSENT["wording"], "form")


def test_an_opt_out_writes_the_withdrawal_and_the_stop(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
    with db.write() as s:
        assert leave(s, ann, tips.id) == OptOut(changed=True, lists=("tips",))
    with db.read() as s:
        assert states(s, ann) == ["confirmed", "withdrawn"]
        stop = s.scalars(select(Suppression)).one()
        assert (stop.address_key, stop.list_id, stop.reason) == (ann.address_key, tips.id, "opt-out")
        assert not may_be_mailed(s, ann, tips.id)


def test_a_repeated_opt_out_changes_nothing(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
        leave(s, ann, tips.id)
        assert leave(s, ann, tips.id) == OptOut(changed=False, lists=())
        assert states(s, ann) == ["confirmed", "withdrawn"]
        assert s.scalar(select(func.count()).select_from(Suppression)) == 1


def test_an_opt_out_of_one_list_leaves_the_others(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips, news = a_list(s), a_list(s, "news")
        ann = a_person(s, keys)
        a_person(s, keys, list_slug="news")
        leave(s, ann, tips.id)
        assert may_be_mailed(s, ann, news.id)


def test_an_opt_out_of_all_lists_names_those_left(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips, news, more = a_list(s), a_list(s, "news"), a_list(s, "more")
        ann = a_person(s, keys)
        a_person(s, keys, list_slug="news", state="pending")
        assert leave(s, ann, None).lists == ("news", "tips")
        with pytest.raises(Refused, match="opted out"):
            give(s, ann, more.id, **CONSENT)
        assert not any(may_be_mailed(s, ann, each.id) for each in (tips, news, more))


def test_an_address_that_nobody_holds_can_opt_out_before_it_is_added(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        assert opt_out(s, address_key=b"k" * 32, list_id=tips.id, **PAGE) == OptOut(changed=True, lists=())


@pytest.mark.parametrize("everywhere", [True, False])
def test_nobody_else_brings_back_who_opted_out(db: Database, keys: Keys, everywhere: bool) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
        leave(s, ann, None if everywhere else tips.id)
    with pytest.raises(Refused, match="opted out"), db.write() as s:
        a_person(s, keys, "ANN@Example.COM")
    with db.read() as s:
        assert not may_be_mailed(s, ann, tips.id)


def test_the_person_can_undo_an_opt_out(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
        leave(s, ann, tips.id)
        assert come_back(s, ann, tips.id) == OptOut(changed=True, lists=("tips",))
        assert come_back(s, ann, tips.id).changed is False
        assert states(s, ann) == ["confirmed", "withdrawn", "confirmed"]
        assert may_be_mailed(s, ann, tips.id)
        assert s.scalars(select(Suppression)).one().lifted_at is not None
        assert leave(s, ann, tips.id).changed


def test_undo_of_one_list_after_an_opt_out_of_all_keeps_the_other_stops(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips, news = a_list(s), a_list(s, "news")
        ann = a_person(s, keys)
        a_person(s, keys, list_slug="news")
        leave(s, ann, None)
        come_back(s, ann, tips.id)
        assert may_be_mailed(s, ann, tips.id)
        assert not may_be_mailed(s, ann, news.id)
        with pytest.raises(Refused, match="opted out"):
            give(s, ann, news.id, **CONSENT)


def test_undo_of_everything_brings_back_what_that_opt_out_took(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips, news, more = a_list(s), a_list(s, "news"), a_list(s, "more")
        ann = a_person(s, keys)
        a_person(s, keys, list_slug="news")
        a_person(s, keys, list_slug="more")
        at = s.scalars(select(Consent.at).order_by(Consent.id)).all()[0]
        opt_out(s, address_key=ann.address_key, list_id=more.id, at=at, **PAGE)
        leave(s, ann, None)
        assert come_back(s, ann, None).lists == ("news", "tips")
        assert may_be_mailed(s, ann, tips.id)
        assert may_be_mailed(s, ann, news.id)
        assert not may_be_mailed(s, ann, more.id)


@pytest.mark.parametrize("reason", ["hard bounce", "complaint", "manual", "erasure"])
def test_undo_lifts_nothing_but_the_opt_out(db: Database, keys: Keys, reason: Any) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
        suppress(s, ann.address_key, reason, source="event 1")
        leave(s, ann, tips.id)
        come_back(s, ann, tips.id)
        assert not may_be_mailed(s, ann, tips.id)


def test_undo_for_an_unknown_address_says_so(db: Database) -> None:
    with db.write() as s, pytest.raises(NotFound, match="sign up"):
        undo(s, address_key=b"k" * 32, list_id=None, **AGAIN)


def test_who_has_not_confirmed_is_not_mailed_until_they_do(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys, state="pending")
        assert not may_be_mailed(s, ann, tips.id)
        assert give(s, ann, tips.id, state="confirmed", **CONSENT)
        assert may_be_mailed(s, ann, tips.id)
        assert not give(s, ann, tips.id, state="pending", **CONSENT), "a confirmation does not become a question"
        assert may_be_mailed(s, ann, tips.id)


def test_what_holds_now_is_always_the_latest_consent_row(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips, news = a_list(s), a_list(s, "news")
        ann, bob = a_person(s, keys), a_person(s, keys, "bob@example.com", state="pending")
        a_person(s, keys, list_slug="news")
        leave(s, ann, tips.id)
        leave(s, bob, None)
        come_back(s, ann, tips.id)
        come_back(s, bob, news.id)
    with db.read() as s:
        latest = select(func.max(Consent.id)).group_by(Consent.subscriber_id, Consent.list_id)
        folded = select(Consent.list_id, Consent.subscriber_id, Consent.state, Consent.at, Consent.id).where(
            Consent.id.in_(latest)
        )
        kept = select(
            Subscription.list_id,
            Subscription.subscriber_id,
            Subscription.state,
            Subscription.since,
            Subscription.consent_id,
        )
        assert sorted(s.execute(kept)) == sorted(s.execute(folded))


def test_evidence_is_what_was_said(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
        leave(s, ann, tips.id)
        row = show(s, ann).consents[1]
        assert {"how": row.how, "source": row.source, "actor": row.actor} == PAGE != EVIDENCE
