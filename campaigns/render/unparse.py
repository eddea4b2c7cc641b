"""A Jinja expression over one recipient written back as source, with what the campaign gives taken out of it."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import nodes

PERSONAL = frozenset({"subscriber", "links"})
_INFIX = {
    nodes.And: "and", nodes.Or: "or", nodes.Add: "+", nodes.Sub: "-", nodes.Mul: "*",
    nodes.Div: "/", nodes.FloorDiv: "//", nodes.Mod: "%",
}  # fmt: skip
_PREFIX = {nodes.Not: "not ", nodes.Neg: "-", nodes.Pos: "+"}
_COMPARED = {
    "eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in", "notin": "not in",
}  # fmt: skip


def is_personal(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Name):
        return node.name in PERSONAL
    return any(name.name in PERSONAL for name in node.find_all(nodes.Name))


class Unparser:
    """Writes expressions; `captured` then holds the campaign's part of them, as v0, v1, …"""

    def __init__(self, defaults: Mapping[str, str | None]) -> None:
        self._defaults = defaults
        self.captured: list[nodes.Expr] = []

    def write(self, node: nodes.Node) -> str:
        if isinstance(node, nodes.Const):
            return _constant(node.value)
        if isinstance(node, nodes.Expr) and not is_personal(node):
            self.captured.append(node)
            return f"v{len(self.captured) - 1}"
        return self._personal(node)

    def condition(self, node: nodes.Node) -> str:
        """As `write`, where only truth counts: what the campaign gives may then be anything."""
        match node:
            case nodes.And(left=left, right=right) | nodes.Or(left=left, right=right):
                return f"({self.condition(left)} {_INFIX[type(node)]} {self.condition(right)})"
            case nodes.Not(node=inner):
                return f"(not {self.condition(inner)})"
            case nodes.Expr() if not is_personal(node):
                truth = nodes.Not(nodes.Not(node, lineno=node.lineno), lineno=node.lineno)
                return self.write(truth)
        return self.write(node)

    def _personal(self, node: nodes.Node) -> str:
        match node:
            case nodes.Getattr(node=nodes.Name(name=owner), attr=name):
                return self._field(owner, name)
            case nodes.Getitem(node=nodes.Name(name=owner), arg=nodes.Const(value=name)):
                return self._field(owner, str(name))
            case nodes.Getitem(node=inner, arg=key):
                return f"({self.write(inner)})[{self._key(key)}]"
            case nodes.Filter(node=nodes.Node() as inner, name=name):
                return f"{self._part(inner)}|{name}{self._arguments(node)}"
            case nodes.Test(node=inner, name=name):
                return f"({self._part(inner)} is {name}{self._arguments(node)})"
            case nodes.Compare(expr=left, ops=ops):
                rest = " ".join(f"{_COMPARED[o.op]} {self._part(o.expr)}" for o in ops)
                return f"({self._part(left)} {rest})"
            case nodes.CondExpr(test=test, expr1=one, expr2=other):
                last = "''" if other is None else self.write(other)
                return f"({self.write(one)} if {self.condition(test)} else {last})"
            case nodes.Concat(nodes=parts):
                return "(" + " ~ ".join(self._part(part) for part in parts) + ")"
            case nodes.List(items=items) | nodes.Tuple(items=items):
                return "[" + ", ".join(self.write(item) for item in items) + "]"
            case nodes.BinExpr(left=left, right=right):
                return f"({self._part(left)} {_INFIX[type(node)]} {self._part(right)})"
            case nodes.UnaryExpr(node=inner):
                return f"({_PREFIX[type(node)]}{self._part(inner)})"
        raise AssertionError(f"subset.py let {type(node).__name__} pass")

    def _field(self, owner: str, name: str) -> str:
        default = self._defaults.get(name) if owner == "subscriber" else None
        field = f"{owner}.{name}" if name.isidentifier() else f"{owner}[{name!r}]"
        return field + (f"|default({_constant(default)})" if default else "")

    def _part(self, node: nodes.Node) -> str:
        text = self.write(node)
        return f"({text})" if text.startswith("-") else text

    def _arguments(self, node: nodes.Filter | nodes.Test) -> str:
        some = [self.write(arg) for arg in node.args]
        some += [f"{pair.key}={self.write(pair.value)}" for pair in node.kwargs]
        return f"({', '.join(some)})" if some else ""

    def _key(self, key: nodes.Node) -> str:
        if not isinstance(key, nodes.Slice):
            return self.write(key)
        return ":".join("" if part is None else self.write(part) for part in (key.start, key.stop, key.step))


def _constant(value: object) -> str:
    return str(value).lower() if value is None or isinstance(value, bool) else repr(value)
