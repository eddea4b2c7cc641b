"""Files of people for imports: clean rows, and rows that are wrong in twenty ways, with what has to become of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HEADER = "email,first_name,last_name,zone,locale,city,visits,born,vip,plan,note,tags"
FIELDS = {"visits": "number", "born": "date", "vip": "boolean"}
PLANS = ("basic", "plus")  # the choices of the field plan


class BadRow(NamedTuple):
    kind: str
    row: str  # {n} is its number, {first} another way to write the address in the row before
    outcome: str
    reason: str  # words that have to stand in it


_REST = "Ann,Lee,Europe/Berlin,en,Town,1,2020-01-31,yes,plus,x,a"
BAD: tuple[BadRow, ...] = (
    BadRow("no address", f",{_REST}", "invalid", "empty"),
    BadRow("no @", f"bad{{n}}.example.com,{_REST}", "invalid", "no email address"),
    BadRow("two @", f"bad{{n}}@@example.com,{_REST}", "invalid", "no email address"),
    BadRow("no domain", f"bad{{n}}@,{_REST}", "invalid", "no email address"),
    BadRow("no local part", f"@bad{{n}}.example.com,{_REST}", "invalid", "no email address"),
    BadRow("a blank inside", f"bad {{n}}@example.com,{_REST}", "invalid", "no email address"),
    BadRow("a domain without a dot", f"bad{{n}}@localhost{{n}},{_REST}", "invalid", "no email address"),
    BadRow("two dots", f"bad..{{n}}@example.com,{_REST}", "invalid", "no email address"),
    BadRow("too long", f"{'b' * 70}{{n}}@example.com,{_REST}", "invalid", "no email address"),
    BadRow("letters no mailbox has", f"bäd{{n}}@example.com,{_REST}", "invalid", "letters before the @"),
    BadRow("two addresses", f"bad{{n}}@example.com;b@example.com,{_REST}", "invalid", "no email address"),
    BadRow("a zone that is none", "bad{n}@example.com,A,B,Mars/Base,en,T,1,,,,,", "invalid", "time zone"),
    BadRow("a locale that is none", "bad{n}@example.com,A,B,,English!,T,1,,,,,", "invalid", "locale"),
    BadRow("a number that is none", "bad{n}@example.com,A,B,,,T,many,,,,,", "invalid", "visits"),
    BadRow("a date that is none", "bad{n}@example.com,A,B,,,T,1,31.31.2020,,,,", "invalid", "born"),
    BadRow("neither yes nor no", "bad{n}@example.com,A,B,,,T,1,,perhaps,,,", "invalid", "vip"),
    BadRow("no choice", "bad{n}@example.com,A,B,,,T,1,,,gold,,", "invalid", "plan"),
    BadRow("too many values", f"bad{{n}}@example.com,{_REST},more", "invalid", "13 values for 12 columns"),
    BadRow("seen before", f"{{first}},{_REST}", "duplicate", "the same address is in line"),
    BadRow("opted out before", f"gone{{n}}@example.com,{_REST}", "suppressed", "opted out"),
)


def gone(rows: int) -> Iterator[str]:
    """Who has to have opted out before a file of so many rows is imported."""
    for n in range(1, rows + 1):
        if (bad := bad_row(n)) and bad.kind == "opted out before":
            yield f"gone{n}@example.com"


def bad_row(n: int) -> BadRow | None:
    """Every 33rd row, each kind as often as any other."""
    return BAD[n // 33 % len(BAD)] if n % 33 == 0 else None


def write_people(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER + "\n")
        for n in range(1, rows + 1):
            bad = bad_row(n)
            file.write((bad.row.format(n=n, first=_email(n - 1).upper()) if bad else _good(n)) + "\n")


def expected(rows: int) -> dict[int, BadRow]:
    """By the line, which is one more than the number of the row."""
    return {n + 1: bad for n in range(1, rows + 1) if (bad := bad_row(n))}


def _email(n: int) -> str:
    return f"person{n}@example{n % 997}.com"


def _good(n: int) -> str:
    tags = f"tag{n % 40};group{n % 7};area{n % 11};kind{n % 3};all"
    name = f"First{n % 1000},Last{n % 997},Europe/Berlin,en,Town {n % 500}"
    typed = f"{n % 50},19{n % 90 + 10}-05-{n % 28 + 1:02},{('yes', 'no')[n % 2]},{PLANS[n % 2]}"
    return f"{_email(n)},{name},{typed},note {n},{tags}"
