"""From the journal into a restored database: stops hold again, and attempts that left since are on record again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.errors import Broken
from base.time import from_ms
from delivery.erasing import erase
from delivery.ledger import prove, record
from delivery.ledger.carry import carry, read_leaving
from delivery.models import Attempt
from delivery.providers.provider import Answer, Verdict
from subscribers import consent, journal
from subscribers.keys import Keys
from subscribers.models import List, Subscriber
from subscribers.people import find_by_key
from subscribers.suppression import suppress

Entries = Callable[[], Iterator[journal.Entry]]  # may be read more than once
_SOURCE = "the journal, after a restore"


@dataclass
class Replayed:
    """What the journal brought back."""

    stops: int = 0
    accepted: int = 0  # attempts
    uncertain: int = 0
    highest: int = 0  # subscriber id that was ever mailed: none above it may be given to somebody else
    outside: Counter[str] = field(default_factory=Counter)  # run → people who are not in the restored ledger
    decisions: dict[str, str] = field(default_factory=dict)  # run → the last thing that a person decided


def replay(s: Session, keys: Keys, entries: Entries) -> Replayed:
    """Apply everything once more. Repeating it changes nothing. Raises Broken for an entry that cannot be read."""
    ends = _ends(entries())
    done = Replayed()
    lists = set(s.scalars(select(List.id)))
    for entry in entries():
        try:
            _apply(s, keys, entry, ends, lists, done)
        except (KeyError, TypeError, ValueError) as cause:
            raise Broken("The journal has an entry that this version cannot read; upgrade Tipsheet") from cause
    s.flush()
    return done


def _ends(entries: Iterator[journal.Entry]) -> dict[str, str]:
    """What became of each attempt; that it was taken is the last word, whenever it was said."""
    ends: dict[str, str] = {}
    for entry in entries:
        if entry["what"] in (journal.TAKEN, journal.RETURNED) and ends.get(entry["attempt"]) != journal.TAKEN:
            ends[entry["attempt"]] = entry["what"]
    return ends


def _apply(
    s: Session, keys: Keys, entry: journal.Entry, ends: Mapping[str, str], lists: set[int], done: Replayed
) -> None:
    match entry["what"]:
        case journal.STOPPED:
            done.stops += _stop(s, entry, lists)
        case journal.LEFT:
            _bring_back(s, entry, ends, done)
        case journal.ERASED:
            _erase(s, keys, entry)
        case journal.DECIDED:
            done.decisions[entry["run"]] = entry["decision"]
        case journal.TAKEN | journal.RETURNED:
            _end(s, entry["attempt"], entry["what"], done)


def _stop(s: Session, entry: journal.Entry, lists: set[int]) -> bool:
    key, at, where = bytes.fromhex(entry["key"]), from_ms(entry["at"]), entry["list"]
    # A list that is younger than the backup is gone; whoever left it must not come back by another name of it.
    list_id = where if where in lists else None
    if entry["reason"] != "opt-out":
        return suppress(s, key, entry["reason"], list_id=list_id, source=_SOURCE, at=at)
    how = "restore"
    return consent.opt_out(s, address_key=key, list_id=list_id, how=how, source=_SOURCE, actor="journal", at=at).changed


def _erase(s: Session, keys: Keys, entry: journal.Entry) -> None:
    """Somebody was erased since the backup, which brought them back: perhaps under the address that they had then, or
    as the two who were merged since. Their stops are entries of their own."""
    had = [bytes.fromhex(key) for key in entry.get("keys", ())]
    theirs = Subscriber.id.in_(entry.get("people", ())), Subscriber.address_key.in_(had)
    found = s.scalars(select(Subscriber).where(*theirs).order_by(Subscriber.id)).all()
    for person in found or filter(None, [find_by_key(s, bytes.fromhex(entry["key"]))]):
        erase(s, keys, person, actor="journal", because=_SOURCE)


def _bring_back(s: Session, entry: journal.Entry, ends: Mapping[str, str], done: Replayed) -> None:
    left = read_leaving(entry)
    done.highest = max(done.highest, *left.people)
    end = ends.get(left.attempt)
    if end == journal.RETURNED or s.get(Attempt, left.attempt) is not None:
        return
    taken = end == journal.TAKEN
    words = (
        "it was taken after the backup, by the journal" if taken else "it left after the backup, and no answer is known"
    )
    outside = carry(s, left, taken=taken, evidence=words)
    done.accepted += taken
    done.uncertain += not taken
    if outside:
        done.outside[left.run] += outside


def _end(s: Session, attempt_id: str, end: Literal["taken", "returned"] | str, done: Replayed) -> None:
    """Of an attempt that was under way when the backup was made."""
    attempt = s.get(Attempt, attempt_id)
    if attempt is None or attempt.verdict not in (None, "uncertain"):
        return
    if end == journal.TAKEN:
        prove(s, attempt_id, "it was taken after the backup, by the journal")
        done.accepted += 1
    elif attempt.verdict is None:
        record(s, attempt_id, Answer(Verdict.RETURNED, "nothing of it was taken, by the journal"))
