"""Questions to the DNS. dnspython appears here only; whoever asks can be handed recorded answers instead."""

from __future__ import annotations

from typing import Any, Protocol

import dns.exception
import dns.inet
import dns.resolver

from base.errors import BadInput

SECONDS = 4.0  # a question; after one time-out nothing more is asked


class Silent(Exception):
    """No server answers, so nothing is known: not even that a record is missing."""


class Resolver(Protocol):
    def ask(self, name: str, kind: str) -> tuple[str, ...]:
        """The records of that kind as text, names without their last dot; none is (). Raises Silent."""


class Dns:
    """The name servers of this machine, or the one that is named: `9.9.9.9`, `127.0.0.1:5353`."""

    def __init__(self, server: str = "") -> None:
        self._silence = ""
        try:
            self._resolver = dns.resolver.Resolver(configure=not server)
        except dns.resolver.NoResolverConfiguration:
            self._resolver = dns.resolver.Resolver(configure=False)
            self._silence = "this machine knows no name server"
        if server:
            address, port = _address(server)
            self._resolver.nameservers, self._resolver.port = [address], port

    def ask(self, name: str, kind: str) -> tuple[str, ...]:
        if self._silence:
            raise Silent(self._silence)
        try:
            answer = self._resolver.resolve(name, kind, lifetime=SECONDS, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except dns.resolver.LifetimeTimeout as cause:
            self._silence = f"no answer within {SECONDS:g} s"
            raise Silent(self._silence) from cause
        except dns.exception.DNSException as cause:
            raise Silent(f"{name}: {str(cause).splitlines()[0][:200]}") from cause
        return tuple(_text(record) for record in answer)


def _address(server: str) -> tuple[str, int]:
    host, port = server, "53"
    if not dns.inet.is_address(server):
        host, _, port = server.rpartition(":")
    host = host.strip("[]")
    if not dns.inet.is_address(host) or not port.isdigit():
        raise BadInput(f"{server!r} is no address of a name server; write it like 9.9.9.9 or 127.0.0.1:5353")
    return host, int(port)


def _text(record: Any) -> str:
    kind = record.rdtype.name
    if kind == "TXT":
        return b"".join(record.strings).decode("utf-8", "replace")
    if kind in ("CNAME", "MX"):
        return str(record.target if kind == "CNAME" else record.exchange).rstrip(".").lower()
    return str(record)
