"""The web door: which path goes where, and what status an error becomes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from base.config import Config
from base.database import Database
from base.errors import BadInput, NotFound, Refused, TipsheetError
from campaigns import content
from delivery.providers.provider import Provider
from subscribers.keys import Keys
from web.archive import Archive
from web.browser import Browser
from web.confirm import Confirm
from web.guard import SORRY, Guard
from web.health import Health
from web.hook import Hook
from web.metrics import Metrics, Requests
from web.mine import Mine
from web.opt_out import OptOut
from web.pages import Pages
from web.preferences import Preferences
from web.signup import SignUp
from web.site import Site

log = logging.getLogger(__name__)

# The first that fits. What is broken on our side is not explained to strangers.
STATUS: tuple[tuple[type[TipsheetError], int], ...] = (
    (NotFound, 404),
    (BadInput, 400),
    (Refused, 409),
    (TipsheetError, 503),
)
TITLES = {
    404: "There is nothing here",
    413: "That was too much",
    429: "Not so fast",
    503: "We cannot do that right now",
}

# Where Starlette itself refuses, its words are for programs.
SENTENCES = {
    404: "The address may have been cut off or mistyped.",
    405: "Nothing can be done at this address in this way.",
}


def make_app(
    db: Database,
    keys: Keys,
    config: Config,
    webhook_key: EllipticCurvePublicKey | None,
    schema: Callable[[Database], str],
    provider: Provider | None = None,
) -> Starlette:
    """The whole public site. Without a key no event is believed; `schema` says how the database stands to ours; without
    a provider nobody is mailed the link to their own page."""
    prefix = urlsplit(config.web.public_url).path.rstrip("/")
    requests = Requests()
    site = Site(db, keys, Pages(content.brand(config.brand), config.templates.path), prefix)
    routes = [
        *_links(site, config, Mine(site, config, provider)),
        *_sign_up(SignUp(site, config), Confirm(site, config)),
        *_reading(Browser(site), Archive(site, config)),
        Route("/events/sendgrid", Hook(db, webhook_key).take, methods=["POST"]),
        Route("/health", Health(db, schema).tell),
        Route("/metrics", Metrics(db, requests, config.metrics_token(), config.web.visitor_header).tell),
    ]
    # A proxy may serve us below a path and either keep that path or take it away.
    behind: list[BaseRoute] = [Mount(prefix, routes=routes)] if prefix else []
    app = Starlette(
        routes=[*routes, *behind],
        middleware=[Middleware(Guard, count=requests.count)],
        exception_handlers={TipsheetError: _Trouble(site).ours, HTTPException: _Trouble(site).theirs},
    )
    app.router.redirect_slashes = False  # RFC 8058: a one-click link must not redirect
    return app


def _links(site: Site, config: Config, mine: Mine) -> list[BaseRoute]:
    opt_out, preferences = OptOut(site, config.web.visitor_header), Preferences(site, config, mine)
    return [
        Route("/u", opt_out.without_link),
        Route("/u", opt_out.by_address, methods=["POST"]),
        Route("/u/{token:path}", opt_out.ask),
        Route("/u/{token:path}", opt_out.act, methods=["POST"]),
        Route("/p/{token:path}", preferences.show),
        Route("/p/{token:path}", preferences.act, methods=["POST"]),
        Route("/me/{token}", mine.show),
        Route("/me/{token}", mine.change, methods=["POST"]),
        Route("/me/{token}/everything.json", mine.download),
        Route("/me/{token}/erase", mine.ask_to_erase),
        Route("/me/{token}/erase", mine.erase, methods=["POST"]),
    ]


def _sign_up(sign_up: SignUp, confirm: Confirm) -> list[BaseRoute]:
    return [
        Route("/signup/{slug}", sign_up.show),
        Route("/signup/{slug}", sign_up.take, methods=["POST"]),
        Route("/confirm/{token:path}", confirm.ask),
        Route("/confirm/{token:path}", confirm.act, methods=["POST"]),
    ]


def _reading(browser: Browser, archive: Archive) -> list[BaseRoute]:
    return [
        Route("/m/{run}", browser.show),
        Route("/archive/{archive}", archive.show),
        Route("/archive/{archive}/feed.xml", archive.feed),
    ]


class _Trouble:
    def __init__(self, site: Site) -> None:
        self._site = site

    def ours(self, request: Request, error: Exception) -> Response:
        status = next(status for kind, status in STATUS if isinstance(error, kind))
        if status < 500:
            return self._page(status, f"{error}.")
        log.error("%s", error)
        answer = self._page(status, SORRY)
        answer.headers["Retry-After"] = "60"
        return answer

    def theirs(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  registered for nothing else
        answer = self._page(error.status_code, SENTENCES.get(error.status_code) or f"{error.detail}.")
        answer.headers.update(error.headers or {})
        return answer

    def _page(self, status: int, sentence: str) -> Response:
        title = TITLES.get(status, "That did not work")
        return self._site.pages.show("trouble", status, title=title, sentence=sentence)
