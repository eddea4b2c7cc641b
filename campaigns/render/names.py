"""Every name that a template and its parts use, checked before anything is rendered, taken branches or not."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import jinja2
from jinja2 import meta, nodes

from base.errors import Refused
from campaigns.render.environment import Environment, refusal, sentences
from campaigns.render.unparse import PERSONAL, is_personal


def parts(env: Environment) -> dict[str, nodes.Template]:
    """The trees of the root template and of all that it names, by name."""
    found: dict[str, nodes.Template] = {}
    to_read = [(env.root, env.root, 1)]
    while to_read:
        name, asker, line = to_read.pop()
        if name in found:
            continue
        found[name] = _parsed(env, name, asker, line)
        to_read += [(part, name, at) for part, at in _named(found[name])]
    return found


def personal_parts(trees: Mapping[str, nodes.Template]) -> frozenset[str]:
    """The templates that mention a person, themselves or by what they include."""
    personal = {name for name, tree in trees.items() if is_personal(tree)}
    while more := {
        name
        for name, tree in trees.items()
        if name not in personal and any(part in personal for part, _ in _named(tree, nodes.Include))
    }:
        personal |= more
    return frozenset(personal)


def check(env: Environment, trees: Mapping[str, nodes.Template], names: Mapping[str, Any]) -> None:
    for fault in faults(env, trees, names):
        raise fault


def faults(env: Environment, trees: Mapping[str, nodes.Template], names: Mapping[str, Any]) -> Iterator[Refused]:
    # A part sees what the template that includes it has set; which one includes it is only known when it runs.
    shared = {name for tree in trees.values() for name in _set_in(tree)}
    for template, tree in trees.items():
        yield from _unknown_helpers(env, template, tree)
        with sentences(template):
            unknown = meta.find_undeclared_variables(tree) - set(names) - PERSONAL - shared
        yield from _unknown_names(template, tree, unknown, names)
        yield from _unknown_attributes(template, tree, {name: names[name] for name in set(names) - _set_in(tree)})


def _parsed(env: Environment, name: str, asker: str, line: int) -> nodes.Template:
    with sentences(name):
        try:
            source, _, _ = env.templates.get_source(env, name)
        except jinja2.TemplateNotFound as cause:
            raise refusal(asker, line, f"there is no template {name!r}; check its name") from cause
        return env.parse(source, name)


def _named(tree: nodes.Template, kinds: Any = (nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)) -> Any:
    for node in tree.find_all(kinds):
        some = node.template.items if isinstance(node.template, nodes.Tuple | nodes.List) else [node.template]
        optional = isinstance(node, nodes.Include) and (node.ignore_missing or len(some) > 1)
        for which in some:
            if isinstance(which, nodes.Const) and isinstance(which.value, str) and not optional:
                yield which.value, node.lineno


def _set_in(tree: nodes.Template) -> set[str]:
    found = {name.name for name in tree.find_all(nodes.Name) if name.ctx in ("store", "param")}
    found |= {node.name for node in tree.find_all(nodes.Macro)}
    found |= {node.target for node in tree.find_all(nodes.Import)}
    for node in tree.find_all(nodes.FromImport):
        found |= {name if isinstance(name, str) else name[1] for name in node.names}
    return found


def _unknown_helpers(env: Environment, template: str, tree: nodes.Template) -> Iterator[Refused]:
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        known = env.filters if isinstance(node, nodes.Filter) else env.tests
        if node.name not in known:
            close = "".join(f"; there is {name}" for name in get_close_matches(node.name, known, 1))
            kind = "filter" if isinstance(node, nodes.Filter) else "test"
            yield refusal(template, node.lineno, f"there is no {kind} {node.name!r}{close or '; check its name'}")
            node.name = "string"  # a filter and a test: the rest of the template can still be looked at


def _unknown_names(
    template: str, tree: nodes.Template, unknown: Iterable[str], names: Mapping[str, Any]
) -> Iterator[Refused]:
    for node in tree.find_all(nodes.Name):
        if node.name in unknown and node.ctx == "load":
            yield _unknown(template, node, node.name, names)


def _unknown_attributes(template: str, tree: nodes.Template, names: Mapping[str, Any]) -> Iterator[Refused]:
    excused = {id(node.node) for node in tree.find_all(nodes.Filter) if node.name in ("default", "d")}
    excused |= {id(node.node) for node in tree.find_all(nodes.Test) if node.name in ("defined", "undefined")}
    for node in tree.find_all(nodes.Getattr):
        path = _path(node)
        if path is None or path[0] not in names or id(node) in excused:
            continue
        owner = names[path[0]]
        for name in path[1:-1]:
            owner = _attribute(owner, name)
        if _lacks(owner, node.attr):
            yield _unknown(template, node, ".".join(path), _parts_of(owner))


def _path(node: nodes.Node) -> list[str] | None:
    if isinstance(node, nodes.Name):
        return [node.name]
    before = _path(node.node) if isinstance(node, nodes.Getattr) else None
    return None if before is None or not isinstance(node, nodes.Getattr) else [*before, node.attr]


def _attribute(owner: Any, name: str) -> Any:
    return owner.get(name) if isinstance(owner, Mapping) else getattr(owner, name, None)


def _lacks(owner: Any, name: str) -> bool:
    if isinstance(owner, Mapping):
        return name not in owner and not hasattr(owner, name)
    return dataclasses.is_dataclass(owner) and not hasattr(owner, name)


def _parts_of(owner: Any) -> list[str]:
    return list(owner) if isinstance(owner, Mapping) else [field.name for field in dataclasses.fields(owner)]


def _unknown(template: str, node: nodes.Node, variable: str, known: Iterable[str]) -> Refused:
    last = variable.rpartition(".")[2]
    close = get_close_matches(last, list(known), 1) or [", ".join(sorted(known)[:8]) or "nothing here"]
    error = refusal(template, node.lineno, f"{variable} is not known; there is {close[0]}")
    error.facts["variable"] = variable
    return error
