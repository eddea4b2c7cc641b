"""Everything that SendGrid documents to refuse, one change of a good request each, with the field it names."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localgrid.judge.headers import Doubled

Message = dict[str, Any]


@dataclass(frozen=True)
class Violation:
    id: str
    change: Callable[[Message], object]
    fields: tuple[str | None, ...]
    covers: tuple[str, ...] = ()  # entries of the error catalogue: field # which of that field


def put(path: str, value: Any) -> Callable[[Message], None]:
    def change(message: Message) -> None:
        *way, last = path.split(".")
        target: Any = message
        for step in way:
            target = target[int(step)] if step.isdigit() else target.setdefault(step, {})
        target[int(last) if last.isdigit() else last] = value

    return change


def drop(path: str) -> Callable[[Message], None]:
    def change(message: Message) -> None:
        *way, last = path.split(".")
        target: Any = message
        for step in way:
            target = target[int(step) if step.isdigit() else step]
        del target[last]

    return change


def both(*changes: Callable[[Message], object]) -> Callable[[Message], None]:
    def change(message: Message) -> None:
        for one in changes:
            one(message)

    return change


def people(count: int) -> list[Message]:
    return [{"to": [{"email": f"p{n}@example.com"}]} for n in range(count)]


P = "personalizations"
P0 = "personalizations.0"
BAD = "not-an-address"
LATE = int(time.time()) + 73 * 3600
FILE = {"content": "aGVsbG8=", "filename": "a.txt"}
RESERVED = (
    *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "Content-Type", "Content-Transfer-Encoding"),
    *("To", "From", "Subject", "Reply-To", "CC", "BCC"),
)
TWO = [{"to": [{"email": "a@example.com"}], "subject": "One"}, {"to": [{"email": "b@example.com"}]}]


def v(id: str, change: Callable[[Message], object], *fields: str | None, covers: str = "") -> Violation:
    return Violation(id, change, fields, tuple(covers.split()))


RECIPIENTS = [
    v("no personalizations", drop(P), P, covers=f"{P}#1"),
    v("empty personalizations", put(P, []), P),
    v("personalizations no list", put(P, {}), P),
    v("1001 personalizations", put(P, people(1001)), P, covers=f"{P}#0 {P}#2"),
    v("1001 recipients in one", put(f"{P0}.cc", [{"email": f"c{n}@example.com"} for n in range(1000)]), P),
    v("no to", drop(f"{P0}.to"), f"{P0}.to", covers=f"{P}#5"),
    v("empty to", put(f"{P0}.to", []), f"{P0}.to"),
    v("to no list", put(f"{P0}.to", {"email": "a@example.com"}), f"{P0}.to"),
    v("to no object", put(f"{P0}.to.0", "a@example.com"), f"{P0}.to.0", covers=f"{P}.to#0"),
    v("to without email", put(f"{P0}.to.0", {"name": "A"}), f"{P0}.to.0.email", covers=f"{P}#3"),
    v("to invalid", put(f"{P0}.to.0.email", BAD), f"{P0}.to.0.email"),
    v("to with a space", put(f"{P0}.to.0.email", "a b@example.com"), f"{P0}.to.0.email"),
    v("to beyond ASCII", put(f"{P0}.to.0.email", "grüße@example.com"), f"{P0}.to.0.email"),
    v("to number", put(f"{P0}.to.0.email", 5), f"{P0}.to.0.email"),
    v("to name with semicolon", put(f"{P0}.to.0.name", "Doe; Jane"), f"{P0}.to.0.name"),
    v("to name with comma", put(f"{P0}.to.0.name", "Doe, Jane"), f"{P0}.to.0.name"),
    v("to name number", put(f"{P0}.to.0.name", 5), f"{P0}.to.0.name"),
    v("cc invalid", put(f"{P0}.cc", [{"email": BAD}]), f"{P0}.cc.0.email", covers=f"{P}.cc#0"),
    v("cc without email", put(f"{P0}.cc", [{}]), f"{P0}.cc.0.email", covers=f"{P}.cc#1"),
    v("cc name with comma", put(f"{P0}.cc", [{"email": "c@example.com", "name": "a,b"}]), f"{P0}.cc.0.name"),
    v("bcc invalid", put(f"{P0}.bcc", [{"email": BAD}]), f"{P0}.bcc.0.email", covers=f"{P}.bcc#0"),
    v("bcc without email", put(f"{P0}.bcc", [{}]), f"{P0}.bcc.0.email", covers=f"{P}.bcc#1"),
    v("address in to and cc", put(f"{P0}.cc", [{"email": "ANNA@example.com"}]), P0, covers=f"{P}.cc#2"),
    v("address in to and bcc", put(f"{P0}.bcc", [{"email": "anna@example.com"}]), P0, covers=f"{P}.bcc#2"),
    v("address twice in to", put(f"{P0}.to", [{"email": "a@example.com"}] * 2), P0),
    v("address in two", put(P, people(1) * 2), P, covers=f"{P}#4"),
    v("personalization no object", put(P, ["a@example.com"]), P0),
    v("unknown key in one", put(f"{P0}.template", "x"), f"{P0}.template"),
    v("own from elsewhere", put(f"{P0}.from", {"email": "a@other.example"}), f"{P0}.from"),
    v("own from invalid", put(f"{P0}.from", {"email": "@example.com"}), f"{P0}.from.email"),
]

VALUES = [
    v("own subject empty", put(f"{P0}.subject", ""), f"{P0}.subject", covers=f"{P}.subject#0"),
    v("one of two without subject", both(drop("subject"), put(P, TWO)), f"{P}.1.subject", covers=f"{P}.subject#1"),
    v("substitution number", put(f"{P0}.substitutions", {"-a-": 5}), None, covers=f"{P}.substitutions#0"),
    v("substitutions no object", put(f"{P0}.substitutions", ["-a-"]), None),
    v(
        "substitutions over 10,000 bytes",
        put(f"{P0}.substitutions", {"-a-": "ä" * 4999}),
        f"{P0}.substitutions",
        covers=f"{P}.substitutions#1",
    ),
    v("own custom_arg number", put(f"{P0}.custom_args", {"a": 5}), None, covers=f"{P}.custom_args#0"),
    v("own custom_args empty", put(f"{P0}.custom_args", {}), f"{P0}.custom_args", covers=f"{P}.custom_args#1"),
    v(
        "custom_args over 10,000 bytes after merging",
        both(put("custom_args", {"a": "x" * 6000}), put(f"{P0}.custom_args", {"b": "x" * 6000})),
        f"{P0}.custom_args",
        covers=f"{P}.custom_args#2",
    ),
    v("custom_arg number", put("custom_args", {"a": 5}), "custom_args.a"),
    v("custom_args empty", put("custom_args", {}), "custom_args"),
    v("custom_args text", put("custom_args", "a=5"), "custom_args"),
    v("own header number", put(f"{P0}.headers", {"X-A": 5}), f"{P0}.headers.X-A", covers=f"{P}.headers#0"),
    v("own headers doubled", put(f"{P0}.headers", Doubled(a="1")), f"{P0}.headers", covers=f"{P}.headers#1"),
    v("own headers differ by case", put(f"{P0}.headers", {"X-A": "1", "x-a": "2"}), f"{P0}.headers"),
    v("own header with space", put(f"{P0}.headers", {"X A": "1"}), f"{P0}.headers.X A", covers=f"{P}.headers#2"),
    v(
        "own header reserved",
        put(f"{P0}.headers", {"Reply-To": "a"}),
        f"{P0}.headers.Reply-To",
        covers=f"{P}.headers#3",
    ),
    v("header number", put("headers", {"X-A": 5}), "headers.X-A", covers="headers#0"),
    v("headers doubled", put("headers", Doubled(a="1")), "headers", covers="headers#1"),
    v("header beyond ASCII", put("headers", {"X-Ä": "1"}), "headers.X-Ä", covers="headers#2"),
    v("header with a line break", put("headers", {"X-A": "1\r\nBcc: b@example.com"}), "headers.X-A"),
    v("headers no object", put("headers", "X-A: 1"), "headers"),
    *(v(f"header {name}", put("headers", {name: "1"}), f"headers.{name}", covers="headers#3") for name in RESERVED),
    v("own send_at text", put(f"{P0}.send_at", "soon"), f"{P0}.send_at", covers=f"{P}.send_at#0"),
    v("own send_at in 73 h", put(f"{P0}.send_at", LATE), f"{P0}.send_at", covers=f"{P}.send_at#1"),
    v("send_at text", put("send_at", "soon"), "send_at", covers="send_at#0"),
    v("send_at in 73 h", put("send_at", LATE), "send_at", covers="send_at#1"),
    v("template data text", put(f"{P0}.dynamic_template_data", "x"), f"{P0}.dynamic_template_data"),
    v("substitutions with a d- template", put("template_id", "d-known"), f"{P0}.substitutions"),
    v(
        "empty substitutions with a d- template",
        both(put("template_id", "d-known"), put(f"{P0}.substitutions", {})),
        f"{P0}.substitutions",
    ),
]
