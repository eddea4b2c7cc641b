"""Each fault, as a client meets it, and what was or was not accepted."""

from __future__ import annotations

import time

import pytest
import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from tests.localgrid.support import Running, message, until


def delivered(grid: Running, address: str) -> int:
    return sum(line["to"] == address for line in grid.mailbox())


@pytest.mark.parametrize("accept", [True, False])
@pytest.mark.parametrize("status", [500, 503, 429, 401, 413])
def test_a_status_before_or_after_accepting(grid: Running, status: int, accept: bool) -> None:
    address = f"status-{status}-{accept}@example.com".lower()
    grid.faults({"kind": "status", "args": {"status": status, "accept": accept}, "times": 1})
    answer = grid.send(address)
    assert (answer.status, delivered(grid, address)) == (status, int(accept))
    assert answer.json()["errors"][0]["field"] is None
    assert grid.send(address).status == 202  # only once


def test_a_429_says_when_to_come_back(grid: Running) -> None:
    grid.faults({"kind": "status", "args": {"status": 429, "reset_after": 30}})
    answer = grid.send()
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert 28 <= int(answer.headers["X-RateLimit-Reset"]) - time.time() <= 32


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("body", 0), ("after", 1)])
def test_a_reset_before_in_and_after_the_request(grid: Running, when: str, count: int) -> None:
    address = f"reset-{when}@example.com"
    grid.faults({"kind": "reset", "args": {"when": when}})
    content = [{"type": "text/html", "value": "x" * 2_000_000}]
    with pytest.raises((HTTPError, ConnectionError)):
        grid.send(address, content=content)
    grid.http.clear()
    assert delivered(grid, address) == count


@pytest.mark.parametrize("accept", [True, False])
def test_a_timeout_never_answers(grid: Running, accept: bool) -> None:
    address = f"timeout-{accept}@example.com".lower()
    grid.faults({"kind": "timeout", "args": {"accept": accept}})
    before = grid.stats()["unanswered"]
    with (
        urllib3.PoolManager(retries=False, timeout=0.3) as impatient,
        pytest.raises(ReadTimeoutError),
    ):
        impatient.request(
            "POST",
            grid.url + "/v3/mail/send",
            json=message(address),
            headers={"Authorization": "Bearer SG.local"},
        )
    until(lambda: grid.stats()["unanswered"] == before + 1)
    assert delivered(grid, address) == int(accept)


def test_a_client_that_hangs_up_before_the_accepting_half_of_a_delay_is_not_heard(grid: Running) -> None:
    grid.faults({"kind": "delay", "args": {"ms": 60_000}})
    before = grid.stats()["unanswered"]
    with urllib3.PoolManager(retries=False, timeout=0.2) as impatient, pytest.raises(ReadTimeoutError):
        impatient.request(
            "POST",
            grid.url + "/v3/mail/send",
            json=message("hung-up@example.com"),
            headers={"Authorization": "Bearer SG.local"},
        )
    until(lambda: grid.stats()["unanswered"] == before + 1)
    assert delivered(grid, "hung-up@example.com") == 0


def test_a_delay_takes_its_time(grid: Running) -> None:
    for at in ("before", "after", "split"):
        grid.faults({"kind": "delay", "args": {"ms": [150, 200], "at": at}})
        start = time.monotonic()
        assert grid.send().status == 202
        assert time.monotonic() - start >= 0.15


def test_a_dripped_answer_arrives_whole_and_late(grid: Running) -> None:
    grid.faults({"kind": "drip", "args": {"seconds": 0.4}})
    start = time.monotonic()
    answer = grid.send("dripped@example.com")
    assert (answer.status, delivered(grid, "dripped@example.com")) == (202, 1)
    assert time.monotonic() - start >= 0.4


def test_an_address_is_refused_by_its_personalization(grid: Running) -> None:
    grid.faults({"kind": "refuse_address", "args": {"addresses": ["Two@example.com"]}})
    answer = grid.send("one@refused.example", "two@example.com")
    assert answer.status == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["personalizations.1.to.0.email"]
    assert grid.send("one@refused.example").status == 202


def test_a_sender_is_refused(grid: Running) -> None:
    grid.faults({"kind": "refuse_sender"})
    answer = grid.send("sender@example.com")
    assert (answer.status, answer.json()["errors"][0]["field"]) == (400, "from.email")
    assert delivered(grid, "sender@example.com") == 0


def test_rules_match_by_path_address_number_and_chance(grid: Running) -> None:
    fail = {"kind": "status", "args": {"status": 500}}
    grid.faults({**fail, "match": {"to": "vip-*@example.com"}})
    assert [grid.send(who).status for who in ("a@example.com", "VIP-1@example.com")] == [202, 500]
    grid.faults({**fail, "match": {"nth": [1, 3]}})
    assert [grid.send().status for _ in range(4)] == [500, 202, 500, 202]
    grid.faults({**fail, "match": {"every": 2}})
    assert [grid.send().status for _ in range(4)] == [202, 500, 202, 500]
    grid.faults({**fail, "match": {"path": "/v3/scopes"}})
    assert (grid.send().status, grid.ask("GET", "/v3/scopes").status) == (202, 500)
    chance = {**fail, "match": {"probability": 0.5, "seed": 7}}
    runs = []
    for _ in range(2):
        grid.faults(chance)
        runs.append([grid.send().status for _ in range(12)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {202, 500}


def test_one_request_can_ask_for_its_own_fault(grid: Running) -> None:
    rule = '{"kind": "status", "args": {"status": 503}}'
    assert grid.ask("POST", "/v3/mail/send", message(), X_Localgrid_Fault=rule).status == 503
    assert grid.ask("POST", "/v3/mail/send", message(), X_Localgrid_Fault="refuse_sender").status == 400
    assert grid.ask("POST", "/v3/mail/send", message()).status == 202
    assert grid.ask("GET", "/v3/scopes", X_Localgrid_Fault=rule).status == 503


def test_faults_are_shown_counted_and_cleared(grid: Running) -> None:
    grid.faults({"kind": "status", "args": {"status": 500}})
    grid.send()
    (shown,) = grid.ask("GET", "/_faults").json()
    assert (shown["kind"], shown["seen"], shown["struck"]) == ("status", 1, 1)
    assert grid.ask("DELETE", "/_faults").status == 204
    assert grid.ask("GET", "/_faults").json() == []
    assert grid.stats()["faults"]["status"] >= 1


@pytest.mark.parametrize(
    "rules",
    [
        {},
        ["timeout"],
        [{"kind": "meteor"}],
        [{"kind": "delay"}],
        [{"kind": "delay", "args": {"ms": "soon"}}],
        [{"kind": "status", "args": {"status": 500, "code": 1}}],
        [{"kind": "timeout", "match": {"from": "a"}}],
        [{"kind": "timeout", "sometimes": 1}],
        [{"kind": "reset", "args": {"when": "body"}, "match": {"to": "a@example.com"}}],
        [{"kind": "reset", "args": {"when": "soon"}}],
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_meant_is_refused_in_a_sentence(grid: Running, rules: object) -> None:
    answer = grid.ask("PUT", "/_faults", rules)
    assert answer.status == 400
    assert answer.json()["error"].endswith(".")
    assert grid.ask("GET", "/_faults").json() == []


def test_credits_are_spent_by_people_and_whoever_asks_for_more_gets_401_and_nothing(grid: Running) -> None:
    grid.faults({"kind": "credits", "args": {"left": 2}})
    assert grid.send("credits-1@example.com").status == 202
    answer = grid.send("credits-2@example.com", "credits-3@example.com")
    assert answer.status == 401
    assert answer.json()["errors"][0]["message"] == "Maximum credits exceeded"
    assert grid.send("credits-4@example.com").status == 202
    assert grid.send("credits-5@example.com").status == 401
    assert [delivered(grid, f"credits-{n}@example.com") for n in range(1, 6)] == [1, 0, 0, 1, 0]
