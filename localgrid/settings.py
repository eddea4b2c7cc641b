"""What a localgrid is started with. Faults are not here: they come and go while it runs (faults.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

# What a key with full access may do, as far as it concerns what is served here.
SCOPES = (
    "mail.send",
    "mail.batch.create",
    "mail.batch.read",
    "messages.read",
    "suppression.read",
    "suppression.create",
    "suppression.delete",
    "user.webhooks.event.settings.read",
    "user.webhooks.event.settings.update",
    "whitelabel.read",
)


@dataclass(frozen=True)
class Account:
    """What the made-up SendGrid account owns; a request that names anything else is refused."""

    senders: tuple[str, ...] = ()  # verified addresses or domains; none given: every sender is verified
    pending: tuple[str, ...] = ()  # addresses or domains that were entered and not verified yet
    scopes: tuple[str, ...] = SCOPES  # what the key may do
    asm_groups: tuple[int, ...] = ()
    ip_pools: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    data: Path
    host: str = "127.0.0.1"
    port: int = 8026
    api_key: str = "SG.local"
    events_url: str | None = None
    fast: bool = False  # count recipients only: no judge, no mailbox, no events
    fsync: bool = False  # the mailbox then survives a power cut, not only a kill
    events_every: float = 0.3  # seconds between two posts of events
    events_batch: int = 1000  # events in one post at most
    log_lag: float = 0.0  # seconds until /v3/logs shows a message
    rate_limit: int = 600  # requests a minute and path, everywhere but on mail/send
    account: Account = field(default_factory=Account)
