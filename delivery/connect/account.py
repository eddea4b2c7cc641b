"""Is the key good, may it do what is needed and no more, and may this account send as our sender?"""

from __future__ import annotations

from typing import Any

from delivery.connect.finding import Finding
from delivery.providers.sendgrid.account import Account

# The smallest set, each with what would not work without it.
NEEDED = {
    "mail.send": "sending",
    "user.webhooks.event.settings.read": "looking at the event web hook",
    "user.webhooks.event.settings.update": "setting the event web hook",
    "whitelabel.read": "looking at domain authentication",
    "suppression.read": "learning who opted out, after a restore",
}
_SUPPRESSIONS = ("unsubscribes", "bounces", "blocks", "spam_reports", "invalid_emails")
_TOO_MUCH = ("api_keys.create", "billing.update", "teammates.create")
_PLACE = "in SendGrid under Settings, Sender Authentication"


def look_at_key(account: Account) -> Finding:
    """Raises Refused where the key is good for nothing."""
    has = account.scopes()
    missing = [f"{scope} ({use})" for scope, use in NEEDED.items() if scope not in has and not _in_parts(scope, has)]
    if missing:
        return Finding(
            "scopes",
            "broken",
            f"the key lacks {', '.join(missing)}; give it these in SendGrid under Settings, API Keys. "
            f"The smallest set is {', '.join(NEEDED)}, and for proof after a time-out Email Activity",
        )
    if too_much := [scope for scope in _TOO_MUCH if scope in has]:
        return Finding(
            "scopes", "mind", f"the key may do {', '.join(too_much)}, too; a smaller one is safer: {', '.join(NEEDED)}"
        )
    if not account.shows_logs():
        return Finding(
            "scopes",
            "mind",
            "the key may not read the e-mail logs, so that what is uncertain would always wait for you; "
            "give it Email Activity in SendGrid under Settings, API Keys",
        )
    return Finding("scopes", "ok", "the key may do all that is needed")


def look_at_sender(account: Account, from_email: str) -> tuple[Finding, dict[str, Any] | None]:
    """And the authenticated domain that stands for the sender, with its DNS records."""
    domain = _domain_of(account.domains(), from_email.rpartition("@")[2].lower())
    if domain and domain.get("valid"):
        return Finding("sender", "ok", f"SendGrid has authenticated {domain['domain']}"), domain
    if domain:
        words = f"{domain['domain']} waits for its DNS records; add those named below, then press Verify {_PLACE}"
        return Finding("sender", "broken", words), domain
    return _without_domain(account, from_email), None


def _without_domain(account: Account, from_email: str) -> Finding:
    mine = [one for one in account.senders() if str(one.get("from_email", "")).lower() == from_email.lower()]
    where = from_email.rpartition("@")[2]
    if not mine:
        return Finding("sender", "broken", f"SendGrid does not know {from_email}; authenticate {where} {_PLACE}")
    if not mine[0].get("verified"):
        words = f"{from_email} is not verified yet; open the mail that SendGrid sent there, or authenticate {where}"
        return Finding("sender", "broken", words)
    words = (
        f"{from_email} is verified as one address only, so that large mailbox providers refuse newsletters from it; "
        f"authenticate {where} {_PLACE}"
    )
    return Finding("sender", "mind", words)


def _domain_of(domains: list[dict[str, Any]], sender: str) -> dict[str, Any] | None:
    """The longest that is the sender's domain or one above it; of two alike the one that is valid."""
    above = [one for one in domains if f".{sender}".endswith(f".{str(one.get('domain', '')).lower()}")]
    return max(above, key=lambda one: (len(str(one["domain"])), bool(one.get("valid"))), default=None)


def _in_parts(scope: str, has: frozenset[str]) -> bool:
    return scope == "suppression.read" and all(f"suppression.{part}.read" in has for part in _SUPPRESSIONS)
