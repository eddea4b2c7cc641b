"""What the account owns: the scopes of its key, its verified senders, its authenticated domains. Read-only here."""

from __future__ import annotations

from typing import Any

from localgrid.grid import Grid
from localgrid.http import Request, Response, as_json
from localgrid.misbehave import refusal

_USER = 4711
_PAGE = 50


def show_scopes(grid: Grid, request: Request) -> Response:
    return as_json({"scopes": list(grid.settings.account.scopes)})


def show_senders(grid: Grid, request: Request) -> Response:
    """One page, after the id in lastSeenID."""
    try:
        limit, seen, only = (int(request.query.get(name, 0)) for name in ("limit", "lastSeenID", "id"))
    except ValueError:
        return refusal(400, "limit, lastSeenID and id are whole numbers.")
    found = [one for one in _senders(grid) if one["id"] > seen and only in (0, one["id"])]
    return as_json({"results": found[:limit] if limit else found})


def show_domains(grid: Grid, request: Request) -> Response:
    try:
        limit, offset = int(request.query.get("limit", _PAGE)), int(request.query.get("offset", 0))
    except ValueError:
        return refusal(400, "limit and offset are whole numbers.")
    asked = request.query.get("domain", "").lower()
    return as_json([one for one in _domains(grid) if asked in one["domain"]][offset : offset + limit])


def show_domain(grid: Grid, request: Request, number: str) -> Response:
    found = [one for one in _domains(grid) if one["id"] == int(number)]
    return as_json(found[0]) if found else refusal(404)


def _senders(grid: Grid) -> list[dict[str, Any]]:
    account = grid.settings.account
    addresses = [(one, True) for one in account.senders] + [(one, False) for one in account.pending]
    return [
        {
            "id": n,
            "nickname": address,
            "from_email": address,
            "from_name": "",
            "reply_to": address,
            "reply_to_name": "",
            "address": "1 Made-up Street",
            "address2": "",
            "state": "",
            "city": "Nowhere",
            "zip": "",
            "country": "USA",
            "verified": is_verified,
            "locked": False,
        }
        for n, (address, is_verified) in enumerate(addresses, 1)
        if "@" in address
    ]


def _domains(grid: Grid) -> list[dict[str, Any]]:
    account = grid.settings.account
    names = [(one, True) for one in account.senders] + [(one, False) for one in account.pending]
    return [_domain(n, name.lower(), is_valid) for n, (name, is_valid) in enumerate(names, 1) if "@" not in name]


def _domain(number: int, name: str, is_valid: bool) -> dict[str, Any]:
    """With automated security, as new domains have it: three CNAMEs."""
    home = f"u{_USER}.wl.sendgrid.net"
    records = {
        "mail_cname": (f"em{1000 + number}.{name}", home),
        "dkim1": (f"s1._domainkey.{name}", f"s1.domainkey.{home}"),
        "dkim2": (f"s2._domainkey.{name}", f"s2.domainkey.{home}"),
    }
    return {
        "id": number,
        "user_id": _USER,
        "subdomain": f"em{1000 + number}",
        "domain": name,
        "username": "localgrid",
        "ips": [],
        "custom_spf": False,
        "default": number == 1,
        "legacy": False,
        "automatic_security": True,
        "valid": is_valid,
        "dns": {
            what: {"valid": is_valid, "type": "cname", "host": host, "data": data}
            for what, (host, data) in records.items()
        },
    }
