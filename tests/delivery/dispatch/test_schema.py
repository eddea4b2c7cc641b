"""The engine's tables: beside ours, made once, made anew for another version, and never in the way of ours."""

from __future__ import annotations

import pytest
from sqlalchemy import text

import migrations
from base.database import Database
from base.errors import Refused
from delivery import dispatch
from subscribers.keys import Keys
from tests.delivery.dispatch.conftest import jobs
from tests.support.runs import a_run


def test_they_are_made_once(many: Database) -> None:
    with many.write() as s:
        assert not dispatch.install(s)
        dispatch.check(s)


def test_two_who_make_them_at_once_make_them_once(postgres_url: str) -> None:
    first, second = Database(postgres_url), Database(postgres_url)
    with first.write() as s:
        assert dispatch.install(s)
    with second.write() as s:
        assert not dispatch.install(s)
    first.close()
    second.close()


def test_without_them_nothing_starts(postgres_url: str) -> None:
    db = Database(postgres_url)
    with pytest.raises(Refused, match="make them with: tipsheet migrate"), db.read() as s:
        dispatch.check(s)
    db.close()


def test_those_of_another_version_are_made_anew_and_the_sweep_fills_them(many: Database, keys: Keys) -> None:
    a_run(many, keys, people=4)
    with many.write() as s:
        s.execute(text("COMMENT ON SCHEMA procrastinate IS 'procrastinate 3.9.0'"))
    with pytest.raises(Refused), many.read() as s:
        dispatch.check(s)
    with many.write() as s:
        assert dispatch.install(s)
    assert jobs(many) == []
    with many.write() as s:
        assert dispatch.sweep(s) == 2


def test_our_own_steps_do_not_see_them(many: Database) -> None:
    with many.write() as s:
        migrations.rebuild(s, "head")
        dispatch.check(s)
        tables = s.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    assert not [name for name in tables if name.startswith("procrastinate")]
    assert migrations.state(many) is migrations.Schema.CURRENT
