"""The account's one event web hook: where it points, what it wants to hear, and its signing key, all on disk."""

from __future__ import annotations

import base64
import json
import time
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# The names that the settings use, and the events they switch.
SWITCHES = {
    "processed": "processed",
    "delivered": "delivered",
    "deferred": "deferred",
    "bounce": "bounce",
    "dropped": "dropped",
    "open": "open",
    "click": "click",
    "spam_report": "spamreport",
    "unsubscribe": "unsubscribe",
    "group_unsubscribe": "group_unsubscribe",
    "group_resubscribe": "group_resubscribe",
}


@dataclass(frozen=True)
class Hook:
    url: str = ""
    enabled: bool = True
    friendly_name: str = "localgrid"
    events: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(SWITCHES, True))
    key: str = ""  # private, PEM; empty: posts are not signed
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: str = field(default_factory=lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))

    def wants(self, event: str) -> bool:
        return any(on and SWITCHES[name] == event for name, on in self.events.items())


class Webhook:
    def __init__(self, data: Path, url: str | None) -> None:
        self._path = data / "webhook.json"
        if self._path.exists():
            self.hook = Hook(**json.loads(self._path.read_text()))
        else:
            # Started with an address we sign at once; else not before it is asked for, as on a new account.
            self.hook = Hook(key=_new_key() if url else "")
        self.change(url=self.hook.url if url is None else url)

    @property
    def is_on(self) -> bool:
        return self.hook.enabled and bool(self.hook.url)

    @property
    def public_key(self) -> str:
        """As SendGrid shows it: base64 of the DER form; empty while signing is off."""
        if not self.hook.key:
            return ""
        form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        return base64.b64encode(_private(self.hook.key).public_key().public_bytes(*form)).decode()

    def change(self, **changes: Any) -> None:
        self.hook = replace(self.hook, **changes)
        part = self._path.with_suffix(".part")
        part.touch(0o600)
        part.write_text(json.dumps(vars(self.hook)))
        part.replace(self._path)

    def set_signing(self, enabled: bool) -> None:
        """Disabling throws the key away, so that enabling again makes another one."""
        if enabled != bool(self.hook.key):
            self.change(key=_new_key() if enabled else "")

    def headers(self, body: bytes, now: int) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "SendGrid Event API"}
        if self.hook.key:
            signed = _private(self.hook.key).sign(str(now).encode() + body, ec.ECDSA(hashes.SHA256()))
            headers["X-Twilio-Email-Event-Webhook-Signature"] = base64.b64encode(signed).decode()
            headers["X-Twilio-Email-Event-Webhook-Timestamp"] = str(now)
        return headers


def _new_key() -> str:
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(*form).decode()


def _private(pem: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("webhook.json holds a key that is not ECDSA; delete the file to make a new one")
    return key
