"""The judge against the official specification: whatever it accepts is valid there too."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from localgrid.judge.message import judge
from localgrid.settings import Account
from tests.localgrid.judge.test_message import ACCOUNT, GOOD, VIOLATIONS
from tests.localgrid.judge.violations import Violation
from tests.localgrid.support import message, schema_of

SPEC = Draft202012Validator(
    schema_of(
        "tsg_mail_v3.json",
        *("components", "requestBodies", "PostMailSend", "content", "application/json", "schema"),
    ),
    format_checker=FormatChecker(formats=["email"]),
)


def accepts(request: Any, account: Account = ACCOUNT) -> bool:
    return not judge(request, account, {"batch-1"}, time.time())


def test_the_specification_refuses_an_empty_request() -> None:
    """Otherwise it would be no specification, and every other test here would prove nothing."""
    assert not SPEC.is_valid({})
    assert SPEC.is_valid(message())


@pytest.mark.parametrize("name", [name for name in GOOD if name != "message-level custom_args"])
def test_a_good_request_is_valid(name: str) -> None:
    request = message()
    GOOD[name](request)
    SPEC.validate(request)


def test_the_specification_is_wrong_about_custom_args_at_message_level() -> None:
    """Typed as a string there, an object everywhere else: we put ours into the personalizations."""
    assert not SPEC.is_valid(message(custom_args={"a": "b"}))
    assert accepts(message(custom_args={"a": "b"}))


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda one: one.id)
def test_what_the_specification_refuses_the_judge_refuses(violation: Violation) -> None:
    request = message()
    violation.change(request)
    assert not accepts(request)


def full() -> dict[str, Any]:
    """A request that uses as much of the specification as it can."""
    request = message("a@example.com", "z@example.com")
    for name in (
        "own from of the same domain",
        "cc and bcc",
        "group",
        "pool and batch",
        "attachment",
        "three contents",
    ):
        GOOD[name](request)
    request["mail_settings"] = {"footer": {"enable": True, "text": "t", "html": "h"}, "sandbox_mode": {"enable": False}}
    request["tracking_settings"]["ganalytics"] = {"enable": True, "utm_source": "s"}
    request["send_at"] = request["personalizations"][1]["send_at"] = 1
    return request


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys: Any = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*way, key)
        yield from places(value[key], (*way, key))


STRANGE = st.sampled_from([None, True, 5, -1, 2.5, "", "x", "true", [], {}, [5], ["x"], {"email": 5}, {"enable": "x"}])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(places(full()))), STRANGE), min_size=1, max_size=2))
def test_a_changed_request_that_the_judge_accepts_is_valid(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    request = copy.deepcopy(full())
    assert accepts(request)
    for way, value in changes:
        target: Any = request
        try:
            for key in way[:-1]:
                target = target[key]
            target[way[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # the first change took the place of the second away
    if accepts(request):
        SPEC.validate(request)
