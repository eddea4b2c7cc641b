"""Events out of a file, kept while the web hook was away: spooled and drained like those that are posted.

No signature is asked for: whoever may run commands here may write to the database as well.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import Database
from base.errors import BadInput
from delivery import events
from delivery.applying import opens_not_kept
from delivery.models import Event, Run
from delivery.providers.sendgrid import webhook
from subscribers.keys import Keys

_PROVIDER = "sendgrid"
_AT_ONCE = 1000  # events a body


@dataclass(frozen=True)
class Retold:
    read: int = 0
    new: int = 0
    known: int = 0  # told before, by whatever id
    not_kept: int = 0  # opens of people who did not agree to it; the three add up to those read
    of_no_run: int = 0  # new ones of mails that no run here sent: another program's, or of before


def retell(db: Database, keys: Keys, path: Path) -> Retold:
    """Apply every event of the file once; repeating it changes nothing. Raises BadInput."""
    done = Retold()
    for some in _bodies(path):
        body = orjson.dumps(some)
        with db.write() as s:
            done = _counted(s, done, body)
            events.spool(s, _PROVIDER, body, urgent=webhook.is_urgent(body))
        while events.drain(db, keys):
            pass
    return done


def _counted(s: Session, done: Retold, body: bytes) -> Retold:
    told = webhook.parse(body)
    by_key = {one.natural_key: one for one in told}
    known = set(s.scalars(select(Event.key).where(Event.key.in_(list(by_key)))))
    new = [one for key, one in by_key.items() if key not in known]
    unseen = opens_not_kept(s, {one.natural_key: one for one in new})
    runs = set(s.scalars(select(Run.public_id).where(Run.public_id.in_({one.run for one in new if one.run}))))
    return replace(
        done,
        read=done.read + len(told),
        new=done.new + len(new) - len(unseen),
        known=done.known + len(told) - len(new),
        not_kept=done.not_kept + len(unseen),
        of_no_run=done.of_no_run + sum(one.run not in runs for one in new),
    )


def _bodies(path: Path) -> Iterator[list[dict[str, Any]]]:
    waiting: list[dict[str, Any]] = []
    for event in _events(path):
        waiting.append(event)
        if len(waiting) == _AT_ONCE:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _events(path: Path) -> Iterator[dict[str, Any]]:
    """A file is one body as it was posted, or has an event or a body in each line; either may be packed by gzip."""
    try:
        raw = path.read_bytes()
        text = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
    except (OSError, EOFError, zlib.error) as cause:
        raise BadInput(f"{path} cannot be read: {cause}") from cause
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if lines and not _is_json(lines[0][1]):
        lines = [(1, text)]
    for number, line in lines:
        yield from _of_line(path, number, line)


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _of_line(path: Path, number: int, line: bytes) -> list[dict[str, Any]]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as cause:
        raise BadInput(f"{path}, line {number}, is no JSON; give events as SendGrid posts them") from cause
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(event, dict) and "event" in event for event in found):
        raise BadInput(f"{path}, line {number}, is no event of SendGrid's, nor an array of them")
    return found
