"""People who are known already: what a file changes of them, and what never."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from base.database import Database
from subscribers.card import Card, show
from subscribers.consent import opt_out
from subscribers.fields.custom import add_field
from subscribers.keys import Keys
from subscribers.models import Consent, Profile, Subscriber, Subscription
from subscribers.people import find
from tests.subscribers.importing.conftest import BringIn
from tests.support.people import EVIDENCE, a_list, a_person

FILE = "email,first_name,last_name,city,plan,tags\nann@example.com,Anna,Lee,,team,new\n"


def card(db: Database, keys: Keys, email: str = "ann@example.com") -> Card:
    with db.read() as s:
        person = find(s, keys, email)
        assert person is not None
        return show(s, person)


@pytest.mark.parametrize(
    ("conflict", "names", "custom", "tags", "outcome"),
    [
        ("keep", ("Ann", ""), {"city": "Ely", "plan": "pro"}, ("old",), "unchanged"),
        ("fill", ("Ann", "Lee"), {"city": "Ely", "plan": "pro"}, ("new", "old"), "updated"),
        ("overwrite", ("Anna", "Lee"), {"city": "Ely", "plan": "team"}, ("new", "old"), "updated"),
    ],
)
def test_what_is_known_is_kept_filled_or_overwritten(
    db: Database,
    keys: Keys,
    bring_in: BringIn,
    conflict: str,
    names: tuple[str, str],
    custom: dict[str, str],
    tags: tuple[str, ...],
    outcome: str,
) -> None:
    with db.write() as s:
        a_person(s, keys, first_name="Ann", tags=("old",), custom={"city": "Ely", "plan": "pro"})
    report = bring_in(FILE, conflict=conflict)
    assert getattr(report, outcome) == 1
    ann = card(db, keys)
    assert ((ann.first_name, ann.last_name), ann.custom, ann.tags) == (names, custom, tags)


@pytest.mark.parametrize("conflict", ["keep", "fill", "overwrite"])
def test_who_is_known_joins_the_list_whatever_happens_to_their_details(
    db: Database, keys: Keys, bring_in: BringIn, conflict: str
) -> None:
    with db.write() as s:
        a_list(s, "news")
        a_person(s, keys, list_slug="news")
    assert bring_in("email\nann@example.com\n", conflict=conflict).updated == 1
    assert {x.list for x in card(db, keys).lists} == {"news", "tips"}


@pytest.mark.parametrize("conflict", ["keep", "fill", "overwrite"])
def test_a_consent_is_not_repeated_and_the_second_time_changes_nothing(
    db: Database, bring_in: BringIn, conflict: str
) -> None:
    bring_in(FILE)
    assert bring_in(FILE, conflict=conflict).unchanged == 1
    with db.read() as s:
        assert len(s.scalars(select(Consent.id)).all()) == 1


def test_values_reach_the_narrow_row_with_the_types_of_their_fields(db: Database, bring_in: BringIn) -> None:
    with db.write() as s:
        slots = [
            add_field(s, name, kind).slot for name, kind in (("born", "date"), ("vip", "boolean"), ("age", "number"))
        ]
    assert slots == ["n1", "n2", "n3"]
    bring_in('email,born,vip,age,city\nann@example.com,2.1.1970,ja,"1.234,5",Ely\nbob@example.com,,,,\n', dates="eu")
    typed = select(Profile.n1, Profile.n2, Profile.n3, Profile.t1).order_by(Profile.subscriber_id)
    with db.read() as s:
        assert [tuple(row) for row in s.execute(typed)] == [(1, 1, 1234.5, "Ely"), (None, None, None, None)]
        kept = {"born": "1970-01-02", "vip": "yes", "age": "1234.5", "city": "Ely"}
        assert s.scalars(select(Subscriber.custom).order_by(Subscriber.id)).first() == kept
    bring_in("email,born,vip\nann@example.com,3.1.1970,nein\n", dates="eu")
    with db.read() as s:
        assert tuple(s.execute(typed).first() or ()) == (2, 0, 1234.5, "Ely")


# An import brought back who had opted out: https://github.com/TryGhost/Ghost/issues/16268. Adding an address that was
# there replaced the person and lost what had been: https://github.com/buttondown/roadmap/issues/704
@pytest.mark.parametrize("conflict", ["keep", "fill", "overwrite"])
def test_who_opted_out_stays_out_and_keeps_their_history(
    db: Database, keys: Keys, tips: int, bring_in: BringIn, conflict: str
) -> None:
    with db.write() as s:
        ann = a_person(s, keys, first_name="Ann")
        opt_out(s, address_key=ann.address_key, list_id=tips, **EVIDENCE)
    report = bring_in("email,first_name\nANN@example.com,Anna\n", conflict=conflict)
    assert report.suppressed == 1
    after = card(db, keys)
    assert (after.first_name, [x.state for x in after.consents]) == ("Ann", ["confirmed", "withdrawn"])
    with db.read() as s:
        assert s.scalars(select(Subscription.state)).all() == ["withdrawn"]


# An import with one address that was there failed as a whole: https://github.com/knadh/listmonk/issues/859. One bad row
# rolled back ten thousand good ones.
def test_neither_a_known_address_nor_a_bad_row_stops_the_rest(db: Database, keys: Keys, bring_in: BringIn) -> None:
    with db.write() as s:
        a_person(s, keys)
    rows = [f"p{n}@example.com" for n in range(200)]
    report = bring_in("\n".join(["email", "ann@example.com", *rows[:100], "bad", *rows[100:]]) + "\n")
    assert (report.new, report.unchanged, report.invalid) == (200, 1, 1)
    assert [(row.line, row.email) for row in report.rows] == [(103, "bad")]
