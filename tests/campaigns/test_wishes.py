"""A pause and one mail a month, as campaigns meet them: counted before, left out at the freeze, named afterwards."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from base.database import Database, database_now
from campaigns.drafts import get_campaign
from campaigns.recipients import count_excluded, recipients
from subscribers.keys import Keys
from subscribers.models import Subscriber, Subscription
from tests.campaigns.mailing import Mailing

ENOUGH, PAUSED = "wants one mail a month and had it", "paused by their own wish"


@pytest.fixture
def mailing(db: Database, keys: Keys, tmp_path: Path) -> Mailing:
    made = Mailing(db, keys, tmp_path)
    made.people("ana", "ben", "cleo")
    return made


def arranged(mailing: Mailing, name: str, **wish: object) -> None:
    with mailing.db.write() as s:
        who = select(Subscriber.id).where(Subscriber.email == f"{name}@example.com").scalar_subquery()
        s.execute(update(Subscription).where(Subscription.subscriber_id == who).values(**wish))


def test_who_wants_one_a_month_is_left_out_of_the_second_and_the_plan_says_so(mailing: Mailing) -> None:
    arranged(mailing, "ana", frequency="monthly")
    assert mailing.sent(mailing.draft("first")).counts.accepted == 3
    mailing.draft("second", segment='email = "ana@example.com" or email = "ben@example.com"')
    with mailing.db.read() as s:
        second = get_campaign(s, "second")
        assert len(s.scalars(recipients(s, second)).all()) == 1
        assert count_excluded(s, second) == {ENOUGH: 1, "not in the segment": 1}
    assert mailing.sent("second").counts.accepted == 1
    assert [step.detail for step in mailing.why("ana", "second").steps if step.what == "excluded"] == [ENOUGH]


def test_who_paused_is_left_out_and_the_answer_is_why(mailing: Mailing) -> None:
    mailing.draft()
    with mailing.db.read() as s:
        later = database_now(s) + timedelta(days=1)
    arranged(mailing, "ben", paused_until=later)
    status = mailing.sent()
    assert status.counts.accepted == 2
    assert PAUSED in [step.detail for step in mailing.why("ben").steps]
