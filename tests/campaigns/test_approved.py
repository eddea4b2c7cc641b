"""Who came and who went since the approval, person by person, and nothing where it is not on record."""

from __future__ import annotations

from campaigns.approved import Moved, Person, moved, remember
from campaigns.drafts import get_campaign
from subscribers.models import Subscriber
from tests.campaigns.mailing import ROBIN, SLUG, Mailing


def approved(mailing: Mailing, people: int = 10, **draft: str) -> Mailing:
    mailing.crowd(people)
    mailing.draft(**draft)
    mailing.decide("approve", ROBIN)
    remember(mailing.db, SLUG, mailing.config)
    return mailing


def now(mailing: Mailing, *, names: bool = False) -> Moved | None:
    with mailing.db.read() as s:
        return moved(s, get_campaign(s, SLUG), mailing.config, names=names)


def test_who_came_and_who_went_is_counted_even_where_the_number_stays(mailing_on_both: Mailing) -> None:
    mailing = approved(mailing_on_both)
    found = now(mailing)
    assert found is not None
    assert (found.came, found.went) == (0, 0)
    mailing.people("late")
    mailing.opts_out("p9")
    found = now(mailing, names=True)
    assert found is not None
    assert (found.came, found.went) == (1, 1)
    assert found.who_came == (Person("late@example.com", ""),)
    assert found.who_went == (Person("p9@example.com", "opted out"),)
    again = now(mailing)
    assert again is not None
    assert again.who_came == ()


def test_who_leaves_the_segment_by_an_edit_is_seen_and_who_was_erased_is_counted(mailing: Mailing) -> None:
    mailing.people("ann", "bob", tags=["runner"])
    mailing.draft(segment="tag has runner")
    mailing.decide("approve", ROBIN)
    remember(mailing.db, SLUG, mailing.config)
    mailing.sql("DELETE FROM subscriber_tags WHERE subscriber_id = 1")
    mailing.sql("DELETE FROM subscriptions WHERE subscriber_id = 2")
    with mailing.db.write() as s:
        s.get_one(Subscriber, 2).email = ""
    found = now(mailing, names=True)
    assert found is not None
    assert found.went == 2
    assert found.who_went[0] == Person("ann@example.com", f"not in the segment part-{SLUG}: tag has runner")
    assert found.who_went[1].email == "somebody who is no longer there"


def test_a_new_approval_begins_anew_and_one_that_was_not_kept_says_nothing(mailing: Mailing) -> None:
    approved(mailing)
    mailing.people("late")
    mailing.decide("approve", ROBIN)
    assert now(mailing) is None
    remember(mailing.db, SLUG, mailing.config)
    found = now(mailing)
    assert found is not None
    assert found.came == 0


def test_remembering_twice_keeps_what_was_seen_first(mailing: Mailing) -> None:
    approved(mailing)
    mailing.people("late")
    remember(mailing.db, SLUG, mailing.config)
    found = now(mailing)
    assert found is not None
    assert found.came == 1


def test_a_draft_and_a_launched_campaign_have_nobody_coming_or_going(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft()
    remember(mailing.db, SLUG, mailing.config)
    assert now(mailing) is None
    mailing.decide("approve", ROBIN)
    remember(mailing.db, SLUG, mailing.config)
    mailing.sent()
    assert now(mailing) is None
