"""A made-up crowd for benchmarks, put into the real tables by the database itself: six fields and five tags each."""

# ruff: noqa: S608, E501  all of the SQL is ours, and reads better unbroken

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

import campaigns.models  # noqa: F401  the schema has to be whole
import delivery.models  # noqa: F401  the schema has to be whole
from base.database import Base, Database, now_sql
from subscribers.fields.custom import add_field

DAY = 86_400_000
COUNTRIES = "'US','DE','FR','IT','ES','AT','CH','NL','BE','PL','SE','DK','NO','FI','PT','IE','GB','CA','MX','BR'"


def fill(db: Database, people: int) -> None:
    """One list with everybody on it, of whom each hundredth is suppressed, and three campaigns that went to all."""
    Base.metadata.create_all(db.engine)
    sql = _Sql(db.is_sqlite, people)
    with db.write() as s:
        assert s.scalar(text("SELECT count(*) FROM lists")) == 0, "this database is in use"
        _fields(s)
    for statement in (*sql.people(), *sql.will(), *sql.campaigns()):
        with db.write() as s:
            s.execute(text(statement))
    if not db.is_sqlite:
        with db.write() as s:
            for table in ("subscribers", "lists", "consents", "messages", "runs", "campaigns"):
                behind = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
                s.execute(text(behind))
    with db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("ANALYZE" if db.is_sqlite else "VACUUM ANALYZE"))


def _fields(s: Session) -> None:
    add_field(s, "plan", "choice", ["free", "pro", "team"])
    add_field(s, "country")
    for name, kind in (("spent", "number"), ("visits", "number"), ("renewal", "date"), ("member", "boolean")):
        add_field(s, name, kind)


class _Sql:
    def __init__(self, sqlite: bool, people: int) -> None:
        self.sqlite, self.people_count = sqlite, people
        self.now = "CAST(strftime('%s') AS INTEGER) * 1000" if sqlite else now_sql("postgresql")
        recursive = (
            f"(WITH RECURSIVE q(n) AS (VALUES(1) UNION ALL SELECT n + 1 FROM q WHERE n < {people}) SELECT n FROM q)"
        )
        self.everybody = (
            f"{recursive} AS q" if sqlite else f"(SELECT n::bigint FROM generate_series(1, {people}) n) AS q"
        )

    def chance(self, salt: int, of: int) -> str:
        """The same number from 0 for the same person, and another for another field."""
        return f"((n * 2654435761 + n / 7 * {salt * 40503}) % 4294967291 % {of})"

    def people(self) -> tuple[str, ...]:
        plan = f"CASE {self.chance(1, 10)} WHEN 0 THEN 'team' WHEN 1 THEN 'pro' WHEN 2 THEN 'pro' ELSE 'free' END"
        names = COUNTRIES.split(",")
        cases = " ".join(f"WHEN {number} THEN {name}" for number, name in enumerate(names))
        country = f"CASE {self.chance(2, len(names))} {cases} END"
        spent, visits, renewal = self.chance(3, 5000), self.chance(4, 40), f"(20000 + {self.chance(5, 900)})"
        member = self.chance(6, 2)
        key = "randomblob(32)" if self.sqlite else "sha256(n::text::bytea)"
        iso = (
            f"date({renewal} * 86400, 'unixepoch')"
            if self.sqlite
            else f"to_char(date '1970-01-01' + {renewal}::int, 'YYYY-MM-DD')"
        )
        json = (
            f'\'{{"plan": "\' || {plan} || \'", "country": "\' || {country} || \'", "spent": "\' || {spent} || '
            f'\'", "visits": "\' || {visits} || \'", "renewal": "\' || {iso} || \'", "member": "\' || '
            f"CASE {member} WHEN 1 THEN 'yes' ELSE 'no' END || '\"}}'"
        )
        custom = json if self.sqlite else f"({json})::jsonb"
        opened = f"CASE WHEN {self.chance(7, 10)} < 4 THEN {self.now} - {self.chance(8, 360)} * {DAY} END"
        clicked = f"CASE WHEN {self.chance(9, 10)} < 1 THEN {self.now} - {self.chance(10, 360)} * {DAY} END"
        joined = f"{self.now} - {self.chance(11, 1000)} * {DAY}"
        return (
            "INSERT INTO subscribers (id, email, address_key, first_name, last_name, zone, locale, custom, created_at, "
            f"wide_key) SELECT n, 'p' || n || '@example.com', {key}, 'Person', 'Number ' || n, 'Europe/Berlin', 'de-DE', "
            f"{custom}, {joined}, CASE WHEN n % 3 = 0 THEN {key} END FROM {self.everybody}",
            "INSERT INTO profiles (subscriber_id, joined, source, last_opened, last_clicked, t1, t2, n1, n2, n3, n4) "
            f"SELECT n, {joined}, 'import', {opened}, {clicked}, {plan}, {country}, {spent}, {visits}, {renewal}, {member} "
            f"FROM {self.everybody}",
            *(
                f"INSERT INTO subscriber_tags (tag, subscriber_id) SELECT 'tag' || ((n * 7 + {step * 8} + {self.chance(12 + step, 8)}) % 40), n "
                f"FROM {self.everybody} ORDER BY 1, 2 ON CONFLICT DO NOTHING"
                for step in range(5)
            ),
        )

    def will(self) -> tuple[str, ...]:
        return (
            f"INSERT INTO lists (id, slug, name, created_at, opt_in, public, wording) VALUES (1, 'tips', 'Tips', {self.now}, "
            "'single', false, '')",
            "INSERT INTO consents (id, subscriber_id, list_id, state, at, purpose, evidence_id, personal) "
            f"SELECT n, n, 1, 'confirmed', {self.now}, 'marketing', 0, '' FROM {self.everybody}",
            "INSERT INTO subscriptions (list_id, subscriber_id, state, since, consent_id, frequency) "
            f"SELECT 1, n, CASE WHEN n % 50 = 0 THEN 'withdrawn' ELSE 'confirmed' END, {self.now}, n, 'all' "
            f"FROM {self.everybody}",
            "INSERT INTO suppressions (address_key, reason, at, source) "
            f"SELECT address_key, 'hard bounce', {self.now}, 'bench' FROM subscribers WHERE id % 100 = 1",
        )

    def campaigns(self) -> tuple[str, ...]:
        made = [f"INSERT INTO messages (id, hash, body, created_at) VALUES (1, 'x', '', {self.now})"]
        for run in (1, 2, 3):
            made += [
                "INSERT INTO runs (id, public_id, list_id, message_id, envelope, batch_size, not_before, not_after, "
                f"audience, frozen_at, paused, doubts, events_expected) VALUES ({run}, 'r{run}', 1, 1, '', 1000, {self.now}, "
                f"{self.now}, {self.people_count}, {self.now}, false, 0, true)",
                "INSERT INTO campaigns (id, public_id, slug, list_id, subject, preheader, template, launched_at, run_id, "
                f"frozen_through, added_at, added_by) VALUES ({run}, 'c{run}', 'c{run}', 1, 'x', '', 'x', {self.now} + {run}, "
                f"{run}, 0, {self.now}, 'bench')",
                "INSERT INTO outcomes (run_id, subscriber_id, flags, first_at, last_at) "
                f"SELECT {run}, n, CASE WHEN {self.chance(20 + run, 10)} = 0 THEN 196 ELSE 68 END, {self.now}, {self.now} "
                f"FROM {self.everybody} WHERE {self.chance(30 + run, 10)} < 4",
            ]
        return tuple(made)
