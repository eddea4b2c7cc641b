"""A report counts the rows of a run: each number with what it is a part of, and none that would mislead."""

from __future__ import annotations

import pytest

from base.errors import Refused
from campaigns.drafts import get_campaign
from campaigns.report.rates import BOUNCED, SEEN, TURNED_AWAY, Rate
from campaigns.report.report import Report, rate, report
from delivery.ledger import record
from delivery.providers.provider import Answer, Verdict
from tests.campaigns.mailing import ROBIN, SLUG, Mailing
from tests.campaigns.report.telling import tell
from tests.support.runs import taken


def reported(mailing: Mailing, slug: str = SLUG) -> Report:
    with mailing.db.read() as s:
        return report(s, get_campaign(s, slug), mailing.config)


def share_of(mailing: Mailing, name: str) -> Rate:
    return rate(reported(mailing).rates, name)


def sent(mailing: Mailing, people: int = 8, agreed: int = 0) -> Mailing:
    mailing.crowd(people)
    mailing.agrees(*(f"p{n}" for n in range(1, agreed + 1)))
    mailing.draft()
    mailing.sent()
    return mailing


def test_before_the_launch_there_is_nothing_to_report(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft()
    with pytest.raises(Refused, match=r"has not been launched.*campaign plan december"):
        reported(mailing)


def test_every_number_stands_with_what_it_is_a_part_of(mailing_on_both: Mailing) -> None:
    mailing = sent(mailing_on_both, agreed=4)
    tell(
        mailing,
        *((f"p{n}", "delivered", 0, {}) for n in range(1, 6)),
        ("p6", "bounce", 0, {"type": "bounce", "reason": "550 5.1.1 <p6@example.com>: user unknown"}),
        ("p7", "bounce", 0, {"type": "blocked", "reason": "452 4.2.2 over quota"}),
        ("p1", "open", 1.5, {}),
        ("p1", "open", 30, {}),
        ("p1", "click", 1.6, {"url": "https://example.com/o"}),
        ("p2", "open", 0.2, {"sg_machine_open": True}),
        ("p3", "click", 0, {"url": "https://example.com/o"}),
        ("p4", "spamreport", 3, {}),
    )
    found = reported(mailing)
    assert rate(found.rates, "accepted") == Rate("accepted", 8, 8, "recipients", 1.0)
    assert rate(found.rates, "delivered") == Rate("delivered", 5, 8, "accepted", 5 / 8)
    assert rate(found.rates, BOUNCED).people == 1
    assert rate(found.rates, TURNED_AWAY).people == 1
    assert rate(found.rates, "no news yet").people == 1
    assert rate(found.rates, "opened") == Rate("opened", 1, 4, SEEN, 1 / 4)
    assert rate(found.rates, "opened by a machine only") == Rate("opened by a machine only", 1, 4, SEEN, 1 / 4)
    of_delivered = {each.name: each.people for each in found.rates if each.of_what == "delivered"}
    assert of_delivered == {
        "clicked": 1,
        "clicked by a bot only": 1,
        "opted out": 0,
        "complained": 1,
    }
    assert all(each.of == 5 for each in found.rates if each.of_what == "delivered")
    for whole, of in (("recipients", 8), ("accepted", 8)):
        assert sum(each.people for each in found.rates if each.of_what == whole) == of
    assert [(back.reason, back.people) for back in found.came_back] == [
        ("no such mailbox", 1),
        ("the mailbox is full", 1),
    ]
    assert [(hour.number, hour.opened, hour.clicked) for hour in found.hours if hour.opened or hour.clicked] == [
        (1, 1, 1)
    ]
    assert "@example.com" not in repr(found)


def test_where_nothing_is_told_of_a_nought_is_no_result(mailing: Mailing) -> None:
    sent(mailing)
    for name in ("delivered", BOUNCED):
        assert share_of(mailing, name).share is None
    tell(
        mailing,
        ("p1", "delivered", 0, {}),
        ("p2", "delivered", 0, {}),
        ("p1", "click", 2, {"url": "https://e.example"}),
    )
    assert (share_of(mailing, "opened").share, share_of(mailing, "clicked").share) == (None, 0.5)
    assert share_of(mailing, "opted out").share == 0


def test_whoever_is_unaccounted_for_is_named_and_it_is_not_called_sent(mailing: Mailing) -> None:
    """Called finished with part of the list unsent: notifuse 414 and 157, listmonk 1802."""
    mailing.crowd(4)
    mailing.draft()
    mailing.decide("send", ROBIN)
    mailing.launch()
    claimed = taken(mailing.db)
    with mailing.db.write() as s:
        record(s, claimed.attempt, Answer(Verdict.UNCERTAIN, "no answer"))
    found = reported(mailing)
    assert (rate(found.rates, "uncertain").people, rate(found.rates, "to leave").people) == (2, 2)
    assert found.state not in ("sent", "partially_sent")


def test_who_was_left_out_when_and_why(mailing_on_both: Mailing) -> None:
    mailing = mailing_on_both
    mailing.crowd(4)
    mailing.people("waiting", state="pending")
    mailing.draft()
    mailing.decide("send", ROBIN)
    mailing.launch()
    mailing.opts_out("p3")
    mailing.opts_out("p4")
    words = {1: "The address p1@example.com is not valid."}
    claimed = taken(mailing.db)
    with mailing.db.write() as s:
        record(s, claimed.attempt, Answer(Verdict.REFUSED, "1 bad", status=400, refused=words))
    mailing.deliver()
    found = reported(mailing)
    assert (found.excluded, found.skipped) == ({"pending": 1}, {"opted out": 2})
    assert found.refused == {"The address … is not valid.": 1}


def test_it_stands_beside_the_last_three_of_its_list(mailing: Mailing) -> None:
    mailing.crowd(2)
    for slug in ("july", "august", "september", "october", "november"):
        mailing.draft(slug)
        mailing.sent(slug)
    found = reported(mailing, "november")
    assert [one.slug for one in found.beside] == ["october", "september", "august"]
    assert [one.slug for one in reported(mailing, "august").beside] == ["july"]
    assert found.beside[0].rates[0].of == 2
