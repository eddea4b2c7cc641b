"""The page behind the link of a confirmation mail: GET asks, POST records, and doing it twice changes nothing."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from base.config import Config
from subscribers.signups import confirming, forms
from web.site import Site


class Confirm:
    def __init__(self, site: Site, config: Config) -> None:
        self._site, self._brand = site, config.brand

    def ask(self, request: Request) -> Response:
        token = request.path_params["token"]
        with self._site.db.read() as s:
            found = confirming.look(s, token)
        return self._page(token, found)

    def act(self, request: Request) -> Response:
        token = request.path_params["token"]
        with self._site.db.write() as s:
            found = confirming.confirm(s, self._site.keys, token)
        return self._page(token, found)

    def _page(self, token: str, found: confirming.Waiting | None) -> Response:
        if found is None:
            with self._site.db.read() as s:
                open_forms = forms.open_forms(s, self._brand)
            return self._site.pages.show("unconfirmed", 404, forms=open_forms, prefix=self._site.prefix)
        action = f"{self._site.prefix}/confirm/{token}"
        return self._site.pages.show("confirm", asked=found, action=action)
