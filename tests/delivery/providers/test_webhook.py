"""SendGrid's signature, by its own known answer; and what must never pass."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import BadInput, ConfigError
from delivery.providers.sendgrid.webhook import is_genuine, is_urgent, parse, public_key

VECTOR: Any = json.loads((Path(__file__).parents[2] / "contract" / "webhook_signature_vector.json").read_text())
GOOD, BAD = VECTOR["valid"], VECTOR["must_fail"]
KEY = public_key(GOOD["public_key"])


def genuine(**changes: str) -> bool:
    told = {**GOOD, **changes}
    return is_genuine(public_key(told["public_key"]), told["signature"], told["timestamp"], told["body"].encode())


def test_the_known_answer_is_genuine() -> None:
    assert genuine()


@pytest.mark.parametrize(
    "changes",
    [
        {"public_key": BAD["other_public_key"]},
        {"signature": BAD["other_signature"]},
        {"body": BAD["other_body"]},
        {"timestamp": BAD["other_timestamp"]},
        {"body": BAD["body_without_trailing_crlf"]},
        {"signature": "no base64!"},
        {"signature": ""},
        {"signature": "AAAA"},
        {"timestamp": ""},
    ],
    ids=str,
)
def test_anything_else_is_not(changes: dict[str, str]) -> None:
    assert not genuine(**changes)


@given(st.binary(max_size=200), st.text(max_size=100), st.text(max_size=20))
def test_rubbish_is_refused_without_an_exception(body: bytes, signature: str, timestamp: str) -> None:
    assert not is_genuine(KEY, signature, timestamp, body)


@pytest.mark.parametrize("text", ["", "nonsense", "MFkw", "AAAA"])
def test_a_key_that_is_none_is_refused_by_the_name_of_its_setting(text: str) -> None:
    with pytest.raises(ConfigError, match="webhook_key"):
        public_key(text)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_events_of_any_shape_are_read_or_refused(value: object) -> None:
    for event in ([value], [{"event": value, "email": value, "timestamp": value, "ts_subscriber": value}], value):
        with suppress(BadInput):  # any other exception fails the test
            parse(json.dumps(event).encode(errors="replace"))


@pytest.mark.parametrize("kind", ["spamreport", "unsubscribe", "group_unsubscribe"])
def test_opt_outs_and_complaints_are_urgent(kind: str) -> None:
    assert is_urgent(json.dumps([{"event": kind}]).encode())
    assert not is_urgent(b'[{"event":"delivered"}]')
