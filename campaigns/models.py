"""The tables of campaigns: what we say, to whom, when, and what people decided. How far it got: delivery."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from base.database import Base
from delivery.models import Run, StoredMessage
from subscribers.models import List


class Article(Base):
    """A piece from the blog, read into blocks. What was found in it is kept as it was read."""

    __tablename__ = "articles"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    url: Mapped[str] = mapped_column(default="")
    image_url: Mapped[str] = mapped_column(default="")
    image_alt: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    blocks: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    offers: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # found in the text; `offer add` makes real ones
    warnings: Mapped[list[str]] = mapped_column(JSON)
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class Origin(Base):
    """Where an article was read, and what was read there beside its words."""

    __tablename__ = "article_origins"
    article_id: Mapped[int] = mapped_column(ForeignKey(Article.id), primary_key=True, autoincrement=False)
    address: Mapped[str] = mapped_column(index=True)  # a page, or the whole path of a file; empty for standard input
    author: Mapped[str]
    published: Mapped[str]  # the day, as 2026-12-01, as far as the page said
    digest: Mapped[str]  # of all that was read
    read_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]  # when a later reading found something else


class Edit(Base):
    """What a person set on an article by hand. Reading it again changes `as_read` and leaves `value` alone."""

    __tablename__ = "article_edits"
    article_id: Mapped[int] = mapped_column(ForeignKey(Article.id), primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    as_read: Mapped[Any] = mapped_column(JSON)
    set_at: Mapped[datetime]
    set_by: Mapped[str]


class Feed(Base):
    """An RSS or Atom feed whose articles arrive on schedule."""

    __tablename__ = "feeds"
    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    etag: Mapped[str] = mapped_column(default="")
    modified: Mapped[str] = mapped_column(default="")
    checked_at: Mapped[datetime | None]  # when it was last read without trouble
    next_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    trouble: Mapped[str | None] = mapped_column(Text)
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class FeedEntry(Base):
    """One piece in a feed. Unique, so that it arrives once."""

    __tablename__ = "feed_entries"
    feed_id: Mapped[int] = mapped_column(ForeignKey(Feed.id), primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(primary_key=True)  # a digest of its id, else of its link
    link: Mapped[str]
    digest: Mapped[str]  # of what the feed said when it was last read
    article_id: Mapped[int | None] = mapped_column(ForeignKey(Article.id))  # none: left out, or not readable yet
    tries: Mapped[int] = mapped_column(default=0)  # that failed, since the feed last said something else
    trouble: Mapped[str | None] = mapped_column(Text)
    seen_at: Mapped[datetime]


class Offer(Base):
    """A promotion. Valid from its first instant up to, not including, its last."""

    __tablename__ = "offers"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    body: Mapped[str] = mapped_column(Text, default="")
    cta_label: Mapped[str] = mapped_column(default="")
    cta_url: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    terms: Mapped[str] = mapped_column(Text, default="")
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    zone: Mapped[str]  # in which the two were given and are shown
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class Segment(Base):
    """A rule over subscribers under a name. It is read anew whenever it is used."""

    __tablename__ = "segments"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    rule: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime]


class Campaign(Base):
    """One mailing. Its state is computed from what people decided, here, and how far its run got."""

    __tablename__ = "campaigns"
    __table_args__ = (Index("ix_campaigns_scheduled_for", "scheduled_for"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)  # random: a slug in a link would tell a condition
    slug: Mapped[str] = mapped_column(unique=True)
    list_id: Mapped[int] = mapped_column(ForeignKey(List.id))
    article_id: Mapped[int | None] = mapped_column(ForeignKey(Article.id))
    offer_id: Mapped[int | None] = mapped_column(ForeignKey(Offer.id))
    segment_id: Mapped[int | None] = mapped_column(ForeignKey(Segment.id))
    subject: Mapped[str]
    preheader: Mapped[str] = mapped_column(default="")
    template: Mapped[str]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    approved_plan: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    message_id: Mapped[int | None] = mapped_column(ForeignKey(StoredMessage.id))  # frozen by approval
    message_hash: Mapped[str | None]
    scheduled_for: Mapped[datetime | None]
    wall: Mapped[str | None]  # "2026-12-01 09:00", as it was asked for, in `zone`
    zone: Mapped[str | None]
    launched_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    attention: Mapped[str | None] = mapped_column(Text)  # why it waits for a person
    run_id: Mapped[int | None] = mapped_column(ForeignKey(Run.id))
    frozen_through: Mapped[int] = mapped_column(default=0)  # the last subscriber id the freeze has been past
    added_at: Mapped[datetime]
    added_by: Mapped[str]
    # Each at `wall` in their own zone; `zone` is then that of people who have none.
    local: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    over_seconds: Mapped[int | None]  # how long its batches are spread over, from their time on
    per_hour: Mapped[int] = mapped_column(default=0, server_default="0")  # how fast it may leave; 0: no limit


class Exclusion(Base):
    """Someone on the list who is not in the frozen audience, and why."""

    __tablename__ = "exclusions"
    campaign_id: Mapped[int] = mapped_column(ForeignKey(Campaign.id), primary_key=True, autoincrement=False)
    subscriber_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reason: Mapped[str]


class ApprovedAudience(Base):
    """Whom a campaign would have reached when it was approved. No foreign key: a draft that is made anew is another."""

    __tablename__ = "approved_audiences"
    campaign_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    approved_at: Mapped[datetime]  # the approval that it belongs to
    at: Mapped[datetime]  # when it was looked up, a moment later
    people: Mapped[bytes] = mapped_column(LargeBinary)  # a bit for each subscriber's id, packed


class Series(Base):
    """The rule that makes a campaign on each of its dates, and what that campaign is made of."""

    __tablename__ = "series"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    list_id: Mapped[int] = mapped_column(ForeignKey(List.id))
    segment_id: Mapped[int | None] = mapped_column(ForeignKey(Segment.id))
    template: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")  # empty: the article's title
    words: Mapped[str]  # "the first Tuesday of the month at 09:00", in `zone`
    zone: Mapped[str]
    starts_on: Mapped[date]  # "every 2 weeks" is counted from it
    days_ahead: Mapped[int]
    approval: Mapped[str]  # required | not
    offer: Mapped[str]  # required | if-any
    seen_through: Mapped[date]  # each of its dates up to here is in occurrences, or came before it was added
    ended_at: Mapped[datetime | None]
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class Occurrence(Base):
    """One date of a series. Unique, so that any number of services make one campaign for it."""

    __tablename__ = "occurrences"
    __table_args__ = (UniqueConstraint("series_id", "local_date"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey(Series.id))
    local_date: Mapped[date]
    campaign: Mapped[str | None]  # its slug: a campaign that is made anew under its name is still this one
    missed_at: Mapped[datetime | None]  # its time came and nothing was sent
    skipped_at: Mapped[datetime | None]
    skipped_by: Mapped[str | None]
    trouble: Mapped[str | None] = mapped_column(Text)  # what it lacks, as staff were last told
    told: Mapped[int | None]  # how many days ahead that was


class Alert(Base):
    """Something that needs, or needed, a person: one row a cause, opened again when it comes back."""

    __tablename__ = "alerts"
    cause: Mapped[str] = mapped_column(primary_key=True)  # campaign:12:held, check:DMARC …: ids, never addresses
    words: Mapped[str] = mapped_column(Text)  # what to do
    since: Mapped[datetime]
    over_at: Mapped[datetime | None]


class Telling(Base):
    """Who was told of which alert. One row a cause and channel, so that a POST that fails repeats no mail."""

    __tablename__ = "tellings"
    cause: Mapped[str] = mapped_column(ForeignKey(Alert.cause), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)  # webhook, or mail to whom
    since: Mapped[datetime | None]  # the alert's, when it was last told
    told_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)  # since it was last told
    next_at: Mapped[datetime]  # not again before


class Archive(Base):
    """A list whose sent mails anybody may read, at an address that stays the same when it is taken back for a while."""

    __tablename__ = "archives"
    list_id: Mapped[int] = mapped_column(ForeignKey(List.id), primary_key=True, autoincrement=False)
    public_id: Mapped[str] = mapped_column(unique=True)  # random: a slug in a link would tell a condition
    published_at: Mapped[datetime | None]  # None: taken back
    published_by: Mapped[str]
