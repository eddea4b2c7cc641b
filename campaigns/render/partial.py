"""Partial evaluation: renders a template for the campaign and leaves tokens where a subscriber's values will stand.

The checker (subset.py) has been here before, so only what it let through is rewritten.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined, Undefined, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from campaigns.render.environment import refusal
from campaigns.render.unparse import Unparser, is_personal


@dataclass(frozen=True)
class Hole:
    """Where a rendered text waits for a person: one value, or one of the branches of an `if`."""

    token: str
    source: str
    values: Mapping[str, Any]
    template: str
    line: int
    is_choice: bool = False

    def refuse(self, words: str) -> Exception:
        return refusal(self.template, self.line, words)


class Tokens:
    """Names for a campaign's slots: nobody outside can guess one, and none holds another."""

    def __init__(self) -> None:
        self.stem = f"q{secrets.token_hex(8)}n"
        self.pattern = re.compile(rf"{self.stem}\d+q")
        self._last = 0

    def new(self) -> str:
        self._last += 1
        return f"{self.stem}{self._last}q"


class Recorder:
    """What the rewritten templates call while they render. An `if` marks where its branches begin and end."""

    def __init__(self, tokens: Tokens, *, html: bool) -> None:
        self.tokens = tokens
        self.holes: dict[str, Hole] = {}
        self._html = html
        self._open: list[str] = []

    def value(self, template: str, line: int, source: str, **values: Any) -> str:
        return Markup(self._hole(template, line, source, values).token)  # noqa: S704 (letters and digits of ours)

    def choose(self, template: str, line: int, source: str, **values: Any) -> str:
        self._open.append(self._hole(template, line, source, values, is_choice=True).token)
        return self.branch(0)

    def branch(self, number: int) -> str:
        return self._mark(f"{self._open[-1]}b{number}")

    def end(self) -> str:
        return self._mark(f"{self._open.pop()}bx")

    def _mark(self, word: str) -> str:
        return Markup(f"<!--{word}-->" if self._html else word)  # noqa: S704 (as above)

    def _hole(
        self, template: str, line: int, source: str, values: Mapping[str, Any], *, is_choice: bool = False
    ) -> Hole:
        for value in values.values():
            _check_plain(template, line, value)
        hole = Hole(self.tokens.new(), source, values, template, line, is_choice)
        self.holes[hole.token] = hole
        return hole


class Rewriter(NodeTransformer):
    def __init__(self, template: str, defaults: Mapping[str, str | None]) -> None:
        self._template = template
        self._defaults = defaults

    def visit_Output(self, node: nodes.Output) -> nodes.Output:
        node.nodes = [self._slot(part) if is_personal(part) else part for part in node.nodes]
        return node

    def visit_If(self, node: nodes.If) -> nodes.Node | list[nodes.Node]:
        if any(is_personal(part.test) for part in node.elif_):
            node = _nested(node)
        self.generic_visit(node)
        return self._choice(node) if is_personal(node.test) else node

    def _slot(self, part: nodes.Expr) -> nodes.Expr:
        write = Unparser(self._defaults)
        source = write.write(part)
        return self._call("value", part, [source], write.captured)

    def _choice(self, node: nodes.If) -> list[nodes.Node]:
        """Both branches in a row, each behind its mark, whoever they are for."""
        node = _nested(node) if node.elif_ else node
        write = Unparser(self._defaults)
        source = f"0 if {write.condition(node.test)} else 1"
        calls = [
            self._call("choose", node, [source], write.captured),
            self._call("branch", node, [1], []),
            self._call("end", node, [], []),
        ]
        first, second, end = [nodes.Output([call], lineno=node.lineno) for call in calls]
        return [first, *node.body, second, *node.else_, end]

    def _call(self, name: str, node: nodes.Node, given: list[Any], captured: list[nodes.Expr]) -> nodes.Call:
        recorder = nodes.EnvironmentAttribute("recorder", lineno=node.lineno)
        where = [self._template, node.lineno] if name in ("value", "choose") else []
        arguments = [nodes.Const(each, lineno=node.lineno) for each in [*where, *given]]
        keywords = [nodes.Keyword(f"v{n}", each, lineno=node.lineno) for n, each in enumerate(captured)]
        function = nodes.Getattr(recorder, name, "load", lineno=node.lineno)
        return nodes.Call(function, arguments, keywords, None, None, lineno=node.lineno)


def _nested(node: nodes.If) -> nodes.If:
    """`elif` as an `if` inside `else`: what the campaign decides is then decided before a person is asked."""
    if not node.elif_:
        return node
    first, *rest = node.elif_
    inner = nodes.If(first.test, first.body, rest, node.else_, lineno=first.lineno)
    return nodes.If(node.test, node.body, [], [_nested(inner)], lineno=node.lineno)


def _check_plain(template: str, line: int, value: Any) -> None:
    """Slots are stored as plain data: what the campaign puts into one must be too."""
    if isinstance(value, StrictUndefined | Undefined):
        str(value)  # raises the sentence that names what is missing
    if isinstance(value, list | tuple):
        for item in value:
            _check_plain(template, line, item)
        return
    if isinstance(value, Markup) or not isinstance(value, str | int | float | None):
        kind = "a piece of HTML" if isinstance(value, Markup) else f"a {type(value).__name__}"
        words = f"{kind} cannot stand in one expression with the subscriber; use a text or a number, or an {{% if %}}"
        raise refusal(template, line, words)
