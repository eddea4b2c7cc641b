"""Seals over consent rows: each proves all rows up to one of them unchanged. Checking them is in chain.py."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

_LOCK = "SELECT pg_advisory_xact_lock{}(hashtext('tipsheet consents'))"


def share(s: Session) -> None:
    """To be called before consent rows are inserted, and before other locks where that can be chosen.

    On PostgreSQL a lower id may be committed later. A seal waits for all who share this, so that none comes below it.
    """
    if s.get_bind().dialect.name == "postgresql":
        s.execute(text(_LOCK.format("_shared")))
