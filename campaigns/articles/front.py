"""Front matter: the YAML lines between two `---` at the top of a Markdown file."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

import yaml

from base.errors import BadInput

_OPENING = re.compile(r"\ufeff?---[ \t]*\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.M)
_KEY = re.compile(r"[\w-]+[ \t]*:")
_MOST_CHARACTERS = 20_000  # far more than any front matter, far less than what YAML would choke on


@dataclass(frozen=True, slots=True)
class Front:
    """The keys that an article's front matter may have."""

    title: str = ""
    url: str = ""
    image: str = ""
    image_alt: str = ""


KEYS = tuple(field.name for field in fields(Front))


def split_front(text: str, name: str) -> tuple[Front, str, list[str]]:
    """Front matter, the text below it, and warnings. Raises BadInput naming the line."""
    opening = _OPENING.match(text)
    if not opening:
        return Front(), text, []
    closing = _CLOSING.search(text, opening.end())
    if closing:
        values, warnings = _values(text[opening.end() : closing.start()], name)
        return Front(**values), text[closing.end() :], warnings
    if not _KEY.match(text, opening.end()):
        return Front(), text, []  # a rule across the page, and nothing else
    raise BadInput(f"{name}: the front matter that begins on line 1 has no end; put --- on a line below it")


def begins_with_front(text: str) -> bool:
    opening = _OPENING.match(text)
    return bool(opening and _KEY.match(text, opening.end()))


def _values(source: str, name: str) -> tuple[dict[str, str], list[str]]:
    if len(source) > _MOST_CHARACTERS:
        raise BadInput(f"{name}: the front matter is longer than {_MOST_CHARACTERS:,} characters; close it with ---")
    node = _parsed(source, name)
    if node is None:
        return {}, []
    if not isinstance(node, yaml.MappingNode):
        raise _bad(name, node, "is not `key: value`")
    values, warnings = {}, []
    for key, value in node.value:
        if str(key.value) not in KEYS:
            warnings.append(_unknown(key))
        elif not isinstance(value, yaml.ScalarNode):
            raise _bad(name, value, f"gives {key.value} more than one value")
        else:
            values[key.value] = value.value
    return values, warnings


def _parsed(source: str, name: str) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(source, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        # An open quote is noticed at the end, and has to be closed where it begins.
        mark = error.context_mark if "quoted" in (error.context or "") else error.problem_mark
        line = mark.line + 2 if mark else 2
        raise BadInput(f"{name}: line {line} of the front matter cannot be read: write it as `key: value`") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise BadInput(f"{name}: the front matter cannot be read: write each line as `key: value`") from error
    return node


def _bad(name: str, node: yaml.Node, what: str) -> BadInput:
    return BadInput(f"{name}: line {node.start_mark.line + 2} of the front matter {what}: write it as `key: value`")


def _unknown(key: yaml.Node) -> str:
    known = ", ".join(KEYS)
    return f"The front matter's key {str(key.value)[:40]!r} is not known and was left out; known are {known}."
