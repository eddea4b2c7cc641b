"""Exports of other services: people, what they agreed to and when, and the stops that come along."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from base.database import Database
from subscribers.card import show
from subscribers.consent import opt_out
from subscribers.exporting import subscriber_columns, subscribers
from subscribers.journal import Journal
from subscribers.keys import Keys
from subscribers.models import Consent, Profile, Subscriber, Subscription, Suppression
from subscribers.people import find
from subscribers.sheets import write
from subscribers.suppression import mailable
from tests.subscribers.importing.conftest import BringIn
from tests.support.people import a_list, a_person

MAILCHIMP = (
    "Email Address,First Name,OPTIN_TIME,CONFIRM_TIME,CONFIRM_IP,TIMEZONE,LEID,EUID,TAGS\n"
    'ann@example.com,Ann,2014-03-01 08:00:00,2015-03-16 14:40:47,192.0.2.7,Europe/London,1,a,"""VIP"",""Blog"""\n'
)
GONE = (
    "Email Address,LEID,EUID,UNSUB_TIME,UNSUB_REASON,CLEAN_TIME\n"
    "out@example.com,1,a,2020-01-01 00:00:00,NORMAL,\n"
    "spam@example.com,2,b,2020-01-01 00:00:00,ABUSE,\n"
    "bounced@example.com,3,c,,,2020-01-01 00:00:00\n"
    "o.u.t@gmail.com,4,d,2020-01-01 00:00:00,,\n"
)


def stops(db: Database) -> list[tuple[str, int | None]]:
    with db.read() as s:
        query = select(Suppression.reason, Suppression.list_id).order_by(Suppression.id)
        return [(row.reason, row.list_id) for row in s.execute(query)]


def test_mailchimps_people_come_with_tags_zone_and_when_they_agreed(
    db: Database, keys: Keys, bring_in: BringIn
) -> None:
    report = bring_in(MAILCHIMP)
    assert (report.export, report.new) == ("mailchimp", 1)
    with db.read() as s:
        person = find(s, keys, "ann@example.com")
        assert person is not None
        ann = show(s, person)
        (consent,) = s.scalars(select(Consent))
        assert s.scalars(select(Profile.joined)).one() == datetime(2014, 3, 1, 8, tzinfo=UTC)
    assert (ann.first_name, ann.zone, ann.tags, ann.custom) == ("Ann", "Europe/London", ("Blog", "VIP"), {})
    assert consent.at == datetime(2015, 3, 16, 14, 40, 47, tzinfo=UTC)
    assert orjson.loads(consent.personal) == {"address": "ann@example.com", "ip": "192.0.2.7"}


def test_who_left_there_is_stopped_here_and_never_subscribed(db: Database, tips: int, bring_in: BringIn) -> None:
    report = bring_in(GONE)
    assert (report.suppressed, report.new) == (4, 0)
    assert sorted(stops(db), key=str) == sorted(
        [("opt-out", tips), ("complaint", None), ("hard bounce", None), ("opt-out", tips), ("opt-out", tips)], key=str
    )
    with db.read() as s:
        assert s.scalars(select(Subscriber.id)).all() == []
    again = bring_in("email\nout@example.com\nOUT@googlemail.com\nspam@example.com\nann@example.com\n")
    assert (again.new, again.suppressed) == (1, 3)
    bring_in(GONE)
    assert len(stops(db)) == 5


def test_who_is_on_the_list_and_left_there_leaves_here_too(
    db: Database, keys: Keys, tips: int, bring_in: BringIn
) -> None:
    with db.write() as s:
        for name in ("out", "spam", "bounced"):
            a_person(s, keys, f"{name}@example.com")
    assert bring_in(GONE, is_trial=True).suppressed == 4
    assert stops(db) == []
    bring_in(GONE)
    with db.read() as s:
        assert s.scalars(mailable(tips)).all() == []
        assert sorted(s.scalars(select(Subscription.state))) == ["confirmed", "confirmed", "withdrawn"]


@pytest.mark.parametrize("is_trial", [True, False])
@pytest.mark.parametrize(
    ("rows", "new", "duplicate", "suppressed"),
    [
        (["ann@example.com,", "ann@example.com,unsubscribed"], 0, 0, 2),
        (["ann@example.com,unsubscribed", "ann@example.com,"], 0, 1, 1),
        (["a.nn@gmail.com,unsubscribed", "ann@gmail.com,"], 0, 0, 2),
        (["ann@gmail.com,", "a.nn@gmail.com,unsubscribed"], 0, 0, 2),
        (["ann@example.com,bounced", "ann@example.com,unsubscribed"], 0, 0, 2),
    ],
)
def test_a_stop_in_the_same_file_wins(
    db: Database,
    tips: int,
    bring_in: BringIn,
    rows: list[str],
    new: int,
    duplicate: int,
    suppressed: int,
    is_trial: bool,
) -> None:
    report = bring_in("email,status\n" + "\n".join(rows) + "\n", is_trial=is_trial)
    assert (report.new, report.duplicate, report.suppressed) == (new, duplicate, suppressed)
    with db.read() as s:
        assert s.scalars(mailable(tips)).all() == []


@pytest.mark.parametrize("is_trial", [True, False])
def test_a_stop_that_comes_chunks_later_wins_as_well(
    db: Database, tips: int, bring_in: BringIn, is_trial: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subscribers.importing.CHUNK", 2)
    people = ["ann@example.com,", "b.ob@gmail.com,", "cyd@example.com,", "dee@example.com,"]
    gone = ["ann@example.com,unsubscribed", "bob@gmail.com,bounced", "BO.B@gmail.com,", "eve@example.com,"]
    report = bring_in("email,status\n" + "\n".join([*people, *gone]) + "\n", is_trial=is_trial)
    assert (report.new, report.duplicate, report.suppressed) == (5, 0, 3)
    with db.read() as s:
        may = set(s.scalars(select(Subscriber.email).where(Subscriber.id.in_(mailable(tips)))))
    assert may == (set() if is_trial else {"cyd@example.com", "dee@example.com", "eve@example.com"})


def test_each_stop_is_in_the_journal(db: Database, keys: Keys, tips: int, bring_in: BringIn, tmp_path: Path) -> None:
    db._before_commit = Journal(tmp_path / "journal").keep
    bring_in(GONE)
    lines = [orjson.loads(line.partition(b" ")[2]) for line in (tmp_path / "journal").read_bytes().splitlines()]
    assert len([each for each in lines if each["what"] == "stopped"]) == 5


def test_listmonks_attributes_become_fields(db: Database, keys: Keys, bring_in: BringIn) -> None:
    deep = '"{""a"": ' + "[" * 300 + "1" + "]" * 300 + '}"'
    report = bring_in(
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        '1,ann@example.com,Ann Mary Lee,"{""city"": ""Ely"", ""vip"": true, ""age"": 41, ""none"": null}",'
        "enabled,2024-01-02,x\n"
        "2,bob@example.com,Bob,{},blocklisted,2024-01-02,x\n"
        "3,cyd@example.com,Cyd,{],enabled,2024-01-02,x\n"
        '4,dee@example.com,Dee,"{""card"": 98765432109876543210987, ""share"": 1.50}",enabled,2024-01-02,x\n'
        f"5,eve@example.com,Eve,{deep},enabled,2024-01-02,x\n"
    )
    with db.read() as s:
        person = find(s, keys, "ann@example.com")
        assert person is not None
        assert (person.first_name, person.last_name) == ("Ann", "Mary Lee")
        assert person.custom == {"city": "Ely", "vip": "yes", "age": "41"}
        dee = find(s, keys, "dee@example.com")
        assert dee is not None
        assert dee.custom == {"card": "98765432109876543210987", "share": "1.50"}, "as they are written"
    reason = "its attributes are no JSON object, or nested too deeply; mend them or leave them out"
    assert [(row.email, row.reason) for row in report.rows if row.outcome == "invalid"] == [
        ("cyd@example.com", reason),
        ("eve@example.com", reason),
    ]
    assert stops(db) == [("manual", None)]


def test_a_moment_in_the_future_is_no_consent(bring_in: BringIn) -> None:
    report = bring_in(MAILCHIMP.replace("2015-03-16", "2999-03-16"))
    assert report.invalid == 1
    assert "lies in the future" in report.rows[0].reason


def test_our_own_export_brings_the_same_people_back(
    db: Database, keys: Keys, tips: int, bring_in: BringIn, tmp_path: Path
) -> None:
    with db.write() as s:
        a_person(s, keys, first_name="=Ann", tags=("a", "b"), custom={"city": "'Ely"}, zone="Europe/London")
        a_list(s, "other")
        out = a_person(s, keys, "out@example.com")
        opt_out(s, address_key=out.address_key, list_id=tips, how="form", source="x", actor="test")
        a_person(s, keys, "asked@example.com", state="pending")
        path = tmp_path / "tips.csv"
        with path.open("w") as file:
            write(file, "csv", subscriber_columns(s), subscribers(s, tips))
        since = s.scalars(select(Subscription.since).order_by(Subscription.subscriber_id)).first()
    same = bring_in(path)
    assert (same.export, same.unchanged, same.suppressed, same.new, same.updated) == ("tipsheet", 1, 2, 0, 0)
    with db.read() as s:
        assert s.scalars(select(Subscription.since).order_by(Subscription.subscriber_id)).first() == since
