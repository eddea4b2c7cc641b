"""What a link in a mail does when somebody acts on it: their will is recorded, the run that moved them credited."""

from __future__ import annotations

from sqlalchemy.orm import Session

from base.database import database_now
from delivery import outcomes
from subscribers import consent
from subscribers.addresses import Address, address_key, wide_key
from subscribers.former import holders
from subscribers.keys import Keys
from subscribers.links import Token
from subscribers.lists import list_name

_ACTOR = "recipient"


def leave(s: Session, token: Token, *, everywhere: bool, how: str) -> str | None:
    """Stop mail of this list, or of every list. Returns the list's name; None where a link names none of ours."""
    name = list_name(s, token.list_id)
    if name is None:
        return None
    at = database_now(s)
    # The outcome first: whoever applies events takes the two rows in this order, too.
    if run := outcomes.run_of(s, token.run):
        people = holders(s, token.address_key)  # who had it when the mail left, too
        outcomes.merge(s, [outcomes.Turned(run, person.id, outcomes.Flag.OPTED_OUT, at) for person in people])
    where = None if everywhere else token.list_id
    consent.opt_out(
        s, address_key=token.address_key, list_id=where, how=how, source=_source(token), actor=_ACTOR, at=at
    )
    return name


def come_back(s: Session, token: Token, *, wording: str, how: str) -> str | None:
    """They want this list again, having read `wording` ({} is the list's name). The run stays credited."""
    name = list_name(s, token.list_id)
    if name is None:
        return None
    consent.undo(
        s,
        address_key=token.address_key,
        list_id=token.list_id,
        how=how,
        wording=wording.format(name),
        source=_source(token),
        actor=_ACTOR,
    )
    return name


def stop_address(s: Session, keys: Keys, address: Address, *, how: str, source: str) -> None:
    """Somebody without a link asks for no more mail to an address. Whether it is known is nobody's business."""
    key, wide = address_key(keys, address), wide_key(keys, address)
    consent.opt_out(s, address_key=key, wide=wide, list_id=None, how=how, source=source, actor=_ACTOR)


def _source(token: Token) -> str:
    return f"a link in a mail of run {token.run}" if token.run else "a link in a mail"
