"""Which addresses of the web may be fetched: http and https, at machines that the whole world may reach."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, quote, urlsplit

from base.errors import BadInput, Refused
from campaigns.articles.urls import LONGEST

Resolve = Callable[[str, int], Sequence[str]]  # a name and a port to numeric addresses; raises OSError

_UNSAFE = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # a last label that makes a host a number, in whatever base
_LOWEST_OTHER_PORT = 1024  # below it live services that are no web servers, but might take a request for their own
_WEB_PORTS = {"http": 80, "https": 443}

# What Python calls global, or called so in some of its versions, and yet is no site: addresses that carry another
# address inside, the machines' own services at a cloud provider, and what was never given to anybody.
_NOT_PUBLIC = tuple(
    ip_network(each)
    for each in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "2001::/23", "2002::/16", "3fff::/20")
)
_GIVEN_OUT = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")  # how networks without IPv4 reach an IPv4 address, which stands in its end


@dataclass(frozen=True, slots=True)
class Target:
    url: str
    tls: bool
    host: str  # as DNS and TLS want it: ASCII, lower case, no dot at the end
    port: int
    path: str  # with the query

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _WEB_PORTS["https" if self.tls else "http"] else f"{host}:{self.port}"


def target_of(url: str) -> Target:
    """Where an address leads. Raises BadInput for what is no plain address of the web."""
    shown = f"{url[:100]!r}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as cause:
        raise BadInput(f"{shown} cannot be read as a web address: check how it is written") from cause
    if parts.scheme not in _WEB_PORTS or not parts.hostname or len(url) > LONGEST or _UNSAFE.search(url):
        raise BadInput(f"{shown} is no web address: give the whole of it, beginning with https://")
    if "@" in parts.netloc:
        raise BadInput(f"The address at {parts.hostname[:100]!r} carries a user name or password: give it without them")
    default = _WEB_PORTS[parts.scheme]
    port = default if port is None else port
    if port not in _WEB_PORTS.values() and port < _LOWEST_OTHER_PORT:
        raise BadInput(f"{shown} asks for port {port}, where no web site is: give the address that a browser shows")
    return Target(url, parts.scheme == "https", _host(parts.hostname, shown), port, _path(parts))


def addresses_of(target: Target, resolve: Resolve, allow: Collection[str]) -> tuple[str, ...]:
    """The machines it leads to, all of them checked; whoever connects must connect to these and ask no more.
    Raises Refused when one of them is not public and not in `allow` (as `10.0.0.5:443`)."""
    try:
        found = tuple(dict.fromkeys((target.host,) if _is_number(target.host) else resolve(target.host, target.port)))
    except (OSError, UnicodeError) as cause:
        raise BadInput(f"There is no site called {target.host}: check the address, or try again later") from cause
    if not found:
        raise BadInput(f"There is no site called {target.host}: check the address, or try again later")
    for address in found:
        if _entry(address, target.port) not in allow and not is_public(address):
            leads = "" if address == target.host else f" leads to {address}, which"
            raise Refused(
                f"{target.host}{leads} is no address of the public internet: give the address of a public site, "
                f'or, for a server of your own, put "{_entry(address, target.port)}" into [sources] allow'
            )
    return found


def is_public(address: str) -> bool:
    try:
        ip: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        inside = ip.ipv4_mapped or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        if inside is None and ip not in _GIVEN_OUT:
            return False
        ip = inside or ip
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_PUBLIC)


def system_resolver(seconds: float) -> Resolve:
    """The machine's own, which may hang for minutes by itself: it is given so many seconds."""

    def resolve(host: str, port: int) -> Sequence[str]:
        found: list[Sequence[str] | OSError | UnicodeError] = []
        asking = threading.Thread(target=lambda: found.append(_ask(host, port)), daemon=True)
        asking.start()
        asking.join(seconds)
        answer = found[0] if found else OSError(f"no answer within {seconds:g} s")
        if isinstance(answer, Exception):
            raise answer
        return answer

    return resolve


def _ask(host: str, port: int) -> Sequence[str] | OSError | UnicodeError:
    try:
        return [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as cause:
        return cause


def _host(name: str, shown: str) -> str:
    try:
        # Full-width digits and the like become the plain ones here, before anybody looks at them.
        host = name if ":" in name else name.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError as cause:
        raise BadInput(f"{shown} has a host that cannot be: check how it is written") from cause
    last = host.rpartition(".")[2]
    if (":" in host or _NUMBER.fullmatch(last)) and not _is_number(host):
        raise BadInput(f"{shown} writes its host as a number in an unusual way: give the name of the site")
    if not re.fullmatch(r"[0-9a-z._:-]+", host):
        raise BadInput(f"{shown} has a host that cannot be: check how it is written")
    return host


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def _path(parts: SplitResult) -> str:
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~") or "/"
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~?[]")
    return f"{path}?{query}" if query else path


def _entry(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
