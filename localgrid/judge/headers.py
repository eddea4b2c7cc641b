"""Custom headers, custom arguments and substitutions: the small values a request carries along."""

from __future__ import annotations

import re
from collections.abc import Iterator

from localgrid.judge.problem import Problem, wrong_type

LIMIT = 10_000  # bytes in one personalization, of substitutions and of custom arguments alike
_NAME = re.compile(r"[!-9;-~]+")  # ASCII without spaces and the colon that would end it
_RESERVED = frozenset(
    {
        "x-sg-id",
        "x-sg-eid",
        "received",
        "dkim-signature",
        "content-type",
        "content-transfer-encoding",
        "to",
        "from",
        "subject",
        "reply-to",
        "cc",
        "bcc",
    }
)


class Doubled(dict[str, object]):
    """A JSON object in which one key stood twice: Python would keep the last and hide the mistake."""


def keep_doubled(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    return value if len(value) == len(pairs) else Doubled(pairs)


def check_headers(value: object, field: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield wrong_type(field, "object", value)
        return
    for name, text in value.items():
        if not isinstance(text, str):
            yield Problem("The header values must be strings.", f"{field}.{name}")
        elif "\r" in text or "\n" in text:
            yield Problem("The header values cannot contain CRLF characters.", f"{field}.{name}")
        if not _NAME.fullmatch(name):
            yield Problem("Header keys cannot contain non-ASCII characters or empty spaces.", f"{field}.{name}")
        if name.lower() in _RESERVED:
            yield Problem("Header cannot be one of the reserved keys.", f"{field}.{name}")
    if isinstance(value, Doubled) or len({name.lower() for name in value}) < len(value):
        yield Problem("The headers cannot contain duplicate keys.", field)


def check_custom_args(value: object, field: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield wrong_type(field, "object", value)
    elif not value:
        yield Problem("custom_args cannot be empty.", field)
    else:
        for name, text in value.items():
            if not isinstance(text, str):
                yield Problem("All values of the custom arguments object must be strings.", f"{field}.{name}")


def check_sizes(message_args: object, own_args: object, substitutions: object, field: str) -> Iterator[Problem]:
    merged = {**as_object(message_args), **as_object(own_args)}
    if _size(merged) > LIMIT:
        yield Problem(
            "Global and personalization custom arguments together may not exceed 10,000 bytes.",
            f"{field}.custom_args",
        )
    if _size(as_object(substitutions)) > LIMIT:
        yield Problem("You are limited to 10,000 bytes of substitutions.", f"{field}.substitutions")


def is_strings(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def as_object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _size(value: dict[str, object]) -> int:
    return sum(len(key.encode()) + len(str(text).encode()) for key, text in value.items())
