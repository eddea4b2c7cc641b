"""Forgetting a person and keeping the stop. What delivery knows of them is delivery/erasing.py's part."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Delete, Select, Update, delete, select, update
from sqlalchemy.orm import Session

from base.database import database_now
from base.errors import Refused
from base.words import counted
from subscribers import audit, former, journal
from subscribers.addresses import wide_key
from subscribers.changes.shell import empty
from subscribers.consent import carry
from subscribers.keys import Keys
from subscribers.models import Consent, SignUp, Subscriber, Subscription, Suppression
from subscribers.suppression import suppress

_SOURCE = "erased with the person"
KEPT = (
    "an empty row under their number: the ledger of mails that left names it, so that nobody is mailed twice",
    "consents, without address and network address: when, which list, which wording; the seals prove them",
    "the keyed hash of each address they had, as a stop on every list: so no file and no form brings them back unasked",
    "that staff changed something about them, when and who; not what",
)
NOT_REACHED = (
    "backups made before, until you delete them; a restore of one with its journal erases the person again",
    "files that you exported or imported, and mails that were delivered",
    "what the provider keeps: delete it there, too",
)


@dataclass(frozen=True)
class Receipt:
    """What an erasure did, without a word about whose it was: to be handed out and kept."""

    id: str
    at: datetime
    subscriber: int
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    not_reached: tuple[str, ...]


def erase(s: Session, keys: Keys, person: Subscriber, *, actor: str, because: str) -> Receipt:
    """Empty everything that tells of this person, and of rows merged into theirs; stop all their addresses for good.

    Whoever signs up with such an address later is a new subscriber, and only by confirming it. Raises Refused.
    """
    person = s.scalars(_locked(person.id)).one()
    if not person.email:
        raise Refused("There is nobody to erase any more: this subscriber was erased or merged before")
    at, wide = database_now(s), wide_key(keys, person.email)
    everyone = [person.id, *s.scalars(select(Subscriber.id).where(Subscriber.merged_into == person.id))]
    addresses = [person.address_key, *former.keys_of(s, person.id)]
    told = {"key": person.address_key.hex(), "keys": [key.hex() for key in addresses], "people": everyone}
    journal.note(s, journal.ERASED, **told)
    earlier = counted(len(addresses) - 1, "earlier address", "earlier addresses")
    changes = sum(audit.forget(s, each) for each in everyone)
    removed = (
        f"address, names, zone, locale, custom values and tags; the keys of {earlier}",
        f"address and network address in {counted(_consents(s, person, everyone, actor), 'consent', 'consents')}",
        f"{counted(_sign_ups(s, addresses), 'sign-up that was', 'sign-ups that were')} not confirmed",
        f"before and after in {counted(changes, 'change', 'changes')} of the audit log",
    )
    _quiet(s, [*addresses, wide])
    suppress(s, person.address_key, "erasure", source=_SOURCE, at=at, wide=wide)
    former.forget(s, person.id)
    person.erased_at = at
    empty(s, person)
    receipt = Receipt(secrets.token_hex(6), at, person.id, removed, KEPT, NOT_REACHED)
    after = {"receipt": receipt.id, "because": because}
    audit.record(s, actor=actor, action="subscriber erase", about=str(person.id), subscriber_id=person.id, after=after)
    return receipt


def _locked(subscriber_id: int) -> Select[Subscriber]:
    row = select(Subscriber).where(Subscriber.id == subscriber_id)
    return row.with_for_update().execution_options(populate_existing=True)


def _consents(s: Session, person: Subscriber, everyone: list[int], actor: str) -> int:
    """They leave every list; then what is personal goes, with its salt: nobody can try addresses on the digest."""
    mine = select(Subscription).where(Subscription.subscriber_id == person.id, Subscription.state != "withdrawn")
    for held in s.scalars(mine.order_by(Subscription.list_id)).all():
        carry(s, person.id, held.list_id, "withdrawn", how="erasure", source=_SOURCE, actor=actor)
    told = Consent.subscriber_id.in_(everyone), Consent.personal != ""
    return _rows(s, update(Consent).where(*told).values(personal="", salt=None))


def _sign_ups(s: Session, addresses: list[bytes]) -> int:
    return _rows(s, delete(SignUp).where(SignUp.address_key.in_(addresses)))


def _quiet(s: Session, addresses: Iterable[bytes | None]) -> None:
    """A mail server's or a colleague's words about a stop may name the person."""
    theirs = Suppression.address_key.in_([key for key in addresses if key])
    _rows(s, update(Suppression).where(theirs).values(source=_SOURCE))
    lifted = theirs, Suppression.lifted_because.is_not(None)
    _rows(s, update(Suppression).where(*lifted).values(lifted_because=_SOURCE))


def _rows(s: Session, change: Update | Delete) -> int:
    s.flush()
    return int(s.execute(change).rowcount)  # type: ignore[attr-defined]
