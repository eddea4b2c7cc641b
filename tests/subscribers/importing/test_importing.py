from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from base.database import Database
from base.errors import BadInput, NotFound
from subscribers import importing
from subscribers.card import Card, show
from subscribers.consent import opt_out
from subscribers.fields import known_fields
from subscribers.importing import Asked, ImportReport, import_file
from subscribers.keys import Keys
from subscribers.models import Consent, Subscriber, Subscription
from subscribers.people import find
from subscribers.suppression import mailable, suppress
from tests.support.people import EVIDENCE, a_list, a_person

OUTCOMES = ("new", "updated", "unchanged", "duplicate", "suppressed", "invalid")


@pytest.fixture
def tips(db: Database) -> int:
    with db.write() as s:
        return a_list(s).id


def bring_in(db: Database, keys: Keys, path: Path, text: str | bytes, **asked: Any) -> ImportReport:
    path = path / "people.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    given = {name: asked.pop(name) for name in ("is_trial", "progress") if name in asked}
    report = import_file(db, keys, path, "tips", Asked("They asked at the desk.", "test", **asked), **given)
    assert report.read == sum(asdict(report)[name] for name in OUTCOMES)
    return report


def card(db: Database, keys: Keys, email: str) -> Card:
    with db.read() as s:
        person = find(s, keys, email)
        assert person is not None
        return show(s, person)


def test_a_person_comes_in_with_everything_in_the_row(db: Database, keys: Keys, tips: int, tmp_path: Path) -> None:
    report = bring_in(
        db,
        keys,
        tmp_path,
        "Email,First Name,last_name,zone,locale,tags,Favourite sport,city\r\n"
        'Ann.Lee@EXAMPLE.com,Ann,Lee,Europe/Berlin,de_AT,runner; newcomer|vip,Tennis,"San Jose, CA"\r\n',
    )
    assert (report.read, report.new) == (1, 1)
    ann = card(db, keys, "ann.lee@example.com")
    assert (ann.email, ann.first_name, ann.last_name) == ("Ann.Lee@example.com", "Ann", "Lee")
    assert (ann.zone, ann.locale) == ("Europe/Berlin", "de-AT")
    assert ann.tags == ("newcomer", "runner", "vip")
    assert ann.custom == {"favourite_sport": "Tennis", "city": "San Jose, CA"}
    with db.read() as s:
        assert {"favourite_sport", "city", "email", "tags"} <= known_fields(s).keys()
        assert len(s.scalars(mailable(tips)).all()) == 1


def test_the_consent_says_which_file_it_came_from(db: Database, keys: Keys, tips: int, tmp_path: Path) -> None:
    bring_in(db, keys, tmp_path, "email\nann@example.com\n")
    (row,) = card(db, keys, "ann@example.com").consents
    assert (row.state, row.how, row.wording, row.actor) == ("confirmed", "import", "They asked at the desk.", "test")
    assert row.source.startswith("people.csv sha256:")
    assert row.source[len("people.csv sha256:") + 64 :] == " import 1"


@pytest.mark.parametrize("title", ["zone", "Time zone", "tz"])
def test_a_zone_that_nobody_knows_leaves_its_row_out_however_the_column_is_called(
    title: str, db: Database, keys: Keys, tips: int, tmp_path: Path
) -> None:
    text = f"email,{title}\nann@example.com,Europe/Berlin\nbob@example.com,Central time\ncho@example.com,\n"
    report = bring_in(db, keys, tmp_path, text)
    assert (report.new, report.invalid) == (2, 1)
    assert "'Central time' is no time zone" in report.rows[0].reason
    assert card(db, keys, "ann@example.com").zone == "Europe/Berlin"


EVERY_KIND_OF_ROW = (
    "email,first_name,zone\n"
    "new@example.com,Nan,\n"
    "known@example.com,Kim,\n"
    "changed@example.com,Cho,\n"
    "NEW@example.com,Again,\n"
    "Gone@Example.com,Gil,\n"
    "\n"
    "bounced@example.com,,\n"
    "not an address,,\n"
    "zoned@example.com,,Mars/Olympus\n"
    "long@example.com,a,,,extra\n"
)


def test_every_row_has_exactly_one_outcome(db: Database, keys: Keys, tips: int, tmp_path: Path) -> None:
    with db.write() as s:
        a_person(s, keys, "known@example.com", first_name="Kim")
        a_person(s, keys, "changed@example.com")
        gone = a_person(s, keys, "gone@example.com")
        opt_out(s, address_key=gone.address_key, list_id=tips, **EVIDENCE)
        bounced = a_person(s, keys, "bounced@example.com")
        suppress(s, bounced.address_key, "hard bounce", source="event")
    report = bring_in(db, keys, tmp_path, EVERY_KIND_OF_ROW)
    assert report.read == 9
    assert Counter({name: asdict(report)[name] for name in OUTCOMES}) == Counter(
        new=1, updated=1, unchanged=1, duplicate=1, suppressed=2, invalid=3
    )
    assert [(row.line, row.outcome) for row in report.rows] == [
        (5, "duplicate"),
        (6, "suppressed"),
        (8, "suppressed"),
        (9, "invalid"),
        (10, "invalid"),
        (11, "invalid"),
    ]
    reasons = {row.line: row.reason for row in report.rows}
    assert reasons[5] == "the same address is in line 2"
    assert reasons[6] == "opted out"
    assert reasons[8] == "suppressed: hard bounce"
    assert "no email address" in reasons[9]
    assert "Mars/Olympus" in reasons[10]
    assert "5 values for 3 columns" in reasons[11]
    assert card(db, keys, "gone@example.com").first_name == "", "who is kept out is not touched"


# An import that brought back who had opted out: https://github.com/TryGhost/Ghost/issues/16268
@pytest.mark.parametrize("everywhere", [True, False])
@pytest.mark.parametrize("typed", ["ann@example.com", " ANN@EXAMPLE.COM ", "\u200bAnn@Example.com"])
def test_no_import_brings_back_who_opted_out(
    db: Database, keys: Keys, tips: int, tmp_path: Path, everywhere: bool, typed: str
) -> None:
    with db.write() as s:
        ann = a_person(s, keys, "ann@example.com")
        opt_out(s, address_key=ann.address_key, list_id=None if everywhere else tips, **EVIDENCE)
    assert bring_in(db, keys, tmp_path, f"email\n{typed}\n").suppressed == 1
    with db.read() as s:
        assert s.scalars(mailable(tips)).all() == []
        assert s.scalar(select(func.count()).select_from(Consent)) == 2


def test_who_opted_out_before_being_known_stays_out(db: Database, keys: Keys, tips: int, tmp_path: Path) -> None:
    with db.write() as s:
        key = a_person(s, keys, "other@example.com").address_key
        opt_out(s, address_key=key, list_id=tips, **EVIDENCE)
    assert bring_in(db, keys, tmp_path, "email\nother@example.com\n").suppressed == 1


# One bad row rolled back ten thousand, one known address failed the file: https://github.com/knadh/listmonk/issues/859
def test_the_same_file_again_changes_nothing(db: Database, keys: Keys, tips: int, tmp_path: Path) -> None:
    text = "email,first_name,city,tags\n" + "".join(f"p{n}@example.com,P{n},Town,a;b\n" for n in range(50)) + "bad,,,\n"
    assert bring_in(db, keys, tmp_path, text).new == 50
    again = bring_in(db, keys, tmp_path, text)
    assert (again.new, again.updated, again.unchanged, again.invalid) == (0, 0, 50, 1)
    with db.read() as s:
        assert s.scalar(select(func.count()).select_from(Consent)) == 50


@pytest.mark.parametrize("cell", ["runner;newcomer", "runner|newcomer", '"runner, newcomer"'])
def test_tags_may_be_parted_as_people_write_them(sqlite_db: Database, keys: Keys, tmp_path: Path, cell: str) -> None:
    with sqlite_db.write() as s:
        a_list(s)
    bring_in(sqlite_db, keys, tmp_path, f"email,tags\nann@example.com,{cell}\n")
    assert card(sqlite_db, keys, "ann@example.com").tags == ("newcomer", "runner")


def test_tags_are_kept_letter_for_letter(db: Database, keys: Keys, tips: int, tmp_path: Path) -> None:
    bring_in(db, keys, tmp_path, 'email,tags\nann@example.com,"été;say ""hi"" twice;true;1;back\\slash;true"\n')
    assert card(db, keys, "ann@example.com").tags == ("1", "back\\slash", 'say "hi" twice', "true", "été")


def test_empty_values_erase_nothing_and_tags_are_added(db: Database, keys: Keys, tips: int, tmp_path: Path) -> None:
    with db.write() as s:
        a_person(
            s, keys, "ann@example.com", first_name="Ann", tags=("old",), custom={"city": "Milpitas", "plan": "pro"}
        )
    text = "email,first_name,last_name,city,plan,tags\nann@example.com,,Lee,,team,new\n"
    assert bring_in(db, keys, tmp_path, text).updated == 1
    ann = card(db, keys, "ann@example.com")
    assert (ann.first_name, ann.last_name, ann.tags) == ("Ann", "Lee", ("new", "old"))
    assert ann.custom == {"city": "Milpitas", "plan": "team"}


def test_a_known_person_joins_a_second_list(db: Database, keys: Keys, tips: int, tmp_path: Path) -> None:
    with db.write() as s:
        a_list(s, "news")
        a_person(s, keys, "ann@example.com", list_slug="news")
    assert bring_in(db, keys, tmp_path, "email\nann@example.com\n").updated == 1
    assert [each.list for each in card(db, keys, "ann@example.com").lists] == ["news", "tips"]


# A campaign reached people who had never confirmed: https://github.com/Notifuse/notifuse/issues/344
def test_an_import_confirms_nobody_who_was_asked_to(db: Database, keys: Keys, tips: int, tmp_path: Path) -> None:
    with db.write() as s:
        a_person(s, keys, "ann@example.com", state="pending")
    assert bring_in(db, keys, tmp_path, "email\nann@example.com\n").unchanged == 1
    with db.read() as s:
        assert s.scalars(select(Subscription.state)).all() == ["pending"]


def test_hostile_values_come_in_as_harmless_text(db: Database, keys: Keys, tips: int, tmp_path: Path) -> None:
    bring_in(db, keys, tmp_path, f'email,first_name,note\nann@example.com,"A\r\nBcc: x@y\x00\u202e",{"x" * 900}\n')
    ann = card(db, keys, "ann@example.com")
    assert ann.first_name == "A Bcc: x@y"
    assert ann.custom == {"note": "x" * 500}


# Nothing came in, and no error was shown: https://github.com/knadh/listmonk/issues/1207
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"name,city\na,b\n", "No column is email"),
        (b"email,email\na,b\n", "more than once"),
        (b"email\n\x89PNG\x00\xff", "is no text"),
        (b'email\nann@example.com\n"bob' + b"b" * 140_000, "line 3"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(
    sqlite_db: Database, keys: Keys, tmp_path: Path, content: bytes, words: str
) -> None:
    with sqlite_db.write() as s:
        a_list(s)
    with pytest.raises(BadInput, match=words) as refused:
        bring_in(sqlite_db, keys, tmp_path, content)
    assert "\n" not in refused.value.sentence
    with sqlite_db.read() as s:
        assert s.scalars(select(Subscriber.email)).all() == []


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_utf8_is_read_with_and_without_its_mark(sqlite_db: Database, keys: Keys, tmp_path: Path, mark: str) -> None:
    with sqlite_db.write() as s:
        a_list(s)
    bring_in(sqlite_db, keys, tmp_path, f"{mark}email,first_name\nann@bücher.example,Zoë\n")
    assert card(sqlite_db, keys, "ann@xn--bcher-kva.example").first_name == "Zoë"


def test_a_missing_file_or_list_is_named(sqlite_db: Database, keys: Keys, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.csv"):
        import_file(sqlite_db, keys, tmp_path / "nowhere.csv", "tips", Asked("", ""))
    with pytest.raises(NotFound, match="tips"):
        bring_in(sqlite_db, keys, tmp_path, "email\n")


def test_a_file_larger_than_a_chunk_comes_in_whole(
    db: Database, keys: Keys, tips: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 10)
    told: list[tuple[int, int]] = []
    text = "email\n" + "".join(f"p{n % 30}@example.com\n" for n in range(35))
    report = bring_in(db, keys, tmp_path, text, progress=lambda done, lines: told.append((done, lines)))
    assert (report.read, report.new, report.duplicate) == (35, 30, 5)
    assert told == [(10, 36), (20, 36), (30, 36), (35, 36)]
