from __future__ import annotations

import json
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


def test_as_json_each_line_is_one_object_with_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    logging.setup("info", "json")
    facts = {"campaign": "opaque", "batch": 3, "attempt": "a1"}
    std.getLogger("delivery.outbox").info("accepted\n%s", 202, extra=facts)
    try:
        raise ValueError("odd")
    except ValueError:
        std.getLogger("drain").exception("body set aside")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert first.pop("time").endswith("Z")
    assert first == {"level": "info", "part": "delivery.outbox", "message": "accepted\n202", **facts}
    assert second["trace"].endswith("ValueError: odd")


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "private",
    [
        "ann@example.com",
        "o'neil+tag@mail.example.co.uk",
        "SG.abcdefghij.klmnopqrstuv",
        "Bearer s3cret-token",
        "mailto:ann@x.example",
    ],
)
def test_neither_address_nor_secret_is_written_whoever_quotes_it(
    private: str, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.setup("info", form)
    try:
        raise ValueError(f"cannot read <{private}>")
    except ValueError:
        std.getLogger("outbox").exception("it said %s", private, extra={"reason": private})
    err = capsys.readouterr().err
    assert err.count("[hidden]") >= 3
    for part in ("ann@", "neil+tag@", "@mail", "abcdefghij", "s3cret"):
        assert part not in err


def test_where_a_database_is_may_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    logging.setup("info")
    std.getLogger("clock").error("no postgresql://tipsheet:***@db.example.com/tipsheet for ann_b@db.example.com")
    assert capsys.readouterr().err.count("[hidden]") == 1


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
