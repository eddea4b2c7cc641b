"""An opt-out between the moment when an audience is fixed and a person's turn counts, in every campaign under way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from base.database import Database
from delivery.outbox import Outbox, Pace
from delivery.providers import open_provider
from subscribers import links
from subscribers.addresses import address_key
from subscribers.keys import Keys
from tests.campaigns.mailing import ROBIN, Mailing, settings
from tests.web.conftest import served


def test_who_leaves_while_two_campaigns_are_under_way_gets_neither(db: Database, keys: Keys, tmp_path: Path) -> None:
    """weMail/wemail#235: somebody unsubscribed while one campaign was being sent, and still got the next one, whose
    audience had been fixed before."""
    mailing = Mailing(db, keys, tmp_path)
    mailing.crowd(6)
    for slug in ("first", "second"):
        mailing.draft(slug)
        mailing.decide("send", ROBIN, slug=slug)
    mailing.launch()
    assert mailing.status("first").counts.audience == mailing.status("second").counts.audience == 6
    with served(db, keys) as site:
        for name in ("p2", "p5"):
            token = links.sign(keys, address_key(keys, f"{name}@example.com"), mailing.list_id())
            assert site.post(f"/u/{token}", "List-Unsubscribe=One-Click").status == 200
    mailing.deliver()
    for slug in ("first", "second"):
        counts = mailing.status(slug).counts
        assert (counts.accepted, counts.skipped) == (4, 2)
        assert mailing.why("p5", slug).verdict == "skipped"
    assert not {"p2@example.com", "p5@example.com"} & mailing.mails().keys()


def test_who_leaves_between_two_batches_of_one_campaign_gets_none(db: Database, keys: Keys, tmp_path: Path) -> None:
    """weMail/wemail#235 within one campaign: whoever looks at consent only when mails are queued mails them all."""
    mailing = Mailing(db, keys, tmp_path)
    mailing.config = settings(tmp_path, batch_size=2)
    mailing.crowd(6)
    mailing.draft()
    mailing.decide("send", ROBIN)
    mailing.launch()
    outbox = Outbox(db, open_provider(mailing.config), keys, Pace(1, timedelta(minutes=5), ()))
    assert outbox.step()
    for name in ("p4", "p6"):
        mailing.opts_out(name)
    while outbox.step():
        pass
    assert sorted(mailing.mails()) == [f"p{n}@example.com" for n in (1, 2, 3, 5)]
    assert mailing.status().counts.skipped == 2
