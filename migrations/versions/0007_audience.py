"""The audience: consent that can be proved, typed fields beside tags, sign-ups, imports, and who changed what."""

import hashlib

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _lists_and_people()
    _profiles()
    _evidence()
    _consents()
    _the_rest()
    _fill()


def _column(table: str, name: str, kind: sa.types.TypeEngine[object], default: str | None = None) -> None:
    op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=default))


def _lists_and_people() -> None:
    _column("lists", "opt_in", sa.String(), "single")
    op.add_column("lists", sa.Column("public", sa.Boolean, nullable=False, server_default=sa.false()))
    _column("lists", "wording", sa.Text(), "")
    _column("lists", "archived_at", sa.BigInteger())
    _column("subscribers", "wide_key", sa.LargeBinary())
    for name in ("addressed_at", "erased_at"):
        _column("subscribers", name, sa.BigInteger())
    _column("subscribers", "merged_into", sa.Integer())
    op.create_index("ix_subscribers_wide_key", "subscribers", ["wide_key"])
    for name in ("opens_since", "paused_until"):
        _column("subscriptions", name, sa.BigInteger())
    _column("subscriptions", "frequency", sa.String(), "all")
    _column("custom_fields", "type", sa.String(), "text")
    _column("custom_fields", "choices", sa.Text(), "[]")
    _column("custom_fields", "slot", sa.String())
    _column("suppressions", "lifted_by", sa.String())
    _column("suppressions", "lifted_because", sa.Text())


def _profiles() -> None:
    op.create_table(
        "profiles",
        sa.Column("subscriber_id", sa.Integer, sa.ForeignKey("subscribers.id"), primary_key=True, autoincrement=False),
        sa.Column("joined", sa.BigInteger, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("last_opened", sa.BigInteger),
        sa.Column("last_clicked", sa.BigInteger),
        *(sa.Column(f"t{number}", sa.String) for number in range(1, 9)),
        *(sa.Column(f"n{number}", sa.Double) for number in range(1, 9)),
    )


def _evidence() -> None:
    op.create_table(
        "wordings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hash", sa.String, nullable=False, unique=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("controller", sa.Text, nullable=False),
        sa.Column("privacy_url", sa.String, nullable=False),
        sa.Column("first_used", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hash", sa.String, nullable=False, unique=True),
        sa.Column("how", sa.String, nullable=False),
        sa.Column("wording_id", sa.Integer, sa.ForeignKey("wordings.id"), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("jurisdiction", sa.String, nullable=False),
    )


def _consents() -> None:
    _column("consents", "purpose", sa.String(), "marketing")
    op.add_column("consents", sa.Column("evidence_id", sa.Integer, nullable=False, server_default="0"))
    _column("consents", "voids", sa.Integer())
    _column("consents", "personal", sa.Text(), "")
    _column("consents", "salt", sa.LargeBinary())
    _column("consents", "digest", sa.LargeBinary())
    _move_evidence()
    for name in ("how", "wording", "source", "actor"):
        op.drop_column("consents", name)
    op.create_table(
        "seals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("last_consent", sa.Integer, nullable=False, unique=True),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )


def _move_evidence() -> None:
    """What stood in each row stands once for all rows that share it."""
    db = op.get_bind()
    wordings: dict[str, int] = {}
    found = "SELECT how, wording, source, actor, min(at) AS at FROM consents GROUP BY 1, 2, 3, 4 ORDER BY 5, 1, 2, 3, 4"
    for number, row in enumerate(db.execute(sa.text(found)).all(), start=1):
        hashed = _hash(row.wording, "", "", "")
        if row.wording not in wordings:
            wordings[row.wording] = len(wordings) + 1
            db.execute(
                sa.text(
                    "INSERT INTO wordings (hash, text, language, controller, privacy_url, first_used) "
                    "VALUES (:hash, :text, '', '', '', :at)"
                ),
                {"hash": hashed, "text": row.wording, "at": row.at},
            )
        facts = {"how": row.how, "source": row.source, "actor": row.actor, "wording": wordings[row.wording]}
        db.execute(
            sa.text(
                "INSERT INTO evidence (hash, how, wording_id, source, actor, jurisdiction) "
                "VALUES (:hash, :how, :wording, :source, :actor, '')"
            ),
            {**facts, "hash": _hash(row.how, hashed, row.source, row.actor, "")},
        )
        same = "how = :how AND wording = :text AND source = :source AND actor = :actor"
        db.execute(
            sa.text(f"UPDATE consents SET evidence_id = :number WHERE {same}"),  # noqa: S608  all of it is ours
            {**facts, "text": row.wording, "number": number},
        )


def _hash(*parts: str) -> str:
    return hashlib.blake2b(orjson.dumps(parts), digest_size=16).hexdigest()


def _the_rest() -> None:
    op.create_table(
        "sign_ups",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("list_id", sa.Integer, sa.ForeignKey("lists.id"), nullable=False),
        sa.Column("address_key", sa.LargeBinary, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("fields", "personal")),
        sa.Column("evidence_id", sa.Integer, sa.ForeignKey("evidence.id"), nullable=False),
        sa.Column("opens", sa.Boolean, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("asked_at", "expires_at")),
        *(sa.Column(name, sa.BigInteger) for name in ("sent_at", "reminded_at")),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("not_before", sa.BigInteger, nullable=False),
        sa.Column("trouble", sa.Text, nullable=False),
    )
    op.create_index("ix_sign_ups_address_key_list_id", "sign_ups", ["address_key", "list_id"])
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("list_id", sa.Integer, sa.ForeignKey("lists.id"), nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("file", "digest")),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("began_at", sa.BigInteger, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger) for name in ("ended_at", "undone_at")),
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("actor", "action", "about")),
        sa.Column("subscriber_id", sa.Integer),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("before", "after")),
    )
    op.create_index("ix_changes_subscriber_id", "changes", ["subscriber_id"])


def _fill() -> None:
    first = "SELECT e.how FROM consents c JOIN evidence e ON e.id = c.evidence_id WHERE c.subscriber_id = p.id"
    source = f"coalesce(({first} ORDER BY c.id LIMIT 1), '')"
    people = f"SELECT p.id, p.created_at, {source} FROM subscribers p"  # noqa: S608  all of it is ours
    op.execute(f"INSERT INTO profiles (subscriber_id, joined, source) {people}")
