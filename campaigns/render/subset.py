"""What a template may do with the person it goes to: the checker that refuses all else, by template and line.

The rewriting in partial.py relies on it: a construct let through here must come out there as if rendered per person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import TypeVar

from jinja2 import nodes

from base.errors import Refused
from campaigns.render.environment import LINKS, refusal
from campaigns.render.unparse import PERSONAL, is_personal

_Node = TypeVar("_Node", bound=nodes.Node)

FILTERS = frozenset((
    "abs", "capitalize", "d", "default", "e", "escape", "first", "float", "format", "int", "join",
    "last", "length", "lower", "replace", "reverse", "round", "sort", "string", "striptags", "title", "trim",
    "truncate", "unique", "upper", "urlencode", "wordcount",
))  # fmt: skip
TESTS = frozenset((
    "boolean", "defined", "divisibleby", "eq", "equalto", "even", "false", "float", "ge", "greaterthan", "gt",
    "in", "integer", "iterable", "le", "lessthan", "lower", "lt", "ne", "none", "number", "odd", "sequence",
    "string", "true", "undefined", "upper",
))  # fmt: skip
_EXPRESSIONS = (
    nodes.Literal, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Filter, nodes.Test, nodes.Compare,
    nodes.Operand, nodes.CondExpr, nodes.Concat, nodes.BinExpr, nodes.UnaryExpr, nodes.Keyword,
)  # fmt: skip
_CHANGING = frozenset({"next", "reset", "changed"})  # calls on cyclers and loops that answer otherwise next time
# Statements whose outcome is kept, passed on or repeated: with a person in them it would be one for everybody.
_KEEPING: dict[type[nodes.Node], str] = {
    nodes.Assign: "{% set %} is the same for everybody; write the subscriber's expression where it is shown",
    nodes.AssignBlock: "{% set %} is the same for everybody; write its text where it is shown",
    nodes.FilterBlock: "{% filter %} cannot change a text that holds the subscriber; filter the expression itself",
    nodes.Macro: "a macro is the same for everybody; write what concerns the subscriber where the macro is used",
    nodes.CallBlock: "{% call %} is the same for everybody; write what concerns the subscriber beside it",
    nodes.ExprStmt: "{% do %} is the same for everybody; leave the subscriber out of it",
    nodes.Import: "an import is the same for everybody; name the template itself",
    nodes.FromImport: "an import is the same for everybody; name the template itself",
    nodes.Extends: "the parent is the same for everybody; name the template itself",
}


class Subset:
    """Checks one template's tree. `personal_parts` are the templates that mention the person, known by name."""

    def __init__(self, template: str, fields: Mapping[str, str | None], personal_parts: frozenset[str]) -> None:
        self._template = template
        self._fields = fields
        self._personal_parts = personal_parts
        self._set: set[str] = set()
        self._faults: list[Refused] = []
        self.warnings: list[str] = []

    def check(self, tree: nodes.Template) -> None:
        for fault in self.faults(tree):
            raise fault

    def faults(self, tree: nodes.Template) -> list[Refused]:
        self._faults = []
        self._set = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
        self._each([tree], self._check_names)
        self._statements(tree.body, frozenset())
        return self._faults

    def _check_names(self, tree: nodes.Template) -> None:
        for node in tree.find_all((nodes.Name, nodes.Import, nodes.FromImport, nodes.Macro)):
            for name in PERSONAL & _given_by(node):
                raise self._refuse(node, f"{name} means what we know of the person; choose another name here")
        for block in tree.find_all((nodes.ScopedEvalContextModifier, nodes.EvalContextModifier)):
            raise self._refuse(block, "{% autoescape %} is not for mails; what is HTML already comes in as such")
        shown = {id(call) for output in tree.find_all(nodes.Output) for call in output.nodes}
        for call in tree.find_all(nodes.Call):
            if _is_inherited(call) and id(call) not in shown:
                raise self._refuse(call, "super() and self can only be shown as they are; write {{ super() }} alone")

    def _statements(self, body: list[nodes.Node], told: frozenset[str]) -> None:
        self._each(body, lambda node: self._statement(node, told))

    def _each(self, some: Sequence[_Node], visit: Callable[[_Node], None]) -> None:
        """Goes on after a fault: whoever mends a template wants to hear of all of them."""
        for node in some:
            try:
                visit(node)
            except Refused as fault:
                self._faults.append(fault)

    def _statement(self, node: nodes.Node, told: frozenset[str]) -> None:
        """`told`: the fields that an `if` around asked for, which therefore need no default."""
        match node:
            case nodes.Output(nodes=parts):
                self._each(parts, lambda part: self._expression(part, told))
            case nodes.If():
                self._if(node, told)
            case nodes.For(iter=group, test=test, body=body, else_=rest):
                if is_personal(group) or (test and is_personal(test)):
                    words = (
                        "a loop is the same for everybody; ask {% if 'word' in subscriber.tags %} for each word instead"
                    )
                    raise self._refuse(node, words)
                self._statements([*body, *rest], told)
            case nodes.With(values=values, body=body):
                if any(is_personal(value) for value in values):
                    raise self._refuse(
                        node, "{% with %} is the same for everybody; write the expression where it is shown"
                    )
                self._statements(body, told)
            case nodes.Include(template=which):
                if is_personal(which):
                    raise self._refuse(node, "an include is the same for everybody; put {% if %} around two includes")
            case nodes.Block(body=body) | nodes.Scope(body=body):
                self._statements(body, told)
            case _:
                self._keeping(node)

    def _if(self, node: nodes.If, told: frozenset[str]) -> None:
        tests = [part.test for part in (node, *node.elif_)]
        if any(is_personal(test) for test in tests):
            self._branches_keep_nothing(node)
        for test in tests:
            told |= _fields_in(test)
            self._expression(test, told)
        for body in (node.body, *(part.body for part in node.elif_), node.else_):
            self._statements(body, told)

    def _branches_keep_nothing(self, choice: nodes.If) -> None:
        """All branches are rendered, one after the other, so none may leave anything behind for what follows."""
        words = "inside an {% if %} about the subscriber nothing can be kept for later; "
        for node in choice.find_all((nodes.Assign, nodes.AssignBlock, nodes.Macro, nodes.Import, nodes.FromImport)):
            raise self._refuse(node, words + "set it before the {% if %}")
        for node in choice.find_all(nodes.Block):
            raise self._refuse(
                node, "a {% block %} cannot stand inside an {% if %} about the subscriber; put the if inside"
            )
        for call in choice.find_all(nodes.Call):
            changing = isinstance(call.node, nodes.Getattr) and call.node.attr in _CHANGING
            if changing or (isinstance(call.node, nodes.Name) and call.node.name in self._set):
                raise self._refuse(call, words + "make this call before the {% if %}")

    def _keeping(self, node: nodes.Node) -> None:
        included = (part.template for part in node.find_all(nodes.Include))
        parts = [part.value if isinstance(part, nodes.Const) else None for part in included]
        if is_personal(node) or any(part is None or part in self._personal_parts for part in parts):
            raise self._refuse(
                node, _KEEPING.get(type(node), "this is the same for everybody; leave the subscriber out")
            )

    def _expression(self, node: nodes.Node, told: frozenset[str]) -> None:
        if isinstance(node, nodes.TemplateData) or not is_personal(node):
            return
        match node:
            case nodes.Getattr(node=nodes.Name(name=owner), attr=name) if owner in PERSONAL:
                self._field(node, owner, name, told)
                return
            case nodes.Getitem(node=nodes.Name(name=owner), arg=nodes.Const(value=str(name))) if owner in PERSONAL:
                self._field(node, owner, name, told)
                return
            case nodes.Name(name=name):
                raise self._refuse(
                    node, f"{name} alone is nothing to show; name a part of it, as in {name}.{_part(name)}"
                )
            case nodes.Getattr(attr=attr):
                raise self._refuse(
                    node, f"a field has no part .{attr}; use a filter, as in subscriber.first_name|upper"
                )
            case nodes.Filter(name=name) if name not in FILTERS:
                raise self._refuse(node, _no_filter(name))
            case nodes.Test(name=name) if name not in TESTS:
                raise self._refuse(node, f"'is {name}' cannot be asked about a subscriber; compare with == or in")
            case nodes.Filter(name="default" | "d") | nodes.Test():
                told |= _fields_in(node)
            case nodes.CondExpr(test=test):
                told |= _fields_in(test)
            case nodes.Pow():
                raise self._refuse(node, "** cannot be used on a subscriber's value; write the product out")
            case _ if not isinstance(node, _EXPRESSIONS):
                raise self._refuse(node, "the subscriber cannot be handed to a call; use a filter, or an {% if %}")
        for child in node.iter_child_nodes():
            self._expression(child, told)

    def _field(self, node: nodes.Node, owner: str, name: str, told: frozenset[str]) -> None:
        known = LINKS if owner == "links" else tuple(self._fields)
        if name not in known or name.startswith("_"):
            close = get_close_matches(name, known, 1) or [", ".join(sorted(known)[:8])]
            raise self._refuse(node, f"{owner}.{name} is not known; there is {close[0]}", f"{owner}.{name}")
        if owner == "subscriber" and not self._fields[name] and name not in told | {"email", "tags"}:
            example = f"{{{{ subscriber.{name}|default('…') }}}}"
            words = f"subscriber.{name} is empty for whoever has none; write {example}"
            self.warnings.append(f"{self._template}, line {node.lineno}: {words}")

    def _refuse(self, node: nodes.Node, words: str, variable: str | None = None) -> Refused:
        error = refusal(self._template, node.lineno, words)
        error.facts["variable"] = variable
        return error


def _given_by(node: nodes.Node) -> frozenset[str]:
    """The names that a node gives to something."""
    match node:
        case nodes.Name(name=name, ctx=use) if use != "load":
            return frozenset({name})
        case nodes.Import(target=name) | nodes.Macro(name=name):
            return frozenset({name})
        case nodes.FromImport(names=some):
            return frozenset(each if isinstance(each, str) else each[1] for each in some)
    return frozenset()


def _fields_in(node: nodes.Node) -> frozenset[str]:
    found = {part.attr for part in _with_itself(node, nodes.Getattr) if isinstance(part, nodes.Getattr)}
    keys = (part.arg for part in _with_itself(node, nodes.Getitem) if isinstance(part, nodes.Getitem))
    return frozenset(found | {key.value for key in keys if isinstance(key, nodes.Const)})


def _with_itself(node: nodes.Node, kind: type[nodes.Node]) -> list[nodes.Node]:
    return [*([node] if isinstance(node, kind) else []), *node.find_all(kind)]


def _is_inherited(call: nodes.Call) -> bool:
    match call.node:
        case nodes.Name(name="super") | nodes.Getattr(node=nodes.Name(name="self")):
            return True
    return False


def _part(owner: str) -> str:
    return "first_name" if owner == "subscriber" else "unsubscribe"


def _no_filter(name: str) -> str:
    if name in ("safe", "forceescape", "xmlattr", "tojson"):
        return f"|{name} would let a subscriber's text act as HTML; leave it out"
    return f"|{name} cannot be used on a subscriber's text; use one of {', '.join(sorted(FILTERS))}"
