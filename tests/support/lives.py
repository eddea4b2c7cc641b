"""Whole lives, lived for real, beside a model that knows only who has and had which address, and who said no to what.

What people said is true whatever becomes of the database: a restore takes back rows, not words.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress as ignore
from copy import deepcopy
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from base.database import Base, Database
from base.errors import NotFound, Refused
from delivery import events
from delivery.erasing import erase
from delivery.mailed import mailed
from subscribers import links
from subscribers.addresses import address_key
from subscribers.changes.editing import change_address, move
from subscribers.changes.merging import merge
from subscribers.importing import Asked, import_file
from subscribers.importing.imports import undo_import
from subscribers.keys import Keys
from subscribers.models import Subscriber, Subscription
from subscribers.people import find, get_subscriber
from subscribers.projection import folded
from subscribers.signups import confirming, forms
from subscribers.stops.by_hand import lift_stops, stop
from subscribers.stops.from_files import import_stops
from subscribers.suppression import mailable
from tests.support.people import a_person
from tests.support.runs import a_run
from tests.support.signups import BRAND, a_public_list, asked_again_after, due_mails, signs_up

LISTS = {"news": "single", "tips": "double"}  # and how one signs up for it
WHY: dict[str, Any] = {"because": "a test", "actor": "test"}
_KEPT = ("key_fingerprints", "installation")

Post = Callable[[str, bytes], int]  # to our own pages; the status of the answer
Who = str | int  # an address, or a person by the number of their row


class Lives:
    def __init__(self, db: Database, keys: Keys, folder: Path, post: Post) -> None:
        self.db, self.keys, self.folder, self.post = db, keys, folder, post
        self.had: dict[str, set[int]] = defaultdict(set)
        self.no: set[tuple[Who, str | None]] = set()  # to one list, or to everything (None)
        self.letters: dict[tuple[str, str], str] = {}  # in their mailboxes: the links that ask to confirm
        self.imports: list[int] = []
        self._moment = count(1_700_000_000)
        with db.write() as s:
            for table in reversed(Base.metadata.sorted_tables):
                if table.name not in _KEPT:
                    s.execute(delete(table))
            self.lists = {slug: a_public_list(s, slug, opt_in).id for slug, opt_in in LISTS.items()}
        for slug, list_id in self.lists.items():
            a_run(db, keys, 0, public_id=slug, list_id=list_id)

    def do(self, act: str, *given: Any) -> None:
        before = deepcopy((self.had, self.no))
        try:
            getattr(self, act)(*given)
        except (Refused, NotFound):  # whatever it began is undone
            self.had, self.no = before

    # What puts people on lists without a word of their own

    def add(self, address: str, slug: str) -> None:
        with self.db.write() as s:
            a_person(s, self.keys, address, list_slug=slug)

    def bring(self, address: str, slug: str, marked: str | None) -> None:
        """By a file; in it somebody else may be marked as one who left there."""
        rows = f"email,status\n{address},subscribed\n" + (f"{marked},unsubscribed\n" if marked else "")
        report = import_file(self.db, self.keys, self._file(rows), slug, Asked("yes", "test"))
        self.imports.append(report.id or 0)
        if marked:
            self._said_no(marked, slug)

    def unbring(self) -> None:
        if self.imports:
            undo_import(self.db, self.imports[-1], "test", mailed)

    def sign_up(self, address: str, slug: str) -> None:
        """Anybody may type an address into a form: that is no word of the person's until they confirm it."""
        asked_again_after(self.db, timedelta(hours=9))  # or the mails would be too many
        signs_up(self.db, self.keys, address, slug)
        for letter in due_mails(self.db, self.keys):
            self.letters[letter.email, next(x for x in LISTS if x.title() == letter.list_name)] = letter.token

    # A word of their own: yes

    def confirm(self, address: str, slug: str) -> None:
        with self.db.write() as s:
            link = self.letters.get((address, slug), "")
            waiting = confirming.look(s, link)
            if waiting and not waiting.is_confirmed:
                confirming.confirm(s, self.keys, link)
                self._said_yes(s, address, slug)

    def join(self, address: str, slug: str) -> None:
        """In the preference centre."""
        with self.db.read() as s:
            version = forms.form_of(s, slug, BRAND).version
        if self._posted(f"/p/{self._link(address, slug)}", choice="join", list=slug, version=version) == 200:
            with self.db.read() as s:
                self._said_yes(s, address, slug)

    def undo(self, address: str, slug: str) -> None:
        """By the button behind a mail's link."""
        if self._posted(f"/u/{self._link(address, slug)}", choice="undo") == 200:
            with self.db.read() as s:
                self._said_yes(s, address, slug)

    # A word of their own: no

    def opt_out(self, address: str, slug: str | None, way: str) -> None:
        if getattr(self, f"_by_{way}")(address, slug) is not False:
            self._said_no(address, slug)

    def _by_link(self, address: str, slug: str | None) -> None:
        choice = "this-list" if slug else "every-list"
        assert self._posted(f"/u/{self._link(address, slug or 'tips')}", choice=choice) == 200

    def _by_one_click(self, address: str, slug: str | None) -> None:
        for each in (slug,) if slug else LISTS:
            assert self.post(f"/u/{self._link(address, each)}", b"List-Unsubscribe=One-Click") == 200

    def _by_preferences(self, address: str, slug: str | None) -> bool:
        sent = {"choice": "leave", "list": slug} if slug else {"choice": "leave-all"}
        return self._posted(f"/p/{self._link(address, slug or 'tips')}", **sent) == 200

    def _by_event(self, address: str, slug: str | None) -> None:
        """The provider's own: of a group, which stands for the list, or of everything."""
        told = {"event": "group_unsubscribe", "ts_run": slug} if slug else {"event": "unsubscribe"}
        body = json.dumps([{**told, "email": address, "timestamp": next(self._moment)}])
        assert self.post("/events/sendgrid", body.encode()) == 200
        assert events.drain(self.db, self.keys) == 1

    def _by_hand(self, address: str, slug: str | None) -> None:
        with self.db.write() as s:
            stop(s, self.keys, address, "opt-out", list_slug=slug, source="a call", actor="test")

    def _by_file(self, address: str, slug: str | None) -> None:
        named: dict[str, Any] = {"reason": "opt-out", "list_slug": slug, "actor": "test"}
        file = self._file(f"email\n{address}\n")
        import_stops(self.db, self.keys, file, **named, progress=lambda done, total: None)

    # What staff do

    def readdress(self, address: str, to: str) -> None:
        with self.db.write() as s:
            person = get_subscriber(s, self.keys, address, lock=True)
            if change_address(s, self.keys, person, to, **WHY):
                self.had[address].add(person.id)
                self.had[to].discard(person.id)
                self.no |= {(to, slug) for who, slug in self.no if who == address}

    def merge(self, address: str, other: str) -> None:
        with self.db.write() as s:
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

    def erase(self, address: str) -> None:
        with self.db.write() as s:
            person = get_subscriber(s, self.keys, address)
            self.no |= {(each, None) for each in self._theirs(s, person.id)}
            erase(s, self.keys, person, **WHY)
            self._forget(person.id)

    def move(self, address: str) -> None:
        with self.db.write() as s:
            move(s, get_subscriber(s, self.keys, address), *LISTS, **WHY)

    def stop(self, address: str, reason: Any) -> None:
        with self.db.write() as s:
            stop(s, self.keys, address, reason, list_slug=None, source="test", actor="test")

    def lift(self, address: str) -> None:
        with self.db.write() as s:
            lift_stops(s, self.keys, address, list_slug=None, **WHY)

    def taken_back(self, had: dict[str, set[int]]) -> None:
        """The rows are those of before again; who was erased since is erased again."""
        self.had = deepcopy(had)
        with self.db.read() as s:
            there = dict(s.execute(select(Subscriber.id, Subscriber.email)).all())
        for person in {each for people in self.had.values() for each in people} - {x for x, e in there.items() if e}:
            self._forget(person)
        self.no = {(who, slug) for who, slug in self.no if isinstance(who, str) or who in there}

    def check(self) -> None:
        with self.db.read() as s:
            for slug in LISTS:
                for person, email in self.mailable(s, slug):
                    against = {(who, where) for who in (person, email.lower()) for where in (slug, None)}
                    assert not against & self.no, (email, slug)
            held = {(x.list_id, x.subscriber_id): x for x in s.scalars(select(Subscription))}
            for pair, holds in folded(s, held).items():
                assert holds is not None
                assert (held[pair].state, held[pair].consent_id) == (holds.state, holds.consent_id)

    def mailable(self, s: Session, slug: str) -> list[tuple[int, str]]:
        query = select(Subscriber.id, Subscriber.email).where(Subscriber.id.in_(mailable(self.lists[slug])))
        return [(person, email) for person, email in s.execute(query)]

    def _said_no(self, address: str, slug: str | None) -> None:
        with self.db.read() as s:
            everyone = self.had[address] | ({holder.id} if (holder := find(s, self.keys, address)) else set())
            said: set[Who] = {address, *everyone, *(each for who in everyone for each in self._addresses(s, who))}
        self.no |= {(each, slug) for each in said}

    def _said_yes(self, s: Session, address: str, slug: str) -> None:
        """To one list: what was a no to everything is one to the others now."""
        theirs = self._theirs(s, self._person(s, address))
        for each in theirs:
            if (each, None) in self.no:
                self.no.remove((each, None))
                self.no |= {(each, other) for other in LISTS}
        self.no -= {(each, slug) for each in theirs}

    def _person(self, s: Session, address: str) -> int:
        holder = find(s, self.keys, address)
        return holder.id if holder else min(self.had[address])

    def _theirs(self, s: Session, person: int) -> set[Who]:
        """The person, and every address of theirs that nobody else has now."""
        now = s.get_one(Subscriber, person).email.lower()
        others = {email.lower() for email in s.scalars(select(Subscriber.email).where(Subscriber.id != person))}
        return {person, *(self._addresses(s, person) - (others - {now}))}

    def _addresses(self, s: Session, person: int) -> set[str]:
        return {s.get_one(Subscriber, person).email.lower(), *(x for x, people in self.had.items() if person in people)}

    def _forget(self, person: int) -> None:
        for people in self.had.values():
            people.discard(person)

    def _key(self, address: str) -> bytes:
        return address_key(self.keys, address)

    def _link(self, address: str, slug: str) -> str:
        return links.sign(self.keys, self._key(address), self.lists[slug])

    def _posted(self, path: str, **sent: str) -> int:
        return self.post(path, urlencode(sent).encode())

    def _file(self, rows: str) -> Path:
        file = self.folder / "people.csv"
        with ignore(FileNotFoundError):
            file.unlink()
        file.write_text(rows)
        return file
