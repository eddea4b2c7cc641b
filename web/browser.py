"""A run's mail in the browser: as it would look to somebody of whom nothing is known."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from base.errors import NotFound
from campaigns.archive import NO_LINKS
from delivery import messages
from delivery.slots import Filler, Recipient
from web.site import Site


class Browser:
    def __init__(self, site: Site) -> None:
        self._site = site

    def show(self, request: Request) -> Response:
        with self._site.db.read() as s:
            message = messages.of_run(s, request.path_params["run"])
        if message is None:
            raise NotFound("There is no mail at this address; the link may have been cut off on its way to you")
        filled = Filler(message).fill(Recipient({}, NO_LINKS))
        return self._site.pages.show_mail("browser", title=filled.subject, mail=filled.html, unsubscribe="")
