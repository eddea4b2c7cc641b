"""Every line about sending names campaign, batch and attempt, and nobody."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from base.database import Database
from delivery.models import Attempt
from delivery.outbox import Outbox, Pace
from delivery.providers.files import Files
from subscribers.keys import Keys
from tests.support.runs import a_run


def test_a_line_about_a_batch_names_it(
    sqlite_db: Database, keys: Keys, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "delivery")
    run = a_run(sqlite_db, keys, people=2, public_id="opaque")
    Outbox(sqlite_db, Files(tmp_path), keys, Pace(1, timedelta(minutes=5), ())).step()
    with sqlite_db.read() as s:
        attempt = s.scalar(select(Attempt.id))
    (line,) = [record for record in caplog.records if record.name == "delivery.outbox"]
    assert vars(line).items() >= {"campaign": "opaque", "run": run, "batch": 1, "attempt": attempt}.items()
    assert line.getMessage() == "accepted written"  # what happened, where no answer has a status
    assert "example.com" not in f"{line.getMessage()} {vars(line)}"
