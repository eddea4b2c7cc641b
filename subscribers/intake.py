"""Storing many people at once, in one transaction: what an import does with a chunk. One person is people.py.

New people go through a staging table, known ones are known.py's part; stops that a file brings are stopping.py's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from base.database import database_now
from base.time import to_ms
from subscribers.bulk import present
from subscribers.custom import remember
from subscribers.evidence import evidence_id
from subscribers.incoming import Person
from subscribers.known import Conflict, Known, bring_up_to_date, find_known
from subscribers.seals import share
from subscribers.staging import Common, add_people, subscribe
from subscribers.suppression import OPTED_OUT, stopped_keys

Taken = Literal["new", "updated", "unchanged", "suppressed"]


@dataclass(frozen=True)
class Basis:
    """Which list people are put on, the evidence that they want it, and what happens to what is known already."""

    list_id: int
    how: str
    wording: str
    source: str
    actor: str
    conflict: Conflict = "overwrite"


def take_in(s: Session, basis: Basis, people: Sequence[Person]) -> dict[bytes, tuple[Taken, str]]:
    """What became of each, by address key, which are all different. Tags are only added, pending stays pending."""
    share(s)
    fields = remember(s, set[str]().union(*(person.custom for person in people)))
    known = find_known(s, basis.list_id, [person.key for person in people])
    kept_out = _kept_out(s, basis.list_id, people, known)
    # Always in the order of the keys: two imports of the same people then wait for each other instead of locking up.
    new = sorted(each for each in people if each.key not in known and each.key not in kept_out)
    there = [(known[each.key], each) for each in people if each.key in known and each.key not in kept_out]
    joining = [(each.id, person) for each, person in there if each.state is None]
    if new or joining:
        shared = evidence_id(s, how=basis.how, wording=basis.wording, source=basis.source, actor=basis.actor)
        common = Common(basis.list_id, shared, basis.how, to_ms(database_now(s)))
        add_people(s, common, fields, new)
        subscribe(s, common, joining)
    changed = bring_up_to_date(s, fields, basis.conflict, there)
    outcomes: dict[bytes, tuple[Taken, str]] = {key: ("suppressed", why) for key, why in kept_out.items()}
    outcomes |= {person.key: ("new", "") for person in new}
    for each, person in there:
        outcomes[person.key] = ("updated" if each.state is None or each.id in changed else "unchanged", "")
    return outcomes


def _kept_out(s: Session, list_id: int, people: Sequence[Person], known: Mapping[bytes, Known]) -> dict[bytes, str]:
    wide = {person.key: person.wide for person in people if person.wide}
    asked = [*dict.fromkeys([*(person.key for person in people), *wide.values()])]
    some = present(s, "suppressions", asked)
    stopped = stopped_keys(s, some, list_id) if some else {}
    behind = {key: stopped[mailbox] for key, mailbox in wide.items() if mailbox in stopped} if stopped else {}
    withdrawn = {key: OPTED_OUT for key, each in known.items() if each.state == "withdrawn"}
    return behind | {person.key: stopped[person.key] for person in people if person.key in stopped} | withdrawn
