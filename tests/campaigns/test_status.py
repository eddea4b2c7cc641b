"""The counts add up to the audience, or the question fails."""

from __future__ import annotations

from dataclasses import fields

import pytest

from base.errors import Broken
from campaigns.status import is_going_on
from delivery.ledger.counts import Counts
from tests.campaigns.mailing import ROBIN, SLUG, Mailing

TAMPERED = [
    "UPDATE runs SET audience = audience + 1",
    "DELETE FROM deliveries WHERE subscriber_id = 1",
    "UPDATE batches SET size = size - 1 WHERE number = 1",
    "DELETE FROM batches WHERE number = 2",
]


@pytest.fixture
def launched(mailing: Mailing) -> Mailing:
    mailing.crowd(5)
    mailing.people("waiting", state="pending")
    mailing.draft()
    mailing.decide("send", ROBIN)
    mailing.launch()
    return mailing


def test_a_draft_has_nobody_yet(mailing: Mailing) -> None:
    mailing.draft()
    found = mailing.status()
    assert (found.state, found.batches, found.attention) == ("draft", 0, "")
    assert set(found.document()["counts"].values()) == {0}


def test_the_counts_part_the_audience(launched: Mailing) -> None:
    launched.opts_out("p1")
    before = launched.status().counts
    assert (before.audience, before.planned) == (5, 5)
    launched.deliver()
    found = launched.status()
    n = found.counts
    assert (n.accepted, n.skipped, n.no_news, found.batches) == (4, 1, 4, 3)
    assert n.audience == n.planned + n.sending + n.accepted + n.refused + n.skipped + n.uncertain


def test_the_document_has_the_keys_that_others_rely_on(launched: Mailing) -> None:
    document = launched.status().document()
    assert {"slug", "state", "counts", "batches"} <= document.keys()
    assert list(document["counts"]) == [field.name for field in fields(Counts)]


@pytest.mark.parametrize("tampering", TAMPERED)
def test_whoever_is_unaccounted_for_makes_it_fail_with_the_campaigns_name(tampering: str, launched: Mailing) -> None:
    launched.sql(tampering)
    with pytest.raises(Broken, match=rf"^{SLUG}: .*does not add up"):
        launched.status()


@pytest.mark.parametrize("name", ["draft", "sending", "sent", "paused"])
def test_only_what_changes_by_itself_is_waited_for(name: str, launched: Mailing) -> None:
    if name == "paused":
        launched.decide("pause")
    if name == "sent":
        launched.deliver()
    if name == "draft":
        launched.draft("other")
        assert not is_going_on(launched.status("other"))
        return
    assert launched.state() == name
    assert is_going_on(launched.status()) is (name == "sending")
