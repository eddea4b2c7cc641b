"""The tables about people: who they are, what they agreed to, what stops mail. Only subscribers/ writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, LargeBinary, Text, false, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from base.database import Base

_MERGED = "merged_into IS NOT NULL"
_AGREED = text("opens_since IS NOT NULL")


class List(Base):
    __tablename__ = "lists"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime]
    opt_in: Mapped[str] = mapped_column(default="single", server_default="single")  # single | double
    public: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())  # anybody may sign up
    wording: Mapped[str] = mapped_column(Text, default="", server_default="")  # what its sign-up form asks, in full
    archived_at: Mapped[datetime | None]  # nothing new is sent to it, nobody is added
    law: Mapped[str] = mapped_column(default="", server_default="")  # such as DE or US-CA: goes into each new evidence


class Subscriber(Base):
    __tablename__ = "subscribers"
    # The ledger names subscribers for ever: an id must not be given to a second person. The index holds only those
    # who were merged, so it costs an import nothing.
    __table_args__ = (
        Index(None, "merged_into", sqlite_where=text(_MERGED), postgresql_where=text(_MERGED)),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]  # local part as typed, domain lower-case and in ASCII; empty: nobody to mail
    address_key: Mapped[bytes] = mapped_column(unique=True)
    first_name: Mapped[str] = mapped_column(default="")
    last_name: Mapped[str] = mapped_column(default="")
    zone: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="")
    # Every value as the text that a mail shows, whatever the field's type.
    custom: Mapped[dict[str, Any]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"), default=dict)
    created_at: Mapped[datetime]
    wide_key: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)  # Gmail only: of the mailbox behind it
    addressed_at: Mapped[datetime | None]  # when the address was last changed
    erased_at: Mapped[datetime | None]
    merged_into: Mapped[int | None]  # who holds what this row held


class FormerAddress(Base):
    """The key of an address that somebody had before an edit or a merge: opt-outs of old mails still find them."""

    __tablename__ = "former_addresses"
    # The key answers "who had this address", the index "which did this person have".
    __table_args__ = (Index(None, "subscriber_id"), {"sqlite_with_rowid": False})

    address_key: Mapped[bytes] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id"), primary_key=True)
    until: Mapped[datetime]


class Profile(Base):
    """What rules ask for, in a narrow row beside the wide one: reading a million of these takes a tenth of a second."""

    __tablename__ = "profiles"

    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id"), primary_key=True, autoincrement=False)
    joined: Mapped[datetime]
    source: Mapped[str] = mapped_column(default="")  # how they first came: form, import, command
    last_opened: Mapped[datetime | None]  # by a person, as far as can be told
    last_clicked: Mapped[datetime | None]
    # Custom fields that were given a slot (CustomField.slot): texts and choices in t, everything else in n
    # (numbers as they are, dates as days since 1970, booleans as 0 and 1).
    t1: Mapped[str | None]
    t2: Mapped[str | None]
    t3: Mapped[str | None]
    t4: Mapped[str | None]
    t5: Mapped[str | None]
    t6: Mapped[str | None]
    t7: Mapped[str | None]
    t8: Mapped[str | None]
    n1: Mapped[float | None]
    n2: Mapped[float | None]
    n3: Mapped[float | None]
    n4: Mapped[float | None]
    n5: Mapped[float | None]
    n6: Mapped[float | None]
    n7: Mapped[float | None]
    n8: Mapped[float | None]


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
    type: Mapped[str] = mapped_column(default="text", server_default="text")  # text | number | date | boolean | choice
    choices: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")  # JSON: what a choice may be
    slot: Mapped[str | None]  # its column in profiles; None: all are taken, rules read the wide row


class Wording(Base):
    """A text that people agreed to, in one version: what was shown is kept word for word."""

    __tablename__ = "wordings"

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(unique=True)  # of everything below but the time
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(default="")
    controller: Mapped[str] = mapped_column(Text, default="")  # name and postal address as shown
    privacy_url: Mapped[str] = mapped_column(default="")
    first_used: Mapped[datetime]


class Evidence(Base):
    """The circumstances that consents share: how, on which wording, from where, recorded by whom, under which law."""

    __tablename__ = "evidence"

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(unique=True)  # of everything below, with the wording's hash for its id
    how: Mapped[str]  # form, confirmation, import, command, one-click, page …
    wording_id: Mapped[int] = mapped_column(ForeignKey("wordings.id"))
    source: Mapped[str] = mapped_column(Text)  # where it came from: a file's name and hash, a campaign, a form
    actor: Mapped[str]  # who recorded it
    jurisdiction: Mapped[str] = mapped_column(default="")  # such as DE or US-CA, as declared or known


class Consent(Base):
    """One expression of a person's will. Rows are added, never changed; what holds now is in Subscription."""

    __tablename__ = "consents"
    __table_args__ = (Index(None, "subscriber_id", "list_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id"))
    list_id: Mapped[int] = mapped_column(ForeignKey("lists.id"))
    state: Mapped[str]  # pending | confirmed | withdrawn | void
    at: Mapped[datetime]
    purpose: Mapped[str] = mapped_column(default="marketing", server_default="marketing")  # | open tracking
    evidence_id: Mapped[int] = mapped_column(default=0, server_default="0")
    voids: Mapped[int | None]  # the row that never counted: an import that was undone
    # JSON: the address as typed, the visitor's network address. Erased with its salt; the digest stays, so that the
    # seals still prove everything else.
    personal: Mapped[str] = mapped_column(Text, default="", server_default="")
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)  # of salt and personal


class Seal(Base):
    """All consent rows up to one of them, proved unchanged: the hash of the seal before and of the rows since."""

    __tablename__ = "seals"

    id: Mapped[int] = mapped_column(primary_key=True)
    last_consent: Mapped[int] = mapped_column(unique=True)
    rows: Mapped[int]  # since the seal before
    hash: Mapped[str]
    at: Mapped[datetime]


class Subscription(Base):
    """The will that holds now: the latest consent row of a person and list, written in its transaction."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        Index(None, "subscriber_id"),
        # At each freeze it is asked who agreed that opening is seen: often nobody, and then asking costs nothing.
        Index("ix_subscriptions_opens", "list_id", "subscriber_id", sqlite_where=_AGREED, postgresql_where=_AGREED),
        {"sqlite_with_rowid": False},
    )

    list_id: Mapped[int] = mapped_column(ForeignKey("lists.id"), primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id"), primary_key=True)
    state: Mapped[str]
    since: Mapped[datetime]
    consent_id: Mapped[int] = mapped_column(ForeignKey("consents.id"))
    opens_since: Mapped[datetime | None]  # when they agreed that opening this list's mails is seen
    paused_until: Mapped[datetime | None]  # their wish: nothing before
    frequency: Mapped[str] = mapped_column(default="all", server_default="all")  # all | monthly


class Suppression(Base):
    """A stop on an address, whoever holds it: it outlives the person's row."""

    __tablename__ = "suppressions"
    __table_args__ = (Index(None, "address_key", "list_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    address_key: Mapped[bytes]
    list_id: Mapped[int | None] = mapped_column(ForeignKey("lists.id"))  # None: every list
    reason: Mapped[str]  # opt-out | hard bounce | complaint | erasure | manual | invalid
    at: Mapped[datetime]
    source: Mapped[str]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]
    lifted_because: Mapped[str | None] = mapped_column(Text)


class SignUp(Base):
    """Somebody who filled in a form. Too late, it goes; confirmed, it is emptied and knows only its link, till then."""

    __tablename__ = "sign_ups"
    __table_args__ = (Index(None, "address_key", "list_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)  # the token itself stands in the mail only
    list_id: Mapped[int] = mapped_column(ForeignKey("lists.id"))
    address_key: Mapped[bytes]
    email: Mapped[str]
    fields: Mapped[str] = mapped_column(Text, default="{}")  # JSON: first_name, last_name, zone, locale, custom
    personal: Mapped[str] = mapped_column(Text, default="")  # as it will stand in the consent row
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"))
    opens: Mapped[bool] = mapped_column(Boolean, default=False)  # also agreed that opening mails is seen
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]  # the next mail to send is not tried before
    trouble: Mapped[str] = mapped_column(Text, default="")


class Import(Base):
    """One file that was, or is being, taken in."""

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("lists.id"))
    file: Mapped[str]
    digest: Mapped[str]
    settings: Mapped[str] = mapped_column(Text)  # JSON: what it was asked to do
    actor: Mapped[str]
    began_at: Mapped[datetime]
    line: Mapped[int] = mapped_column(default=0)  # taken in through this row, for one that was cut off
    counts: Mapped[str] = mapped_column(Text, default="{}")  # JSON: rows by outcome, through that row
    ended_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class Change(Base):
    """The audit log: who changed what, from what to what. Rows are only added; erasing a person empties theirs."""

    __tablename__ = "changes"
    __table_args__ = (Index(None, "subscriber_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]  # the command's words, such as subscriber edit
    about: Mapped[str]  # a list's or field's name; for a person their id
    subscriber_id: Mapped[int | None]
    before: Mapped[str] = mapped_column(Text, default="")  # JSON
    after: Mapped[str] = mapped_column(Text, default="")


class KeyFingerprint(Base):
    __tablename__ = "key_fingerprints"

    name: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
