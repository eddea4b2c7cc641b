"""Suppression lists as the official specification shows them: pages, times, one address, taking off."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.localgrid.support import CONTRACT, Running, conform

SPEC = json.loads((CONTRACT / "tsg_suppressions_v3.json").read_text())
LISTS = {
    "bounces": "bounce",
    "blocks": "blocked",
    "spam_reports": "spam",
    "invalid_emails": "invalid",
    "unsubscribes": "unsubscribe",
}


@pytest.mark.parametrize(("name", "word"), LISTS.items(), ids=LISTS.keys())
def test_a_list_is_read_page_by_page(grid: Running, name: str, word: str) -> None:
    everyone = [f"p{n}+{word}@{name.replace('_', '-')}.example" for n in range(7)]
    grid.send(*everyone)
    rows: list[dict[str, Any]] = []
    while page := pages(grid, name, limit=3, offset=len(rows), email=f"%{name.replace('_', '-')}.example"):
        rows += page
    assert sorted(row["email"] for row in rows) == everyone
    answer = SPEC["paths"][f"/v3/suppression/{name}"]["get"]["responses"]["200"]
    schema = answer["content"]["application/json"]["schema"]
    conform(rows, {"components": SPEC["components"], **schema})


def pages(grid: Running, name: str, **query: Any) -> list[dict[str, Any]]:
    fields = "&".join(f"{key}={str(value).replace('%', '%25')}" for key, value in query.items())
    answer = grid.ask("GET", f"/v3/suppression/{name}?{fields}")
    assert answer.status == 200
    assert 'rel="next"' in answer.headers["Link"]
    found: list[dict[str, Any]] = answer.json()
    return found


def test_times_are_inclusive_and_outside_them_there_is_nobody(grid: Running) -> None:
    grid.send("timed+bounce@example.com")
    (row,) = pages(grid, "bounces", email="timed")
    at = row["created"]
    assert pages(grid, "bounces", email="timed", start_time=at, end_time=at) == [row]
    assert pages(grid, "bounces", email="timed", start_time=at + 1) == []
    assert pages(grid, "bounces", email="timed", end_time=at - 1) == []


def test_who_is_taken_off_the_list_gets_mail_again(grid: Running) -> None:
    grid.send("back+spam@example.com")
    path = "/v3/suppression/spam_reports/back%2Bspam%40example.com"
    assert len(grid.ask("GET", path).json()) == 1
    assert grid.ask("DELETE", path).status == 204
    assert grid.ask("GET", path).json() == []
    before = grid.stats()["delivered"]
    grid.send("back+spam@example.com")
    assert grid.stats()["delivered"] == before + 1


def test_a_global_suppression_stops_mail(grid: Running) -> None:
    made = grid.ask("POST", "/v3/asm/suppressions/global", {"recipient_emails": ["gone@example.com"]})
    assert made.status == 201
    shown = grid.ask("GET", "/v3/asm/suppressions/global/gone@example.com").json()
    assert shown == {"recipient_email": "gone@example.com"}
    before = grid.stats()["delivered"]
    assert grid.send("gone@example.com").status == 202
    assert grid.stats()["delivered"] == before
    assert grid.ask("DELETE", "/v3/asm/suppressions/global/gone@example.com").status == 204
    assert grid.ask("GET", "/v3/asm/suppressions/global/gone@example.com").json() == {}


@pytest.mark.parametrize("query", ["limit=501", "limit=0", "limit=x", "offset=-1"])
def test_a_page_outside_the_limits_is_refused(grid: Running, query: str) -> None:
    assert grid.ask("GET", f"/v3/suppression/bounces?{query}").status == 400
    assert grid.ask("GET", "/v3/suppression/friends").status == 404
