"""Broken input by the million, to find what raises anything but our own errors. Run: python -m benchmarks.fuzz

Rules of segments, files of people and tokens of links: pieces of good ones, cut, doubled, swapped and spoilt, from a
seed that is printed, so that what was found can be found again. Ends with exit code 1 at the first find.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from base.errors import BadInput
from campaigns.segments.grammar import parse
from campaigns.segments.words import describe
from subscribers.files.columns import names_email, read_columns
from subscribers.files.table import Given, open_sheet, rows
from subscribers.importing.incoming import Reader
from subscribers.keys import Keys
from subscribers.links import read, sign

KEYS = Keys(address=bytes(range(32)), links=(b"L" * 32, b"K" * 32))
RULES = (
    'city = "Milpitas" and tag has runner',
    "not (visits >= 3 or plan in ('pro', \"gold\")) and joined within 90 days",
    'first_name starts with "A" and birthday between 1980-01-01 and 1990-12-31',
    'clicked any of last 3 campaigns and not opened within 180 days or received "spring"',
    "zone is empty or email contains '@example.com'",
    "((((city != 'x'))))",
)
FILES = (
    b'email,first_name,tags\r\nann@example.com,Ann,"a;b"\r\nbob@example.com,"Bob\nJunior",\r\n',
    "E-Mail;Ort;Größe (cm)\nann@example.com;Köln;170\n".encode("cp1252"),
    "email\tcity\nann@example.com\tMilpitas\n".encode("utf-16"),
    b"Email Address,First Name,MEMBER_RATING,OPTIN_TIME\nann@example.com,Ann,3,2025-01-02 03:04:05\n",
    b'{"email":"ann@example.com","tags":["a","b"],"visits":3}\n{"email":"bob@example.com","note":{"x":null}}\n',
)
SPICE = ("\0", "\ud800", "\u202e", "9" * 400, "(" * 40, ")", '"', "'", "\\", "\r", "-", "é", "\U0001f600", " and ", ",")


@dataclass(frozen=True)
class Target:
    name: str
    make: Callable[[random.Random], object]
    run: Callable[[object], None]


def spoil(chance: random.Random, text: str) -> str:
    """The same text with up to six things wrong with it, mostly few."""
    for _ in range(min(chance.randint(0, 6), chance.randint(0, 6))):
        a, b = sorted((chance.randint(0, len(text)), chance.randint(0, len(text))))
        text = chance.choice(
            (
                text[:a] + text[b:],
                text[:b] + text[a:b] + text[b:],
                text[:a] + chance.choice(SPICE) + text[a:],
                text[a:b] + text[:a] + text[b:],
                text[:a] + chr(chance.choice((chance.randint(0, 127), chance.randint(0, 0x10FFFF)))) + text[a:],
            )
        )[:8_000]
    return text


def a_rule(chance: random.Random) -> object:
    return spoil(chance, chance.choice((" and ", " or not ", " ")).join(chance.choices(RULES, k=chance.randint(1, 3))))


def a_file(chance: random.Random) -> object:
    return spoil(chance, chance.choice(FILES).decode("latin-1")).encode("latin-1", "replace")


def a_token(chance: random.Random) -> object:
    whole = sign(KEYS, chance.randbytes(32), chance.randint(0, 2**32 - 1), chance.choice(("", "run", "r" * 32)))
    return whole if chance.random() < 0.1 else spoil(chance, whole)


def read_rule(rule: object) -> None:
    """What can be read can be written down and read again as the same."""
    tree = parse(str(rule))
    if parse(describe(tree)) != tree:
        raise AssertionError(f"{describe(tree)!r} is another rule")


def read_file(path: Path) -> Callable[[object], None]:
    def run(content: object) -> None:
        path.write_bytes(bytes(content))  # type: ignore[call-overload]
        sheet = open_sheet(path, Given(), lambda titles: names_email(titles, {}))
        reader = Reader(KEYS, read_columns(sheet.titles, {}, is_json=sheet.is_json), {}, "iso")
        found = list(rows(sheet))
        if found and len(reader.read(found)) != len(found):
            raise AssertionError("a row was lost")

    return run


def read_token(token: object) -> None:
    found = read(KEYS, str(token))
    if found is not None and sign(KEYS, found.address_key, found.list_id, found.run) != token:
        raise AssertionError("a token that nobody signed")


def fuzz(targets: tuple[Target, ...], seed: int, seconds: float) -> int:
    chance, ends = random.Random(seed), time.monotonic() + seconds
    done: Counter[str] = Counter()
    while time.monotonic() < ends:
        for target in targets:
            given = target.make(chance)
            done[target.name] += 1
            try:
                target.run(given)
            except BadInput:
                done[f"{target.name}, refused"] += 1
            except Exception:
                traceback.print_exc()
                print(f"seed {seed}: {target.name} {given!r}")
                return 1
    print(f"seed {seed}, {seconds:.0f} s: " + ", ".join(f"{name} {count:,}" for name, count in sorted(done.items())))
    return 0


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--seed", type=int, default=random.randrange(10**6))
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        targets = (
            Target("rules", a_rule, read_rule),
            Target("files", a_file, read_file(Path(folder) / "people.csv")),
            Target("tokens", a_token, read_token),
        )
        return fuzz(targets, asked.seed, asked.seconds)


if __name__ == "__main__":
    raise SystemExit(main())
