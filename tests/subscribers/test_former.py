from __future__ import annotations

from sqlalchemy.orm import Session

from base.database import Database, database_now
from subscribers import former
from subscribers.addresses import address_key
from subscribers.consent import opt_out, undo
from subscribers.keys import Keys
from subscribers.models import Subscriber
from subscribers.suppression import Reason, mailable, stops, suppress
from tests.support.people import CONSENT, EVIDENCE, a_list, a_person

OLD = "old@example.com"


def test_a_link_in_a_mail_to_an_earlier_address_still_stops_the_person(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = _who_had(s, keys, OLD, a_person(s, keys))
        done = opt_out(s, address_key=address_key(keys, OLD), list_id=tips.id, **EVIDENCE)
        assert (done.changed, done.lists) == (True, ("tips",))
        assert s.scalars(mailable(tips.id)).all() == []
        assert [x.reason for x in stops(s, ann.address_key, tips.id)] == ["opt-out"]


def test_an_opt_out_holds_for_the_addresses_from_before_too(db: Database, keys: Keys) -> None:
    """A backup from before the change of address holds the old one."""
    with db.write() as s:
        a_list(s)
        ann = _who_had(s, keys, OLD, a_person(s, keys))
        opt_out(s, address_key=ann.address_key, list_id=None, **EVIDENCE)
        assert [x.reason for x in stops(s, address_key(keys, OLD))] == ["opt-out"]


def test_who_undoes_an_opt_out_by_an_old_link_is_back_with_all_addresses(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = _who_had(s, keys, OLD, a_person(s, keys))
        opt_out(s, address_key=address_key(keys, OLD), list_id=tips.id, **EVIDENCE)
        assert undo(s, address_key=address_key(keys, OLD), list_id=tips.id, **CONSENT).lists == ("tips",)
        assert s.scalars(mailable(tips.id)).all() == [ann.id]
        assert stops(s, address_key(keys, OLD)) == []


def test_who_has_the_address_now_and_who_had_it_are_both_stopped_by_its_link(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        _who_had(s, keys, OLD, a_person(s, keys))
        a_person(s, keys, OLD)
        opt_out(s, address_key=address_key(keys, OLD), list_id=tips.id, **EVIDENCE)
        assert s.scalars(mailable(tips.id)).all() == []


def test_what_befell_an_old_address_is_not_held_against_the_new_one(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        ann = _who_had(s, keys, OLD, a_person(s, keys))
        befell: list[Reason] = ["hard bounce", "invalid", "manual"]
        for reason in befell:
            suppress(s, address_key(keys, OLD), reason, source="test")
        assert stops(s, ann.address_key) == []
        suppress(s, address_key(keys, OLD), "complaint", source="test")
        assert [x.reason for x in stops(s, ann.address_key)] == ["complaint"]


def test_what_led_to_one_leads_to_whom_they_were_merged_into(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        ann, bob = a_person(s, keys), a_person(s, keys, "bob@example.com")
        _who_had(s, keys, OLD, ann)
        _who_had(s, keys, OLD, bob)
        _who_had(s, keys, "older@example.com", ann)
        former.hand_over(s, ann.id, bob.id)
        assert former.keys_of(s, ann.id) == []
        assert len(former.keys_of(s, bob.id)) == 2
        former.forget(s, bob.id, address_key(keys, OLD))
        assert former.holders(s, address_key(keys, "older@example.com")) == [bob]
        former.forget(s, bob.id)
        assert former.holders(s, address_key(keys, "older@example.com")) == []


def _who_had(s: Session, keys: Keys, email: str, person: Subscriber) -> Subscriber:
    former.keep(s, address_key(keys, email), person.id, database_now(s))
    return person
