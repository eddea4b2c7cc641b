from __future__ import annotations

from sqlalchemy import select, update

from base.database import Database
from subscribers.addresses import wide_key
from subscribers.completing import complete, complete_at_once
from subscribers.keys import Keys
from subscribers.models import CustomField, Profile, Subscriber, Suppression
from subscribers.suppression import mailable, stops, suppress
from tests.support.people import a_list, a_person

GMAIL = ("ann.lee@gmail.com", "Ann.Lee+tips@googlemail.com", "bob@GMAIL.com")


def test_gmail_people_of_before_get_their_second_key_and_their_stops_hold_under_it(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        people = {email: a_person(s, keys, email).id for email in (*GMAIL, "cat@example.com")}
        s.execute(update(Subscriber).values(wide_key=None))
        s.expire_all()
        suppress(s, s.get_one(Subscriber, people[GMAIL[0]]).address_key, "opt-out", source="before")
        assert len(s.scalars(mailable(tips.id)).all()) == 3, "the same mailbox in another spelling"
    for _twice in range(2):
        complete(db, keys)
    with db.read() as s:
        wide = dict(s.execute(select(Subscriber.email, Subscriber.wide_key)).all())
        assert wide == {
            "ann.lee@gmail.com": wide_key(keys, GMAIL[0]),
            "Ann.Lee+tips@googlemail.com": wide_key(keys, GMAIL[0]),
            "bob@gmail.com": wide_key(keys, GMAIL[2]),
            "cat@example.com": None,
        }
        assert set(s.scalars(mailable(tips.id))) == {people["bob@GMAIL.com"], people["cat@example.com"]}
        assert len(s.scalars(select(Suppression)).all()) == 2


def test_fields_of_before_get_their_slots(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        ann = a_person(s, keys, custom={"city": "Milpitas"})
        s.execute(update(CustomField).values(slot=None))
        s.execute(update(Profile).values(t1=None))
        s.expire_all()
        complete_at_once(s, keys)
        s.expire_all()
        assert s.get_one(Profile, ann.id).t1 == "Milpitas"
        assert stops(s, ann.address_key) == []
