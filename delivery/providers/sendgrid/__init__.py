"""The provider `sendgrid`, and `local`, which is the same against the local stand-in. The SDK appears here only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import orjson

from delivery.providers.provider import Answer, Parcel, Question, Stop, Verdict
from delivery.providers.sendgrid import logs, suppressions
from delivery.providers.sendgrid.answers import interpret
from delivery.providers.sendgrid.client import Api, Body
from delivery.providers.sendgrid.connection import Connections, NotBegun, Reply, Unanswered
from delivery.providers.sendgrid.payload import build, letter
from delivery.providers.sendgrid.webhook import ATTEMPT

ASK_SECONDS = 10.0
SINK = "tipsheet-probe@sink.sendgrid.net"  # SendGrid takes mail to this domain, tells of it and deletes it


def _always() -> bool:
    return True


class SendGrid:
    """Mail through POST /v3/mail/send. `deadline` is in seconds."""

    repeatable = False

    def __init__(self, *, api_key: str, base_url: str, deadline: float, sender: str, tells_events: bool) -> None:
        self.name = "sendgrid"
        self.tells_events = tells_events
        # Proof is asked of the account that an attempt used; the key itself is written nowhere.
        self.account = f"{base_url}#{hashlib.sha256(api_key.encode()).hexdigest()[:12]}"
        self._connections = Connections(base_url)
        self._api = Api(api_key, base_url, self._connections)
        self._deadline, self._sender = deadline, sender

    def prepare(self) -> str:
        try:
            self._connections.open()
        except NotBegun as cause:
            return str(cause)
        return ""

    def send(self, parcel: Parcel, may_begin: Callable[[], bool]) -> Answer:
        try:
            body = build(parcel)
        except (TypeError, ValueError) as cause:
            return Answer(Verdict.HELD, f"the request cannot be written: {cause}")
        try:
            reply = self._post(body, may_begin)
        except NotBegun as cause:
            return Answer(Verdict.RETURNED, str(cause))
        except Unanswered as cause:
            return Answer(Verdict.UNCERTAIN, f"no answer: {cause}")
        return interpret(reply, parcel.people.ids)

    def trace(self, question: Question) -> bool | None:
        try:
            return logs.knows(self._ask, question)
        except (NotBegun, Unanswered):
            return None

    def probe(self, attempt: str) -> Answer:
        body = {
            "from": {"email": self._sender},
            "subject": "Tipsheet asks whether mail is taken",
            "personalizations": [{"to": [{"email": SINK}], "custom_args": {ATTEMPT: attempt}}],
            "content": [{"type": "text/plain", "value": "This mail reaches nobody."}],
        }
        try:
            return interpret(self._post(orjson.dumps(body), _always), ())
        except NotBegun as cause:
            return Answer(Verdict.RETURNED, str(cause))
        except Unanswered as cause:
            return Answer(Verdict.UNCERTAIN, f"no answer: {cause}")

    def close(self) -> None:
        self._connections.close()

    def notify(
        self, to: str, subject: str, text: str, *, html: str = "", from_name: str = "", reply_to: str = ""
    ) -> Answer:
        body = letter(self._sender, to, subject, text, html=html, from_name=from_name, reply_to=reply_to)
        try:
            return interpret(self._post(body, _always), ())
        except NotBegun as cause:
            return Answer(Verdict.RETURNED, str(cause))
        except Unanswered as cause:
            return Answer(Verdict.UNCERTAIN, f"no answer: {cause}")

    def stops(self, since: datetime | None, until: datetime) -> Iterator[Stop]:
        return suppressions.stops(self._ask, since, until)

    def stop(self, emails: Sequence[str]) -> None:
        suppressions.stop(self._ask, emails)

    def ask(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Any other path below /v3. Raises NotBegun or Unanswered."""
        return self._ask(method, path, body)

    def _post(self, body: bytes, may_begin: Callable[[], bool]) -> Reply:
        response = self._api.client.mail.send.post(request_body=Body(body), timeout=(self._deadline, may_begin))
        return Reply(response.status_code, response.headers, response.body)

    def _ask(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        step = self._api.client
        for name in path.split("/"):
            step = step._(name)
        call = getattr(step, method.lower())
        response = call(request_body=Body(body) if body else None, timeout=(ASK_SECONDS, _always))
        return response.status_code, response.body
