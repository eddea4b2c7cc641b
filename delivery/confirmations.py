"""The tick that lets confirmation mails leave, each marked before it is handed over, and forgets who never answered."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from base.config import Config
from base.database import Database
from base.errors import Refused
from base.time import zone
from delivery import letters
from delivery.providers.provider import Answer, Provider, Verdict
from subscribers import signups
from subscribers.keys import Keys
from subscribers.signups.confirming import Outgoing, take

MOST = 50  # sign-ups a tick
_DONE = (Verdict.ACCEPTED, Verdict.UNCERTAIN)  # what may have left is not sent again


def send_due(db: Database, provider: Provider, keys: Keys, config: Config) -> int:
    """One tick. Returns how many mails left. Raises Refused where what keeps them from leaving needs a person."""
    with db.read() as s:
        due, expired = signups.due(s, MOST), signups.has_expired(s)
        is_off = letters.is_off(s)
    if expired:
        with db.write() as s:
            signups.purge(s)
    if not due:
        return 0
    trouble = "sending is off" if is_off else letters.why_not_at_all(config) or provider.prepare()
    sent = sum(_settled(db, provider, keys, config, one, may_mail=not trouble) for one in due)
    if trouble and not is_off:
        raise Refused(f"Confirmation mails wait: {trouble}")
    return sent


def _settled(db: Database, provider: Provider, keys: Keys, config: Config, sign_up: int, *, may_mail: bool) -> bool:
    """Was a mail sent for it?"""
    with db.write() as s:
        outgoing = take(s, keys, sign_up, may_mail=may_mail)
        if outgoing and letters.is_outside(config, outgoing.email):
            signups.came_back(s, sign_up, "outside [delivery] only_to", for_good=True)
            return False
    if outgoing is None:
        return False
    answer = letters.post(provider, config, _letter(config, outgoing))
    if answer.verdict not in _DONE:
        with db.write() as s:
            _came_back(s, outgoing, answer)
    return answer.verdict in _DONE


def _letter(config: Config, outgoing: Outgoing) -> letters.Letter:
    link = f"{config.web.public_url.rstrip('/')}/confirm/{outgoing.token}"
    local = zone(config.campaigns.zone)
    words = {
        "list_name": outgoing.list_name,
        "asked": _day(outgoing.asked_at, local),
        "until": _day(outgoing.expires_at, local),
        "is_reminder": outgoing.is_reminder,
    }
    return letters.write(config, "confirm", outgoing.email, link, words)


def _came_back(s: Session, outgoing: Outgoing, answer: Answer) -> None:
    for_good = answer.verdict in (Verdict.REFUSED, Verdict.HALVE)  # this mail, not the sender or the key
    signups.came_back(s, outgoing.sign_up, answer.words, for_good=for_good)


def _day(instant: datetime, local: ZoneInfo) -> str:
    there = instant.astimezone(local)
    return f"{there.day} {there:%B %Y}"
