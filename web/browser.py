"""A run's mail in the browser: as it would look to somebody of whom nothing is known."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from base.errors import NotFound
from delivery import messages
from delivery.slots import Filler, Recipient
from web.site import Site

# The page is the same for everyone, so its links cannot act for anyone.
_INERT = dict.fromkeys(("unsubscribe", "preferences", "browser"), "#")


class Browser:
    def __init__(self, site: Site) -> None:
        self._site = site

    def show(self, request: Request) -> Response:
        with self._site.db.read() as s:
            message = messages.of_run(s, request.path_params["run"])
        if message is None:
            raise NotFound("There is no mail at this address; the link may have been cut off on its way to you")
        filled = Filler(message).fill(Recipient({}, _INERT))
        return self._site.pages.show_mail("browser", title=filled.subject, mail=filled.html, unsubscribe="")
