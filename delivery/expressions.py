"""What a Jinja expression says about one recipient: closures for the common shapes, Jinja itself for the rest."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import ChainableUndefined, Undefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST_VALUE = 500  # characters; a longer one is no name, but somebody's try
# Controls, line breaks, halves of surrogate pairs and bidi embeddings: all that could act beyond its own place.
_UNSEEMLY = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")

Compute = Callable[[Mapping[str, Any], Mapping[str, str]], Any]


class Nothing(ChainableUndefined):
    """A field without a value: empty as text, false in a condition, equal to "", no number and no failure."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return other is None or other == "" or isinstance(other, ChainableUndefined)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash("")

    def _never(self, *_other: Any) -> Any:
        return False

    def _still(self, *_other: Any) -> Any:
        return self

    def _zero(self) -> Any:
        return 0

    __lt__ = __le__ = __gt__ = __ge__ = _never
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _still
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _still
    __neg__ = __pos__ = _still
    __int__ = _zero

    def __float__(self) -> Any:
        return 0.0


NOTHING = Nothing()


class Person:
    """What a template sees as `subscriber`: clean values by name, `Nothing` where there is none."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> Any:
        return field_of(self._values, name)

    __getitem__ = __getattr__


class Links(Person):
    """What a template sees as `links`."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        return link_of(self._values, name)

    __getitem__ = __getattr__


def field_of(values: Mapping[str, Any], name: str) -> Any:
    value = values.get(name)
    if type(value) is str and value.isascii() and value.isprintable() and len(value) <= LONGEST_VALUE:
        return value or NOTHING
    value = clean(value)
    return NOTHING if value is None or value == "" else value


def link_of(links: Mapping[str, str], name: str) -> Any:
    link = links.get(name)
    return _UNSEEMLY.sub("", link) if link else NOTHING  # never cut: half a link leads nowhere


def clean(value: Any) -> Any:
    """A value as it may enter a mail: one line without controls, of at most 500 characters."""
    if isinstance(value, str):
        return _UNSEEMLY.sub(" ", value)[:LONGEST_VALUE]
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    return value


def shown(value: Any) -> str:
    return "" if value is None else str(value)


def compute(source: str, given: Mapping[str, Any], *, escape: bool) -> Compute:
    """The function that tells what `source` is for a recipient. `escape` as in a template that escapes."""
    env = _ESCAPING if escape else _PLAIN
    tree = env.parse("{{ " + source + " }}").body[0]
    node = tree.nodes[0] if isinstance(tree, nodes.Output) else tree
    value = _closure(node, given)
    if value is None:
        value = _through_jinja(env.compile_expression(source, undefined_to_none=False), given)
    return value if isinstance(node, nodes.Getattr) else _unfailing(value)


def _unfailing(value: Compute) -> Compute:
    def attempt(subscriber: Mapping[str, Any], links: Mapping[str, str]) -> Any:
        try:
            return value(subscriber, links)
        except Exception:
            # One person's odd value (a word where a number is compared) must not stop everybody's mail.
            return None

    return attempt


def _through_jinja(expression: Callable[..., Any], given: Mapping[str, Any]) -> Compute:
    return lambda subscriber, links: expression(given, subscriber=Person(subscriber), links=Links(links))


def _closure(node: nodes.Node, given: Mapping[str, Any]) -> Compute | None:
    """The shapes that nearly every slot has, ten times as fast as by Jinja; None for any other."""
    match node:
        case nodes.Getattr(node=nodes.Name(name="subscriber"), attr=name):
            return lambda subscriber, _links: field_of(subscriber, name)
        case nodes.Getattr(node=nodes.Name(name="links"), attr=name):
            return lambda _subscriber, links: link_of(links, name)
        case nodes.Const(value=value):
            return lambda _subscriber, _links: value
        case nodes.Name(name=name) if name in given:
            return lambda _subscriber, _links: given[name]
        case nodes.Filter(name="default" | "d", node=nodes.Node() as inner, args=[fallback], kwargs=[]):
            return _of_two(_default, inner, fallback, given)
        case nodes.Filter(
            name="default" | "d", node=nodes.Node() as inner, args=[fallback, nodes.Const(value=True)], kwargs=[]
        ):
            return _of_two(None, inner, fallback, given, stop_at=True)
        case nodes.Compare(expr=left, ops=[nodes.Operand(op=op, expr=right)]):
            return _of_two(_COMPARISONS[op], left, right, given)
        case nodes.And(left=left, right=right):
            return _of_two(None, left, right, given, stop_at=False)
        case nodes.Or(left=left, right=right):
            return _of_two(None, left, right, given, stop_at=True)
        case nodes.Not(node=inner) if (value := _closure(inner, given)) is not None:
            return lambda subscriber, links: not value(subscriber, links)
        case nodes.CondExpr(test=test, expr1=one, expr2=other) if other is not None:
            return _conditional(test, one, other, given)
    return None


def _of_two(
    combine: Callable[[Any, Any], Any] | None,
    left: nodes.Node,
    right: nodes.Node,
    given: Mapping[str, Any],
    *,
    stop_at: bool = False,
) -> Compute | None:
    """Both sides combined; without `combine`, the left one where its truth is `stop_at`, else the right one."""
    one, other = _closure(left, given), _closure(right, given)
    if one is None or other is None:
        return None
    if combine is not None:
        return lambda subscriber, links: combine(one(subscriber, links), other(subscriber, links))

    def either(subscriber: Mapping[str, Any], links: Mapping[str, str]) -> Any:
        first = one(subscriber, links)
        return first if bool(first) is stop_at else other(subscriber, links)

    return either


def _conditional(test: nodes.Node, one: nodes.Node, other: nodes.Node, given: Mapping[str, Any]) -> Compute | None:
    met, first, second = _truth(test, given), _closure(one, given), _closure(other, given)
    if met is None or first is None or second is None:
        return None
    return lambda subscriber, links: (first if met(subscriber, links) else second)(subscriber, links)


def _truth(node: nodes.Node, given: Mapping[str, Any]) -> Compute | None:
    match node:
        case nodes.Getattr(node=nodes.Name(name="subscriber"), attr=name):
            return lambda subscriber, _links: subscriber.get(name)  # cleaning makes nothing of something never
    return _closure(node, given)


def _default(value: Any, fallback: Any) -> Any:
    return fallback if isinstance(value, Undefined) else value


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda item, group: item in group,
    "notin": lambda item, group: item not in group,
}
_ESCAPING = ImmutableSandboxedEnvironment(autoescape=True, undefined=Nothing)
_PLAIN = ImmutableSandboxedEnvironment(autoescape=False, undefined=Nothing)
