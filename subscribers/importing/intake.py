"""Storing many people at once, in one transaction: what an import does with a chunk. One person is people.py.

New people go through a staging table, known ones are known.py's part; stops that a file brings are stops/many.py's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from base.database import database_now
from base.errors import Refused
from base.time import to_ms
from subscribers.fields.custom import Field, remember
from subscribers.importing.bulk import present
from subscribers.importing.incoming import Person
from subscribers.importing.known import Conflict, Known, bring_up_to_date, find_known
from subscribers.importing.prepared import Prepared
from subscribers.importing.staging import Common, add_people, subscribe
from subscribers.models import List
from subscribers.proof.evidence import evidence_id
from subscribers.proof.seals import share
from subscribers.suppression import OPTED_OUT, stopped_keys


@dataclass(frozen=True)
class Basis:
    """Which list people are put on, the evidence that they want it, and what happens to what is known already."""

    list_id: int
    how: str
    wording: str
    source: str
    actor: str
    conflict: Conflict = "overwrite"


@dataclass(frozen=True)
class Taken:
    new: int
    updated: int
    unchanged: int
    kept_out: Mapping[bytes, str]  # by address key, with the reason


def take_in(s: Session, basis: Basis, prepared: Prepared) -> Taken:
    """What became of people who are all different. Tags are only added, pending stays pending."""
    share(s)
    fields = remember(s, prepared.read_as)
    _check(prepared.read_as, fields)
    people = prepared.people
    known = find_known(s, basis.list_id, [person.key for person in people])
    kept_out = _kept_out(s, basis.list_id, people, known)
    welcome = (
        [place for place, person in enumerate(people) if person.key not in kept_out] if kept_out else range(len(people))
    )
    new = [place for place in welcome if people[place].key not in known] if known else welcome
    there = [place for place in welcome if people[place].key in known] if known else []
    joining = [place for place in there if known[people[place].key].state is None]
    if new or joining:
        law = s.get_one(List, basis.list_id).law
        told = {"how": basis.how, "wording": basis.wording, "source": basis.source, "actor": basis.actor}
        shared = evidence_id(s, **told, jurisdiction=law)
        common = Common(basis.list_id, shared, basis.how, to_ms(database_now(s)))
        add_people(s, common, fields, prepared.some(new))
        subscribe(s, common, [known[people[place].key].id for place in joining], prepared.some(joining))
    pairs = [(known[people[place].key], people[place]) for place in there]
    changed = bring_up_to_date(s, fields, basis.conflict, pairs)
    updated = sum(each.state is None or each.id in changed for each, _ in pairs)
    return Taken(len(new), updated, len(there) - updated, kept_out)


def _check(read_as: Mapping[str, Field], fields: Mapping[str, Field]) -> None:
    for name, field in read_as.items():
        if (field.type, field.choices) != (fields[name].type, fields[name].choices):
            raise Refused(f"The field {name} was changed while this import ran; start it again, and it goes on")


def _kept_out(s: Session, list_id: int, people: Sequence[Person], known: Mapping[bytes, Known]) -> dict[bytes, str]:
    wide = {person.key: person.wide for person in people if person.wide}
    some = present(s, "suppressions", [*dict.fromkeys([*(person.key for person in people), *wide.values()])])
    stopped = stopped_keys(s, some, list_id) if some else {}
    behind = {key: stopped[mailbox] for key, mailbox in wide.items() if mailbox in stopped} if stopped else {}
    withdrawn = {key: OPTED_OUT for key, each in known.items() if each.state == "withdrawn"}
    themselves = {person.key: stopped[person.key] for person in people if person.key in stopped} if stopped else {}
    return behind | themselves | withdrawn
