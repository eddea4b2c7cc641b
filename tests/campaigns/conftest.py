"""One made-up mailing, on SQLite or, where the kind of database matters, on both."""

from __future__ import annotations

from pathlib import Path

import pytest

from base.database import Database
from subscribers.keys import Keys
from tests.campaigns.mailing import Mailing


@pytest.fixture
def mailing(sqlite_db: Database, keys: Keys, tmp_path: Path) -> Mailing:
    return Mailing(sqlite_db, keys, tmp_path)


@pytest.fixture
def mailing_on_both(db: Database, keys: Keys, tmp_path: Path) -> Mailing:
    return Mailing(db, keys, tmp_path)
