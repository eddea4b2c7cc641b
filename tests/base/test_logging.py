from __future__ import annotations

import logging as std
from collections.abc import Iterator

import pytest

from base import logging


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    root, http = std.getLogger(), std.getLogger("python_http_client")
    before = (root.level, root.handlers[:], http.level)
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    http.setLevel(before[2])


def test_a_line_has_time_level_logger_message_and_facts(capsys: pytest.CaptureFixture[str]) -> None:
    logging.setup("info")
    std.getLogger("outbox").info("batch accepted", extra={"run": 7, "reason": 'said "no"', "empty": ""})
    out, err = capsys.readouterr()
    at, _, rest = err.partition(" ")
    assert out == ""
    assert at.endswith("Z")
    assert rest == 'info outbox batch accepted run=7 reason="said \\"no\\"" empty=""\n'


def test_text_from_outside_cannot_write_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    logging.setup("info")
    std.getLogger("web").warning("odd path %s", "/x\nfake", extra={"agent": "a\r\nb"})
    assert capsys.readouterr().err.count("\n") == 1


def test_a_traceback_follows_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logging.setup("info")
    try:
        raise ValueError("odd")
    except ValueError:
        std.getLogger("drain").exception("body set aside", extra={"body": 3})
    err = capsys.readouterr().err
    assert "error drain body set aside body=3\nTraceback" in err
    assert err.endswith("ValueError: odd\n")


def test_the_client_that_prints_the_api_key_is_kept_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    logging.setup("debug")
    std.getLogger("python_http_client.client").debug("Authorization: Bearer SG.secret")
    assert capsys.readouterr().err == ""


def test_setting_up_again_changes_the_level_and_repeats_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    logging.setup("debug")
    logging.setup("warning")
    std.getLogger("clock").info("tick")
    std.getLogger("clock").warning("late")
    assert capsys.readouterr().err.count("\n") == 1
