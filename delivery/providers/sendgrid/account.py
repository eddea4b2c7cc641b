"""What SendGrid's API tells of the account, and what is set there: scopes, senders, domains, event web hooks.

Sources: OpenAPI documents tsg_scopes_v3, tsg_verified_senders_v3, tsg_domain_authentication_v3, tsg_webhooks_v3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from base.errors import Refused
from delivery.providers.provider import Question
from delivery.providers.sendgrid import logs
from delivery.providers.sendgrid.client import reply_json
from delivery.providers.sendgrid.connection import NotBegun, Unanswered

_HOOKS = "user/webhooks/event/settings"
_PAGE = 200

Ask = Callable[[str, str, bytes], tuple[int, bytes]]  # method, path below /v3, body → status, body


@dataclass(frozen=True)
class Hook:
    """One event web hook as the account has it."""

    id: str
    url: str
    enabled: bool
    switches: Mapping[str, bool]
    public_key: str  # '' while signing is off

    def switches_on(self) -> dict[str, bool]:
        return {name: True for name, on in self.switches.items() if on}


class Account:
    """Each question raises Refused with a sentence when SendGrid does not answer it."""

    def __init__(self, ask: Ask) -> None:
        self._raw_ask = ask

    def scopes(self) -> frozenset[str]:
        return frozenset(self._ask("GET", "scopes").get("scopes", []))

    def domains(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = self._ask("GET", f"whitelabel/domains?limit={_PAGE}&offset={len(found)}")
            found += page
            if len(page) < _PAGE:
                return found

    def senders(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            last = found[-1]["id"] if found else 0
            page = self._ask("GET", f"verified_senders?limit={_PAGE}&lastSeenID={last}").get("results", [])
            found += page
            if len(page) < _PAGE:
                return found

    def shows_logs(self) -> bool:
        """May the key look into the e-mail logs, from which comes proof?"""
        return logs.knows(self._raw_ask, Question("none", ["nobody@example.com"], datetime.now(UTC))) is not None

    def hooks(self) -> list[Hook]:
        return [_hook(one) for one in self._ask("GET", f"{_HOOKS}/all").get("webhooks", []) if one.get("url")]

    def add_hook(self, settings: Mapping[str, Any]) -> Hook:
        return _hook(self._ask("POST", _HOOKS, settings))

    def change_hook(self, hook: Hook, settings: Mapping[str, Any]) -> Hook:
        return _hook(self._ask("PATCH", f"{_HOOKS}/{hook.id}", settings))

    def sign(self, hook: Hook) -> str:
        """Turn signing on; the public key."""
        return str(self._ask("PATCH", f"{_HOOKS}/signed/{hook.id}", {"enabled": True}).get("public_key", ""))

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            status, raw = self._raw_ask(method, path, orjson.dumps(body) if body is not None else b"")
        except (NotBegun, Unanswered) as cause:
            raise Refused(f"SendGrid does not answer ({cause}); check the network and [sendgrid] base_url") from cause
        answer = reply_json(raw)
        if 200 <= status < 300 and answer is not None:
            return answer
        raise _refusal(status, method, path.partition("?")[0], answer)


def _hook(settings: Mapping[str, Any]) -> Hook:
    return Hook(
        id=str(settings.get("id", "")),
        url=str(settings.get("url", "")),
        enabled=bool(settings.get("enabled")),
        switches={name: value for name, value in settings.items() if isinstance(value, bool) and name != "enabled"},
        public_key=str(settings.get("public_key") or ""),
    )


def _refusal(status: int, method: str, path: str, answer: Any) -> Refused:
    errors = answer.get("errors") if isinstance(answer, dict) else None
    words = "; ".join(str(one.get("message", "")) for one in errors or [] if isinstance(one, dict))[:300]
    if status == 401:
        return Refused(
            f"SendGrid does not know the API key ({words}); make one under Settings, API Keys, and put it into "
            "SENDGRID_API_KEY or the file of [sendgrid] api_key_file"
        )
    if status == 403:
        return Refused(
            f"the API key may not ask {method} {path}; give it the scope, or take another key", status=status
        )
    return Refused(f"SendGrid answered {status} to {method} {path}: {words or '(no words)'}; try again", status=status)
