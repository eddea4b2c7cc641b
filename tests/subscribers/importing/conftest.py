"""What tests of imports share: a list to import to, and a short way to do it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from base.database import Database
from subscribers.importing import Asked, ImportReport, import_file
from subscribers.importing.imports import OUTCOMES
from subscribers.keys import Keys
from tests.support.people import a_list

BringIn = Callable[..., ImportReport]


@pytest.fixture
def tips(db: Database) -> int:
    with db.write() as s:
        return a_list(s).id


@pytest.fixture
def bring_in(db: Database, keys: Keys, tips: int, tmp_path: Path) -> BringIn:
    """Imports a text, or a file that is there, and checks that every row is accounted for."""

    def run(content: str | Path, *, is_trial: bool = False, name: str = "people.csv", **asked: Any) -> ImportReport:
        path = content if isinstance(content, Path) else tmp_path / name
        if isinstance(content, str):
            path.write_text(content)
        report = import_file(db, keys, path, "tips", Asked("They asked.", "test", **asked), is_trial=is_trial)
        assert report.read == sum(asdict(report)[name] for name in OUTCOMES)
        return report

    return run
