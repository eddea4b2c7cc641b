"""What the provider knows of addresses that want or take no mail, brought into our suppressions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import Database, database_now
from base.errors import BadInput
from delivery.installation import OVERLAP, installation
from delivery.providers.provider import Provider, Stop
from subscribers import consent
from subscribers.addresses import Address, address_key, parse_address, wide_key
from subscribers.keys import Keys
from subscribers.models import Suppression
from subscribers.suppression import suppress

_AT_ONCE = 500  # a transaction
_SOURCE = "the provider's list, pulled"


@dataclass(frozen=True)
class Pulled:
    read: int
    new: int
    unreadable: int  # addresses that are none


def pull(db: Database, keys: Keys, provider: Provider, *, everything: bool = False) -> Pulled:
    """Everything since the last whole pull, with some overlap; at first, or when asked to, all there is.

    What was read is kept even if the provider stops answering; only a whole pull counts as one.
    """
    with db.write() as s:
        began, last = database_now(s), installation(s).pulled_at
    since = None if everything or last is None else last - OVERLAP
    stops = provider.stops(since, began)
    read = new = unreadable = 0
    while some := list(islice(stops, _AT_ONCE)):
        with db.write() as s:
            for stop in some:
                address = _address(stop)
                unreadable += address is None
                new += address is not None and _apply(s, keys, address, stop)
        read += len(some)
    with db.write() as s:
        installation(s).pulled_at = began
    return Pulled(read, new, unreadable)


def _address(stop: Stop) -> Address | None:
    try:
        return parse_address(stop.email)
    except BadInput:
        return None


def _apply(s: Session, keys: Keys, address: Address, stop: Stop) -> bool:
    key, wide = address_key(keys, address), wide_key(keys, address)
    if _came_back_since(s, key, stop):
        return False
    if stop.reason != "opt-out":
        return suppress(s, key, stop.reason, source=_SOURCE, at=stop.at, wide=wide)
    by = {"how": "provider", "source": _SOURCE, "actor": "provider"}
    return consent.opt_out(s, address_key=key, list_id=None, at=stop.at, wide=wide, **by).changed


def _came_back_since(s: Session, key: bytes, stop: Stop) -> bool:
    """The person wanted our mail again after this; the provider's list goes on holding it."""
    lifted = Suppression.lifted_at > stop.at
    query = select(Suppression.id).where(Suppression.address_key == key, Suppression.reason == stop.reason, lifted)
    return s.scalar(query.limit(1)) is not None
