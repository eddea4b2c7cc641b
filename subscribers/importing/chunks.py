"""A chunk of a file's rows, each read and compared with all rows before it; nothing of it asks the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from subscribers.files.table import Row
from subscribers.importing.incoming import Person, Reader, Stopped
from subscribers.importing.rejects import LeftOut
from subscribers.importing.seen import Seen


@dataclass
class Chunk:
    people: list[tuple[Row, Person]] = field(default_factory=list)  # whom the database has to be asked about
    stops: list[Stopped] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    read: int = 0
    line: int = 0  # where the last row begins


def chunks(rows: Iterable[Row], reader: Reader, seen: Seen, size: int) -> Iterator[Chunk]:
    remaining = iter(rows)
    while some := list(islice(remaining, size)):
        yield _gather(some, reader, seen)


def _gather(rows: list[Row], reader: Reader, seen: Seen) -> Chunk:
    """A stop is always taken up, whatever was said before; of several rows about one person the first counts."""
    chunk = Chunk(read=len(rows), line=rows[-1][0])
    found: list[tuple[Row, Person]] = []
    firsts: dict[bytes, int] = {}
    stops: dict[bytes, int] = {}
    for row, each in zip(rows, reader.read(rows), strict=True):
        if isinstance(each, Person):
            firsts.setdefault(each.key, row[0])
            found.append((row, each))
        elif isinstance(each, Stopped):
            firsts.setdefault(each.key, row[0])
            stops.setdefault(each.key, row[0])
            if each.wide:
                seen.stop(each.wide, row[0])
            chunk.stops.append(each)
            chunk.left_out.append(LeftOut(*row, each.email, "suppressed", each.stop.words))
        else:
            chunk.left_out.append(LeftOut(*row, each.typed, "invalid", each.reason))
    earlier = seen.before(firsts)
    for row, person in found:
        first = earlier.get(person.key, 0) or firsts[person.key]
        if first == row[0] and not stops and person.wide is None:
            chunk.people.append((row, person))
        elif left := _is_left_out(row, person, first, stops, seen):
            chunk.left_out.append(left)
        else:
            chunk.people.append((row, person))
    return chunk


def _is_left_out(row: Row, person: Person, first: int, stops: dict[bytes, int], seen: Seen) -> LeftOut | None:
    line, cells = row
    if first != line:
        return LeftOut(line, cells, person.email, "duplicate", f"the same address is in line {first}")
    at = stops.get(person.key) or (seen.stopped(person.wide) if person.wide else None)
    if at is None:
        return None
    return LeftOut(line, cells, person.email, "suppressed", f"line {at} says that it must not be mailed")
