"""Lists: what people sign up for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.database import add_new, database_now
from base.errors import BadInput, NotFound, Refused
from subscribers.fields.values import clean
from subscribers.models import List, SignUp, Subscriber, Subscription
from subscribers.suppression import mailable

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class ListCounts:
    id: int
    slug: str
    name: str
    pending: int
    confirmed: int
    withdrawn: int
    mailable: int  # confirmed, and nothing stops the address
    waiting: int  # who signed up and has not confirmed yet: nobody's subscriber
    archived_at: datetime | None


def add_list(s: Session, slug: str, name: str) -> List:
    """Raises BadInput for a slug that cannot be one and Refused for one that is taken."""
    if not _SLUG.fullmatch(slug) or len(slug) > 64:
        raise BadInput(f"{slug[:80]!r} cannot be a list's slug; use small letters, digits and -, such as monthly-tips")
    if not clean(name):
        raise BadInput(f"The list {slug} needs a name that people can read")
    added = List(slug=slug, name=clean(name), created_at=database_now(s))
    add_new(s, added, f"The list {slug} is there already; choose another slug or use it")
    return added


def get_list(s: Session, slug: str) -> List:
    """Raises NotFound."""
    found = s.scalar(select(List).where(List.slug == slug))
    if found is None:
        raise NotFound(f"There is no list {slug[:80]!r}; see them with: tipsheet list list")
    return found


def open_list(s: Session, slug: str) -> List:
    """One that people may be put on and mail be sent to. Raises NotFound, Refused for one that is archived."""
    found = get_list(s, slug)
    check_open(found)
    return found


def check_open(each: List) -> None:
    """Raises Refused for a list that is archived."""
    if each.archived_at is not None:
        raise Refused(
            f"The list {each.slug} is archived; bring it back first with: tipsheet list unarchive {each.slug}"
        )


def archive(s: Session, slug: str) -> List:
    """Nothing new is sent to it and nobody is added; who is on it stays. Raises Refused where it is archived."""
    found = open_list(s, slug)
    found.archived_at = database_now(s)
    s.flush()
    return found


def unarchive(s: Session, slug: str) -> List:
    """Raises Refused where it is not archived."""
    found = get_list(s, slug)
    if found.archived_at is None:
        raise Refused(f"The list {slug} is not archived; there is nothing to bring back")
    found.archived_at = None
    s.flush()
    return found


def list_name(s: Session, list_id: int) -> str | None:
    """What recipients call it; None where there is no such list."""
    return s.scalar(select(List.name).where(List.id == list_id))


def all_lists(s: Session) -> list[ListCounts]:
    return [count_list(s, each) for each in s.scalars(select(List).order_by(List.slug)).all()]


def count_list(s: Session, each: List) -> ListCounts:
    merged = select(Subscriber.id).where(Subscriber.merged_into.is_not(None))  # who is counted as somebody else
    states = (
        select(Subscription.state, func.count())
        .where(Subscription.list_id == each.id, Subscription.subscriber_id.not_in(merged))
        .group_by(Subscription.state)
    )
    counts = dict(s.execute(states).all())
    unconfirmed = SignUp.list_id == each.id, SignUp.email != ""  # a row that was confirmed is empty
    return ListCounts(
        id=each.id,
        slug=each.slug,
        name=each.name,
        pending=counts.get("pending", 0),
        confirmed=counts.get("confirmed", 0),
        withdrawn=counts.get("withdrawn", 0),
        mailable=s.scalar(select(func.count()).select_from(mailable(each.id).subquery())) or 0,
        waiting=s.scalar(select(func.count()).where(*unconfirmed)) or 0,
        archived_at=each.archived_at,
    )
