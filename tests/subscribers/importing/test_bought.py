from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from base.database import Database
from base.errors import Refused
from subscribers.importing import Asked, import_file
from subscribers.importing.bought import Look, look_over
from subscribers.keys import Keys
from subscribers.models import Evidence, Import, Subscriber
from tests.support.people import a_list

BOUGHT = "email\n" + "".join(f"{name}@clinic{n}.example\n" for n in range(20) for name in ("info", "sales", f"p{n}"))


def test_addresses_are_counted_by_their_kind() -> None:
    found = look_over(["info@a.example", "Ann@mailinator.com", "bad", "ann@example.com", ""])
    assert found == Look(rows=5, roles=1, disposable=1, invalid=2)


def test_nobody_is_passed_over_where_one_look_ends_and_the_next_begins() -> None:
    found = look_over(["info@a.example", "Ann@a.example", "info@a.example", "bad"] * 625)
    assert found == Look(rows=2_500, roles=1_250, disposable=0, invalid=625)


@pytest.mark.parametrize(
    ("look", "signs"),
    [
        (Look(100, 24, 24, 24), 0),
        (Look(1_000, 200, 50, 300), 0),
        (Look(1_000, 201, 0, 0), 1),
        (Look(1_000, 0, 51, 0), 1),
        (Look(1_000, 201, 51, 301), 3),
    ],
)
def test_only_many_of_them_are_a_sign(look: Look, signs: int) -> None:
    assert len(look.signs()) == signs


def test_a_list_that_looks_bought_is_refused_before_anything_is_stored(
    db: Database, keys: Keys, tmp_path: Path
) -> None:
    with db.write() as s:
        a_list(s)
    path = tmp_path / "people.csv"
    path.write_text(BOUGHT)
    with pytest.raises(Refused, match=r"40 of 60 belong to a function such as info@.*--accept") as refused:
        import_file(db, keys, path, "tips", Asked("They asked.", "test"))
    assert "\n" not in refused.value.sentence
    with db.read() as s:
        assert s.scalar(select(func.count()).select_from(Subscriber)) == 0
        assert s.scalar(select(func.count()).select_from(Import)) == 0


def test_accepted_it_comes_in_and_every_consent_says_so(db: Database, keys: Keys, tmp_path: Path) -> None:
    with db.write() as s:
        a_list(s)
    path = tmp_path / "people.csv"
    path.write_text(BOUGHT)
    assert import_file(db, keys, path, "tips", Asked("They asked.", "test", accept=True)).new == 60
    with db.read() as s:
        assert "import 1, accepted although 40 of 60 belong to a function" in s.scalars(select(Evidence.source)).one()
