"""Each documented violation is refused, alone and with its field; good requests pass."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from localgrid.judge.message import judge, read
from localgrid.settings import Account
from tests.localgrid.judge.violations import RECIPIENTS, VALUES, Violation, both, drop, people, put
from tests.localgrid.judge.violations_message import CONTENT, OPTIONS, SWITCHES
from tests.localgrid.support import CONTRACT, message

VIOLATIONS = [*RECIPIENTS, *VALUES, *CONTENT, *OPTIONS, *SWITCHES]
ACCOUNT = Account(asm_groups=(7,), ip_pools=("pool",), templates=("d-known", "old-known"))


def problems(message: Any) -> list[tuple[str | None, str]]:
    return [(one.field, one.message) for one in judge(message, ACCOUNT, {"batch-1"}, time.time())]


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda one: one.id)
def test_a_violation_is_refused_with_its_field_and_nothing_else_is(violation: Violation) -> None:
    request = message()
    violation.change(request)
    assert {field for field, _ in problems(request)} == set(violation.fields)


def test_every_entry_of_the_error_catalogue_has_its_violation() -> None:
    seen: Counter[str] = Counter()
    entries = set()
    for error in json.loads((CONTRACT / "mail_send_errors.json").read_text())["errors"]:
        entries.add(f"{error['field']}#{seen[error['field']]}")
        seen[error["field"]] += 1
    covered = {entry for one in VIOLATIONS for entry in one.covers}
    assert entries - covered == {"Encoding#0"}  # a status of its own: see test_mail.py
    assert covered <= entries | {
        f"mail_settings.bypass_{name}_management.enable#0" for name in ("spam", "bounce", "unsubscribe")
    }


GOOD: dict[str, Callable[[dict[str, Any]], object]] = {
    "as it stands": lambda _: None,
    "1000 people": put("personalizations", people(1000)),
    "cc and bcc": both(
        put("personalizations.0.cc", [{"email": "c@example.com"}]),
        put("personalizations.0.bcc", [{"email": "b@example.com", "name": "B"}]),
    ),
    "subject in every personalization": both(drop("subject"), put("personalizations.0.subject", "Own")),
    "10,000 bytes of substitutions": put("personalizations.0.substitutions", {"-a-": "x" * 9_997}),
    "send_at in the past": put("send_at", 1),
    "send_at in 71 h": put("send_at", int(time.time()) + 71 * 3600),
    "own from of the same domain": put("personalizations.0.from", {"email": "other@example.com"}),
    "reply_to_list": both(drop("reply_to"), put("reply_to_list", [{"email": "r@example.com"}])),
    "dynamic template": both(
        put("template_id", "d-known"), drop("personalizations.0.substitutions"), drop("content"), drop("subject")
    ),
    "legacy template": both(put("template_id", "old-known"), drop("content")),
    "group": put("asm", {"group_id": 7, "groups_to_display": [7]}),
    "pool and batch": both(put("ip_pool_name", "pool"), put("batch_id", "batch-1")),
    "attachment": put("attachments", [{"content": "aGVsbG8=", "filename": "a.txt", "disposition": "inline"}]),
    "message-level custom_args": put("custom_args", {"a": "b"}),
    "three contents": put(
        "content",
        [{"type": kind, "value": "a"} for kind in ("text/plain", "text/html", "text/x-amp-html")],
    ),
    "plus address": put("personalizations.0.to", [{"email": "o'neil+tag@mail.example.co.uk"}]),
}


@pytest.mark.parametrize("change", GOOD.values(), ids=GOOD.keys())
def test_a_good_request_passes(change: Callable[[dict[str, Any]], object]) -> None:
    request = message()
    change(request)
    assert problems(request) == []


def test_many_problems_are_told_at_once() -> None:
    request = message("a@example.com", "broken", subject="", content=[])
    fields = [field for field, _ in problems(request)]
    assert fields == ["personalizations.1.to.0.email", "subject", "content"]


def test_what_is_no_object_is_a_bare_bad_request() -> None:
    assert problems([]) == problems("x") == problems(None) == [(None, "Bad Request")]


def test_a_header_that_stands_twice_in_the_raw_json_is_seen() -> None:
    raw = json.dumps(message()).encode()
    twice = raw.replace(b'"headers": {', b'"headers": {"List-Unsubscribe": "<https://example.com/x>", ', 1)
    assert [field for field, _ in problems(read(twice))] == ["personalizations.0.headers"]


@pytest.mark.parametrize("raw", [b"", b"{", b'{"a": "\\ud800"}', b"nul"])
def test_what_is_no_json_is_a_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(raw)


def test_help_points_at_the_part_of_the_documentation() -> None:
    one = judge(message("broken"), ACCOUNT, (), time.time())[0].as_json()
    assert one["help"] is not None
    assert one["help"].endswith("errors.html#message.personalizations.to")
