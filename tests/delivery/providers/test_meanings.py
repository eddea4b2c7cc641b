"""Every event of SendGrid's reference, with type and reason: our word, outcome, suppression, and who tries again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery.outcomes import Flag
from delivery.providers.sendgrid.meanings import ANY, MEANINGS, meaning
from delivery.providers.sendgrid.webhook import is_urgent, parse

SOFT = Flag.BLOCKED | Flag.SOFT
LISTED = {"bounced address": "hard bounce", "invalid": "hard bounce", "spam reporting address": "complaint"}
# event, fields → kind, flag, suppression, withdraws consent
REFERENCE: list[tuple[str, dict[str, Any], str, Flag | None, str | None, bool]] = [
    ("processed", {"pool": {"name": "newsletter", "id": 210}}, "processed", Flag.PROCESSED, None, False),
    ("processed", {"send_at": 1755190000}, "processed", Flag.PROCESSED, None, False),
    ("deferred", {"response": "451 later", "attempt": "5"}, "deferred", Flag.DEFERRED, None, False),
    ("delivered", {"response": "250 OK", "tls": 1}, "delivered", Flag.DELIVERED, None, False),
    ("bounce", {"type": "bounce", "status": "5.1.1"}, "bounced", Flag.BOUNCED, "hard bounce", False),
    (
        "bounce",
        {"type": "bounce", "bounce_classification": "Reputation"},
        "bounced",
        Flag.BOUNCED,
        "hard bounce",
        False,
    ),
    ("bounce", {}, "bounced", Flag.BOUNCED, "hard bounce", False),
    ("bounce", {"type": "blocked"}, "blocked", SOFT, None, False),
    ("bounce", {"type": "blocked", "bounce_classification": "Unclassified"}, "blocked", SOFT, None, False),
    ("bounce", {"type": "blocked", "bounce_classification": "Mailbox Unavailable"}, "blocked", SOFT, None, False),
    ("bounce", {"type": "blocked", "bounce_classification": "Invalid Address"}, "blocked", SOFT, None, False),
    ("bounce", {"type": "blocked", "bounce_classification": "Reputation"}, "blocked", Flag.BLOCKED, None, False),
    ("bounce", {"type": "blocked", "bounce_classification": "Content"}, "blocked", Flag.BLOCKED, None, False),
    ("bounce", {"type": "blocked", "bounce_classification": "Technical"}, "blocked", Flag.BLOCKED, None, False),
    ("bounce", {"type": "blocked", "bounce_classification": "Technical Failure"}, "blocked", Flag.BLOCKED, None, False),
    (
        "bounce",
        {"type": "blocked", "bounce_classification": "Frequency or Volume Too High"},
        "blocked",
        Flag.BLOCKED,
        None,
        False,
    ),
    ("bounce", {"type": "blocked", "bounce_classification": "New Class"}, "blocked", SOFT, None, False),
    ("bounce", {"type": "expired"}, "blocked", SOFT, None, False),
    ("bounce", {"type": "a new type"}, "blocked", SOFT, None, False),
    ("expired", {}, "blocked", SOFT, None, False),
    ("blocked", {}, "blocked", SOFT, None, False),
    ("dropped", {"reason": "Bounced Address"}, "dropped", Flag.DROPPED, "hard bounce", False),
    ("dropped", {"reason": "Invalid"}, "dropped", Flag.DROPPED, "hard bounce", False),
    ("dropped", {"reason": "Spam Reporting Address"}, "dropped", Flag.DROPPED, "complaint", False),
    ("dropped", {"reason": "Unsubscribed Address"}, "dropped", Flag.DROPPED, "opt-out", False),
    ("dropped", {"reason": "Invalid SMTPAPI header"}, "dropped", Flag.DROPPED, None, False),
    ("dropped", {"reason": "Spam Content"}, "dropped", Flag.DROPPED, None, False),
    ("dropped", {"reason": "Recipient List over Package Quota"}, "dropped", Flag.DROPPED, None, False),
    ("dropped", {"reason": "The account is under review"}, "dropped", Flag.DROPPED, None, False),
    ("dropped", {}, "dropped", Flag.DROPPED, None, False),
    ("open", {"sg_machine_open": False}, "opened", Flag.OPENED, None, False),
    ("open", {}, "opened", Flag.OPENED, None, False),
    ("open", {"sg_machine_open": True}, "opened by a machine", Flag.OPENED_BY_MACHINE, None, False),
    ("click", {"url": "https://example.com/a"}, "clicked", Flag.CLICKED, None, False),
    ("spamreport", {}, "complained", Flag.COMPLAINED, "complaint", True),
    ("unsubscribe", {}, "opted out", Flag.OPTED_OUT, None, True),
    ("group_unsubscribe", {"asm_group_id": 1}, "opted out", Flag.OPTED_OUT, None, True),
    ("group_resubscribe", {"asm_group_id": 1}, "resubscribed at the provider", None, None, False),
    ("account_status_change", {"type": "compliance_suspend"}, "account status changed", None, None, False),
]


@pytest.mark.parametrize(
    ("event", "fields", "kind", "flag", "stop", "opted_out"), REFERENCE, ids=[f"{e} {f}" for e, f, *_ in REFERENCE]
)
def test_each_event_of_the_reference_has_its_meaning(
    event: str, fields: dict[str, Any], kind: str, flag: Flag | None, stop: str | None, opted_out: bool
) -> None:
    body = json.dumps([{"event": event, "email": "a@example.com", "timestamp": 1755187955, **fields}]).encode()
    (news,) = parse(body)
    assert (news.kind, news.flag, news.stop, news.opted_out) == (kind, flag, stop, opted_out)
    assert news.is_known
    assert is_urgent(body) or not (opted_out or stop in ("opt-out", "complaint"))


def test_every_row_of_the_table_is_walked() -> None:
    walked = set()
    for event, fields, *_ in REFERENCE:
        type_ = "machine" if fields.get("sg_machine_open") else str(fields.get("type", ""))
        reason = fields.get("bounce_classification" if event == "bounce" else "reason", "")
        walked.add(id(meaning(event, type_, str(reason).lower())))
    assert {id(row) for row in MEANINGS.values()} == walked


def test_who_tries_again_is_the_provider_until_it_is_over_and_the_next_campaign_where_the_address_stays() -> None:
    for (event, _, _), row in MEANINGS.items():
        stops = row.stop is not None or row.opted_out
        assert (row.retry == "the provider") == (event in ("processed", "deferred"))
        assert not stops or row.retry == "nobody"
    assert {row.retry for (event, _, reason), row in MEANINGS.items() if event == "dropped" and reason == ANY} == {
        "the next campaign"
    }


@pytest.mark.parametrize("event", ["received", "cancel_drop", "something new", ""])
def test_an_event_that_nobody_knows_is_kept_under_its_own_name_and_changes_nothing(event: str) -> None:
    (news,) = parse(json.dumps([{"event": event, "email": "a@example.com", "timestamp": 1}]).encode())
    assert (news.kind, news.flag, news.stop, news.opted_out) == (event or "unknown", None, None, False)
    assert not news.is_known


def test_only_a_group_leaves_the_other_lists_alone() -> None:
    assert [event for (event, _, _), row in MEANINGS.items() if not row.everywhere] == ["group_unsubscribe"]
