from __future__ import annotations

from pathlib import Path

import pytest

from base.database import Database
from subscribers.keys import Keys
from tests.campaigns.series.clinic import Clinic


@pytest.fixture
def clinic(sqlite_db: Database, keys: Keys, tmp_path: Path) -> Clinic:
    return Clinic(sqlite_db, keys, tmp_path)


@pytest.fixture
def clinic_on_both(db: Database, keys: Keys, tmp_path: Path) -> Clinic:
    """PostgreSQL's own clock cannot be set: with it, only what takes its time as a value, and times to come."""
    return Clinic(db, keys, tmp_path)
