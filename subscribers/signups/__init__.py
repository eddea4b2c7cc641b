"""Sign-ups, from the form to the click: asked for, decided by a tick, confirmed behind a link. The mail that carries
the link is built in delivery/letters.py; what the form says in forms.py."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from base.database import database_now
from base.time import to_ms
from subscribers.addresses import Address, address_key
from subscribers.keys import Keys
from subscribers.models import SignUp

EXPIRES = timedelta(days=7)
REMIND_AFTER = timedelta(days=3)
# How many such mails one address gets at most in how long, whoever asks for them, and for however many lists.
LIMITS = ((timedelta(hours=1), 1), (timedelta(days=1), 3), (EXPIRES, 5))
LOOK_AGAIN = timedelta(minutes=1)  # at what could not be mailed just now
_FIRST_RETRY, _LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True)
class Asked:
    """What somebody sent who filled in the form."""

    address: Address
    fields: dict[str, str]  # first_name, last_name
    opens: bool
    ip: str  # empty where it is not known
    evidence_id: int


def ask(s: Session, keys: Keys, list_id: int, asked: Asked) -> None:
    """Write it down, the same for everybody: whether the address is known is looked at later, in confirming.py."""
    now, key = database_now(s), address_key(keys, asked.address)
    personal = {"address": asked.address.typed} | ({"ip": asked.ip} if asked.ip else {})
    row = {
        "token_hash": _hash(_token(keys.links[0], key, list_id, now)),
        "list_id": list_id,
        "address_key": key,
        "email": asked.address.ascii,
        "fields": orjson.dumps(asked.fields).decode(),
        "personal": orjson.dumps(personal).decode(),
        "evidence_id": asked.evidence_id,
        "opens": asked.opens,
        "asked_at": now,
        "expires_at": now + EXPIRES,
        "not_before": now,
    }
    insert = sqlite.insert if s.get_bind().dialect.name == "sqlite" else postgresql.insert
    s.execute(insert(SignUp).values(**row).on_conflict_do_nothing())  # twice in a millisecond is once


def due(s: Session, most: int) -> list[int]:
    """Those that something has to be done about, the oldest first."""
    now = database_now(s)
    query = select(SignUp.id).where(SignUp.not_before <= now, SignUp.expires_at > now)
    return list(s.scalars(query.order_by(SignUp.not_before, SignUp.id).limit(most)))


def has_expired(s: Session) -> bool:
    return bool(s.scalar(select(select(SignUp.id).where(SignUp.expires_at <= database_now(s)).exists())))


def purge(s: Session) -> int:
    """Forget everybody who did not confirm in time."""
    gone = s.execute(delete(SignUp).where(SignUp.expires_at <= database_now(s)))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def leaves(s: Session, row: SignUp) -> None:
    """Before the mail is handed over: whatever happens then, it is not sent again by itself."""
    now = database_now(s)
    if row.sent_at is None:
        row.sent_at, row.not_before = now, now + REMIND_AFTER
    else:
        row.reminded_at, row.not_before = now, row.expires_at
    row.tries += 1
    s.flush()


def came_back(s: Session, sign_up: int, words: str, *, for_good: bool) -> None:
    """The provider did not take the mail: it is tried again later, unless it refuses the address."""
    row = s.get(SignUp, sign_up, populate_existing=True)
    if row is None:
        return
    row.trouble = words[:500]
    wait = min(_FIRST_RETRY * 2 ** min(row.tries, 10), _LONGEST_RETRY)
    row.not_before = row.expires_at if for_good else database_now(s) + wait
    if row.reminded_at is not None:
        row.reminded_at = None
    elif not for_good:
        row.sent_at = None
    s.flush()


def may_leave_at(s: Session, row: SignUp, now: datetime) -> datetime:
    """When LIMITS let the next mail to this address go; now or earlier means at once."""
    query = select(SignUp.sent_at, SignUp.reminded_at).where(SignUp.address_key == row.address_key)
    return _allowed([at for pair in s.execute(query) for at in pair if at is not None], now)


def token(keys: Keys, row: SignUp) -> str | None:
    """What stands in the link. None where the key that made it is gone."""
    for key in keys.links:
        made = _token(key, row.address_key, row.list_id, row.asked_at)
        if hmac.compare_digest(_hash(made), row.token_hash):
            return urlsafe_b64encode(made).rstrip(b"=").decode("ascii")
    return None


def find(s: Session, text: str, *, lock: bool = False) -> SignUp | None:
    """Behind a link that has not expired. A row without an address was confirmed already."""
    raw = _read(text)
    query = select(SignUp).where(SignUp.token_hash == _hash(raw or b""), SignUp.expires_at > database_now(s))
    return s.scalar(query.with_for_update() if lock else query) if raw else None


def settled(s: Session, address_key: bytes, list_id: int) -> None:
    """They confirmed: of every link to this list only the link itself is known until it expires."""
    mine = update(SignUp).where(SignUp.address_key == address_key, SignUp.list_id == list_id)
    empty = {"email": "", "fields": "{}", "personal": "", "not_before": SignUp.expires_at}
    s.execute(mine.values(**empty).execution_options(synchronize_session=False))


def others_waiting(s: Session, row: SignUp) -> bool:
    """Has a newer or an earlier mail left that asks the same of the same person?"""
    same = SignUp.address_key == row.address_key, SignUp.list_id == row.list_id, SignUp.id != row.id
    return bool(s.scalar(select(func.count()).where(*same, SignUp.sent_at.is_not(None), SignUp.email != "")))


def _allowed(times: Iterable[datetime], now: datetime) -> datetime:
    at = now
    for span, most in LIMITS:
        recent = sorted(each for each in times if each > now - span)
        if len(recent) >= most:
            at = max(at, recent[-most] + span)
    return at


def _token(key: bytes, address_key: bytes, list_id: int, asked_at: datetime) -> bytes:
    """Made again for the reminder, so that both mails hold one link and the database holds none."""
    payload = list_id.to_bytes(4, "big") + to_ms(asked_at).to_bytes(8, "big") + address_key
    return hashlib.blake2b(payload, key=key, digest_size=32, person=b"confirm link").digest()


def _hash(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()


def _read(text: str) -> bytes | None:
    if len(text) != 43 or not text.isascii():
        return None
    try:
        raw = urlsafe_b64decode(text + "=")
    except ValueError:
        return None
    return raw if urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") == text else None
