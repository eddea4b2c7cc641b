"""The sent mails of a list, for anybody to read: which lists show them, and what is shown of each."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import database_now
from base.errors import Refused
from campaigns.compose import day
from campaigns.models import Archive, Campaign
from delivery import messages
from delivery.ledger.counts import has_accepted
from delivery.slots import Filler, Recipient
from subscribers.lists import get_list
from subscribers.models import List

SHOWN = 50  # the newest; an archive is a page to read, not a store
NO_LINKS = dict.fromkeys(("unsubscribe", "preferences", "browser"), "#")  # the same for everybody, so for nobody


@dataclass(frozen=True)
class Entry:
    run: str  # its public id, as in the mail's own "View in browser"
    uid: str
    subject: str
    sent_at: datetime
    day: str  # in words, in the organisation's zone


@dataclass(frozen=True)
class Published:
    public_id: str
    uid: str
    name: str  # the list's
    entries: tuple[Entry, ...]  # the newest first
    changed_at: datetime


def publish(s: Session, slug: str, *, actor: str) -> str:
    """Its path, which stays the same however often. Raises NotFound."""
    archive = _of_list(s, get_list(s, slug).id)
    if archive.published_at is None:
        archive.published_at, archive.published_by = database_now(s), actor
        s.add(archive)
        s.flush()
    return _path(archive)


def path(s: Session, slug: str) -> str:
    """Where anybody may read it; '' while it is not published. Raises NotFound."""
    archive = s.get(Archive, get_list(s, slug).id)
    return _path(archive) if archive and archive.published_at else ""


def unpublish(s: Session, slug: str) -> None:
    """Raises NotFound, or Refused where it is not published."""
    archive = _of_list(s, get_list(s, slug).id)
    if archive.published_at is None:
        raise Refused(f"The list {slug} is not published; there is nothing to take back")
    archive.published_at = None
    s.flush()


def published(s: Session, public_id: str, zone: str) -> Published | None:
    """None for lists that are not published."""
    query = select(Archive, List.name).join(List, List.id == Archive.list_id)
    row = s.execute(query.where(Archive.public_id == public_id, Archive.published_at.is_not(None))).one_or_none()
    if row is None:
        return None
    archive, name = row
    entries = tuple(_entry(s, campaign, zone) for campaign in _sent(s, archive.list_id))
    changed = max(at for at in (archive.published_at, *(entry.sent_at for entry in entries)) if at)
    return Published(archive.public_id, _uid(archive.public_id), name, entries, changed)


def _of_list(s: Session, list_id: int) -> Archive:
    return s.get(Archive, list_id) or Archive(list_id=list_id, public_id=secrets.token_urlsafe(9), published_by="")


def _path(archive: Archive) -> str:
    return f"/archive/{archive.public_id}"


def _sent(s: Session, list_id: int) -> list[Campaign]:
    """Those that somebody got. What was cancelled half-way had a reason to be, and what was written for a part of the
    list was not written for everybody: neither is shown."""
    whole = Campaign.list_id == list_id, Campaign.segment_id.is_(None)
    query = select(Campaign).where(*whole, Campaign.cancelled_at.is_(None), has_accepted(Campaign.run_id))
    return list(s.scalars(query.order_by(Campaign.launched_at.desc(), Campaign.id.desc()).limit(SHOWN)))


def _entry(s: Session, campaign: Campaign, zone: str) -> Entry:
    sent_at = campaign.launched_at or campaign.added_at
    subject = subject_for_anybody(s, campaign)
    return Entry(campaign.public_id, _uid(campaign.public_id), subject, sent_at, day(sent_at, zone))


def subject_for_anybody(s: Session, campaign: Campaign) -> str:
    """Filled for nobody: one that greets by name shows what it says to those whose name is unknown."""
    return Filler(messages.load(s, campaign.message_id or 0)).fill(Recipient({}, NO_LINKS)).subject


def _uid(public_id: str) -> str:
    """The same for ever, wherever the site moves to."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'tipsheet:{public_id}')}"
