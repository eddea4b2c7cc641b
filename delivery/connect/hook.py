"""The account's event web hook: does it tell this service everything, signed with the key that we believe?"""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from base.config import Config
from base.errors import Refused
from delivery.connect.finding import Finding
from delivery.providers.sendgrid.account import Account, Hook

CHECK = "web hook"
PATH = "/events/sendgrid"
# What delivery lives by. Clicks and opens are left as they are: every request switches their tracking off.
EVENTS = (
    "processed",
    "dropped",
    "delivered",
    "deferred",
    "bounce",
    "spam_report",
    "unsubscribe",
    "group_unsubscribe",
    "group_resubscribe",
)
_NAME = "Tipsheet"


@dataclass(frozen=True)
class Standing:
    """The web hook that is ours, and what is wrong with it; `hook` is None where there is none."""

    hook: Hook | None
    wrong: tuple[str, ...]


def look(account: Account, config: Config) -> Finding:
    standing = _standing(account, config)
    if standing.wrong:
        return Finding(CHECK, "broken", f"{'; '.join(standing.wrong)}; mend it with: tipsheet connect sendgrid")
    return Finding(CHECK, "ok", f"SendGrid tells {our_url(config)} of every delivery, signed with the key that is kept")


def set_up(account: Account, config: Config, *, dry_run: bool) -> Finding:
    """Make it or mend it, turn signing on and keep the public key."""
    standing = _standing(account, config)
    if not standing.wrong:
        return look(account, config)
    if dry_run:
        return Finding(CHECK, "mind", f"{'; '.join(standing.wrong)}; would be set up without --dry-run")
    hook = _mended(account, config, standing.hook)
    public_key = hook.public_key or account.sign(hook)
    if not public_key:
        raise Refused("SendGrid turned signing on and told no key; look under Settings, Mail Settings, Event Webhooks")
    if was := _set_by_hand(config):
        if was != public_key:
            words = "config.toml or the environment sets another webhook_key; take it out, so that the kept one counts"
            return Finding(CHECK, "broken", words)
    elif config.sendgrid.webhook_key != public_key:
        _keep(config, public_key)
        words = f"set up for {our_url(config)}; its key is in {config.webhook_key_file()}: start tipsheet run again"
        return Finding(CHECK, "ok", f"{words}, so that it believes it")
    return Finding(CHECK, "ok", f"set up for {our_url(config)}, signed with the key that is kept")


def our_url(config: Config) -> str:
    return config.web.public_url + PATH


def _standing(account: Account, config: Config) -> Standing:
    url, hooks = our_url(config), account.hooks()
    mine = next((one for one in hooks if one.url == url), None)
    if mine is None:
        moved = next((one for one in hooks if urlsplit(one.url).path.endswith(PATH)), None)
        words = f"the web hook posts to {moved.url} instead of {url}" if moved else f"no web hook posts to {url}"
        return Standing(moved, (words,))
    wrong = [] if mine.enabled else ["the web hook is switched off"]
    if missing := [name for name in EVENTS if not mine.switches.get(name)]:
        wrong.append(f"the web hook does not tell of {', '.join(missing)}")
    if not mine.public_key:
        wrong.append("the web hook is not signed, so nothing it says can be believed")
    elif not config.sendgrid.webhook_key:
        wrong.append("the public key of the web hook is not known here")
    elif mine.public_key != config.sendgrid.webhook_key:
        wrong.append("the web hook is signed with another key than the one that is kept here")
    return Standing(mine, tuple(wrong))


def _mended(account: Account, config: Config, hook: Hook | None) -> Hook:
    wanted = {"enabled": True, "url": our_url(config), **dict.fromkeys(EVENTS, True)}
    if hook is not None:
        # Those that the account has on already stay on: a PATCH may take what it does not name for off.
        return account.change_hook(hook, {**hook.switches_on(), **wanted})
    try:
        return account.add_hook({**wanted, "friendly_name": _NAME})
    except Refused as cause:
        others = ", ".join(sorted({urlsplit(one.url).hostname or one.url for one in account.hooks()}))
        if cause.facts.get("status") == 400 and others:
            raise Refused(
                f"SendGrid takes no other web hook ({cause.sentence}) and has one for {others}; remove one in SendGrid "
                "under Settings, Mail Settings, Event Webhooks"
            ) from cause
        raise


def _set_by_hand(config: Config) -> str:
    """The key of config.toml or the environment; it wins over the kept one."""
    given = config.sendgrid.webhook_key
    return "" if given == config.kept_webhook_key() else given


def _keep(config: Config, public_key: str) -> None:
    """Public, so no secret: whoever has it can check signatures, not make them."""
    file = config.webhook_key_file()
    beside = file.with_suffix(".part")
    try:
        beside.write_text(public_key + "\n", "ascii")
        os.replace(beside, file)  # noqa: PTH105  a reader finds the old key or the new one, whole
    except OSError as cause:
        raise Refused(f"{file} cannot be written ({cause.strerror}); run tipsheet init first") from cause
