"""SendGrid's event web hook: believed only when signed, kept before it is answered, applied later by whoever drains."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from base.database import Database
from delivery import events
from delivery.providers.sendgrid import webhook
from web.bodies import read_body

BODY_LIMIT = 5 * 1024 * 1024
NO_KEY = "No event is believed here without [sendgrid] webhook_key; learn it with: tipsheet connect sendgrid"
NOT_SIGNED = "The signature does not fit the body: check that [sendgrid] webhook_key is the key of this web hook."


class Hook:
    def __init__(self, db: Database, key: EllipticCurvePublicKey | None) -> None:
        self._db, self._key = db, key

    async def take(self, request: Request) -> Response:
        if self._key is None:
            return PlainTextResponse(NO_KEY, 403)
        body = await read_body(request, BODY_LIMIT)
        signature = request.headers.get(webhook.SIGNATURE, "")
        timestamp = request.headers.get(webhook.TIMESTAMP, "")
        return await run_in_threadpool(self._keep, self._key, signature, timestamp, body)

    def _keep(self, key: EllipticCurvePublicKey, signature: str, timestamp: str, body: bytes) -> Response:
        if not webhook.is_genuine(key, signature, timestamp, body):
            return PlainTextResponse(NOT_SIGNED, 400)
        with self._db.write() as s:
            events.spool(s, "sendgrid", body, urgent=webhook.is_urgent(body))
        return PlainTextResponse("Kept.")
