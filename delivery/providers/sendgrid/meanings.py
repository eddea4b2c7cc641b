"""What each of SendGrid's events means to us: event × type × reason → word, outcome, suppression, who tries again.

Sources: twilio.com/docs/sendgrid "Event Webhook Reference", "Bounces", "Blocks", "Deferrals".
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from delivery.outcomes import Flag
from subscribers.suppression import Reason

Retry = Literal["nobody", "the provider", "the next campaign"]
ANY: Final = "*"

_ON_THE_WAY: Final[Retry] = "the provider"  # it goes on by itself, for up to 72 hours
_NEXT: Final[Retry] = "the next campaign"  # this mail is lost, the address stays
_NO: Final[Retry] = "nobody"  # arrived, or the address is stopped


class Meaning(NamedTuple):
    kind: str  # our word for it
    flag: Flag | None
    retry: Retry
    stop: Reason | None = None
    opted_out: bool = False  # withdraws consent
    everywhere: bool = True  # from every list, not the run's alone


_SOFT = Meaning("blocked", Flag.BLOCKED | Flag.SOFT, _NEXT)  # it lies with the mailbox: counted by soft_bounces.py
_BLOCKED = Meaning("blocked", Flag.BLOCKED, _NEXT)  # it lies with us or between the servers: says nothing of a mailbox
_HARD = Meaning("bounced", Flag.BOUNCED, _NO, stop="hard bounce")
_DROPPED = Meaning("dropped", Flag.DROPPED, _NEXT)


def _dropped_for(reason: Reason) -> Meaning:
    """One of SendGrid's own lists has the address; it says nothing new of the person's will."""
    return Meaning("dropped", Flag.DROPPED, _NO, stop=reason)


# (event, type, reason), in small letters; the type of an open says who opened, the reason of a bounce is its class.
# The closest row counts: the very reason, else any of that type, else any of that event.
MEANINGS: Final[dict[tuple[str, str, str], Meaning]] = {
    ("processed", ANY, ANY): Meaning("processed", Flag.PROCESSED, _ON_THE_WAY),
    ("deferred", ANY, ANY): Meaning("deferred", Flag.DEFERRED, _ON_THE_WAY),
    ("delivered", ANY, ANY): Meaning("delivered", Flag.DELIVERED, _NO),
    ("bounce", ANY, ANY): _SOFT,  # a type that is new says nothing for good
    ("bounce", "bounce", ANY): _HARD,
    ("bounce", "", ANY): _HARD,
    ("bounce", "expired", ANY): _SOFT,
    ("bounce", "blocked", ANY): _SOFT,
    ("bounce", "blocked", "invalid address"): _SOFT,
    ("bounce", "blocked", "mailbox unavailable"): _SOFT,
    ("bounce", "blocked", "unclassified"): _SOFT,
    ("bounce", "blocked", "content"): _BLOCKED,
    ("bounce", "blocked", "frequency or volume too high"): _BLOCKED,
    ("bounce", "blocked", "reputation"): _BLOCKED,
    ("bounce", "blocked", "technical"): _BLOCKED,
    ("bounce", "blocked", "technical failure"): _BLOCKED,
    ("blocked", ANY, ANY): _SOFT,  # what was deferred for 72 hours ends as a block, or by some pages as `expired`
    ("expired", ANY, ANY): _SOFT,
    ("dropped", ANY, ANY): _DROPPED,
    ("dropped", ANY, "bounced address"): _dropped_for("hard bounce"),
    ("dropped", ANY, "invalid"): _dropped_for("hard bounce"),
    ("dropped", ANY, "spam reporting address"): _dropped_for("complaint"),
    ("dropped", ANY, "unsubscribed address"): _dropped_for("opt-out"),
    ("dropped", ANY, "invalid smtpapi header"): _DROPPED,
    ("dropped", ANY, "spam content"): _DROPPED,
    ("dropped", ANY, "recipient list over package quota"): _DROPPED,
    ("open", ANY, ANY): Meaning("opened", Flag.OPENED, _NO),
    # A privacy proxy fetched the pictures: the mail is there, and whether anybody looked is not known.
    ("open", "machine", ANY): Meaning("opened by a machine", Flag.OPENED_BY_MACHINE, _NO),
    ("click", ANY, ANY): Meaning("clicked", Flag.CLICKED, _NO),  # by a person, unless clicks.py finds otherwise
    ("spamreport", ANY, ANY): Meaning("complained", Flag.COMPLAINED, _NO, stop="complaint", opted_out=True),
    ("unsubscribe", ANY, ANY): Meaning("opted out", Flag.OPTED_OUT, _NO, opted_out=True),
    ("group_unsubscribe", ANY, ANY): Meaning("opted out", Flag.OPTED_OUT, _NO, opted_out=True, everywhere=False),
    # Somebody changed SendGrid's list. Our opt-out is lifted by the person's own new consent here, and by nothing else.
    ("group_resubscribe", ANY, ANY): Meaning("resubscribed at the provider", None, _NO),
    ("account_status_change", ANY, ANY): Meaning("account status changed", None, _NO),
}


def meaning(event: str, type_: str, reason: str) -> Meaning | None:
    """None for an event that we have no word for."""
    return (
        MEANINGS.get((event, type_, reason))
        or MEANINGS.get((event, type_, ANY))
        or MEANINGS.get((event, ANY, reason))
        or MEANINGS.get((event, ANY, ANY))
    )


# Of these the event's name says all; most events are such.
PLAIN: Final[dict[str, Meaning]] = {
    event: found for (event, _, _), found in MEANINGS.items() if sum(other == event for other, _, _ in MEANINGS) == 1
}
