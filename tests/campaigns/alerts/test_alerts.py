"""Staff are told once a cause, until it is over; a POST that fails is tried again; nobody is flooded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from base.config import AlertsConfig
from base.database import Database, database_now
from campaigns.alerts import alert, record
from campaigns.alerts.needs import needs
from campaigns.alerts.record import note
from campaigns.overview import wanted
from delivery.connect import dmarc
from delivery.connect.finding import Finding
from delivery.providers.files import Files
from subscribers.keys import Keys
from tests.campaigns.mailing import ROBIN, Mailing
from tests.localgrid.support import Listener, listening
from tests.support.nameserver import Recorded


class Desk:
    """A mailing, and the staff who are told of it."""

    def __init__(self, mailing: Mailing, listener: Listener, folder: Path) -> None:
        self.mailing, self.listener, self.folder = mailing, listener, folder
        self.config = replace(mailing.config, alerts=AlertsConfig(to=("desk@example.com",), webhook=listener.url))

    def tick(self) -> int:
        return alert(self.mailing.db, Files(self.folder), self.config)

    def sends_by(self, provider: str) -> None:
        self.config = replace(self.config, delivery=replace(self.config.delivery, provider=provider))

    def posts(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.listener.posts]

    def mails(self) -> list[Any]:
        return [message_from_bytes(f.read_bytes(), policy=policy.default) for f in self.folder.glob("*.eml")]

    def later(self, **by: float) -> None:
        """As if this much time had gone by since everybody was told."""
        ms = round(timedelta(**by).total_seconds() * 1000)
        with self.mailing.db.write() as s:
            s.execute(text("UPDATE tellings SET told_at = told_at - :ms, next_at = next_at - :ms"), {"ms": ms})


@pytest.fixture
def desk(db: Database, keys: Keys, tmp_path: Path) -> Iterator[Desk]:
    mailing = Mailing(db, keys, tmp_path)
    mailing.crowd(3)
    with listening() as listener:
        yield Desk(mailing, listener, tmp_path / "notices")


def pause(desk: Desk) -> None:
    desk.mailing.decide("pause")


def test_a_cause_is_told_once_by_mail_and_post_and_again_when_it_comes_back(desk: Desk) -> None:
    desk.mailing.draft()
    desk.mailing.decide("approve", ROBIN)
    assert desk.tick() == 0
    pause(desk)
    assert desk.tick() == 2
    assert desk.tick() == 0
    assert [post["text"] for post in desk.posts()] == [
        "december is paused; go on with: tipsheet campaign resume december, or end it with: "
        "tipsheet campaign cancel december"
    ]
    assert desk.posts()[0].keys() == {"text", "cause", "since"}
    (mail,) = desk.mails()
    assert (str(mail["To"]), "december is paused" in str(mail["Subject"])) == ("desk@example.com", True)
    assert "tipsheet status" in mail.get_content()
    desk.mailing.decide("resume")
    assert desk.tick() == 0
    pause(desk)
    assert desk.tick() == 2
    assert len(desk.posts()) == 2


def test_a_post_that_fails_is_tried_again_and_repeats_no_mail(desk: Desk) -> None:
    desk.mailing.draft()
    desk.mailing.decide("approve", ROBIN)
    pause(desk)
    desk.listener.answers += [500, 302]
    assert desk.tick() == 1  # the mail
    assert desk.tick() == 0  # too early for another try
    desk.later(minutes=1)
    assert (desk.tick(), desk.posts()) == (0, [])
    desk.later(minutes=1)
    assert desk.tick() == 0  # the second try waits twice as long
    desk.later(minutes=1)
    assert desk.tick() == 1
    assert (len(desk.posts()), len(desk.mails())) == (1, 1)


def test_a_cause_that_comes_and_goes_is_told_twice_and_then_once_an_hour(desk: Desk) -> None:
    desk.mailing.draft()
    desk.mailing.decide("approve", ROBIN)
    for _ in range(5):
        pause(desk)
        desk.tick()
        desk.mailing.decide("resume")
        desk.tick()
    assert len(desk.posts()) == 2
    pause(desk)
    desk.later(hours=1)
    desk.tick()
    assert len(desk.posts()) == 3


def test_while_one_service_tells_the_other_is_silent(desk: Desk) -> None:
    desk.mailing.draft()
    desk.mailing.decide("approve", ROBIN)
    pause(desk)
    with desk.mailing.db.write() as s:
        record.keep(s, needs(s, database_now(s), "here"))
        (one,) = record.due(s, ("webhook",))
        assert record.take(s, one)
    with desk.mailing.db.write() as s:
        assert not record.take(s, one)
    assert desk.tick() == 1  # the mail, which nobody had taken
    desk.later(minutes=5)  # the other one died
    assert desk.tick() == 1


def test_the_providers_words_go_along_without_addresses(desk: Desk) -> None:
    desk.mailing.draft()
    desk.mailing.decide("send", ROBIN)
    desk.mailing.launch()
    desk.mailing.sql("UPDATE runs SET held = 'SendGrid answered 403: ann@example.com may not <send>'")
    desk.tick()
    (post,) = desk.posts()
    assert post["cause"] == f"campaign:{desk.mailing.row().id}:held"
    assert "SendGrid answered 403: (an address) may not" in post["text"]
    assert "tipsheet campaign resume december" in post["text"]
    assert "@" not in json.dumps(post)


def test_what_doctor_sees_is_told_and_ends_with_a_better_look(desk: Desk) -> None:
    desk.sends_by("sendgrid")
    with desk.mailing.db.write() as s:
        note(s, [Finding("DMARC", "broken", "no record"), Finding("SPF", "ok", "fine"), Finding("DKIM", "mind", "old")])
    assert desk.tick() == 2
    assert [(post["cause"], post["text"]) for post in desk.posts()] == [("check:DMARC", "DMARC: no record")]
    with desk.mailing.db.write() as s:
        note(s, [Finding("SPF", "ok", "fine")])  # this look did not ask for it
        assert [need.cause for need in needs(s, database_now(s), "here")] == ["check:DMARC"]
        note(s, [Finding("DMARC", "ok", "fine")])
        assert needs(s, database_now(s), "here") == []
    assert desk.tick() == 0
    with desk.mailing.db.write() as s:
        note(s, [Finding("DMARC", "broken", "no record")])
    assert desk.tick() == 2


def test_what_was_seen_of_sendgrid_is_over_when_mail_leaves_by_another_way(desk: Desk) -> None:
    desk.sends_by("sendgrid")
    with desk.mailing.db.write() as s:
        note(s, [Finding("DMARC", "broken", "no record")])
    with desk.mailing.db.read() as s:
        assert [one.cause for one in wanted(s, database_now(s), desk.config)] == ["check:DMARC"]
        desk.sends_by("local")
        assert wanted(s, database_now(s), desk.config) == ()
    assert (desk.tick(), desk.posts()) == (0, [])
    desk.sends_by("sendgrid")
    with desk.mailing.db.read() as s:
        assert wanted(s, database_now(s), desk.config) == ()  # until somebody looks again


def test_the_address_that_a_record_is_to_name_stays_and_those_of_people_go(desk: Desk) -> None:
    desk.sends_by("sendgrid")
    found = dmarc.look(Recorded({}), "clinic.example", exists=True)
    told = replace(found, words=f"{found.words}; asked by kim@clinic.example, rua=mailto:kim@clinic.example")
    with desk.mailing.db.write() as s:
        note(s, [told])
    desk.tick()
    assert desk.posts()[0]["text"] == (
        "DMARC: no record says how to treat mail from clinic.example; add TXT _dmarc.clinic.example "
        '"v=DMARC1; p=none; rua=mailto:dmarc@clinic.example"; asked by (an address), rua=mailto:(an address)'
    )


def test_nobody_named_nobody_told(desk: Desk) -> None:
    desk.mailing.draft()
    desk.mailing.decide("approve", ROBIN)
    pause(desk)
    assert alert(desk.mailing.db, Files(desk.folder), desk.mailing.config) == 0
    assert (desk.posts(), desk.mails()) == ([], [])
