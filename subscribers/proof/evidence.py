"""What proves a consent: the wording and circumstances that many share, and the sealed personal part of one row."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from base.database import database_now
from base.errors import BadInput
from subscribers.fields.values import LONGEST, clean
from subscribers.models import Consent, Evidence, Wording

_SALT = 16
_DIGEST = 16


@dataclass(frozen=True)
class Shown:
    """A wording as people saw it."""

    text: str
    language: str = ""
    controller: str = ""  # name and postal address
    privacy_url: str = ""


class Personal(NamedTuple):
    """The columns of a consent row that an erasure empties, and the digest that stays."""

    personal: str
    salt: bytes | None
    digest: bytes | None


NOTHING_PERSONAL = Personal("", None, None)


def evidence_id(s: Session, *, how: str, wording: str | Shown, source: str, actor: str, jurisdiction: str = "") -> int:
    """The row for these circumstances, made when they are new. Two may meet the same new ones at once."""
    shown = wording if isinstance(wording, Shown) else Shown(wording)
    parts = (shown.text, shown.language, shown.controller, shown.privacy_url)
    hashed = content_hash(*parts)
    names = ("text", "language", "controller", "privacy_url")
    wording_id = _row(s, Wording, hashed, {**dict(zip(names, parts, strict=True)), "first_used": database_now(s)})
    facts = {"how": how, "wording_id": wording_id, "source": source, "actor": actor, "jurisdiction": jurisdiction}
    return _row(s, Evidence, content_hash(how, hashed, source, actor, jurisdiction), facts)


def need_basis(text: str, option: str = "--basis") -> str:
    """What stands where people saw no form: what they agreed to, or why they may be mailed. Raises BadInput."""
    if len(text.strip()) > LONGEST:
        raise BadInput(
            f"{option} may have {LONGEST} characters; say it shorter, or name the longer text and its version"
        )
    if not (cleaned := clean(text)):
        raise BadInput(f"Say with {option} what they agreed to, or why they may be mailed; it stays on record")
    return cleaned


def confirmed_by(s: Session, evidence: int, *, source: str, actor: str) -> int:
    """The row for a confirmation of what was asked with that evidence: the same wording, under the same law."""
    shown, law = _wording(s, s.get_one(Evidence, evidence))
    return evidence_id(s, how="confirmation", wording=shown, source=source, actor=actor, jurisdiction=law)


def wording_of(s: Session, consent_id: int) -> tuple[Shown, str]:
    """What the person of this row was shown, and under which law."""
    behind = select(Evidence).join(Consent, Consent.evidence_id == Evidence.id).where(Consent.id == consent_id)
    return _wording(s, s.scalars(behind).one())


def content_hash(*parts: str) -> str:
    """Of a row of wordings or evidence: the same content is the same row, and the seals name it by this."""
    return hashlib.blake2b(orjson.dumps(parts), digest_size=16).hexdigest()


def sealed(facts: Mapping[str, str]) -> Personal:
    """What is personal in one consent row."""
    return sealed_text(orjson.dumps(facts).decode())


def sealed_text(personal: str) -> Personal:
    """The same for facts that are JSON already."""
    return sealed_many([personal])[0]


def sealed_many(personal: Sequence[str]) -> list[Personal]:
    """The same for many rows."""
    random = secrets.token_bytes(_SALT * len(personal))
    salts = [random[at : at + _SALT] for at in range(0, len(random), _SALT)]
    return list(map(Personal, personal, salts, map(digest, salts, personal)))


def digest(salt: bytes, personal: str) -> bytes:
    return hashlib.blake2b(salt + personal.encode(), digest_size=_DIGEST).digest()


def _wording(s: Session, evidence: Evidence) -> tuple[Shown, str]:
    row = s.get_one(Wording, evidence.wording_id)
    return Shown(row.text, row.language, row.controller, row.privacy_url), evidence.jurisdiction


def _row(s: Session, model: type[Evidence] | type[Wording], hashed: str, facts: Mapping[str, object]) -> int:
    find = select(model.id).where(model.hash == hashed)
    if (found := s.scalar(find)) is not None:
        return found
    insert = sqlite.insert if s.get_bind().dialect.name == "sqlite" else postgresql.insert
    s.execute(insert(model).values(hash=hashed, **facts).on_conflict_do_nothing())
    return s.scalars(find).one()
