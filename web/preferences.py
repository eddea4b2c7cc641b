"""The preference centre behind a mail's link: lists, how often, open tracking. A forwarded mail holds that link, too:
details, download and erasure are behind another one, which only the mailbox gets, in mine.py."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from base.config import Config
from base.errors import BadInput, Refused
from base.time import at_wall, zone
from delivery import opt_outs
from subscribers import links, preferences
from subscribers.lists import get_list
from subscribers.models import Subscriber
from subscribers.people import find_by_key
from subscribers.signups.forms import OPENS_WORDING
from web.bodies import read_form
from web.mine import Mine
from web.site import Site

SAVE, JOIN, LEAVE, LEAVE_ALL, MINE = "save", "join", "leave", "leave-all", "mine"
_DONE = {
    SAVE: "Saved.",
    JOIN: "You are on the list.",
    LEAVE: "You have left the list. A mail that was on its way may still arrive.",
    LEAVE_ALL: "You have left every list. A mail that was on its way may still arrive.",
}


class Preferences:
    def __init__(self, site: Site, config: Config, mine: Mine) -> None:
        self._site, self._config, self._mine = site, config, mine

    def show(self, request: Request) -> Response:
        return self._page(request.path_params["token"])

    async def act(self, request: Request) -> Response:
        sent = await read_form(request)
        return await run_in_threadpool(self._act, request.path_params["token"], sent)

    def _act(self, text: str, sent: Mapping[str, str]) -> Response:
        token, choice = links.read(self._site.keys, text), sent.get("choice", "")
        if token is None:
            return self._unknown()
        try:
            if choice == MINE:
                return self._page(text, notice=self._mine.mail_link(token.address_key))
            with self._site.db.write() as s:
                person = find_by_key(s, token.address_key)
                if person is None:
                    return self._unknown()
                self._change(s, person, token, choice, sent)
        except Refused as refusal:
            return self._page(text, 400, error=f"{refusal.sentence}.")
        return self._page(text, notice=_DONE.get(choice, ""))

    def _change(self, s: Any, person: Subscriber, token: links.Token, choice: str, sent: Mapping[str, str]) -> None:
        slug, source = sent.get("list", ""), "the preference page"
        if choice == SAVE:
            preferences.arrange(
                s,
                person,
                slug,
                frequency=sent.get("frequency", ""),
                paused_until=_until(sent.get("until", ""), self._zone(person)),
                opens=sent.get("opens") == "yes",
                source=source,
            )
        elif choice == JOIN:
            brand, version = self._config.brand, sent.get("version", "")
            preferences.join(s, person, slug, brand, version=version, source=source)
        elif choice == LEAVE:
            from_list = token._replace(list_id=get_list(s, slug).id)
            opt_outs.leave(s, from_list, everywhere=False, how=preferences.HOW)
        elif choice == LEAVE_ALL:
            opt_outs.leave(s, token, everywhere=True, how=preferences.HOW)

    def _page(self, text: str, status: int = 200, *, notice: str = "", error: str = "") -> Response:
        token = links.read(self._site.keys, text)
        with self._site.db.read() as s:
            person = find_by_key(s, token.address_key) if token else None
            if person is None:
                return self._unknown()
            mine, others = preferences.held(s, person), preferences.to_join(s, person, self._config.brand)
        here = zone(self._zone(person))
        untils = {each.slug: each.paused_until.astimezone(here).date() for each in mine if each.paused_until}
        return self._site.pages.show(
            "preferences",
            status,
            lists=mine,
            untils=untils,
            others=others,
            opens_wording=OPENS_WORDING,
            action=f"{self._site.prefix}/p/{text}",
            notice=notice,
            error=error,
        )

    def _unknown(self) -> Response:
        names = {"action": f"{self._site.prefix}/u", "email": "", "error": "", "taken": False}
        return self._site.pages.show("unknown", 404, **names)

    def _zone(self, person: Subscriber) -> str:
        return person.zone or self._config.campaigns.zone


def _until(text: str, zone_name: str) -> datetime | None:
    """The first moment of that day, there."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as cause:
        raise BadInput("The end of a pause is a day, such as 2027-01-31") from cause
    return at_wall(datetime.combine(day, time()), zone_name)
