"""The steps and the models build the same schema, and a database that stands elsewhere is refused."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import campaigns.models  # all models have to be known to the metadata
import migrations
from base.database import Base, Database
from base.errors import Broken, Refused
from migrations import Schema

SQLITE_SCHEMA = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
POSTGRES_SCHEMA = """
    SELECT table_name || '.' || column_name,
           concat_ws(' ', row_number() OVER (PARTITION BY table_name ORDER BY ordinal_position),
                     data_type, is_nullable, column_default, is_identity)
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT conname, conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace
"""


@pytest.fixture
def upgraded(empty_url: str) -> Iterator[Database]:
    migrations.upgrade(empty_url)
    db = Database(empty_url)
    yield db
    db.close()


def schema_of(db: Database) -> dict[str, str]:
    with db.read() as s:
        rows = s.execute(text(SQLITE_SCHEMA if db.is_sqlite else POSTGRES_SCHEMA)).all()
    return {name: " ".join(words.split()) for name, words in rows if not name.startswith("alembic_version")}


def test_models_and_steps_differ_in_nothing_that_alembic_sees(upgraded: Database) -> None:
    with upgraded.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_models_and_steps_make_the_same_tables_to_the_letter(upgraded: Database) -> None:
    by_steps = schema_of(upgraded)
    Base.metadata.drop_all(upgraded.engine)
    assert schema_of(upgraded) == {}
    Base.metadata.create_all(upgraded.engine)
    assert by_steps == schema_of(upgraded)
    assert len(by_steps) > 20


def test_the_steps_are_one_line_without_forks() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    script = ScriptDirectory.from_config(config)
    assert tuple(reversed([step.revision for step in script.walk_revisions()])) == migrations.STEPS
    assert script.get_heads() == [migrations.STEPS[-1]]


def test_making_it_twice_changes_nothing(empty_url: str) -> None:
    assert migrations.upgrade(empty_url) is Schema.ABSENT
    assert migrations.upgrade(empty_url) is Schema.CURRENT
    db = Database(empty_url)
    migrations.check(db)
    db.close()


def test_two_who_make_it_at_once_make_it_once(empty_url: str) -> None:
    found: list[Schema] = []
    both = [threading.Thread(target=lambda: found.append(migrations.upgrade(empty_url))) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(found) == [Schema.ABSENT, Schema.CURRENT]


def test_a_step_that_fails_leaves_nothing_behind(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = migrations._run_steps

    def interrupted(s: object) -> None:
        run(s)  # type: ignore[arg-type]
        raise Broken("power cut")

    monkeypatch.setattr(migrations, "_run_steps", interrupted)
    with pytest.raises(Broken):
        migrations.upgrade(empty_url)
    db = Database(empty_url)
    assert migrations.state(db) is Schema.ABSENT
    db.close()


def test_asking_about_a_database_that_is_not_there_does_not_make_it(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/tipsheet.db")
    with pytest.raises(Refused, match=r"no Tipsheet database at .* yet; make it with: tipsheet init"):
        migrations.check(db)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "made by a newer Tipsheet; upgrade Tipsheet"),
        ("DROP TABLE alembic_version", "holds other tables; give Tipsheet one of its own"),
    ],
)
def test_a_schema_that_is_not_this_versions_is_refused(change: str, sentence: str, upgraded: Database) -> None:
    with upgraded.write() as s:
        s.execute(text(change))
    with pytest.raises(Refused, match=sentence):
        migrations.check(upgraded)
    with pytest.raises(Refused, match=sentence):
        migrations.upgrade(upgraded.engine.url.render_as_string(hide_password=False))


def test_an_old_schema_is_refused_with_the_command_that_mends_it(
    upgraded: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, "0999"))
    with pytest.raises(Refused, match="older Tipsheet; back it up, then run: tipsheet migrate"):
        migrations.check(upgraded)


def test_no_password_is_shown(empty_url: str) -> None:
    db = Database("postgresql://tipsheet:hush@db.example.com/tipsheet")
    assert "hush" not in migrations.name(db)


def test_asking_does_not_load_alembic() -> None:
    code = "import sys, migrations; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_all_models_are_compared() -> None:
    assert campaigns.models.Campaign.__tablename__ in Base.metadata.tables
    assert {"lists", "deliveries", "campaigns"} <= set(Base.metadata.tables)
