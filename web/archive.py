"""The mails of a list that is published, as a page and as a feed. Everybody sees the same."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from base.config import Config
from base.errors import NotFound
from campaigns.archive import Published, published
from web.site import Site


class Archive:
    def __init__(self, site: Site, config: Config) -> None:
        self._site = site
        self._zone = config.campaigns.zone
        self._url = config.web.public_url.rstrip("/")

    def show(self, request: Request) -> Response:
        found = self._found(request)
        return self._site.pages.show("archive", archive=found, prefix=self._site.prefix)

    def feed(self, request: Request) -> Response:
        return self._site.pages.show_feed("feed", archive=self._found(request), url=self._url)

    def _found(self, request: Request) -> Published:
        with self._site.db.read() as s:
            found = published(s, request.path_params["archive"], self._zone)
        if found is None:
            raise NotFound("There is no archive at this address; it may have been taken back")
        return found
