"""Which handler answers which path, and what guards all of them: the key and the rate limit."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from localgrid import account, control, hooks, lists, logs, mail, pages
from localgrid.grid import Grid
from localgrid.http import Request, Response
from localgrid.misbehave import rate_limited, refusal

Handler = Callable[..., Response]

_HOOK = "/v3/user/webhooks/event/settings"
ROUTES: dict[str, dict[str, Handler]] = {
    "/v3/mail/send": {"POST": mail.send},
    "/v3/mail/batch": {"POST": mail.create_batch_id},
    "/v3/mail/batch/{batch_id}": {"GET": mail.show_batch_id},
    "/v3/scopes": {"GET": account.show_scopes},
    "/v3/verified_senders": {"GET": account.show_senders},
    "/v3/whitelabel/domains": {"GET": account.show_domains},
    "/v3/whitelabel/domains/{number}": {"GET": account.show_domain},
    _HOOK: {"GET": hooks.show, "PATCH": hooks.change, "POST": hooks.create},
    f"{_HOOK}/all": {"GET": hooks.show_all},
    f"{_HOOK}/signed": {"GET": hooks.show_key, "PATCH": hooks.change_signing},
    f"{_HOOK}/signed/{{id}}": {"GET": hooks.show_key, "PATCH": hooks.change_signing},
    f"{_HOOK}/{{id}}": {"GET": hooks.show, "PATCH": hooks.change},
    "/v3/logs": {"POST": logs.search},
    "/v3/logs/{sg_message_id}": {"GET": logs.show},
    "/v3/suppression/{name}": {"GET": lists.show},
    "/v3/suppression/{name}/{email}": {"GET": lists.show_one, "DELETE": lists.remove_one},
    "/v3/asm/suppressions/global": {"POST": lists.add_global},
    "/v3/asm/suppressions/global/{email}": {"GET": lists.show_global, "DELETE": lists.remove_global},
    "/_faults": {"GET": control.show_faults, "PUT": control.put_faults, "DELETE": control.clear_faults},
    "/_stats": {"GET": control.show_stats},
    "/": {"GET": pages.mails},
    "/mailbox.json": {"GET": pages.mails_json},
    "/mail/{number}": {"GET": pages.mail},
    "/mail/{number}.eml": {"GET": pages.mail_source},
    "/mail/{number}/html": {"GET": pages.mail_html},
    "/mail/{number}/text": {"GET": pages.mail_text},
}

# What a key needs, by the beginning of the path; GET /v3/scopes needs nothing.
_READ, _WRITE = ("GET", "HEAD"), ("POST", "PUT", "PATCH", "DELETE")
NEEDED: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("/v3/mail/send", _WRITE, "mail.send"),
    ("/v3/mail/batch", _READ, "mail.batch.read"),
    ("/v3/mail/batch", _WRITE, "mail.batch.create"),
    ("/v3/logs", (*_READ, "POST"), "messages.read"),
    (_HOOK, _READ, "user.webhooks.event.settings.read"),
    (_HOOK, _WRITE, "user.webhooks.event.settings.update"),
    ("/v3/suppression/", _READ, "suppression.read"),
    ("/v3/suppression/", _WRITE, "suppression.delete"),
    ("/v3/asm/suppressions/global/", ("DELETE",), "suppression.delete"),
    ("/v3/asm/suppressions/global", _WRITE, "suppression.create"),
    ("/v3/asm/suppressions/global", _READ, "suppression.read"),
    ("/v3/verified_senders", _READ, "whitelabel.read"),
    ("/v3/whitelabel/", _READ, "whitelabel.read"),
)


def _pattern(path: str) -> re.Pattern[str]:
    """{number} stands for digits, any other {name} for what is between two slashes."""
    numbers = re.escape(path).replace(r"\{number\}", r"(?P<number>\d+)")
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", numbers))


_PATTERNS = [(path, _pattern(path), methods) for path, methods in ROUTES.items()]


def respond(grid: Grid, request: Request) -> Response:
    """The answer of a localgrid that behaves."""
    for route, pattern, methods in _PATTERNS:
        if found := pattern.fullmatch(request.path):
            return _guarded(grid, request, route, methods, found.groupdict())
    return _refused_key(grid, request) or refusal(404)


def _guarded(grid: Grid, request: Request, route: str, methods: dict[str, Handler], names: dict[str, str]) -> Response:
    if refused := _refused_key(grid, request):
        return refused
    handler = methods.get("GET" if request.method == "HEAD" else request.method)
    if handler is None:
        return refusal(405)
    if not _may(grid, request):
        return refusal(403)
    if not route.startswith("/v3/") or route == "/v3/mail/send":
        return handler(grid, request, **names)
    return _counted(grid, route, lambda: handler(grid, request, **names))


def _refused_key(grid: Grid, request: Request) -> Response | None:
    if not request.path.startswith("/v3/"):
        return None  # the mailbox and the controls are for whoever runs this
    given = request.headers.get("authorization", "")
    if not given.lower().startswith("bearer "):
        return refusal(401, "authorization required")
    return None if given[7:].strip() == grid.settings.api_key else refusal(401)


def _may(grid: Grid, request: Request) -> bool:
    ways = ((path, methods, scope) for path, methods, scope in NEEDED if request.path.startswith(path))
    needed = next((scope for _, methods, scope in ways if request.method in methods), None)
    return needed is None or needed in grid.settings.account.scopes


def _counted(grid: Grid, route: str, handle: Callable[[], Response]) -> Response:
    """SendGrid limits by path and minute, and says on every answer how much is left."""
    minute, limit = int(time.time() // 60), grid.settings.rate_limit
    grid.asked[route, minute] += 1
    left = limit - grid.asked[route, minute]
    if left < 0:
        return rate_limited(limit, (minute + 1) * 60)
    headers = {"Limit": limit, "Remaining": left, "Reset": (minute + 1) * 60}
    answer = handle()
    answer.headers.update({f"X-RateLimit-{name}": str(value) for name, value in headers.items()})
    return answer
