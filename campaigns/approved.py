"""Who came and who went since a campaign was approved: whom it would have reached then is kept as one bit a person."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.config import Config
from base.database import Database, database_now
from campaigns.drafts import get_campaign
from campaigns.models import ApprovedAudience, Campaign
from campaigns.recipients import recipients, why_excluded
from subscribers.models import Subscriber

NAMED = 1000  # on each side, at most
GONE = "somebody who is no longer there"


@dataclass(frozen=True)
class Person:
    email: str
    why: str  # they went; empty for who came


@dataclass(frozen=True)
class Moved:
    since: datetime
    came: int
    went: int
    who_came: tuple[Person, ...] = ()  # where names are asked for
    who_went: tuple[Person, ...] = ()


def remember(db: Database, slug: str, config: Config) -> None:
    """After an approval and not in its transaction: among a million people it takes a second or two to look them up,
    and nobody else may have to wait to write for so long."""
    with db.read() as s:
        campaign = get_campaign(s, slug)
        if campaign.approved_at is None or campaign.run_id or _kept(s, campaign):
            return
        row = ApprovedAudience(
            campaign_id=campaign.id, approved_at=campaign.approved_at, at=database_now(s), people=b""
        )
        row.people = zlib.compress(_bits(_ids(s, campaign, config)))
    with db.write() as s:
        s.merge(row)


def moved(s: Session, campaign: Campaign, config: Config, *, names: bool = False) -> Moved | None:
    """None where it is not on record who was in, and after the launch, when nobody comes or goes any more."""
    kept = None if campaign.run_id else _kept(s, campaign)
    if kept is None:
        return None
    before = int.from_bytes(zlib.decompress(kept.people), "little")
    now = int.from_bytes(_bits(_ids(s, campaign, config)), "little")
    came, went = now & ~before, before & ~now
    if not names:
        return Moved(kept.at, came.bit_count(), went.bit_count())
    who_came = tuple(Person(email, "") for _, email in _named(s, came))
    why = {person: why_excluded(s, campaign, person, config.frequency) or "" for person in _some(went)}
    who_went = tuple(Person(email, why[person]) for person, email in _named(s, went))
    return Moved(kept.at, came.bit_count(), went.bit_count(), who_came, who_went)


def _kept(s: Session, campaign: Campaign) -> ApprovedAudience | None:
    found = s.get(ApprovedAudience, campaign.id)
    return found if found and found.approved_at == campaign.approved_at else None


def _ids(s: Session, campaign: Campaign, config: Config) -> Iterable[int]:
    query = recipients(s, campaign, config.frequency)
    return s.scalars(query.execution_options(yield_per=10_000))


def _bits(ids: Iterable[int]) -> bytes:
    bits = bytearray()
    for number in ids:
        if number >> 3 >= len(bits):
            bits.extend(bytes((number >> 3) + 1 - len(bits)))
        bits[number >> 3] |= 1 << (number & 7)
    return bytes(bits)


def _some(bits: int) -> list[int]:
    """The first ones."""
    return [number for number, _ in zip(_each(bits), range(NAMED), strict=False)]


def _each(bits: int) -> Iterator[int]:
    for place, byte in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
        yield from (place * 8 + bit for bit in range(8) if byte >> bit & 1)


def _named(s: Session, bits: int) -> list[tuple[int, str]]:
    some = _some(bits)
    emails = dict(s.execute(select(Subscriber.id, Subscriber.email).where(Subscriber.id.in_(some))).all())
    return [(number, emails.get(number) or GONE) for number in some]
