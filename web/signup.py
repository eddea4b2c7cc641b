"""The sign-up form of a list, as a page and for forms that stand elsewhere. Whoever asks gets the same answer."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from base.config import Config
from base.errors import BadInput
from subscribers import signups
from subscribers.addresses import Address, address_key, parse_address, wide_key
from subscribers.fields.values import clean
from subscribers.signups import forms
from web.bodies import read_form
from web.limits import Buckets
from web.site import Site
from web.visitor import network, visitor

BODY_LIMIT = 8 * 1024
HONEYPOT = "website"  # no person sees it; programs fill in whatever there is
TOO_OFTEN = "Too many sign-ups came from your network; please try again in ten minutes"
CHANGED = "The words of this form have changed since you opened it. Please read them and send it once more."


class SignUp:
    def __init__(self, site: Site, config: Config) -> None:
        self._site, self._brand, self._header = site, config.brand, config.web.visitor_header
        self._networks, self._addresses = Buckets(10, 60), Buckets(5, 600)
        self._unknown = Buckets(100, 0.5)  # where nobody tells visitors apart, all of them share one

    def show(self, request: Request) -> Response:
        with self._site.db.read() as s:
            form = forms.form_of(s, request.path_params["slug"], self._brand, opens="opens" in request.query_params)
        return self._page(form)

    async def take(self, request: Request) -> Response:
        ip = visitor(request, self._header)
        if not (self._networks.take(network(ip)) if ip else self._unknown.take("")):
            raise HTTPException(429, TOO_OFTEN, headers={"Retry-After": "600"})
        sent = await read_form(request, BODY_LIMIT)
        return await run_in_threadpool(self._take, request.path_params["slug"], sent, ip)

    def _take(self, slug: str, sent: Mapping[str, str], ip: str) -> Response:
        with self._site.db.write() as s:
            form = forms.form_of(s, slug, self._brand)
            with_opens = forms.form_of(s, slug, self._brand, opens=True)
            if sent.get(HONEYPOT):
                return self._page(form, taken=True)
            known = {each.version: each for each in (form, with_opens)}.get(sent.get("version", ""))
            again = known or (with_opens if sent.get("opens") else form)
            try:
                address = parse_address(sent.get("email", "")[:255])
            except BadInput as refusal:
                return self._page(again, 400, sent, error=f"{refusal.sentence}.")
            evidence = forms.evidence_of(s, known) if known else forms.known_evidence(s, slug, sent.get("version", ""))
            if evidence is None:
                return self._page(again, 409, sent, error=CHANGED)
            if self._addresses.take(wide_key(self._site.keys, address) or address_key(self._site.keys, address)):
                signups.ask(s, self._site.keys, form.list_id, _asked(address, sent, ip, evidence))
        return self._page(form, taken=True)

    def _page(
        self,
        form: forms.Form,
        status: int = 200,
        sent: Mapping[str, str] | None = None,
        *,
        error: str = "",
        taken: bool = False,
    ) -> Response:
        sent = sent or {}
        typed = {name: clean(sent.get(name, ""))[:254] for name in ("email", "first_name")}
        ticked = _ticked(sent) and sent.get("version") == form.version  # beside other words it would be no choice
        state = {"action": f"{self._site.prefix}/signup/{form.slug}", "error": error, "taken": taken, "ticked": ticked}
        return self._site.pages.show("signup", status, form=form, **state, **typed)


def _asked(address: Address, sent: Mapping[str, str], ip: str, evidence: int) -> signups.Asked:
    fields = {name: value for name in ("first_name", "last_name") if (value := clean(sent.get(name, "")))}
    return signups.Asked(address, fields, _ticked(sent), ip, evidence)


def _ticked(sent: Mapping[str, str]) -> bool:
    return sent.get("opens") == "yes"
