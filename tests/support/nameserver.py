"""A name server on loopback that answers from a table, and the same table without any network."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from delivery.connect.resolver import Silent

Records = Mapping[tuple[str, str], tuple[str, ...]]  # (name, kind): what stands there


@dataclass
class Recorded:
    """A resolver of recorded answers; follows CNAMEs as a real one does."""

    records: Records
    silent: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, name: str, kind: str) -> tuple[str, ...]:
        self.asked.append((name, kind))
        if self.silent:
            raise Silent("no answer within 4 s")
        return _found(self.records, name, kind)


@contextmanager
def name_server(records: Records) -> Iterator[str]:
    """Its address and port, while it answers over UDP."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, socket = self.request
            socket.sendto(_answer(records, data), self.client_address)

    with socketserver.UDPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def _answer(records: Records, data: bytes) -> bytes:
    question = dns.message.from_wire(data)
    reply = dns.message.make_response(question)
    reply.flags |= dns.flags.RA
    asked = question.question[0]
    name, kind = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
    if found := _found(records, name, kind):
        reply.answer.append(
            dns.rrset.from_text_list(asked.name, 60, "IN", kind, [_written(kind, one) for one in found])
        )
    elif not any(known == name for known, _ in records):
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply.to_wire()


def _found(records: Records, name: str, kind: str) -> tuple[str, ...]:
    if there := records.get((name, kind)):
        return there
    leads = records.get((name, "CNAME"), ())
    return _found(records, leads[0], kind) if leads and kind != "CNAME" else ()


def _written(kind: str, text: str) -> str:
    if kind == "TXT":
        pieces = [text[n : n + 255] for n in range(0, len(text), 255)]
        return " ".join(f'"{piece}"' for piece in pieces)
    return {"MX": f"10 {text}.", "CNAME": f"{text}."}.get(kind, text)
