from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from base.database import Database
from base.errors import BadInput, Refused
from subscribers import audit
from subscribers.addresses import address_key
from subscribers.card import show as card_of
from subscribers.changes.editing import change_address, edit, move, tag
from subscribers.consent import opt_out
from subscribers.fields.values import LONGEST
from subscribers.keys import Keys
from subscribers.lists import archive
from subscribers.models import Consent, Evidence, Profile, Subscription, Wording
from subscribers.people import find, get_subscriber
from subscribers.suppression import Reason, mailable, stops, suppress
from tests.support.people import CONSENT, EVIDENCE, a_list, a_person, says_of_opens

ROBIN: dict[str, Any] = {"actor": "robin"}
ASKED: dict[str, Any] = {"because": "they wrote on 3 May", **ROBIN}
NEW = "new@example.com"


def test_details_are_set_and_taken_away_with_both_sides_on_record(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        ann = a_person(s, keys, first_name="An", custom={"city": "Milpitas", "plan": "b"})
        after = edit(s, ann, {"first_name": "Ann\n", "zone": "Europe/Berlin"}, {"City": "Fremont", "plan": ""}, **ROBIN)
        assert after == {"first_name": "Ann", "zone": "Europe/Berlin", "city": "Fremont"}
        assert ann.custom == {"city": "Fremont"}
        profile = s.get_one(Profile, ann.id, populate_existing=True)
        assert {profile.t1, profile.t2} == {"Fremont", None}
        (row,) = audit.read(s, subscriber_id=ann.id, most=9)
        assert row.before == {"first_name": "An", "zone": "", "city": "Milpitas", "plan": "b"}
        with pytest.raises(BadInput, match="no time zone"):
            edit(s, ann, {"zone": "Berlin"}, {}, **ROBIN)


def test_an_edit_that_changes_nothing_is_not_on_record(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        ann = a_person(s, keys, first_name="Ann")
        assert edit(s, ann, {"first_name": "Ann"}, {}, **ROBIN) == {}
        assert audit.read(s, most=9) == []


def test_a_new_address_needs_evidence_and_carries_the_wording_on(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
        with pytest.raises(BadInput, match="--because"):
            change_address(s, keys, ann, NEW, because=" ", **ROBIN)
        assert change_address(s, keys, ann, " New@Example.com", **ASKED)
        assert (ann.email, ann.addressed_at is not None) == ("New@example.com", True)
        assert find(s, keys, NEW) is ann
        assert s.scalars(mailable(tips.id)).all() == [ann.id]
        query = select(Evidence.how, Evidence.source, Wording.text, Consent.personal)
        query = query.join(Wording, Wording.id == Evidence.wording_id).join(Consent, Consent.evidence_id == Evidence.id)
        how, source, wording, personal = s.execute(query.order_by(Consent.id.desc())).first() or ("",) * 4
        assert (how, source, wording) == ("edit", "they wrote on 3 May", CONSENT["wording"])
        assert "New@Example.com" in personal


def test_another_spelling_of_the_same_address_needs_no_evidence(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        ann = a_person(s, keys)
        assert not change_address(s, keys, ann, "Ann@example.com", because="", **ROBIN)
        assert (ann.email, ann.addressed_at) == ("Ann@example.com", None)


def test_an_address_that_is_held_or_stopped_is_refused(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        ann, bob = a_person(s, keys), a_person(s, keys, "bob@example.com")
        with pytest.raises(Refused, match="subscriber merge"):
            change_address(s, keys, ann, bob.email, **ASKED)
        suppress(s, address_key(keys, NEW), "hard bounce", source="test")
        with pytest.raises(Refused, match="hard bounce"):
            change_address(s, keys, ann, NEW, **ASKED)


@pytest.mark.parametrize(
    ("reason", "follows"), [("opt-out", True), ("complaint", True), ("manual", True), ("hard bounce", False)]
)
def test_what_they_said_follows_them_and_what_befell_the_address_does_not(
    db: Database, keys: Keys, reason: Reason, follows: bool
) -> None:
    with db.write() as s:
        a_list(s)
        ann = a_person(s, keys)
        suppress(s, ann.address_key, reason, source="test")
        change_address(s, keys, ann, NEW, **ASKED)
        assert [x.reason for x in stops(s, ann.address_key)] == ([reason] if follows else [])


def test_who_has_left_a_list_is_not_back_by_a_new_address(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
        opt_out(s, address_key=ann.address_key, list_id=tips.id, **EVIDENCE)
        change_address(s, keys, ann, NEW, **ASKED)
        assert s.scalars(mailable(tips.id)).all() == []
        with pytest.raises(Refused, match="opted out"):
            a_person(s, keys, NEW)


def test_who_looks_for_an_old_address_is_told_of_the_new_one(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        change_address(s, keys, a_person(s, keys), NEW, **ASKED)
        with pytest.raises(Refused, match="is new@"):
            get_subscriber(s, keys, "ann@example.com")


def test_who_moves_back_to_an_old_address_has_it_again(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
        for email in (NEW, "ann@example.com"):
            change_address(s, keys, ann, email, **ASKED)
        opt_out(s, address_key=address_key(keys, NEW), list_id=None, **EVIDENCE)
        assert s.scalars(mailable(tips.id)).all() == []


def test_tags_come_and_go(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        ann = a_person(s, keys, tags=["runner", "new"])
        assert tag(s, ann, ["swimmer", "runner"], ["new", "never had"], **ROBIN) == ["runner", "swimmer"]
        (row,) = audit.read(s, subscriber_id=ann.id, most=9)
        assert (row.before, row.after) == ({"tags": ["new", "runner"]}, {"tags": ["runner", "swimmer"]})
        with pytest.raises(BadInput):
            tag(s, ann, [" "], **ROBIN)


def test_moving_gives_a_consent_to_one_list_and_withdraws_the_other(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips, news = a_list(s), a_list(s, "news")
        ann = a_person(s, keys)
        move(s, ann, "tips", "news", **ASKED)
        states = dict(s.execute(select(Subscription.list_id, Subscription.state)).all())
        assert states == {tips.id: "withdrawn", news.id: "confirmed"}
        assert stops(s, ann.address_key) == [], "staff moved them: it was no opt-out of theirs"
        with pytest.raises(Refused, match="not confirmed on the list tips"):
            move(s, ann, "tips", "news", **ASKED)
        with pytest.raises(Refused, match="opted out"):
            move(s, ann, "news", "tips", **ASKED)


def test_the_reason_of_a_move_is_the_ground_of_the_new_consent_and_what_they_wish_goes_along(
    db: Database, keys: Keys
) -> None:
    with db.write() as s:
        tips, news = a_list(s), a_list(s, "news")
        ann = a_person(s, keys)
        says_of_opens(s, keys, ann.email, allowed=True)
        s.get_one(Subscription, (tips.id, ann.id)).frequency = "monthly"
        move(s, ann, "tips", "news", **ASKED)
        *_, given, withdrawn = card_of(s, ann).consents
        source = "moved from the list tips to news"
        assert (given.list, given.how, given.wording, given.source) == ("news", "move", ASKED["because"], source)
        assert (withdrawn.list, withdrawn.state, withdrawn.wording, withdrawn.source) == (
            "tips",
            "withdrawn",
            "",
            source,
        )
        held = s.get_one(Subscription, (news.id, ann.id))
        assert (held.frequency, held.opens_since) == ("monthly", None)


@pytest.mark.parametrize("because", ["", " \n", "x" * (LONGEST + 1)])
def test_a_move_needs_a_ground_that_can_be_kept(because: str, db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s), a_list(s, "news")
        with pytest.raises(BadInput, match="--because"):
            move(s, a_person(s, keys), "tips", "news", because=because, actor="robin")


def test_nobody_is_moved_or_added_to_an_archived_list(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s), a_list(s, "news")
        ann = a_person(s, keys)
        archive(s, "news")
        with pytest.raises(Refused, match="list unarchive news"):
            move(s, ann, "tips", "news", **ASKED)
        with pytest.raises(Refused, match="archived"):
            a_person(s, keys, list_slug="news")
