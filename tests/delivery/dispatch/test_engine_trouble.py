"""What the engine's own tasks run into when nobody waits for them any more."""

from __future__ import annotations

import asyncio
import logging

import pytest
from procrastinate.exceptions import ConnectorException

from delivery.dispatch.engine import _tell


def test_a_job_that_could_not_be_marked_is_one_line_and_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.new_event_loop()
    with caplog.at_level(logging.WARNING):
        _tell(loop, {"message": "Task exception was never retrieved", "exception": ConnectorException("gone")})
    loop.close()
    assert caplog.messages == ["a job that is done could not be marked so (ConnectorException)"]
    assert caplog.records[0].exc_info is None


def test_what_is_no_trouble_of_the_database_is_told_in_full(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.new_event_loop()
    _tell(loop, {"message": "Task exception was never retrieved", "exception": ZeroDivisionError("by zero")})
    loop.close()
    assert caplog.records[0].name == "asyncio"
    assert caplog.records[0].exc_info
