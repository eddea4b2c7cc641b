"""The first tables: people, campaigns, delivery."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

WITHOUT_ROWID = {"sqlite_with_rowid": False}


def upgrade() -> None:
    people()
    consent()
    content()
    ledger()
    way_back()
    campaigns()


def people() -> None:
    op.create_table("lists", id_(), word("slug", unique=True), word("name"), instant("created_at"))
    op.create_table(
        "subscribers",
        id_(),
        word("email"),
        sa.Column("address_key", sa.LargeBinary, nullable=False, unique=True),
        word("first_name"),
        word("last_name"),
        word("zone"),
        word("locale"),
        sa.Column("custom", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        instant("created_at"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "subscriber_tags",
        word("tag", primary_key=True),
        number("subscriber_id", "subscribers.id", primary_key=True),
        **WITHOUT_ROWID,
    )
    op.create_index("ix_subscriber_tags_subscriber_id", "subscriber_tags", ["subscriber_id"])
    op.create_table("custom_fields", word("name", primary_key=True))
    op.create_table("key_fingerprints", word("name", primary_key=True), word("fingerprint"))


def consent() -> None:
    op.create_table(
        "consents",
        id_(),
        number("subscriber_id", "subscribers.id"),
        number("list_id", "lists.id"),
        word("state"),
        instant("at"),
        *(word(name) for name in ("how", "wording", "source", "actor")),
    )
    op.create_index("ix_consents_subscriber_id_list_id", "consents", ["subscriber_id", "list_id"])
    op.create_table(
        "subscriptions",
        number("list_id", "lists.id", primary_key=True),
        number("subscriber_id", "subscribers.id", primary_key=True),
        word("state"),
        instant("since"),
        number("consent_id", "consents.id"),
        **WITHOUT_ROWID,
    )
    op.create_index("ix_subscriptions_subscriber_id", "subscriptions", ["subscriber_id"])
    op.create_table(
        "suppressions",
        id_(),
        sa.Column("address_key", sa.LargeBinary, nullable=False),
        number("list_id", "lists.id", nullable=True),
        word("reason"),
        instant("at"),
        word("source"),
        instant("lifted_at", nullable=True),
    )
    op.create_index("ix_suppressions_address_key_list_id", "suppressions", ["address_key", "list_id"])


def content() -> None:
    op.create_table(
        "articles",
        id_(),
        word("slug", unique=True),
        *(word(name) for name in ("title", "url", "image_url", "image_alt", "phone")),
        *(sa.Column(name, sa.JSON, nullable=False) for name in ("blocks", "offers", "warnings")),
        instant("added_at"),
        word("added_by"),
    )
    op.create_table(
        "offers",
        id_(),
        word("slug", unique=True),
        word("title"),
        long("body"),
        word("cta_label"),
        word("cta_url"),
        word("phone"),
        long("terms"),
        instant("valid_from", nullable=True),
        instant("valid_until", nullable=True),
        word("zone"),
        instant("added_at"),
        word("added_by"),
    )
    op.create_table("segments", id_(), word("slug", unique=True), long("rule"), instant("added_at"))


def ledger() -> None:
    op.create_table("messages", id_(), word("hash", unique=True), long("body"), instant("created_at"))
    op.create_table(
        "runs",
        id_(),
        word("public_id", unique=True),
        number("list_id", "lists.id"),
        number("message_id", "messages.id"),
        long("envelope"),
        number("batch_size"),
        instant("not_before"),
        instant("not_after"),
        number("audience"),
        instant("frozen_at", nullable=True),
        flag("paused"),
        long("held", nullable=True),
        number("doubts"),
        flag("events_expected"),
    )
    batches()
    attempts()
    op.create_table("deliveries", *person(), number("batch"), **WITHOUT_ROWID)
    op.create_table(
        "exceptions",
        *person(),
        number("batch"),
        word("attempt", nullable=True),
        word("kind"),
        long("reason"),
        instant("at"),
    )
    op.create_table("duplicates", *person(), word("attempt", primary_key=True), instant("found_at"))


def batches() -> None:
    op.create_table(
        "batches",
        number("run_id", "runs.id", primary_key=True),
        number("number", primary_key=True, autoincrement=False),
        word("state"),
        *(word(name, nullable=True) for name in ("reason", "attempt", "accepted_by")),
        number("tries"),
        instant("not_before"),
        instant("not_after"),
        word("owner", nullable=True),
        instant("lease_until", nullable=True),
        *(number(name) for name in ("size", "first_subscriber", "last_subscriber")),
    )
    op.create_index("ix_batches_due", "batches", ["state", "not_before", "run_id", "number"])
    op.create_index("ix_batches_run_state", "batches", ["run_id", "state"])


def attempts() -> None:
    op.create_table(
        "attempts",
        word("id", primary_key=True),
        number("run_id", nullable=True),
        number("batch", nullable=True),
        number("number"),
        word("account"),
        instant("started_at"),
        instant("lease_until"),
        instant("answered_at", nullable=True),
        number("status", nullable=True),
        word("message_id", nullable=True),
        word("verdict", nullable=True),
        long("evidence", nullable=True),
        instant("first_event_at", nullable=True),
        sa.ForeignKeyConstraint(["run_id", "batch"], ["batches.run_id", "batches.number"]),
    )
    op.create_index("ix_attempts_batch", "attempts", ["run_id", "batch"])
    op.create_index("ix_attempts_open", "attempts", ["verdict", "started_at"])


def way_back() -> None:
    op.create_table(
        "outcomes",
        *person(),
        sa.Column("flags", sa.SmallInteger, nullable=False),
        instant("first_at"),
        instant("last_at"),
        **WITHOUT_ROWID,
    )
    op.create_table(
        "events",
        sa.Column("key", sa.LargeBinary(16), primary_key=True),
        number("run_id", nullable=True),
        number("subscriber_id", nullable=True),
        word("attempt", nullable=True),
        word("kind"),
        instant("at"),
        long("detail"),
        word("provider_event_id"),
    )
    op.create_index("ix_events_person", "events", ["run_id", "subscriber_id"])
    op.create_table(
        "spool",
        id_(),
        instant("received_at"),
        word("provider"),
        flag("urgent"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        flag("set_aside"),
        long("trouble"),
    )
    op.create_index("ix_spool_waiting", "spool", ["set_aside", "urgent", "id"])
    op.create_table("heartbeats", word("owner", primary_key=True), instant("at"), long("said"))


def campaigns() -> None:
    op.create_table(
        "campaigns",
        id_(),
        word("public_id", unique=True),
        word("slug", unique=True),
        number("list_id", "lists.id"),
        *(number(f"{name}_id", f"{name}s.id", nullable=True) for name in ("article", "offer", "segment")),
        word("subject"),
        word("preheader"),
        word("template"),
        instant("approved_at", nullable=True),
        word("approved_by", nullable=True),
        sa.Column("approved_plan", sa.JSON),
        number("message_id", "messages.id", nullable=True),
        word("message_hash", nullable=True),
        instant("scheduled_for", nullable=True),
        word("wall", nullable=True),
        word("zone", nullable=True),
        *(instant(name, nullable=True) for name in ("launched_at", "paused_at", "cancelled_at")),
        long("attention", nullable=True),
        number("run_id", "runs.id", nullable=True),
        number("frozen_through"),
        instant("added_at"),
        word("added_by"),
    )
    op.create_index("ix_campaigns_scheduled_for", "campaigns", ["scheduled_for"])
    op.create_table(
        "exclusions",
        number("campaign_id", "campaigns.id", primary_key=True, autoincrement=False),
        number("subscriber_id", primary_key=True, autoincrement=False),
        word("reason"),
    )


def id_() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def person() -> tuple[sa.Column[int], sa.Column[int]]:
    return (
        number("run_id", primary_key=True, autoincrement=False),
        number("subscriber_id", primary_key=True, autoincrement=False),
    )


def word(name: str, *, nullable: bool = False, **how: Any) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable, **how)


def long(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def number(name: str, to: str | None = None, *, nullable: bool = False, **how: Any) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, *([sa.ForeignKey(to)] if to else []), nullable=nullable, **how)


def instant(name: str, *, nullable: bool = False) -> sa.Column[int]:
    """Milliseconds since 1970 in UTC."""
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)
