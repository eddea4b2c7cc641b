"""The pages behind the links in a mail: GET asks and changes nothing, POST acts, RFC 8058's one-click included."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from base.errors import BadInput
from delivery import opt_outs
from subscribers import links
from subscribers.addresses import parse_address
from subscribers.lists import list_name
from web.bodies import read_form
from web.limits import Buckets
from web.site import Site
from web.visitor import network, visitor

ONE_CLICK, THIS_LIST, EVERY_LIST, UNDO = "one-click", "this-list", "every-list", "undo"
UNDO_WORDING = "Undo: keep {} coming"  # as it stands on the button in templates/web/done.html
LONGEST_ADDRESS = 254
TOO_OFTEN = (
    "Too many addresses were stopped from your network; please try again in a few minutes, "
    "or use the unsubscribe link in one of our mails: that always works"
)


class OptOut:
    def __init__(self, site: Site, visitor_header: str) -> None:
        self._site, self._header = site, visitor_header
        # Of whoever types addresses, never of a link: so that nobody stops other people by the thousand.
        self._networks, self._untold = Buckets(20, 30), Buckets(200, 0.5)  # untold: visitors that nobody tells apart

    def ask(self, request: Request) -> Response:
        text = request.path_params["token"]
        token = links.read(self._site.keys, text)
        with self._site.db.read() as s:
            name = list_name(s, token.list_id) if token else None
        if name is None:
            return self._unknown(404)
        return self._site.pages.show("unsubscribe", list_name=name, action=self._path(text))

    async def act(self, request: Request) -> Response:
        choice = _choice(await read_form(request))
        return await run_in_threadpool(self._act, request.path_params["token"], choice)

    def without_link(self, request: Request) -> Response:
        return self._unknown(404)

    async def by_address(self, request: Request) -> Response:
        """For whoever has no link that works. The answer is the same whether the address is known or not."""
        ip = visitor(request, self._header)
        if not (self._networks.take(network(ip)) if ip else self._untold.take("")):
            raise HTTPException(429, TOO_OFTEN, headers={"Retry-After": "300"})
        form = await read_form(request)
        return await run_in_threadpool(self._stop_address, form.get("email", ""))

    def _act(self, text: str, choice: str) -> Response:
        token = links.read(self._site.keys, text)
        if token is None:
            return self._unknown(404)
        how = "one-click" if choice == ONE_CLICK else "page"
        with self._site.db.write() as s:
            if choice == UNDO:
                name = opt_outs.come_back(s, token, wording=UNDO_WORDING, how=how)
            else:
                name = opt_outs.leave(s, token, everywhere=choice == EVERY_LIST, how=how)
        if name is None:
            return self._unknown(404)
        done = THIS_LIST if choice == ONE_CLICK else choice
        return self._site.pages.show("done", list_name=name, action=self._path(text), done=done)

    def _stop_address(self, typed: str) -> Response:
        try:
            address = parse_address(typed[: LONGEST_ADDRESS + 1])
        except BadInput as refusal:
            return self._unknown(400, email=typed[:LONGEST_ADDRESS], error=f"{refusal.sentence}.")
        with self._site.db.write() as s:
            source = "the page for links that do not work"
            opt_outs.stop_address(s, self._site.keys, address, how="form", source=source)
        return self._unknown(200, taken=True)

    def _unknown(self, status: int, **changes: object) -> Response:
        names = {"action": f"{self._site.prefix}/u", "email": "", "error": "", "taken": False}
        return self._site.pages.show("unknown", status, **(names | changes))

    def _path(self, token: str) -> str:
        return f"{self._site.prefix}/u/{token}"


def _choice(form: Mapping[str, str]) -> str:
    """What a POST wants. One that we cannot read wants to stop: no broken form may keep a person on a list."""
    wanted = form.get("choice", "")
    if wanted in (THIS_LIST, EVERY_LIST, UNDO):
        return wanted
    given = {(name.strip().lower(), value.strip().lower()) for name, value in form.items()}
    return ONE_CLICK if ("list-unsubscribe", "one-click") in given else THIS_LIST
