"""What has to agree: evidence and wordings with their hashes, the projection with the fold of all rows.

The seals over these rows are in chain.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import and_, or_, select, tuple_
from sqlalchemy.orm import Session

from subscribers.models import Consent, Evidence, Subscription, Wording
from subscribers.projection import MARKETING, Holds, Pair, folded
from subscribers.proof.evidence import content_hash

_AT_ONCE = 500


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written."""

    what: str  # row, row gone, row added, seal, seal gone, personal part, wording, evidence, projection, journal
    words: str
    seal: int | None = None
    row: int | None = None
    subscriber: int | None = None


def evidence(s: Session) -> Iterator[Finding]:
    """Texts and circumstances whose content is not what their hash says."""
    texts = (Wording.text, Wording.language, Wording.controller, Wording.privacy_url)
    for each in _streamed(s, select(Wording.id, Wording.hash, *texts).order_by(Wording.id)):
        if content_hash(*each[2:]) != each.hash:
            yield Finding("wording", f"Wording {each.id} is not the text that it was", row=each.id)
    facts = (Evidence.how, Wording.hash, Evidence.source, Evidence.actor, Evidence.jurisdiction)
    query = select(Evidence.id, Evidence.hash.label("kept"), *facts)
    query = query.outerjoin(Wording, Wording.id == Evidence.wording_id).order_by(Evidence.id)
    for each in _streamed(s, query):
        if each.hash is None or content_hash(*each[2:]) != each.kept:
            yield Finding("evidence", f"Evidence {each.id} is not what it was", row=each.id)


def projection(s: Session) -> Iterator[Finding]:
    """What is said to hold, where it is not what the rows come to."""
    for query in (_held_oddly(), _said_oddly()):
        pairs = ((row.list_id, row.subscriber_id) for row in _streamed(s, query))
        while some := set(islice(pairs, _AT_ONCE)):
            yield from _compare(s, some)


def _held_oddly() -> Any:
    """These two ask for all pairs but the plain ones, where the last row is for the list, counts, and is what holds.

    Almost all are plain; only for the others every row is read and folded.
    """
    plain = and_(
        Consent.subscriber_id == Subscription.subscriber_id,
        Consent.list_id == Subscription.list_id,
        Consent.purpose == MARKETING,
        Consent.state == Subscription.state,
        Consent.at == Subscription.since,
        Subscription.opens_since.is_(None),
    )
    query = select(Subscription.list_id, Subscription.subscriber_id)
    query = query.outerjoin(Consent, Consent.id == Subscription.consent_id)
    return query.where(or_(Consent.id.is_(None), ~plain))


def _said_oddly() -> Any:
    same = and_(Subscription.list_id == Consent.list_id, Subscription.subscriber_id == Consent.subscriber_id)
    later = or_(Subscription.consent_id.is_(None), Subscription.consent_id < Consent.id)
    of_opens = and_(Consent.purpose != MARKETING, Subscription.opens_since.is_(None))
    aside = or_(of_opens, Consent.state == "void")
    plain_later = and_(Consent.purpose == MARKETING, later)
    return select(Consent.list_id, Consent.subscriber_id).outerjoin(Subscription, same).where(or_(aside, plain_later))


def _compare(s: Session, pairs: Iterable[Pair]) -> Iterator[Finding]:
    key = (Subscription.list_id, Subscription.subscriber_id)
    columns = (Subscription.state, Subscription.since, Subscription.consent_id, Subscription.opens_since)
    rows = s.execute(select(*key, *columns).where(tuple_(*key).in_(pairs)))
    held = {
        (row.list_id, row.subscriber_id): Holds(row.state, row.since, row.consent_id, row.opens_since) for row in rows
    }
    ought = folded(s, pairs)
    for pair in sorted(pairs):
        if held.get(pair) != ought.get(pair):
            words = f"For subscriber {pair[1]} on list {pair[0]} {_say(held.get(pair))} is held, but {{}} was said"
            yield Finding("projection", words.format(_say(ought.get(pair))), subscriber=pair[1])


def _say(holds: Holds | None) -> str:
    if holds is None:
        return "nothing"
    opens = ", opens seen" if holds.opens_since else ""
    return f"{holds.state!r} since {holds.since:%Y-%m-%d %H:%M} by row {holds.consent_id}{opens}"


def _streamed(s: Session, query: Any) -> Iterator[Any]:
    return iter(s.execute(query, execution_options={"yield_per": 1_000}))
