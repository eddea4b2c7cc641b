"""What went wrong elsewhere, about segments and who is in them. Each test names the public thread."""

from __future__ import annotations

from sqlalchemy.orm import Session

from campaigns.segments.people import count, page
from campaigns.segments.saved import add_segment, chosen
from subscribers.consent import opt_out
from subscribers.lists import add_list, get_list
from tests.campaigns.mailing import Mailing
from tests.support.people import a_person


def test_a_person_in_two_segments_and_on_two_lists_gets_one_mail(mailing_on_both: Mailing) -> None:
    """TryGhost/Ghost#12259: somebody in two segments, or with two subscriptions, got two mails."""
    mailing = mailing_on_both
    with mailing.db.write() as s:
        add_list(s, "events", "Events")
        for slug in ("tips", "events"):
            a_person(s, mailing.keys, list_slug=slug, tags=["runner", "local"])
        add_segment(s, "runners", "tag has runner")
        add_segment(s, "locals", "tag has local")
    mailing.draft(segment="segment runners or segment locals or list in (tips, events)")
    assert mailing.sent().counts.audience == 1
    assert list(mailing.mails()) == ["ann@example.com"]


def test_one_address_written_in_two_ways_is_one_person_who_is_counted(mailing_on_both: Mailing) -> None:
    """mautic/mautic#14381: of several contacts with one address all but one vanished from the count."""
    mailing = mailing_on_both
    with mailing.db.write() as s:
        first = a_person(s, mailing.keys, "ann@example.com", tags=["a"])
        assert a_person(s, mailing.keys, "Ann@EXAMPLE.com", tags=["b"]).id == first.id
        list_id = _list(s, "tips")
        for rule in ("tag has a", "tag has b", "tag has a and tag has b"):
            assert count(s, chosen(s, rule), list_id).recipients == 1
            assert [each.id for each in page(s, chosen(s, rule), list_id)] == [first.id]


def test_no_rule_reaches_who_opted_out_of_the_list(mailing_on_both: Mailing) -> None:
    """mautic/mautic#10879: somebody opted out of a category and still got that category."""
    mailing = mailing_on_both
    with mailing.db.write() as s:
        add_list(s, "events", "Events")
        for slug in ("tips", "events"):
            ann = a_person(s, mailing.keys, list_slug=slug)
        list_id = _list(s, "tips")
        opt_out(s, address_key=ann.address_key, list_id=list_id, how="page", source="test", actor="test")
        rules = ("list = events", "list = tips with state withdrawn", "not list = tips", "email is not empty")
        assert [count(s, chosen(s, rule), list_id).recipients for rule in rules] == [0, 0, 0, 0]
        assert count(s, chosen(s, "list = tips"), _list(s, "events")).recipients == 0
        assert count(s, chosen(s, "list = events"), _list(s, "events")).recipients == 1


def test_a_segment_is_never_rebuilt_because_it_is_never_stored(mailing_on_both: Mailing) -> None:
    """mautic/mautic#8113: rebuilds of segments piled up until the machine stood still."""
    mailing = mailing_on_both
    with mailing.db.write() as s:
        add_segment(s, "runners", "tag has runner")
    mailing.people("ann", tags=["runner"])
    with mailing.db.read() as s:  # a transaction that may not write
        assert count(s, chosen(s, "runners"), _list(s, "tips")).recipients == 1


def _list(s: Session, slug: str) -> int:
    return get_list(s, slug).id
