"""Storing many people at once, in one transaction: what an import does with a chunk. One person is people.py.

New people go through a staging table, known ones are known.py's part; stops that a file brings are stops/many.py's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from base.database import database_now
from base.errors import Refused
from base.time import to_ms
from subscribers.fields.custom import Field, remember
from subscribers.importing.known import Conflict, Known, bring_up_to_date, find_known
from subscribers.importing.packing import attach
from subscribers.importing.prepared import Prepared
from subscribers.importing.staging import Common, add_people, find_present
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
    people = prepared.people
    if not people:
        return Taken(0, 0, 0, {})
    share(s)
    fields = remember(s, prepared.read_as)
    _check(prepared.read_as, fields)
    if prepared.packed:
        attach(s, "staged", prepared.packed)
    known = find_known(s, basis.list_id, prepared)
    kept_out = _kept_out(s, basis.list_id, prepared, known)
    welcome = [place for place, person in enumerate(people) if person.key not in kept_out]
    there = [place for place in welcome if people[place].key in known] if known else []
    staying = {place for place in there if known[people[place].key].state is not None}
    coming = [place for place in welcome if place not in staying] if staying else welcome
    if coming:
        law = s.get_one(List, basis.list_id).law
        told = {"how": basis.how, "wording": basis.wording, "source": basis.source, "actor": basis.actor}
        shared = evidence_id(s, **told, jurisdiction=law)
        common = Common(basis.list_id, shared, basis.how, to_ms(database_now(s)))
        some = prepared if len(coming) == len(people) else prepared.some(coming)
        ids = [known[person.key].id if person.key in known else None for person in some.people]
        add_people(s, common, fields, some, ids)
    pairs = [(known[people[place].key], people[place]) for place in there]
    changed = bring_up_to_date(s, fields, basis.conflict, pairs)
    updated = sum(each.state is None or each.id in changed for each, _ in pairs)
    return Taken(len(welcome) - len(there), updated, len(there) - updated, kept_out)


def _check(read_as: Mapping[str, Field], fields: Mapping[str, Field]) -> None:
    for name, field in read_as.items():
        if (field.type, field.choices) != (fields[name].type, fields[name].choices):
            raise Refused(f"The field {name} was changed while this import ran; start it again, and it goes on")


def _kept_out(s: Session, list_id: int, prepared: Prepared, known: Mapping[bytes, Known]) -> dict[bytes, str]:
    people = prepared.people
    wide = {person.key: person.wide for person in people if person.wide}
    some = find_present(s, "suppressions", prepared, "address_key", "wide_key")
    stopped = stopped_keys(s, some, list_id) if some else {}
    behind = {key: stopped[mailbox] for key, mailbox in wide.items() if mailbox in stopped} if stopped else {}
    withdrawn = {key: OPTED_OUT for key, each in known.items() if each.state == "withdrawn"}
    themselves = {person.key: stopped[person.key] for person in people if person.key in stopped} if stopped else {}
    return behind | themselves | withdrawn
