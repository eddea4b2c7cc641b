"""Everybody on the list is a recipient or excluded, each once, with a reason that a person understands."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select

from campaigns.drafts import get_campaign
from campaigns.freezing import keep_exclusions
from campaigns.models import Exclusion
from campaigns.recipients import (
    OUTSIDE,
    OVERTAKEN,
    count_excluded,
    count_kept_exclusions,
    recipients,
    why_excluded,
    window_end,
)
from delivery import ledger
from subscribers.models import Subscriber
from subscribers.suppression import suppress
from tests.campaigns.mailing import ROBIN, SLUG, Mailing
from tests.support.people import a_list

RULES = {
    'city = "Milpitas"': {"ann"},
    'city != "Milpitas"': {"bob", "cyd", "dot"},
    'not city = "Milpitas"': {"bob", "cyd", "dot"},
    "age > 40": {"cyd"},
    "not age > 40": {"ann", "bob", "dot"},
    'city = "Milpitas" or not nobody_has_this = "x"': {"ann", "bob", "cyd", "dot"},
    'locale = "de" or tag has runner': {"bob"},
    'nobody_has_this contains "x"': set(),
}


@pytest.fixture
def various(mailing_on_both: Mailing) -> Mailing:
    """Four who may be mailed, of whom most lack most fields, and one of each kind who may not."""
    mailing = mailing_on_both
    mailing.people("ann", custom={"city": "Milpitas"})
    mailing.people("bob", tags=["runner"], custom={"city": ""})
    mailing.people("cyd", custom={"age": "51"})
    mailing.people("dot", "gone", "stopped", "spoilt", "erased")
    mailing.people("waiting", state="pending")
    mailing.opts_out("gone")
    with mailing.db.write() as s:
        keys = {x.email.split("@")[0]: x for x in s.scalars(select(Subscriber))}
        suppress(s, keys["stopped"].address_key, "hard bounce", source="test")
        suppress(s, keys["spoilt"].address_key, "complaint", list_id=mailing.list_id(), source="test")
        keys["erased"].email = ""
    return mailing


STOPPED = {
    "opted out": 1,
    "pending": 1,
    "suppressed: hard bounce": 1,
    "suppressed: complaint": 1,
    "no address": 1,
}


def reached(mailing: Mailing) -> set[str]:
    with mailing.db.read() as s:
        people = select(Subscriber.email).where(Subscriber.id.in_(recipients(s, get_campaign(s, SLUG))))
        return {email.split("@")[0] for email in s.scalars(people)}


@pytest.mark.parametrize("rule", RULES)
def test_whoever_a_rule_says_nothing_about_is_in_or_out_but_never_lost(rule: str, various: Mailing) -> None:
    various.draft(segment=rule)
    assert reached(various) == RULES[rule]
    with various.db.read() as s:
        campaign = get_campaign(s, SLUG)
        outside = {OUTSIDE: 4 - len(RULES[rule])} if len(RULES[rule]) < 4 else {}
        assert count_excluded(s, campaign) == STOPPED | outside
        assert len(s.scalars(recipients(s, campaign)).all()) + sum(count_excluded(s, campaign).values()) == 9


def test_without_a_segment_everybody_who_may_be_mailed_is_reached(various: Mailing) -> None:
    various.draft()
    assert reached(various) == {"ann", "bob", "cyd", "dot"}
    with various.db.read() as s:
        assert count_excluded(s, get_campaign(s, SLUG)) == STOPPED


def test_who_is_in_two_lists_and_fits_a_rule_twice_is_one_recipient(mailing_on_both: Mailing) -> None:
    with mailing_on_both.db.write() as s:
        a_list(s, "weekly")
    mailing_on_both.people("ann", tags=["runner"], custom={"city": "Milpitas"})
    mailing_on_both.people("ann", list_slug="weekly")
    mailing_on_both.people("ANN")  # the same mailbox, written otherwise
    mailing_on_both.draft(segment='city = "Milpitas" or tag has runner')
    assert len(reached(mailing_on_both)) == 1
    with mailing_on_both.db.read() as s:
        assert count_excluded(s, get_campaign(s, SLUG)) == {}


def test_the_reason_of_one_person_is_the_one_that_was_counted(various: Mailing) -> None:
    various.draft(segment='city = "Milpitas"')
    with various.db.write() as s:
        a_list(s, "weekly")
    various.people("else", list_slug="weekly")
    reasons = {
        "ann": None,
        "bob": f'not in the segment part-{SLUG}: city = "Milpitas"',
        "gone": "opted out",
        "waiting": "pending",
        "stopped": "suppressed: hard bounce",
        "else": "not on the list Tips",
    }
    with various.db.read() as s:
        ids = {email.split("@")[0]: n for n, email in s.execute(select(Subscriber.id, Subscriber.email))}
        campaign = get_campaign(s, SLUG)
        assert {name: why_excluded(s, campaign, ids[name]) for name in reasons} == reasons


def test_the_windows_of_a_freeze_hold_so_many_people_each(mailing: Mailing) -> None:
    mailing.crowd(5)
    mailing.draft()
    ends = []
    with mailing.db.write() as s:
        campaign = get_campaign(s, SLUG)
        while (end := window_end(s, campaign, 2)) is not None:
            ends.append(end)
            campaign.frozen_through = end
    assert ends == [2, 4, 5]


def test_who_changes_between_two_statements_of_a_chunk_is_still_named(mailing_on_both: Mailing) -> None:
    mailing_on_both.people("ann", "bob")
    mailing_on_both.people("cyd", state="pending")
    mailing_on_both.draft()
    mailing_on_both.decide("send", ROBIN)
    mailing_on_both.launch()
    mailing_on_both.sql("DELETE FROM exclusions")
    # As another connection of PostgreSQL could: into the list's mailable after the recipients had been chosen.
    mailing_on_both.people("cyd")
    with mailing_on_both.db.write() as s:
        campaign = get_campaign(s, SLUG)
        keep_exclusions(s, campaign, campaign.run_id or 0, 0, 99)
        assert count_kept_exclusions(s, campaign) == {OVERTAKEN: 1}


def test_who_opts_out_between_the_two_is_in_the_ledger_only(mailing_on_both: Mailing) -> None:
    mailing_on_both.people("ann", "bob")
    mailing_on_both.draft()
    mailing_on_both.decide("send", ROBIN)
    mailing_on_both.launch()
    mailing_on_both.opts_out("ann")
    with mailing_on_both.db.write() as s:
        campaign = get_campaign(s, SLUG)
        keep_exclusions(s, campaign, campaign.run_id or 0, 0, 99)
        assert ledger.counts(s, campaign.run_id or 0).audience == 2
        assert Counter(s.scalars(select(Exclusion.reason))) == Counter()
