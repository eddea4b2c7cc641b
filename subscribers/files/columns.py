"""What each column of a file is: by the export it comes from, by its own title, or by what a person said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from base.errors import BadInput
from subscribers.fields import field_name, plain_name
from subscribers.files.exports import LEFT_OUT, PLAIN, Export, Rule, recognise

# What a column can be besides a custom field.
FIXED = (
    *("email", "first_name", "last_name", "name", "zone", "locale", "tags"),
    *("joined", "consented", "ip", "attributes"),
)
_OWN = frozenset({"email", "first_name", "last_name", "zone", "locale", "tags", "joined"})
# Of a file of what an import left out, and of an export of ours: never taken over, and cells are defused there.
_MADE_BY_US = "tipsheet_"
_WHERE = " in the first line"


@dataclass(frozen=True)
class Columns:
    export: Export
    count: int
    fixed: Mapping[str, int]  # by what it is, where it stands
    custom: Mapping[str, int]
    rules: tuple[tuple[int, Rule], ...]
    left_out: tuple[str, ...]  # titles
    is_defused: bool
    is_json: bool


def read_columns(
    titles: Sequence[str], maps: Mapping[str, str], named: str | None = None, *, is_json: bool = False
) -> Columns:
    """Of a table's first line, or of the names in JSON Lines. Raises BadInput."""
    plain = [plain_name(title) for title in titles]
    export = recognise([each for each in plain if not each.startswith(_MADE_BY_US) or each == "tipsheet_state"], named)
    said = _said(maps, plain)
    meant = [_meaning(title, number, export, said) for number, title in enumerate(titles, 1)]
    _refuse_twice(meant)
    where = {what: index for index, what in enumerate(meant) if what != LEFT_OUT}
    if "email" not in where:
        raise BadInput(
            f"No column is email (there are {', '.join(titles)[:200]}); name one so{'' if is_json else _WHERE}, "
            f"or say which it is: --map 'its name=email'"
        )
    return Columns(
        export,
        len(titles),
        {what: index for what, index in where.items() if what in FIXED},
        {what[1:]: index for what, index in where.items() if what not in FIXED},
        _rules(export, plain, said),
        tuple(title for title, what in zip(titles, meant, strict=True) if what == LEFT_OUT),
        any(name.startswith(_MADE_BY_US) for name in plain) and not is_json,
        is_json,
    )


def names_email(titles: Iterable[str], maps: Mapping[str, str]) -> bool:
    said = {plain_name(title) for title, what in maps.items() if what == "email"}
    every = {"email", "email_address", "e_mail"}
    return bool({plain_name(title) for title in titles} & (said or every))


def _said(maps: Mapping[str, str], plain: Sequence[str]) -> dict[str, str]:
    said = {}
    for title, what in maps.items():
        name = plain_name(title)
        if name not in plain:
            raise BadInput(f"--map names the column {title[:80]!r}, which is not in the file; look at its first line")
        said[name] = what if what in FIXED else LEFT_OUT if what in ("", "-") else f":{field_name(what)}"
    return said


def _meaning(title: str, number: int, export: Export, said: Mapping[str, str]) -> str:
    """One of FIXED, a custom field's name behind a colon, or LEFT_OUT."""
    name = plain_name(title)
    if name in said:
        return said[name]
    if not title.strip():
        raise BadInput(f"Column {number} has no name; name it or remove it")
    if "@" in title:
        raise BadInput(
            "The first line holds an address, where names of columns belong; put a line above, such as email"
        )
    if name in export.fields:
        return export.fields[name]
    if name.startswith(_MADE_BY_US):
        return LEFT_OUT
    return name if name in _OWN else f":{field_name(title)}"


def _refuse_twice(meant: Sequence[str]) -> None:
    for what in meant:
        if what != LEFT_OUT and meant.count(what) > 1:
            raise BadInput(
                f"There is the column {what.lstrip(':')} more than once; rename or remove one, "
                f"or leave one out: --map 'its name=-'"
            )


def _rules(export: Export, plain: Sequence[str], said: Mapping[str, str]) -> tuple[tuple[int, Rule], ...]:
    """In a file of people's own making, what a person said of a column is all that it is."""
    known = [each for each in export.rules if each.title in plain and not (export is PLAIN and each.title in said)]
    return tuple((plain.index(each.title), each) for each in known)
