"""/v3/logs by its specification: who can be found how, what a message says of itself, and the lag."""

from __future__ import annotations

from typing import Any

import pytest

from tests.localgrid.support import Running, conform, schema_of

SUMMARIES = schema_of("tsg_logs_v3.json", "components", "schemas", "EmailLogsGetMessagesByFilterResponse")
DETAILS = schema_of("tsg_logs_v3.json", "components", "schemas", "EmailLogsGetMessageByIdResponse")


def find(grid: Running, query: str, **more: Any) -> list[dict[str, Any]]:
    answer = grid.ask("POST", "/v3/logs", {"query": query, **more})
    assert answer.status == 200, answer.data
    conform(answer.json(), SUMMARIES)
    messages: list[dict[str, Any]] = answer.json()["messages"]
    return messages


def test_a_person_is_found_by_address_and_time(grid: Running) -> None:
    grid.send("found@example.com", "other@example.com")
    window = (
        'sg_message_id_created_at >= TIMESTAMP "2020-01-01T00:00:00Z" AND '
        'sg_message_id_created_at < TIMESTAMP "2100-01-01T00:00:00Z"'
    )
    (row,) = find(grid, f"to_email = 'found@example.com' AND {window}")
    assert (row["subject"], row["status"], row["from_email"]) == ("Tips for found", "delivered", "news@example.com")
    assert find(grid, "to_email = 'FOUND@example.com'") == []  # case-sensitive
    assert (
        find(grid, "to_email='found@example.com' AND sg_message_id_created_at > TIMESTAMP '2100-01-01T00:00:00Z'") == []
    )


def test_a_message_by_its_id_tells_its_custom_args_and_events(grid: Running) -> None:
    message_id = grid.send("first@example.com", "second+open@example.com").headers["X-Message-Id"]
    (row,) = find(grid, "to_email = 'second+open@example.com'")
    assert row["sg_message_id"].startswith(message_id)
    answer = grid.ask("GET", f"/v3/logs/{row['sg_message_id']}")
    conform(answer.json(), DETAILS)
    assert answer.json()["custom_args"] == {"nl_try": "attempt-1", "nl_sub": "1"}
    events = answer.json()["events"]
    assert [event["event"] for event in events] == ["received", "processed", "delivered", "open"]
    assert (events[0]["recv_msgid"], events[0]["recipient_count"]) == (message_id, 2)
    assert find(grid, f"sg_message_id = '{row['sg_message_id']}'") == [row]
    assert grid.ask("GET", "/v3/logs/unknown.id.0").status == 404


@pytest.mark.parametrize(
    ("local", "status"),
    [("a+bounce", "bounced"), ("a+blocked", "blocked"), ("a+dropped", "dropped"), ("a+deferred+spam", "delivered")],
)
def test_every_fate_has_its_status_and_valid_events(grid: Running, local: str, status: str) -> None:
    address = f"{local}@fates.example"
    grid.send(address)
    (row,) = find(grid, f"to_email = '{address}' AND status IN ('{status}', 'processed')")
    assert row["reason"]
    conform(grid.ask("GET", f"/v3/logs/{row['sg_message_id']}").json(), DETAILS)


def test_newest_first_and_ten_unless_told(grid: Running) -> None:
    grid.send(*(f"many{n}@example.com" for n in range(12)), subject="Old and many", categories=["many"])
    grid.send("newest@example.com", categories=["many", "more"])
    rows = find(grid, "categories IN ('many')")
    assert len(rows) == 10
    assert rows[0]["to_email"] == "newest@example.com"
    assert len(find(grid, "categories IN ('many')", limit=1000)) == 13
    assert len(find(grid, "subject = 'Old and many'", limit=1000)) == 12
    assert len(find(grid, "", limit=2)) == 2


def test_a_message_shows_itself_after_the_lag(grid: Running) -> None:
    grid.send("lagging@example.com")
    grid.faults({"kind": "log_lag", "args": {"seconds": 3600}})
    assert find(grid, "to_email = 'lagging@example.com'") == []
    grid.ask("DELETE", "/_faults")
    (row,) = find(grid, "to_email = 'lagging@example.com'")
    grid.faults({"kind": "log_lag", "args": {"seconds": 3600}})
    assert grid.ask("GET", f"/v3/logs/{row['sg_message_id']}").status == 404


@pytest.mark.parametrize(
    "query",
    [
        "to_email",
        "to_email IN ('a')",
        "to_email = a@example.com",
        "to_email LIKE 'a%'",
        "status = 'delivered'",
        "to_email = 'a' OR to_email = 'b'",
        "to_email = 'a' AND",
        "(to_email = 'a')",
        "from_email = 'a'",
        "sg_message_id_created_at > '2025-01-01T00:00:00Z'",
        'sg_message_id_created_at > TIMESTAMP "yesterday"',
    ],
)
def test_a_query_outside_the_language_is_refused(grid: Running, query: str) -> None:
    answer = grid.ask("POST", "/v3/logs", {"query": query})
    assert (answer.status, answer.json()["errors"][0]["field"]) == (400, "query")


@pytest.mark.parametrize("limit", [0, 1001, "10", None])
def test_a_limit_outside_1_to_1000_is_refused(grid: Running, limit: object) -> None:
    assert grid.ask("POST", "/v3/logs", {"query": "", "limit": limit}).status == 400
