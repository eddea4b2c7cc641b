"""/v3/user/webhooks/event: the settings of the web hook and its public key."""

from __future__ import annotations

from typing import Any

import orjson

from localgrid.grid import Grid
from localgrid.http import Request, Response, as_json
from localgrid.misbehave import refusal
from localgrid.webhook import SWITCHES

_TEXTS = ("url", "friendly_name")


def show_all(grid: Grid, request: Request) -> Response:
    dates = {"created_date": grid.webhook.hook.created, "updated_date": grid.webhook.hook.created}
    hooks = [{**_settings(grid), **dates}] if grid.webhook.hook.url else [{}]
    return as_json({"max_allowed": 1, "webhooks": hooks})


def create(grid: Grid, request: Request) -> Response:
    if grid.webhook.hook.url:
        text = "You have reached the maximum number of webhooks per your current billing plan."
        return as_json({"errors": [{"message": text}]}, 400)
    answer = change(grid, request)
    return answer if answer.status != 200 else as_json(_settings(grid), 201)


def show(grid: Grid, request: Request, id: str = "") -> Response:
    return as_json(_settings(grid)) if _is_ours(grid, id) else _unknown()


def change(grid: Grid, request: Request, id: str = "") -> Response:
    if not _is_ours(grid, id):
        return _unknown()
    wanted = _object(request.body)
    switches = {name: value for name, value in wanted.items() if name in SWITCHES or name == "enabled"}
    texts = {name: value for name, value in wanted.items() if name in _TEXTS}
    if not all(isinstance(on, bool) for on in switches.values()):
        return refusal(400, "The switches of a webhook are true or false.")
    if not str(texts.get("url", "http://")).startswith(("http://", "https://")):
        return as_json({"errors": [{"message": f"'{texts['url']}' is not a valid url"}]}, 400)
    enabled = switches.pop("enabled", grid.webhook.hook.enabled)
    grid.webhook.change(enabled=enabled, events={**grid.webhook.hook.events, **switches}, **texts)
    return as_json(_settings(grid))


def show_key(grid: Grid, request: Request, id: str = "") -> Response:
    if not _is_ours(grid, id):
        return _unknown()
    return as_json({"id": id, "public_key": grid.webhook.public_key})


def change_signing(grid: Grid, request: Request, id: str = "") -> Response:
    if not _is_ours(grid, id):
        return _unknown()
    enabled = _object(request.body).get("enabled")
    if not isinstance(enabled, bool):
        return refusal(400, "enabled is true or false.", "enabled")
    grid.webhook.set_signing(enabled)
    return as_json({"id": grid.webhook.hook.id, "public_key": grid.webhook.public_key})


def _settings(grid: Grid) -> dict[str, Any]:
    hook = grid.webhook.hook
    return {
        "id": hook.id,
        "enabled": hook.enabled,
        "url": hook.url,
        "friendly_name": hook.friendly_name,
        **hook.events,
        "public_key": grid.webhook.public_key,
    }


def _is_ours(grid: Grid, id: str) -> bool:
    """Without an id the account's oldest web hook is meant: here, the only one."""
    return id in ("", grid.webhook.hook.id)


def _unknown() -> Response:
    return as_json({"errors": [{"message": "Invalid id provided."}]}, 404)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
