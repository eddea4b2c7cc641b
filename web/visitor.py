"""Where a request comes from, for limits and for the record of a consent."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request


def visitor(request: Request, header: str) -> str:
    """The visitor's network address; empty where only the web server in front of us is known.

    `header` is [web] visitor_header: nobody else may set it, so where it is configured its last value is believed.
    """
    told = request.headers.get(header, "").rpartition(",")[2].strip() if header else ""
    return _address(told) or _address(request.client.host if request.client else "", public_only=True)


def network(address: str) -> str:
    """What one household has in common: with IPv6 each has a whole /64."""
    if address and isinstance(ip_address(address), IPv6Address):
        return str(ip_network(f"{address}/64", strict=False))
    return address


def _address(text: str, *, public_only: bool = False) -> str:
    try:
        found = ip_address(text)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.scope_id:
        return ""  # a name of this machine's own
    return "" if public_only and found.is_private else str(found)  # a private one is a proxy's
