"""What becomes of a mail, told by the address it goes to: anna+bounce@example.com bounces."""

from __future__ import annotations

from dataclasses import dataclass

SINK = "sink.sendgrid.net"  # accepted, counted, reported as delivered and kept nowhere

# A word is the whole local part or one of its tags: bounce@…, anna+open+click@…
_DROPS = {"dropped": "Spam Content", "invalid": "Invalid", "quota": "Recipient List over Package Quota"}
_LATER = ("open", "mpp", "click", "spam", "unsubscribe", "async")
WORDS = ("bounce", "blocked", "deferred", *_DROPS, *_LATER)


@dataclass(frozen=True)
class Fate:
    kind: str  # delivered, bounced, blocked or dropped: the words of the e-mail log
    kept: bool  # whether it lies in the mailbox
    reason: str = ""  # of a drop
    deferred: bool = False
    later: tuple[str, ...] = ()  # what happens after delivery


def fate_of(address: str, suppressed: str | None) -> Fate:
    """`suppressed` is the reason to drop that the account's lists give, if any."""
    local, _, domain = address.lower().rpartition("@")
    words = set(local.split("+"))
    drop = suppressed or next((reason for word, reason in _DROPS.items() if word in words), "")
    if drop:
        return Fate("dropped", kept=False, reason=drop)
    if "bounce" in words:
        return Fate("bounced", kept=False)
    if "blocked" in words:
        return Fate("blocked", kept=False)
    later = tuple(word for word in _LATER if word in words)
    return Fate("delivered", kept=domain != SINK, deferred="deferred" in words, later=later)
