"""Names are given once, whoever asks, however close together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base.config import Config
from base.database import Database, add_new, database_now
from base.errors import Refused
from campaigns import drafts, offers
from campaigns.articles.source import read_bytes
from campaigns.articles.store import add_article
from campaigns.models import Archive
from campaigns.segments.saved import add_segment
from campaigns.series import store as series
from subscribers.keys import Keys
from subscribers.lists import add_list
from tests.campaigns.mailing import POST, Mailing

READ = read_bytes(POST, name="knees.md", markdown=True)
CAMPAIGN = drafts.Draft("twice", "tips", "Hello", "monthly-tips", article="knees")
OFFER = offers.Draft("Check", cta_url="https://example.com/o")
SERIES = series.Draft("twice", "tips", "first tuesday 09:00", "UTC", "monthly-tips")
ADD: dict[str, Callable[[Session, Config], object]] = {
    "article": lambda s, _: add_article(s, READ, slug="twice", actor="robin"),
    "campaign": lambda s, _: drafts.add_campaign(s, CAMPAIGN, actor="robin"),
    "list": lambda s, _: add_list(s, "twice", "Twice"),
    "offer": lambda s, _: offers.add_offer(s, OFFER, offers.Validity("UTC"), slug="twice", actor="robin"),
    "segment": lambda s, _: add_segment(s, "twice", "tag has runner"),
    "series": lambda s, config: series.add_series(s, SERIES, config, actor="robin", now=database_now(s)),
}


@pytest.mark.parametrize("kind", ADD)
def test_who_asks_for_a_name_a_moment_later_hears_what_everybody_hears(
    kind: str, db: Database, keys: Keys, tmp_path: Path
) -> None:
    mailing, is_added = Mailing(db, keys, tmp_path), threading.Event()

    def first() -> None:
        with db.write() as s:
            ADD[kind](s, mailing.config)
            is_added.set()
            time.sleep(0.2)  # on PostgreSQL the second begins before the first has ended, and sees nothing of it

    begun = threading.Thread(target=first)
    begun.start()
    assert is_added.wait(10)
    at_the_same_time = refused(mailing, kind)
    begun.join()
    assert at_the_same_time == refused(mailing, kind)
    assert f"{kind} twice" in at_the_same_time
    assert "choose another" in at_the_same_time


def test_only_a_name_that_is_taken_is_called_so(db: Database) -> None:
    with pytest.raises(IntegrityError), db.write() as s:
        add_new(s, Archive(list_id=99, public_id="a", published_by="robin"), "taken")


def refused(mailing: Mailing, kind: str) -> str:
    with pytest.raises(Refused) as caught, mailing.db.write() as s:
        ADD[kind](s, mailing.config)
    return caught.value.sentence
