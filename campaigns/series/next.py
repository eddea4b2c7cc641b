"""The dates to come and what each will contain, if nothing changes until then. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from heapq import merge
from itertools import islice, takewhile

from sqlalchemy.orm import Session

from campaigns.models import Article, Campaign, Occurrence, Offer, Series
from campaigns.series.choice import Choice, Piece, choose, next_articles
from campaigns.series.occurrences import campaign_of, instant, is_decided, made_at, rows, to_come, today
from campaigns.series.store import live_series
from campaigns.state import progress, state

TO_BE_MADE = "to be made"
LEFT_OUT = ("skipped", "cancelled")


@dataclass(frozen=True)
class Ahead:
    date: date
    at: datetime
    state: str  # TO_BE_MADE, skipped, or the campaign's own
    campaign: str | None
    article: Piece | None
    offer: Piece | None
    lacks: str  # what is missing, and how to mend it


@dataclass(frozen=True, order=True)
class _Turn:
    """When a date's campaign is made, and by which series: in this order articles are given out."""

    made_at: datetime
    slug: str
    day: date


def ahead(
    s: Session, series: Series, now: datetime, *, count: int | None = None, through: date = date.max
) -> list[Ahead]:
    """The next `count` dates, or those through a day."""
    days = list(islice(takewhile(lambda day: day <= through, to_come(series, now)), count))
    if not days or series.ended_at is not None:
        return []
    others = {each.slug: each for each in live_series(s) if each.list_id == series.list_id}
    known = {each.slug: rows(s, each, today(each, now) - timedelta(days=1)) for each in others.values()}
    articles = next_articles(s, series.list_id)
    found: list[Ahead] = []
    for turn in _turns(list(others.values()), now, _turn(series, days[-1])):
        whose = others[turn.slug]
        coming = _coming(s, whose, turn.day, known[whose.slug].get(turn.day), articles)
        if coming.state == TO_BE_MADE and not coming.lacks:
            articles = articles[1:]
        if whose.id == series.id:
            found.append(coming)
    return found


def first_to_leave(s: Session, series: Series, now: datetime) -> tuple[Ahead | None, list[date]]:
    """The next date that is not left out, and those before it that are. None where no date is to come."""
    count = 1
    while True:
        coming = ahead(s, series, now, count=count)
        left_out = [each.date for each in takewhile(lambda each: each.state in LEFT_OUT, coming)]
        if len(left_out) < len(coming):
            return coming[len(left_out)], left_out
        if len(coming) < count:
            return None, left_out
        count *= 2


def _turns(all_of_list: list[Series], now: datetime, last: _Turn) -> Iterator[_Turn]:
    """Every date of every series on the list up to the last one that is asked for, in the order of being made."""
    lines = [map(partial(_turn, series), to_come(series, now)) for series in all_of_list]
    return takewhile(lambda turn: turn <= last, merge(*lines))


def _turn(series: Series, day: date) -> _Turn:
    return _Turn(made_at(series, day), series.slug, day)


def _coming(s: Session, series: Series, day: date, row: Occurrence | None, articles: Sequence[Piece]) -> Ahead:
    at = instant(series, day)
    campaign = campaign_of(s, row) if row else None
    if row and row.skipped_at:
        return Ahead(day, at, "skipped", row.campaign, None, None, "")
    if campaign is None:
        choice = choose(s, series.list_id, series.offer, at, articles)
        return Ahead(day, at, TO_BE_MADE, None, choice.article, choice.offer, choice.lacks)
    contents, standing = _contents(s, campaign), state(campaign, progress(s, campaign))
    lacks = "" if is_decided(campaign) else (row.trouble if row else None) or ""
    return Ahead(day, at, standing, campaign.slug, contents.article, contents.offer, lacks)


def _contents(s: Session, campaign: Campaign) -> Choice:
    article = s.get(Article, campaign.article_id) if campaign.article_id else None
    offer = s.get(Offer, campaign.offer_id) if campaign.offer_id else None
    return Choice(
        Piece(article.slug, article.title) if article else None, Piece(offer.slug, offer.title) if offer else None, ""
    )
