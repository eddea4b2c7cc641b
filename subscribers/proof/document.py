"""Everything that proves one person's consents, as a document that stands for itself. Signing it is in signing.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import database_now
from base.errors import NotFound
from base.time import from_ms, to_ms
from subscribers.addresses import address_key, wide_key
from subscribers.former import holders, keys_of
from subscribers.keys import Keys
from subscribers.models import Consent, Evidence, List, Seal, Subscriber, Suppression, Wording
from subscribers.projection import folded
from subscribers.proof.seals import Cover, Row, chain_hash, evidence_hashes, read_rows, row_hashes, sealing

KIND = "Tipsheet consent proof 1"
# The shortest time that any law leaves to honour a withdrawal. Here it is honoured as it is recorded.
_HONOUR_WITHIN = timedelta(hours=48)

Document = dict[str, Any]


def prove(s: Session, keys: Keys, email: str) -> Document:
    """What this person said, on what wording, how and when, and the seals over it. Raises NotFound, BadInput.

    Each seal goes along with the hashes of all its rows: enough to compute it again, and nothing of other people.
    """
    key = address_key(keys, email)
    found = holders(s, key)
    person = found[0] if found else None
    rows = _rows(s, _with_merged(s, person)) if person else []
    stops = _stops(s, [key, wide_key(keys, email), *(keys_of(s, person.id) if person else [])])
    if not rows and not stops:
        raise NotFound(f"Nothing is known of {email[:80]}: no consent, and no stop")
    seals = _seals(s, rows)
    return {
        "kind": KIND,
        "made_at": _iso(database_now(s)),
        "address": person.email if person else email,
        "holds": _holds(s, rows),
        "consents": [_consent(s, row, seals) for row in rows],
        "stops": stops,
        "seals": seals,
    }


def _with_merged(s: Session, person: Subscriber) -> list[int]:
    """This person and those who turned out to be the same one."""
    merged = s.scalars(select(Subscriber.id).where(Subscriber.merged_into == person.id).order_by(Subscriber.id))
    return [person.id, *merged]


def _rows(s: Session, people: Sequence[int]) -> list[Row]:
    ids = s.scalars(select(Consent.id).where(Consent.subscriber_id.in_(people)).order_by(Consent.id)).all()
    return [Row(*read_rows(s, each - 1, each, 1)[0]) for each in ids]


def _stops(s: Session, keys: Iterable[bytes | None]) -> list[Document]:
    """Those that were lifted, too. Under two keys one stop stands twice, and is told once."""
    query = (
        select(Suppression).where(Suppression.address_key.in_([key for key in keys if key])).order_by(Suppression.id)
    )
    told: dict[object, Document] = {}
    for each in s.scalars(query):
        about = {
            "reason": each.reason,
            "list": _slug(s, each.list_id) if each.list_id else None,
            "at": _iso(each.at),
            "source": each.source,
            "lifted_at": each.lifted_at and _iso(each.lifted_at),
            "lifted_by": each.lifted_by,
            "lifted_because": each.lifted_because,
        }
        told.setdefault(tuple(about.values()), about)
    return list(told.values())


def _seals(s: Session, rows: Sequence[Row]) -> list[Document]:
    """Each that covers one of these rows, computed again from all its rows."""
    seals: list[Document] = []
    for row in rows:
        if seals and seals[-1]["last_consent"] >= row.id:
            continue
        seal = s.scalar(select(Seal).where(Seal.last_consent >= row.id).order_by(Seal.last_consent).limit(1))
        if seal is None:
            break  # nor has any row after it
        seals.append(_seal(s, seal))
    return seals


def _seal(s: Session, seal: Seal) -> Document:
    before = s.get(Seal, seal.id - 1)
    under = read_rows(s, before.last_consent if before else 0, seal.last_consent, seal.rows + 1)
    hashes = row_hashes(under, evidence_hashes(s, under))
    kept_before = before.hash if before else ""
    again = sealing(kept_before, Cover(seal.last_consent, seal.rows, to_ms(seal.at)), hashes)
    return {
        "seal": seal.id,
        "at": _iso(seal.at),
        "at_ms": to_ms(seal.at),
        "last_consent": seal.last_consent,
        "rows": seal.rows,
        "before": chain_hash(kept_before),
        "hash": chain_hash(seal.hash),
        "row_hashes": [each.hex() for each in hashes],
        "proves": again == seal.hash,
    }


def _holds(s: Session, rows: Sequence[Row]) -> list[Document]:
    pairs = {(row.list_id, row.subscriber_id) for row in rows}
    return [
        {
            "list": _slug(s, pair[0]),
            "subscriber": pair[1],
            "state": holds.state,
            "since": _iso(holds.since),
            "by": holds.consent_id,
            "opens_seen_since": holds.opens_since and _iso(holds.opens_since),
        }
        for pair, holds in sorted(folded(s, pairs).items())
        if holds
    ]


def _consent(s: Session, row: Row, seals: Sequence[Document]) -> Document:
    hashed = row_hashes([row], evidence_hashes(s, [row]))[0].hex()
    seal = next((each for each in seals if each["last_consent"] >= row.id), None)
    at = from_ms(row.at)
    left = row.state == "withdrawn"
    return {
        "row": row.id,
        "subscriber": row.subscriber_id,
        "list_id": row.list_id,
        "list": _slug(s, row.list_id),
        "purpose": row.purpose,
        "state": row.state,
        "at": _iso(at),
        "at_ms": row.at,
        "voids": row.voids,
        "honour_by": _iso(at + _HONOUR_WITHIN) if left else None,
        "honoured_at": _iso(at) if left else None,
        **_evidence(s, row.evidence_id),
        "personal": row.personal,
        "salt": row.salt.hex() if row.salt else None,
        "digest": row.digest.hex() if row.digest else None,
        "hash": hashed,
        "seal": seal and seal["seal"],
        "proved": bool(seal and seal["proves"] and hashed in seal["row_hashes"]),
    }


def _evidence(s: Session, number: int) -> Document:
    evidence = s.get(Evidence, number)
    wording = s.get(Wording, evidence.wording_id) if evidence else None
    if evidence is None or wording is None:
        return {"evidence": None}
    return {
        "evidence": evidence.hash,
        "how": evidence.how,
        "source": evidence.source,
        "actor": evidence.actor,
        "jurisdiction": evidence.jurisdiction,
        "wording": {
            "version": wording.hash,
            "text": wording.text,
            "language": wording.language,
            "controller": wording.controller,
            "privacy_url": wording.privacy_url,
            "first_used": _iso(wording.first_used),
        },
    }


def _slug(s: Session, list_id: int) -> str:
    return s.get_one(List, list_id).slug


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
