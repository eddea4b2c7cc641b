"""Colleagues' copies: one each, beside the ledger, and never again after a crash."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from base.config import Config, DeliveryConfig
from base.database import Database, database_now
from delivery import seeds
from delivery.models import Run, SeedCopy
from delivery.providers.files import Files
from delivery.providers.provider import Answer, Parcel, Verdict
from delivery.slots import Message, Place, Slot
from subscribers.addresses import address_key
from subscribers.keys import Keys
from subscribers.suppression import suppress
from tests.support.runs import a_run, count

SOMEBODY = {"first_name": "Robin"}
TOKEN = "t1linkt1"
LINKED = Message(
    "Tips", f'<a href="{TOKEN}">leave</a>', f"leave: {TOKEN}", (Slot(TOKEN, "links.unsubscribe", Place.PLAIN),)
)


class Telling(Files):
    """Files that answers as it is told."""

    def __init__(self, folder: Path, verdict: Verdict = Verdict.ACCEPTED) -> None:
        super().__init__(folder)
        self.verdict, self.parcels = verdict, list[Parcel]()

    def send(self, parcel: Parcel, may_begin: Any) -> Answer:
        self.parcels.append(parcel)
        super().send(parcel, may_begin)
        return Answer(self.verdict, "as told", 202)


@pytest.fixture
def provider(tmp_path: Path) -> Telling:
    return Telling(tmp_path / "out")


def planned(db: Database, keys: Keys, *emails: str, people: int = 2) -> int:
    run = a_run(db, keys, people, message=LINKED)
    with db.write() as s:
        seeds.plan(s, run, emails)
    return run


def states(db: Database) -> list[str]:
    with db.read() as s:
        return list(s.scalars(select(SeedCopy.state).order_by(SeedCopy.number)))


def test_each_colleague_gets_one_copy_with_links_that_stop_nothing(db: Database, keys: Keys, provider: Telling) -> None:
    run = planned(db, keys, "kim@example.com", "lee@example.com")
    before = count(db, run)
    assert seeds.send_due(db, provider, keys, SOMEBODY) == 2
    assert seeds.send_due(db, provider, keys, SOMEBODY) == 0
    mails = [message_from_bytes(f.read_bytes(), policy=policy.default) for f in provider._folder.glob("*.eml")]
    assert sorted(str(mail["To"]) for mail in mails) == ["kim@example.com", "lee@example.com"]
    assert {str(mail["Subject"]) for mail in mails} == {"Tips"}
    assert {str(mail["List-Unsubscribe"]) for mail in mails} == {"<http://127.0.0.1:8025/u/seed>"}
    assert "/u/seed" in mails[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert count(db, run) == before
    assert states(db) == ["sent", "sent"]


@pytest.mark.parametrize(
    ("verdict", "state", "again"),
    [
        (Verdict.UNCERTAIN, "uncertain", 1),
        (Verdict.HELD, "failed", 1),
        (Verdict.REFUSED, "failed", 1),
        (Verdict.RETURNED, "planned", 2),
    ],
)
def test_only_what_provably_did_not_leave_goes_again(
    db: Database, keys: Keys, provider: Telling, verdict: Verdict, state: str, again: int
) -> None:
    planned(db, keys, "kim@example.com")
    provider.verdict = verdict
    assert seeds.send_due(db, provider, keys, SOMEBODY) == 0
    assert states(db) == [state]
    seeds.send_due(db, provider, keys, SOMEBODY)
    assert len(provider.parcels) == again


@pytest.mark.parametrize(
    ("verdict", "told"),
    [(Verdict.ACCEPTED, ""), (Verdict.RETURNED, ""), (Verdict.UNCERTAIN, "as told"), (Verdict.REFUSED, "as told")],
)
def test_a_copy_that_may_not_have_left_is_told_for_a_day(
    db: Database, keys: Keys, provider: Telling, verdict: Verdict, told: str
) -> None:
    run = planned(db, keys, "kim@example.com")
    provider.verdict = verdict
    seeds.send_due(db, provider, keys, SOMEBODY)
    with db.read() as s:
        now = database_now(s)
        assert seeds.lost(s, now) == ({run: told} if told else {})
        assert seeds.lost(s, now + timedelta(hours=23)) == ({run: told} if told else {})
        assert seeds.lost(s, now + timedelta(days=1, minutes=1)) == {}
        (copy,) = seeds.copies(s, run)
        assert (copy.email, copy.words) == ("kim@example.com", "as told")


def test_a_copy_that_a_crash_cut_off_is_told_once_no_answer_can_come(db: Database, keys: Keys) -> None:
    run = planned(db, keys, "kim@example.com")
    with db.write() as s:
        assert seeds._take(s, keys, run, 1, SOMEBODY) is not None
    with db.read() as s:
        now = database_now(s)
        assert seeds.lost(s, now + timedelta(minutes=9)) == {}
        found = seeds.lost(s, now + timedelta(minutes=11))
        assert found == {run: "the service ended before an answer came"}


def test_what_a_crash_cut_off_is_not_repeated(db: Database, keys: Keys, provider: Telling) -> None:
    run = planned(db, keys, "kim@example.com")
    with db.write() as s:
        assert seeds._take(s, keys, run, 1, SOMEBODY) is not None  # and here the service dies
    assert seeds.send_due(db, provider, keys, SOMEBODY) == 0
    assert (states(db), provider.parcels) == (["leaving"], [])


def test_who_gets_it_anyway_or_opted_out_gets_no_copy(db: Database, keys: Keys, provider: Telling) -> None:
    planned(db, keys, "P1@example.com", "gone@example.com", "no address")
    with db.write() as s:
        suppress(s, address_key(keys, "gone@example.com"), "opt-out", source="test")
    assert seeds.send_due(db, provider, keys, SOMEBODY) == 0
    assert (states(db), provider.parcels) == (["skipped"] * 3, [])


@pytest.mark.parametrize("held", [{"paused": True}, {"held": "no credit"}, {"frozen_at": None}])
def test_copies_wait_while_the_run_waits(db: Database, keys: Keys, provider: Telling, held: dict[str, Any]) -> None:
    run = planned(db, keys, "kim@example.com")
    with db.write() as s:
        s.execute(update(Run).where(Run.id == run).values(**held))
    assert seeds.send_due(db, provider, keys, SOMEBODY) == 0
    assert states(db) == ["planned"]


def test_the_fence_holds_for_colleagues_too(tmp_path: Path) -> None:
    delivery = DeliveryConfig(seeds=("kim@example.com", "lee@example.org", "kim@example.com"))
    config = Config(file=tmp_path / "config.toml", delivery=delivery)
    assert seeds.allowed(config) == ("kim@example.com", "lee@example.org")
    fenced = replace(config, delivery=replace(delivery, only_to=("*@Example.org",)))
    assert seeds.allowed(fenced) == ("lee@example.org",)
