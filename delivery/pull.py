"""What the provider knows of addresses that want or take no mail, brought into our suppressions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from base.database import Database, database_now
from base.errors import BadInput, TipsheetError
from delivery.installation import OVERLAP, installation
from delivery.models import Installation
from delivery.providers.provider import Provider, Stop
from subscribers import consent
from subscribers.addresses import Address, address_key, parse_address, wide_key
from subscribers.keys import Keys
from subscribers.models import Suppression
from subscribers.suppression import Befallen, active_among, suppress, suppress_many

EVERY = timedelta(hours=1)
_AFTER_TROUBLE = timedelta(minutes=5)
EVERYTHING_EVERY = timedelta(days=7)  # pages over a list that changes may skip somebody

_AT_ONCE = 50  # a transaction: an opt-out touches many tables
_SOURCE = "the provider's list, pulled"


@dataclass(frozen=True)
class Pulled:
    read: int
    new: int
    unreadable: int  # addresses that are none

    def __str__(self) -> str:
        return f"{self.read:,} addresses read, {self.new:,} of them new here"


def pull_when_due(db: Database, keys: Keys, provider: Provider) -> Pulled | None:
    """Once an hour whatever service asks first, once a week everything; None while it is not due. Raises Refused."""
    with db.write() as s:
        mine, now = installation(s), database_now(s)
        wait = EVERY if mine.pull_trouble is None else _AFTER_TROUBLE
        last = Installation.pull_tried_at
        turn = or_(last.is_(None), last <= now - wait, last > now + _AFTER_TROUBLE)  # the clock was set back
        due = update(Installation).where(Installation.id == mine.id, turn).values(pull_tried_at=now)
        if not s.execute(due.returning(Installation.id)).all():
            return None
        swept = _by_this_clock(mine.swept_at, now)
        everything = swept is None or swept <= now - EVERYTHING_EVERY
    return pull(db, keys, provider, everything=everything)


def pull(db: Database, keys: Keys, provider: Provider, *, everything: bool = False) -> Pulled:
    """Everything since the last whole pull, with some overlap; at first, or when asked to, all there is.

    What was read is kept even if the provider stops answering; only a whole pull counts as one.
    """
    try:
        return _pull(db, keys, provider, everything)
    except TipsheetError as cause:
        with db.write() as s:
            installation(s).pull_trouble = cause.sentence
        raise


def _pull(db: Database, keys: Keys, provider: Provider, everything: bool) -> Pulled:
    with db.write() as s:
        began = database_now(s)
        last = _by_this_clock(installation(s).pulled_at, began)
    since = None if everything or last is None else last - OVERLAP
    stops = provider.stops(since, began)
    read = new = unreadable = 0
    while some := list(islice(stops, _AT_ONCE)):
        known = [(stop, address) for stop in some if (address := _address(stop))]
        with db.write() as s:
            new += _apply(s, keys, known)
        read, unreadable = read + len(some), unreadable + len(some) - len(known)
    done = Pulled(read, new, unreadable)
    with db.write() as s:
        mine = installation(s)
        mine.pulled_at, mine.pull_said, mine.pull_trouble = began, str(done), None
        mine.swept_at = began if since is None else mine.swept_at
    return done


def _by_this_clock(at: datetime | None, now: datetime) -> datetime | None:
    """None, too, where the clock was set back since: what came in between is not told by times."""
    return None if at is None or at > now else at


def _address(stop: Stop) -> Address | None:
    try:
        return parse_address(stop.email)
    except BadInput:
        return None


def _apply(s: Session, keys: Keys, stops: list[tuple[Stop, Address]]) -> int:
    """Most of a list is known from the last time, so that is asked for all at once. Returns how many are new."""
    keyed = [(stop, address_key(keys, address), wide_key(keys, address)) for stop, address in stops]
    active = active_among(s, [key for _, key, _ in keyed])
    lifted = _lifted(s, [key for _, key, _ in keyed])
    bounced: dict[bytes, Befallen] = {}
    new = 0
    for stop, key, wide in keyed:
        # Who wanted our mail again after this is on the provider's list all the same.
        if (key, stop.reason, None) in active or lifted.get((key, stop.reason), stop.at) > stop.at:
            continue
        if stop.reason == "hard bounce":
            bounced.setdefault(key, Befallen(key, "hard bounce", stop.at, _SOURCE, wide))
        elif stop.reason == "complaint":
            new += suppress(s, key, "complaint", source=_SOURCE, at=stop.at, wide=wide)
        else:
            by = {"how": "provider", "source": _SOURCE, "actor": "provider"}
            new += consent.opt_out(s, address_key=key, list_id=None, at=stop.at, wide=wide, **by).changed
    suppress_many(s, bounced.values())
    return new + len(bounced)


def _lifted(s: Session, keys: list[bytes]) -> dict[tuple[bytes, str], datetime]:
    """When a stop of that reason on an address was last lifted."""
    columns = Suppression.address_key, Suppression.reason, func.max(Suppression.lifted_at)
    query = select(*columns).where(Suppression.address_key.in_(keys), Suppression.lifted_at.is_not(None))
    found = s.execute(query.group_by(Suppression.address_key, Suppression.reason))
    return {(key, reason): at for key, reason, at in found if at}
