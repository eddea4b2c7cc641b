"""The promise itself: after any history, nobody who opted out may be mailed without a later yes of their own."""

from __future__ import annotations

from contextlib import suppress as ignore
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from base.database import Database
from base.errors import NotFound, Refused
from subscribers.addresses import address_key
from subscribers.consent import opt_out, undo
from subscribers.importing import Asked, import_file
from subscribers.keys import Keys
from subscribers.models import Consent, CustomField, Import, List, Profile, Subscriber, Subscription, Suppression
from subscribers.suppression import mailable, suppress
from tests.support.people import CONSENT, EVIDENCE, a_list, a_person

PEOPLE = ("ann@example.com", "Bob@example.com")
LISTS = ("news", "tips")
STOPS: list[Any] = ["hard bounce", "complaint", "manual"]

people = st.sampled_from(PEOPLE)
lists = st.sampled_from(LISTS)
steps = st.one_of(
    st.tuples(st.just("add"), people, lists, st.sampled_from(("pending", "confirmed"))),
    st.tuples(st.just("import"), people, lists),
    st.tuples(st.just("opt-out"), people, st.none() | lists),
    st.tuples(st.just("undo"), people, lists),  # of everything at once: test_histories.py
    st.tuples(st.just("stop"), people, st.none() | lists, st.sampled_from(STOPS)),
)


class History:
    """Does each step for real, and keeps in two sets what must be true after it."""

    def __init__(self, db: Database, keys: Keys, folder: Path) -> None:
        self.db, self.keys, self.file = db, keys, folder / "people.csv"
        self.out: set[tuple[str, str]] = set()
        self.stopped: set[tuple[str, str]] = set()
        with db.write() as s:
            for table in (Import, Subscription, Consent, Suppression, Profile, Subscriber, List, CustomField):
                s.execute(delete(table))
            self.ids = {slug: a_list(s, slug).id for slug in LISTS}

    def do(self, step: tuple[Any, ...]) -> None:
        act, email, slug, *more = step
        key, list_id = address_key(self.keys, email), self.ids.get(slug)
        covered = {(email, each) for each in ([slug] if slug else LISTS)}
        if act == "import":
            self.file.write_text(f"email\n{email.upper()}\n")
            import_file(self.db, self.keys, self.file, slug, Asked("yes", "test"))
            return
        with ignore(Refused), self.db.write() as s:
            if act == "add":
                a_person(s, self.keys, email.upper(), list_slug=slug, state=more[0])
            elif act == "opt-out":
                opt_out(s, address_key=key, list_id=list_id, **EVIDENCE)
                self.out |= covered
            elif act == "stop":
                suppress(s, key, more[0], list_id=list_id, source="test")
                self.stopped |= covered
            elif act == "undo":
                with ignore(NotFound):
                    back = undo(s, address_key=key, list_id=list_id, **CONSENT)
                    self.out -= {(email, each) for each in back.lists}

    def check(self) -> None:
        with self.db.read() as s:
            for slug, list_id in self.ids.items():
                may = set(s.scalars(select(Subscriber.email).where(Subscriber.id.in_(mailable(list_id)))))
                confirmed = select(Subscriber.email).join(Subscription, Subscription.subscriber_id == Subscriber.id)
                said_yes = set(
                    s.scalars(confirmed.where(Subscription.list_id == list_id, Subscription.state == "confirmed"))
                )
                held_back = {email.upper() for email, where in self.out | self.stopped if where == slug}
                assert {email.upper() for email in may} == {email.upper() for email in said_yes} - held_back
                gone = {email.upper() for email, where in self.out if where == slug}
                assert not gone & {email.upper() for email in said_yes}
            latest = select(func.max(Consent.id)).group_by(Consent.subscriber_id, Consent.list_id)
            assert set(s.scalars(select(Subscription.consent_id))) == set(s.scalars(latest))


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
    database=None,
)
@given(st.lists(steps, max_size=12))
def test_nobody_who_opted_out_may_be_mailed_whatever_happened_since(
    db: Database, keys: Keys, tmp_path: Path, done: list[tuple[Any, ...]]
) -> None:
    history = History(db, keys, tmp_path)
    for step in done:
        history.do(step)
    history.check()
