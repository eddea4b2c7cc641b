"""The tables about people: who they are, what they agreed to, what stops mail. Only subscribers/ writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from base.database import Base


class List(Base):
    __tablename__ = "lists"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime]


class Subscriber(Base):
    __tablename__ = "subscribers"
    # The ledger names subscribers for ever: an id must not be given to a second person.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]  # local part as typed, domain lower-case and in ASCII; empty: nobody to mail
    address_key: Mapped[bytes] = mapped_column(unique=True)
    first_name: Mapped[str] = mapped_column(default="")
    last_name: Mapped[str] = mapped_column(default="")
    zone: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="")
    custom: Mapped[dict[str, Any]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"), default=dict)
    created_at: Mapped[datetime]


class SubscriberTag(Base):
    __tablename__ = "subscriber_tags"
    # The key answers "who has this tag", the index "which tags has this person".
    __table_args__ = (Index(None, "subscriber_id"), {"sqlite_with_rowid": False})

    tag: Mapped[str] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id"), primary_key=True)


class CustomField(Base):
    """Every custom field name that was ever stored: what a segment or a template may ask for."""

    __tablename__ = "custom_fields"

    name: Mapped[str] = mapped_column(primary_key=True)


class Consent(Base):
    """One expression of a person's will. Rows are added, never changed; what holds now is in Subscription."""

    __tablename__ = "consents"
    __table_args__ = (Index(None, "subscriber_id", "list_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id"))
    list_id: Mapped[int] = mapped_column(ForeignKey("lists.id"))
    state: Mapped[str]  # pending | confirmed | withdrawn
    at: Mapped[datetime]
    how: Mapped[str]  # form, import, command, one-click, page …
    wording: Mapped[str]  # the exact text that the person agreed to
    source: Mapped[str]  # where it came from: a file's name and hash, a campaign, a form
    actor: Mapped[str]  # who recorded it


class Subscription(Base):
    """The will that holds now: the latest consent row of a person and list, written in its transaction."""

    __tablename__ = "subscriptions"
    __table_args__ = (Index(None, "subscriber_id"), {"sqlite_with_rowid": False})

    list_id: Mapped[int] = mapped_column(ForeignKey("lists.id"), primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id"), primary_key=True)
    state: Mapped[str]
    since: Mapped[datetime]
    consent_id: Mapped[int] = mapped_column(ForeignKey("consents.id"))


class Suppression(Base):
    """A stop on an address, whoever holds it: it outlives the person's row."""

    __tablename__ = "suppressions"
    __table_args__ = (Index(None, "address_key", "list_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    address_key: Mapped[bytes]
    list_id: Mapped[int | None] = mapped_column(ForeignKey("lists.id"))  # None: every list
    reason: Mapped[str]  # opt-out | hard bounce | complaint | erasure | manual
    at: Mapped[datetime]
    source: Mapped[str]
    lifted_at: Mapped[datetime | None]


class KeyFingerprint(Base):
    __tablename__ = "key_fingerprints"

    name: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
