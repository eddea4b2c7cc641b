"""Several people at once: what one transaction does while another is open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from base.database import Database
from base.errors import Refused
from subscribers import signups
from subscribers.consent import OptOut, opt_out
from subscribers.fields.custom import remember
from subscribers.importing import Asked, import_file
from subscribers.keys import Keys
from subscribers.models import Consent, CustomField, SignUp, Subscriber, Subscription, Suppression
from subscribers.signups import confirming
from subscribers.suppression import mailable
from tests.support.people import EVIDENCE, a_list, a_person
from tests.support.signups import a_public_list, signs_up, states


def at_once(act: Any, times: int) -> list[Any]:
    with ThreadPoolExecutor(times) as pool:
        return [each.result() for each in [pool.submit(act, number) for number in range(times)]]


def test_the_same_opt_out_sent_several_times_at_once_is_written_once(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)

    def leave(_: int) -> OptOut:
        with db.write() as s:
            return opt_out(s, address_key=ann.address_key, list_id=tips.id, **EVIDENCE)

    assert sorted(each.changed for each in at_once(leave, 6)) == [False] * 5 + [True]
    with db.read() as s:
        assert s.scalars(select(Consent.state).order_by(Consent.id)).all() == ["confirmed", "withdrawn"]
        assert s.scalar(select(func.count()).select_from(Suppression)) == 1


def test_the_same_people_imported_from_three_files_at_once_are_added_once(
    db: Database, keys: Keys, tmp_path: Path
) -> None:
    with db.write() as s:
        a_list(s)
    people = [f"p{n}@example.com,Town\n" for n in range(200)]
    for number in range(3):
        path = tmp_path / f"people{number}.csv"
        path.write_text("email,city\n" + "".join(people[number * 50 :] + people[: number * 50]))

    def bring_in(number: int) -> int:
        return import_file(db, keys, tmp_path / f"people{number}.csv", "tips", Asked("yes", "test")).new

    assert sorted(at_once(bring_in, 3)) == [0, 0, 200]
    with db.read() as s:
        for table in (Subscriber, Consent, Subscription):
            assert s.scalar(select(func.count()).select_from(table)) == 200


def test_one_file_is_imported_by_one_process_at_a_time(db: Database, keys: Keys, tmp_path: Path) -> None:
    with db.write() as s:
        a_list(s)
    path = tmp_path / "people.csv"
    path.write_text("email\n" + "".join(f"p{n}@example.com\n" for n in range(2_000)))

    def bring_in(_: int) -> int | str:
        try:
            return import_file(db, keys, path, "tips", Asked("yes", "test")).new
        except Refused as refused:
            return refused.sentence

    told = at_once(bring_in, 3)
    assert 2_000 in told
    assert all("at this moment" in each or "there already" in each for each in told if isinstance(each, str))
    with db.read() as s:
        assert s.scalar(select(func.count()).select_from(Consent)) == 2_000


def test_an_opt_out_during_an_import_wins(db: Database, keys: Keys, tmp_path: Path) -> None:
    with db.write() as s:
        tips = a_list(s)
        a_list(s, "other")
        people = [a_person(s, keys, f"p{n}@example.com", list_slug="other") for n in range(40)]
    path = tmp_path / "people.csv"
    path.write_text("email\n" + "".join(f"p{n}@example.com\n" for n in range(40)))

    def act(number: int) -> None:
        if number == 0:
            import_file(db, keys, path, "tips", Asked("yes", "test"))
            return
        for person in people[:20]:
            with db.write() as s:
                opt_out(s, address_key=person.address_key, list_id=tips.id, **EVIDENCE)

    at_once(act, 2)
    with db.read() as s:
        assert set(s.scalars(mailable(tips.id))) == {person.id for person in people[20:]}


def test_somebody_new_may_confirm_several_lists_at_once(db: Database, keys: Keys) -> None:
    slugs = ["tips", "news", "events"]
    with db.write() as s:
        for slug in slugs:
            a_public_list(s, slug)
    for slug in slugs:
        signs_up(db, keys, slug=slug)
    with db.write() as s:
        tokens = [token for row in s.scalars(select(SignUp)) if (token := signups.token(keys, row))]

    def press(number: int) -> bool:
        with db.write() as s:
            found = confirming.confirm(s, keys, tokens[number])
        return found is not None and found.is_confirmed

    assert at_once(press, 3) == [True] * 3
    assert states(db, keys) == dict.fromkeys(slugs, "confirmed")


def test_a_new_field_may_be_seen_by_two_at_once(db: Database) -> None:
    def act(_: int) -> None:
        with db.write() as s:
            remember(s, ["city"])

    at_once(act, 4)
    with db.read() as s:
        assert s.execute(select(CustomField.name, CustomField.slot)).all() == [("city", "t1")]


def test_two_new_fields_at_once_get_two_slots(db: Database) -> None:
    def act(number: int) -> None:
        with db.write() as s:
            remember(s, [f"f{number}"])

    at_once(act, 4)
    with db.read() as s:
        assert set(s.scalars(select(CustomField.slot))) == {"t1", "t2", "t3", "t4"}
