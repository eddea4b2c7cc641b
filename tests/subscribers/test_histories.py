"""The promise over whole lives: edits, merges and erasures between opt-outs and what lifts them.

The model knows who has and had which address, and who said no to what; it never looks at a stop.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from base.database import Database, database_now
from base.errors import Refused
from subscribers.addresses import address_key
from subscribers.changes.editing import change_address, move
from subscribers.changes.erasing import erase
from subscribers.changes.merging import merge
from subscribers.consent import confirm_sign_up, opt_out, undo
from subscribers.importing import Asked, import_file
from subscribers.keys import Keys
from subscribers.models import (
    Change,
    Consent,
    CustomField,
    FormerAddress,
    Import,
    List,
    Profile,
    Subscriber,
    Subscription,
    Suppression,
)
from subscribers.people import find, get_subscriber, new_subscriber
from subscribers.projection import folded
from subscribers.proof.evidence import evidence_id
from subscribers.stops.by_hand import lift_stops, stop
from subscribers.suppression import mailable
from tests.support.people import CONSENT, EVIDENCE, a_list, a_person

ANN, BOB, CAT = ADDRESSES = ("ann@example.com", "bob@example.com", "cat@example.com")
LISTS = ("news", "tips")
WHY: dict[str, Any] = {"because": "a test", "actor": "test"}
EMPTIED = (Change, FormerAddress, Import, Subscription, Consent, Suppression, Profile, Subscriber, List, CustomField)

an_address, a_slug = st.sampled_from(ADDRESSES), st.sampled_from(LISTS)
steps = st.one_of(
    st.tuples(st.just("add"), an_address, a_slug),
    st.tuples(st.just("bring"), an_address, a_slug),
    st.tuples(st.just("opt_out"), an_address, st.none() | a_slug),
    st.tuples(st.just("undo"), an_address, st.none() | a_slug),
    st.tuples(st.just("confirm"), an_address, a_slug),
    st.tuples(st.just("readdress"), an_address, an_address),
    st.tuples(st.just("merge"), an_address, an_address),
    st.tuples(st.just("erase"), an_address),
    st.tuples(st.just("move"), an_address),
    st.tuples(st.just("stop"), an_address, st.sampled_from(("hard bounce", "manual"))),
    st.tuples(st.just("lift"), an_address),
)


class Lives:
    def __init__(self, db: Database, keys: Keys, folder: Path) -> None:
        self.db, self.keys, self.file = db, keys, folder / "people.csv"
        self.had: dict[str, set[int]] = defaultdict(set)
        # No to one list, or to everything (None), by address and by person.
        self.no: set[tuple[str | int, str | None]] = set()
        with db.write() as s:
            for table in EMPTIED:
                s.execute(delete(table))
            self.lists = {slug: a_list(s, slug).id for slug in LISTS}

    def do(self, act: str, *given: Any) -> None:
        if act == "bring":
            self.bring(*given)
            return
        before = {address: set(people) for address, people in self.had.items()}, set(self.no)
        try:
            with self.db.write() as s:
                getattr(self, act)(s, *given)
        except Refused:  # whatever it began is undone
            self.had, self.no = defaultdict(set, before[0]), before[1]

    def add(self, s: Session, address: str, slug: str) -> None:
        a_person(s, self.keys, address, list_slug=slug)

    def bring(self, address: str, slug: str) -> None:
        """By a file, which opens its own transactions."""
        self.file.write_text(f"email\n{address}\n")
        import_file(self.db, self.keys, self.file, slug, Asked("yes", "test"))

    def opt_out(self, s: Session, address: str, slug: str | None) -> None:
        opt_out(s, address_key=self._key(address), list_id=self.lists.get(slug or ""), **EVIDENCE)
        everyone = self._everyone(s, address)
        said: set[str | int] = {
            address,
            *everyone,
            *(each for person in everyone for each in self._addresses(s, person)),
        }
        self.no |= {(each, slug) for each in said}

    def undo(self, s: Session, address: str, slug: str | None) -> None:
        back = undo(s, address_key=self._key(address), list_id=self.lists.get(slug or ""), **CONSENT)
        holder = self._holder(s, address)
        person = holder.id if holder else min(self.had[address])
        for each in back.lists:
            self._yes(s, person, each)
        if slug is None:
            self.no -= {(each, None) for each in self._theirs(s, person)}

    def confirm(self, s: Session, address: str, slug: str) -> None:
        person = self._holder(s, address) or new_subscriber(s, self.keys, address, "form")
        asked: dict[str, Any] = {"asked_at": database_now(s), "personal": "{}", "opens": False}
        asked |= {"confirm_source": "a link", "actor": "recipient", "evidence_id": evidence_id(s, **CONSENT)}
        confirm_sign_up(s, person, self.lists[slug], **asked)
        self._yes(s, person.id, slug)

    def readdress(self, s: Session, address: str, to: str) -> None:
        person = get_subscriber(s, self.keys, address, lock=True)
        if change_address(s, self.keys, person, to, **WHY):
            self.had[address].add(person.id)
            self.had[to].discard(person.id)
            self.no |= {(to, slug) for who, slug in self.no if who == address}

    def merge(self, s: Session, address: str, other: str) -> None:
        winner, loser = (get_subscriber(s, self.keys, each) for each in (address, other))
        merge(s, winner, loser, **WHY)
        for people in (*self.had.values(), self.had[other]):
            if loser.id in people:
                people.remove(loser.id)
                people.add(winner.id)
        self.had[other].add(winner.id)
        self.had[address].discard(winner.id)
        said = {slug for who, slug in self.no if who in (winner.id, loser.id, address, other)}
        self.no |= {(each, slug) for each in self._theirs(s, winner.id) for slug in said}

    def erase(self, s: Session, address: str) -> None:
        person = get_subscriber(s, self.keys, address)
        self.no |= {(each, None) for each in self._theirs(s, person.id)}
        erase(s, self.keys, person, **WHY)
        for people in self.had.values():
            people.discard(person.id)

    def move(self, s: Session, address: str) -> None:
        move(s, get_subscriber(s, self.keys, address), *LISTS, **WHY)

    def stop(self, s: Session, address: str, reason: Any) -> None:
        stop(s, self.keys, address, reason, list_slug=None, source="test", actor="test")

    def lift(self, s: Session, address: str) -> None:
        lift_stops(s, self.keys, address, list_slug=None, **WHY)

    def check(self) -> None:
        with self.db.read() as s:
            for slug, list_id in self.lists.items():
                query = select(Subscriber.id, Subscriber.email).where(Subscriber.id.in_(mailable(list_id)))
                for person, email in s.execute(query):
                    against = {(who, where) for who in (person, email.lower()) for where in (slug, None)}
                    assert not against & self.no, (email, slug)
            held = {(x.list_id, x.subscriber_id): x for x in s.scalars(select(Subscription))}
            for pair, holds in folded(s, held).items():
                assert holds is not None
                assert (held[pair].state, held[pair].consent_id) == (holds.state, holds.consent_id)

    def _yes(self, s: Session, person: int, slug: str) -> None:
        """To one list: what was a no to everything is one to the others now."""
        theirs = self._theirs(s, person)
        for each in theirs:
            if (each, None) in self.no:
                self.no.remove((each, None))
                self.no |= {(each, other) for other in LISTS}
        self.no -= {(each, slug) for each in theirs}

    def _theirs(self, s: Session, person: int) -> set[str | int]:
        """The person, and every address of theirs that nobody else has now."""
        now = s.get_one(Subscriber, person).email.lower()
        others = {email.lower() for email in s.scalars(select(Subscriber.email).where(Subscriber.id != person))}
        return {person, *(self._addresses(s, person) - (others - {now}))}

    def _addresses(self, s: Session, person: int) -> set[str]:
        return {s.get_one(Subscriber, person).email.lower(), *(x for x, people in self.had.items() if person in people)}

    def _everyone(self, s: Session, address: str) -> set[int]:
        holder = self._holder(s, address)
        return self.had[address] | ({holder.id} if holder else set())

    def _holder(self, s: Session, address: str) -> Subscriber | None:
        return find(s, self.keys, address)

    def _key(self, address: str) -> bytes:
        return address_key(self.keys, address)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
    database=None,
)
@example([("add", ANN, "tips"), ("opt_out", ANN, None), ("undo", ANN, None)])
@example([("add", ANN, "tips"), ("opt_out", ANN, None), ("readdress", ANN, BOB), ("add", BOB, "news")])
@example(
    [("add", ANN, "tips"), ("add", BOB, "tips"), ("opt_out", ANN, None), ("merge", ANN, BOB), ("add", BOB, "news")]
)
@example([("add", ANN, "tips"), ("readdress", ANN, BOB), ("opt_out", ANN, "tips"), ("add", BOB, "tips")])
@given(st.lists(steps, max_size=16))
def test_nobody_who_said_no_is_mailed_whatever_became_of_their_row(
    db: Database, keys: Keys, tmp_path: Path, done: list[tuple[Any, ...]]
) -> None:
    lives = Lives(db, keys, tmp_path)
    for step in done:
        lives.do(*step)
    lives.check()
