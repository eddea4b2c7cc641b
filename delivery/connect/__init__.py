"""Tipsheet and a SendGrid account: what has to be in order between them. `look` only looks; `connect` mends, too."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from base.config import Config
from base.errors import Refused, TipsheetError
from delivery.connect import hook, host, records
from delivery.connect.account import look_at_key, look_at_sender
from delivery.connect.finding import Finding
from delivery.connect.resolver import Resolver
from delivery.providers.provider import Verdict
from delivery.providers.sendgrid import SendGrid
from delivery.providers.sendgrid.account import Account

TEST_SUBJECT = "Tipsheet is connected"
TEST_TEXT = (
    "This mail went the way that campaigns will go: from Tipsheet through SendGrid to you.\n\n"
    "Look at its headers: SPF, DKIM and DMARC should each say pass.\n"
)


def look(config: Config, resolver: Resolver) -> list[Finding]:
    """Everything that can be looked at, changing nothing."""
    return list(_steps(config, resolver, None))


def connect(config: Config, resolver: Resolver, *, dry_run: bool, to: str) -> Iterator[Finding]:
    """Each step as it is done. `to` gets the seed mail; '' for the first of [delivery] seeds."""
    found = []
    for finding in _steps(config, resolver, dry_run):
        found.append(finding)
        yield finding
    if config.delivery.provider != "sendgrid":
        words = f'mails still leave through {config.delivery.provider}; when all is well set provider = "sendgrid"'
        yield Finding("provider", "mind", f"{words} in [delivery]")
    yield _seed_mail(config, found, to or next(iter(config.delivery.seeds), ""), dry_run=dry_run)


def _steps(config: Config, resolver: Resolver, dry_run: bool | None) -> Iterator[Finding]:
    """dry_run None: look only. Whatever may be broken says ok, or mind, when it is not: an alert ends by that."""
    domain: dict[str, Any] | None = None
    try:
        with closing(_sendgrid(config)) as provider:
            account = Account(provider.ask)
            scopes = look_at_key(account)
            yield Finding("key", "ok", "SendGrid knows the API key")
            yield scopes
            finding, domain = _sender(account, config)
            yield finding
            yield _hook(account, config, dry_run)
    except TipsheetError as cause:
        yield Finding("key", "broken", cause.sentence)
    yield from records.look(resolver, config.delivery.from_email, config.delivery.reply_to, domain)
    yield from host.look(config)


def _sender(account: Account, config: Config) -> tuple[Finding, dict[str, Any] | None]:
    """The domain: {} where SendGrid has none, None where it did not say."""
    try:
        finding, domain = look_at_sender(account, config.delivery.from_email)
    except Refused as cause:
        return Finding("sender", "broken", cause.sentence), None
    return finding, domain or {}


def _hook(account: Account, config: Config, dry_run: bool | None) -> Finding:
    try:
        return hook.look(account, config) if dry_run is None else hook.set_up(account, config, dry_run=dry_run)
    except Refused as cause:
        return Finding(hook.CHECK, "broken", cause.sentence)


def _seed_mail(config: Config, found: list[Finding], to: str, *, dry_run: bool) -> Finding:
    check, stops = "seed mail", [one.check for one in found if one.state == "broken" and one.check in ("key", "sender")]
    if not to:
        return Finding(check, "mind", "nobody to send one to; name a colleague in [delivery] seeds, or with --to")
    if stops:
        return Finding(check, "mind", f"not sent, because of {' and '.join(stops)}; mend that and connect again")
    if config.delivery.only_to and not _is_allowed(to, config.delivery.only_to):
        return Finding(check, "mind", f"not sent: {to} is fenced off by [delivery] only_to")
    if dry_run:
        return Finding(check, "mind", f"would be sent to {to} without --dry-run")
    with closing(_sendgrid(config)) as provider:
        answer = provider.notify(to, TEST_SUBJECT, TEST_TEXT)
    if answer.verdict is Verdict.ACCEPTED:
        return Finding(check, "ok", f"on its way to {to}; look whether it arrived, and not among the spam")
    return Finding(check, "broken", f"SendGrid did not take it ({answer.words}); mend that and connect again")


def _is_allowed(email: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(email.lower(), pattern.lower()) for pattern in patterns)


def _sendgrid(config: Config) -> SendGrid:
    """Whatever provider sends for now: this is about [sendgrid]."""
    return SendGrid(
        api_key=config.api_key(),
        base_url=config.sendgrid.base_url,
        deadline=config.delivery.deadline.total_seconds(),
        sender=config.delivery.from_email,
        tells_events=True,
    )
