"""A person's own page: details, everything about them as a download, erasure. Behind a link that is mailed to the
address itself and works for an hour: whoever merely holds an old mail does not get here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from base.config import Config
from base.database import database_now
from base.errors import NotFound, Refused
from delivery import erasing, letters, own_data
from delivery.providers.provider import Provider
from subscribers import links, preferences
from subscribers.models import Subscriber
from subscribers.people import find_by_key
from subscribers.suppression import stops
from web.bodies import read_form
from web.limits import Buckets
from web.site import Site

WORKS = timedelta(hours=1)
_MAILED = "A mail with the link is on its way. It works for an hour; should it not come, ask again after a while."
_OVER = "This link works for an hour after it was mailed; ask for a new one on your preference page"
_NOT_NOW = "We cannot mail you that link at the moment; please try again later, or write to us"


class Mine:
    def __init__(self, site: Site, config: Config, provider: Provider | None) -> None:
        self._site, self._config, self._provider = site, config, provider
        self._asked = Buckets(2, 30 * 60)

    def mail_link(self, address_key: bytes) -> str:
        """To the address itself, whoever asks; the words for the page. Raises NotFound and Refused."""
        with self._site.db.read() as s:
            person = find_by_key(s, address_key)
            until = database_now(s) + WORKS
            is_off = letters.is_off(s)
            stopped = [stop for stop in stops(s, address_key) if stop.reason not in ("opt-out", "erasure")]
        if person is None:
            raise NotFound("Nobody has this address any more")
        if stopped or is_off or self._provider is None:
            raise Refused(_NOT_NOW)
        if self._asked.take(address_key):
            token = links.sign_own(self._site.keys, address_key, until)
            link = f"{self._config.web.public_url.rstrip('/')}/me/{token}"
            minutes = {"minutes": round(WORKS.total_seconds() / 60)}
            letter = letters.write(self._config, "yours", person.email, link, minutes)
            if not letters.send_now(self._provider, self._config, letter):
                raise Refused(_NOT_NOW)
        return _MAILED

    def show(self, request: Request) -> Response:
        with self._site.db.read() as s:
            person = self._person(s, request)
        return self._page(request, person)

    async def change(self, request: Request) -> Response:
        sent = await read_form(request)
        return await run_in_threadpool(self._change, request, sent)

    def download(self, request: Request) -> Response:
        with self._site.db.read() as s:
            known = own_data.document(s, self._person(s, request))
        named = {"Content-Disposition": 'attachment; filename="everything-about-me.json"'}
        return Response(known, media_type="application/json", headers=named)

    def ask_to_erase(self, request: Request) -> Response:
        with self._site.db.read() as s:
            self._person(s, request)
        return self._site.pages.show("erase", action=self._path(request), receipt=None)

    def erase(self, request: Request) -> Response:
        with self._site.db.write() as s:
            person = self._person(s, request)
            because = "asked for on their own page"
            receipt = erasing.erase(s, self._site.keys, person, actor=preferences.ACTOR, because=because)
        return self._site.pages.show("erase", action=self._path(request), receipt=receipt)

    def _change(self, request: Request, sent: dict[str, str]) -> Response:
        try:
            with self._site.db.write() as s:
                preferences.change_details(s, self._person(s, request), sent)
        except NotFound:
            raise
        except Refused as refusal:
            with self._site.db.read() as s:
                return self._page(request, self._person(s, request), 400, error=f"{refusal.sentence}.")
        with self._site.db.read() as s:
            return self._page(request, self._person(s, request), notice="Saved.")

    def _person(self, s: Any, request: Request) -> Subscriber:
        key = links.read_own(self._site.keys, request.path_params["token"], database_now(s))
        person = find_by_key(s, key) if key else None
        if person is None:
            raise NotFound(_OVER)
        return person

    def _page(
        self, request: Request, person: Subscriber, status: int = 200, *, notice: str = "", error: str = ""
    ) -> Response:
        details = {name: getattr(person, name) for name in preferences.DETAILS}
        names = {"email": person.email, **details, "action": self._path(request), "notice": notice, "error": error}
        return self._site.pages.show("mine", status, **names)

    def _path(self, request: Request) -> str:
        return f"{self._site.prefix}/me/{request.path_params['token']}"
