"""Making campaigns: what they are made of, what they may not be made of, and making one anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from base.database import Database
from base.errors import BadInput, NotFound, Refused
from campaigns.drafts import Draft, add_campaign, all_campaigns, get_campaign, made_of, replace_campaign
from tests.campaigns.mailing import ROBIN, SLUG, Mailing

DRAFT = Draft(SLUG, "tips", "Kinder knees", "monthly-tips", "knees", preheader="From Larkfield")


def test_a_campaign_is_made_of_what_was_named(mailing: Mailing) -> None:
    mailing.draft(segment="tag has runner", offer_ends=timedelta(days=9), preheader="From Larkfield")
    with mailing.db.read() as s:
        campaign = get_campaign(s, SLUG)
        made = made_of(s, campaign)
        assert made == replace(DRAFT, segment=f"part-{SLUG}", offer=SLUG)
        assert (campaign.added_by, campaign.approved_at, campaign.run_id) == ("robin", None, None)
        assert SLUG not in campaign.public_id
        assert all_campaigns(s) == [campaign]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"slug": "Back Pain"}, BadInput, "cannot be a slug"),
        ({"list": "nope"}, NotFound, "There is no list 'nope'"),
        ({"article": "nope"}, NotFound, "There is no article 'nope'"),
        ({"offer": "nope"}, NotFound, "There is no offer 'nope'"),
        ({"segment": "nope"}, NotFound, "There is no segment 'nope'"),
        ({"article": None}, Refused, "something to say"),
        ({"subject": " "}, Refused, "one line"),
        ({"subject": "Tips\r\nBcc: a@example.com"}, Refused, "one line"),
        ({"subject": "Tips\u2028and more"}, Refused, "one line"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], error: type[Refused], words: str, mailing: Mailing) -> None:
    with pytest.raises(error, match=words), mailing.db.write() as s:
        add_campaign(s, replace(DRAFT, **changes), actor="robin")


def test_a_name_is_taken_once(mailing: Mailing) -> None:
    mailing.draft()
    with pytest.raises(Refused, match="already; choose another name, or make it anew with --replace"):
        mailing.draft()


def test_an_unknown_campaign_is_not_found(sqlite_db: Database) -> None:
    with pytest.raises(NotFound, match="tipsheet campaign list"), sqlite_db.read() as s:
        get_campaign(s, "nope")


def test_making_it_anew_voids_what_was_approved_and_scheduled(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft()
    mailing.decide("schedule", "2099-12-01 09:00", "UTC", ROBIN)
    with mailing.db.write() as s:
        replace_campaign(s, replace(DRAFT, subject="Kinder hips"), actor="kim")
    row = mailing.row()
    assert (row.subject, row.added_by, row.scheduled_for) == ("Kinder hips", "kim", None)
    assert mailing.state() == "draft"


def test_what_was_launched_is_never_made_anew(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft()
    mailing.decide("send", ROBIN)
    mailing.launch()
    with pytest.raises(Refused, match="stays on record"), mailing.db.write() as s:
        replace_campaign(s, DRAFT, actor="robin")
