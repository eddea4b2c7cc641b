"""One chunk of an import into the database: its stops, its people, how far the import came, what it left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base.database import Database
from base.errors import Broken
from subscribers.chunks import Chunk
from subscribers.imports import Begun, go_on
from subscribers.incoming import Stopped
from subscribers.intake import Basis, take_in
from subscribers.rejects import LeftOut, Rejects
from subscribers.stopping import ToStop, known_among, stop_known, stop_unknown

_STOPS = 50  # of people who are known: each takes some milliseconds
_TRIES = 3


class _TakenBack(Exception):
    pass


def store(db: Database, basis: Basis, rejects: Rejects, is_trial: bool, chunk: Chunk, begun: Begun) -> Begun:
    """Where the import is then. Stops come first and may come twice; all else is one transaction.

    A trial takes that back. It leaves stops away: no later row of the same file depends on them.
    """
    if not is_trial:
        _stop(db, basis, chunk.stops)
    for attempt in range(1, _TRIES + 1):
        after = begun
        try:
            with db.write() as s:
                after = _store(s, basis, chunk, begun, rejects)
                if is_trial:
                    raise _TakenBack
                go_on(s, begun, after)
        except _TakenBack:
            pass
        except IntegrityError as cause:
            # Somebody added one of these people between our look and our write: look again.
            if attempt == _TRIES:
                raise Broken("The import met another one adding the same people; start it again") from cause
            continue
        return after
    raise AssertionError("unreachable")


def _stop(db: Database, basis: Basis, stopped: list[Stopped]) -> None:
    stops = [
        ToStop(each.key, each.wide, each.stop.reason, None if each.stop.everywhere else basis.list_id)
        for each in stopped
        if each.stop.reason
    ]
    if not stops:
        return
    with db.read() as s:
        known = set(known_among(s, stops))
    theirs = [each for each in stops if each in known]
    for start in range(0, len(theirs), _STOPS):
        with db.write() as s:
            some = theirs[start : start + _STOPS]
            stop_known(s, some, how=basis.how, source=basis.source, actor=basis.actor)
    with db.write() as s:
        stop_unknown(s, [each for each in stops if each not in known], source=basis.source)


def _store(s: Session, basis: Basis, chunk: Chunk, begun: Begun, rejects: Rejects) -> Begun:
    taken = take_in(s, basis, [person for _, person in chunk.people])
    left, counts = list(chunk.left_out), Counter(begun.counts)
    for (line, cells), person in chunk.people:
        outcome, why = taken[person.key]
        if outcome == "suppressed":
            left.append(LeftOut(line, cells, person.email, outcome, why))
        else:
            counts[outcome] += 1
    counts.update(row.outcome for row in left)
    size = rejects.add(sorted(left, key=lambda row: row.line), begun.rejected_size)
    return replace(begun, read=begun.read + chunk.read, line=chunk.line, counts=dict(counts), rejected_size=size)
