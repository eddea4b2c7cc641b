"""One chunk of an import into the database: its stops, its people, how far the import came, what it left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base.database import Database
from base.errors import Broken
from subscribers.importing.chunks import Chunk
from subscribers.importing.imports import Begun, go_on
from subscribers.importing.incoming import Stopped
from subscribers.importing.intake import Basis, take_in
from subscribers.importing.prepared import Prepared
from subscribers.importing.rejects import LeftOut, Rejects
from subscribers.stops.many import ToStop, known_among, stop_known, stop_unknown

_STOPS = 50  # of people who are known: each takes some milliseconds
_TRIES = 3


class _TakenBack(Exception):
    pass


def store(
    db: Database, basis: Basis, rejects: Rejects, is_trial: bool, chunk: Chunk, people: Prepared, begun: Begun
) -> Begun:
    """Where the import is then. Stops come first and may come twice; all else is one transaction.

    A trial takes that back. It leaves stops away: no later row of the same file depends on them.
    """
    if not is_trial:
        _stop(db, basis, chunk.stops)
    for attempt in range(1, _TRIES + 1):
        after = begun
        try:
            with db.write() as s:
                after = _store(s, basis, chunk, people, begun, rejects)
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


def _store(s: Session, basis: Basis, chunk: Chunk, people: Prepared, begun: Begun, rejects: Rejects) -> Begun:
    taken = take_in(s, basis, people)
    kept_out = [
        LeftOut(*row, person.email, "suppressed", taken.kept_out[person.key])
        for row, person in (chunk.people if taken.kept_out else ())
        if person.key in taken.kept_out
    ]
    left = sorted([*chunk.left_out, *kept_out], key=lambda row: row.line)
    counts = Counter(begun.counts)
    counts.update(new=taken.new, updated=taken.updated, unchanged=taken.unchanged)
    counts.update(row.outcome for row in left)
    size = rejects.add(left, begun.rejected_size)
    return replace(begun, read=begun.read + chunk.read, line=chunk.line, counts=dict(+counts), rejected_size=size)
