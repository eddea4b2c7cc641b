"""What holds is what all the rows come to, whatever happened in whatever order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from base.database import Base, Database
from base.errors import Refused
from subscribers import consent
from subscribers.keys import Keys
from subscribers.models import Consent, List, Subscriber, Subscription
from subscribers.people import add_subscriber
from subscribers.projection import MARKETING, OPENS, Holds, Will, fold, folded, spells_of_opens
from subscribers.proof.evidence import evidence_id, sealed
from tests.support.people import CONSENT, a_list, a_person

DAY = datetime(2026, 11, 1, tzinfo=UTC)
PAGE: dict[str, Any] = {"how": "page", "source": "campaign 1", "actor": "recipient"}


def said(*words: str) -> list[Will]:
    """`yes`, `no`, `asked` for the list, `seen` and `unseen` for open tracking, `void N` for the Nth of them."""
    kinds = {
        "yes": (MARKETING, "confirmed"),
        "no": (MARKETING, "withdrawn"),
        "asked": (MARKETING, "pending"),
        "seen": (OPENS, "confirmed"),
        "unseen": (OPENS, "withdrawn"),
    }
    rows = []
    for number, word in enumerate(words, start=1):
        verb, _, which = word.partition(" ")
        voids = int(which) if which else None
        rows.append(Will(number, *kinds.get(verb, (MARKETING, "void")), DAY + timedelta(days=number), voids))
    return rows


def holds(*words: str) -> tuple[str, int, int | None] | None:
    """State, row, and the day since which opens are seen."""
    found = fold(said(*words))
    return found and (found.state, found.consent_id, found.opens_since and (found.opens_since - DAY).days)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["yes"], []),
        (["yes", "seen"], [(2, None)]),
        (["yes", "seen", "unseen", "no"], [(2, 3)]),
        (["yes", "seen", "no", "yes"], [(2, 3)]),
        (["yes", "seen", "unseen", "seen"], [(2, 3), (4, None)]),
        (["yes", "seen", "unseen", "void 3"], [(2, None)]),
        (["yes", "seen", "void 1"], []),
        (["no", "seen"], []),
    ],
)
def test_when_opens_were_agreed_to_be_seen(words: list[str], expected: object) -> None:
    spells = spells_of_opens(said(*words))
    assert [((begins - DAY).days, ends and (ends - DAY).days) for begins, ends in spells] == expected


def test_what_was_withdrawn_earlier_than_it_was_told_ends_what_was_agreed_before() -> None:
    rows = said("yes", "seen", "unseen", "seen", "no")
    rows[-1] = rows[-1]._replace(at=rows[1].at + timedelta(hours=1))
    assert [ends for _, ends in spells_of_opens(rows)] == [rows[-1].at] * 2


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], None),
        (["yes"], ("confirmed", 1, None)),
        (["asked", "yes"], ("confirmed", 2, None)),
        (["yes", "no"], ("withdrawn", 2, None)),
        (["yes", "seen"], ("confirmed", 1, 2)),
        (["yes", "seen", "unseen"], ("confirmed", 1, None)),
        (["yes", "seen", "asked", "yes"], ("confirmed", 4, 2)),
        (["yes", "seen", "no"], ("withdrawn", 3, None)),
        (["yes", "seen", "no", "yes"], ("confirmed", 4, None)),
        (["seen", "yes"], ("confirmed", 2, None)),
        (["yes", "void 1"], None),
        (["yes", "seen", "void 1"], None),
        (["yes", "seen", "void 1", "yes"], ("confirmed", 4, None)),
        (["yes", "seen", "void 2"], ("confirmed", 1, None)),
        (["yes", "yes", "void 2"], ("confirmed", 1, None)),
        (["no", "yes", "void 2"], ("withdrawn", 1, None)),
    ],
)
def test_rows_come_to_what_a_reader_would_say(words: list[str], expected: object) -> None:
    assert holds(*words) == expected


def projection(s: Session) -> dict[tuple[int, int], Holds | None]:
    columns = (Subscription.state, Subscription.since, Subscription.consent_id, Subscription.opens_since)
    rows = s.execute(select(Subscription.list_id, Subscription.subscriber_id, *columns))
    return {(row.list_id, row.subscriber_id): Holds(*row[2:]) for row in rows}


def from_rows(s: Session) -> dict[tuple[int, int], Holds | None]:
    pairs = s.execute(select(Consent.list_id, Consent.subscriber_id).distinct())
    return {pair: held for pair, held in folded(s, [(row[0], row[1]) for row in pairs]).items() if held}


DEEDS = ("give", "ask", "leave", "leave all", "undo", "confirm", "confirm seen", "seen", "unseen", "void")
deeds = st.tuples(st.sampled_from(DEEDS), st.integers(0, 1), st.integers(0, 1), st.integers(0, 99))


def do(s: Session, deed: str, person: Subscriber, lst: List, pick: int) -> None:
    key = person.address_key
    if deed in ("give", "ask"):
        consent.give(s, person, lst.id, state="confirmed" if deed == "give" else "pending", **CONSENT)
    elif deed in ("leave", "leave all"):
        consent.opt_out(s, address_key=key, list_id=None if deed.endswith("all") else lst.id, **PAGE)
    elif deed == "undo":
        consent.undo(s, address_key=key, list_id=lst.id, wording="Yes, again.", **PAGE)
    elif deed in ("confirm", "confirm seen"):
        confirm(s, person, lst.id, opens=deed.endswith("seen"))
    elif deed in ("seen", "unseen"):
        consent.allow_opens(s, person, lst.id, allowed=deed == "seen", wording="May we see?", **PAGE)
    elif ids := s.scalars(select(Consent.id).where(Consent.state.in_(("pending", "confirmed")))).all():
        consent.void(s, [ids[pick % len(ids)]], how="import undo", source="import 1", actor="test")


def confirm(s: Session, person: Subscriber, list_id: int, opens: bool = False) -> None:
    asked = evidence_id(s, how="form", wording="Send me tips.", source="the form", actor="visitor", jurisdiction="DE")
    consent.confirm_sign_up(
        s,
        person,
        list_id,
        asked_at=DAY,
        evidence_id=asked,
        personal=sealed({"address": person.email, "ip": "192.0.2.1"}).personal,
        confirm_source="the link in the confirmation mail",
        actor="visitor",
        opens=opens,
    )


@given(st.lists(deeds, min_size=1, max_size=12))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_people_do_the_projection_is_the_fold_of_all_rows(
    db: Database, keys: Keys, sequence: list[tuple[str, int, int, int]]
) -> None:
    with db.write() as s:
        for table in reversed(Base.metadata.sorted_tables):
            s.execute(delete(table))
    with db.write() as s:
        lists = [a_list(s), a_list(s, "news")]
        a_list(s, "aside")
        people = [add_subscriber(s, keys, f"{n}@example.com", list_slug="aside", **CONSENT) for n in ("ann", "bob")]
    for deed, who, where, pick in sequence:
        try:
            with db.write() as s:
                do(s, deed, people[who], lists[where], pick)
        except Refused:
            continue
        with db.read() as s:
            assert projection(s) == from_rows(s)


def test_only_chosen_rows_are_made_void_and_each_once(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann, bob = a_person(s, keys), a_person(s, keys, "bob@example.com")
        mine = s.scalars(select(Consent.id).where(Consent.subscriber_id == ann.id)).one()
        undone = {"how": "import undo", "source": "import 1", "actor": "test"}
        assert consent.void(s, [mine], **undone) == 1
        assert consent.void(s, [mine], **undone) == 0
        assert projection(s).keys() == {(tips.id, bob.id)}
        assert s.scalars(select(Consent).where(Consent.state == "void")).one().voids == mine
        assert consent.give(s, ann, tips.id, **CONSENT), "as if they had never been on the list"


def test_a_withdrawal_is_never_made_void(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips, ann = a_list(s), a_person(s, keys)
        consent.opt_out(s, address_key=ann.address_key, list_id=tips.id, **PAGE)
        row = s.scalars(select(Consent.id).where(Consent.state == "withdrawn")).one()
        with pytest.raises(Refused, match="no consent"):
            consent.void(s, [row], how="import undo", source="import 1", actor="test")
