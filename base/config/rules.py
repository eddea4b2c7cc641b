"""What a key may hold: each function makes a dataclass field that reads a value and says what it expects."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from base.time import parse_duration, parse_hours
from base.time import zone as find_zone


@dataclass(frozen=True)
class Rule:
    default: Any
    expected: str
    read: Callable[[Any, Path], Any]  # from TOML's value and the file's folder; raising refuses the value
    from_text: Callable[[str], Any] = str  # an environment variable is always text


def key(default: Any, expected: str, read: Callable[[Any, Path], Any], from_text: Any = str, **how: Any) -> Any:
    return field(default=read(default, Path()), metadata={"rule": Rule(default, expected, read, from_text)}, **how)


def need(value: Any, fits: object) -> Any:
    if not fits:
        raise ValueError
    return value


def text(default: str, expected: str = "text on one line", pattern: str = r"[^\r\n]*") -> Any:
    return key(default, expected, lambda value, _: need(value, re.fullmatch(pattern, value)))


def colour(default: str) -> Any:
    return text(default, "# and six hex digits, such as #0f5c56", r"#[0-9a-fA-F]{6}")


def one_of(*choices: str) -> Any:
    return key(choices[0], "one of " + ", ".join(choices), lambda value, _: need(value, value in choices))


def whole(default: int, low: int, high: int) -> Any:
    def read(value: Any, _: Path) -> Any:
        return need(value, type(value) is int and low <= value <= high)

    return key(default, f"a whole number from {low} to {high}", read, int)


def share(default: float) -> Any:
    def read(value: Any, _: Path) -> Any:
        return float(need(value, type(value) in (int, float) and 0 <= value <= 1))

    return key(default, "a share from 0 to 1, such as 0.05", read, float)


def flag(default: bool) -> Any:
    words = {"true": True, "false": False}
    return key(default, "true or false", lambda v, _: need(v, type(v) is bool), lambda text: words[text.lower()])


def duration(default: str) -> Any:
    def read(value: Any, _: Path) -> Any:
        length = parse_duration(value)
        return need(length, length > timedelta(0))

    return key(default, "a length of time such as 60s, 5m or 2h", read)


def texts() -> Any:
    def read(value: Any, _: Path) -> Any:
        return tuple(need(value, type(value) is list and all(type(v) is str and v.strip() for v in value)))

    def from_text(text: str) -> Any:
        if text.lstrip().startswith("["):  # as it would stand in the file
            return tomllib.loads(f"texts = {text}")["texts"]
        return [word.strip() for word in text.split(",") if word.strip()]

    return key([], 'a list of texts such as ["*@example.com"]', read, from_text)


def numbers() -> Any:
    def read(value: Any, _: Path) -> Any:
        return tuple(need(value, type(value) is list and all(type(v) is int and v > 0 for v in value)))

    def from_text(text: str) -> Any:
        return [int(word) for word in text.strip("[] ").split(",") if word.strip()]

    return key([], "a list of whole numbers above 0 such as [50, 100]", read, from_text)


def path(default: str) -> Any:
    return key(default, "the path of a file or folder", lambda value, folder: folder / need(value, value))


def path_or_none() -> Any:
    return key("", 'the path of a file, or ""', lambda value, folder: folder / value if value != "" else None)


def url(default: str, *, or_none: bool = False) -> Any:
    def read(value: Any, _: Path) -> Any:
        parts = urlsplit(value)
        whole = parts.scheme in ("http", "https") and parts.hostname and not re.search(r"\s", value)
        return need(value, whole or (or_none and value == "")).rstrip("/")

    return key(default, "an address such as https://news.example.com" + (', or ""' if or_none else ""), read)


def zone(default: str, *, or_none: bool = False) -> Any:
    def read(value: Any, _: Path) -> Any:
        return value if or_none and value == "" else find_zone(value).key

    return key(default, "a time zone such as Europe/Berlin" + (', or ""' if or_none else ""), read)


def hours() -> Any:
    def read(value: Any, _: Path) -> Any:
        parse_hours(value)
        return value.strip()

    return key("", 'hours of the day such as "21:00-08:00", or ""', read)


def database(default: str) -> Any:
    def read(value: Any, folder: Path) -> Any:
        if match := re.fullmatch(r"sqlite:///([^:?]+)", value):
            return f"sqlite:///{folder / match[1]}"
        return need(value, value.startswith(("postgresql://", "postgresql+psycopg://")))

    # Neither printed nor quoted in an error: the address of a PostgreSQL may carry its password.
    return key(default, "sqlite:///FILE or postgresql://USER@HOST/NAME", read, repr=False)
