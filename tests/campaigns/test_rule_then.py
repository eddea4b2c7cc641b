"""What the rule asked and what the person had when the audience was frozen; where the log cannot tell, it is said."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import select

from campaigns.segments.saved import edit_segment
from subscribers.audit import record
from subscribers.changes.editing import edit, tag
from subscribers.models import Subscriber
from tests.campaigns.mailing import ROBIN, SLUG, Mailing

RULE = 'tag has runner and city = "Milpitas"'


@pytest.fixture
def frozen(mailing_on_both: Mailing) -> Mailing:
    """Ann is in, bob is not."""
    mailing = mailing_on_both
    mailing.people("ann", "bob")
    changed(mailing, "ann", city="Milpitas", tags=["runner"])
    changed(mailing, "bob", tags=["runner"])
    mailing.draft(segment=RULE)
    mailing.decide("send", ROBIN)
    mailing.launch()
    return mailing


def changed(mailing: Mailing, name: str, *, city: str = "", tags: list[str] | None = None, **given: str) -> None:
    custom: Mapping[str, str] = {"city": city}
    with mailing.db.write() as s:
        person = s.scalars(select(Subscriber).where(Subscriber.email == f"{name}@example.com")).one()
        edit(s, person, given, custom, actor="robin")
        if tags is not None:
            tag(s, person, add=tags, remove=[] if tags else ["runner"], actor="robin")


def rule_said(mailing: Mailing, name: str) -> list[str]:
    found = mailing.why(name)
    steps = [step for step in found.steps if step.what == "rule"]
    assert all(step.at for step in steps)
    return [step.detail for step in steps]


ANN = [
    f"part-{SLUG}: {RULE}",
    "tag has runner: true, has runner",
    'city = "Milpitas": true, has Milpitas',
]


def test_each_part_of_the_rule_stands_with_what_the_person_had(frozen: Mailing) -> None:
    assert rule_said(frozen, "ann") == ANN
    assert rule_said(frozen, "bob")[1:] == [
        "tag has runner: true, has runner",
        'city = "Milpitas": not true, has empty',
    ]


def test_what_was_edited_since_stands_as_it_was(frozen: Mailing) -> None:
    changed(frozen, "ann", city="Fremont", tags=[], first_name="Anna")
    changed(frozen, "ann", city="")
    changed(frozen, "bob", city="Milpitas")
    assert rule_said(frozen, "ann") == ANN
    assert rule_said(frozen, "bob")[2] == 'city = "Milpitas": not true, has empty'


def test_a_rule_that_was_changed_since_is_shown_as_it_was(frozen: Mailing) -> None:
    with frozen.db.write() as s:
        edit_segment(s, f"part-{SLUG}", "tag has walker")
        before, after = {"rule": RULE}, {"rule": "tag has walker"}
        record(s, actor="robin", action="segment edit", about=f"part-{SLUG}", before=before, after=after)
    assert rule_said(frozen, "ann") == ANN
    assert f"not in the segment part-{SLUG}: {RULE}" in [step.detail for step in frozen.why("bob").steps]


def test_what_the_log_does_not_have_by_person_is_said_and_not_smoothed_over(frozen: Mailing) -> None:
    frozen.sql("DELETE FROM subscriber_tags WHERE subscriber_id = 1")
    *_, last = rule_said(frozen, "ann")
    assert last.startswith("by the values that are on record the rule says otherwise")


def test_a_rule_that_cannot_be_read_any_more_is_shown_as_words(frozen: Mailing) -> None:
    frozen.sql("UPDATE segments SET rule = 'nonsense here'")
    (words,) = rule_said(frozen, "ann")
    assert words.startswith(f"part-{SLUG}: nonsense here; it cannot be read any more: ")
