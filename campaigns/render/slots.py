"""From a rendered text with tokens and marks to slots: branches cut out, equal slots made one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from base.errors import Broken
from campaigns.render.partial import Hole, Tokens
from delivery.slots import Place, Slot


class SlotMaker:
    """Makes the slots of one message; what says the same in the same place becomes one of them."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._slots: dict[str, Slot] = {}

    @property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(self._slots.values())

    def make(self, text: str, holes: Mapping[str, Hole], places: Mapping[str, Place], *, html: bool) -> str:
        """The text as it will be stored, one token for each slot. `places` has the place of each hole."""
        text, branches = _cut(text, self._tokens, html=html)
        settled: dict[str, str] = {}
        # Inner ones first: what stands in a branch was made after the `if` around it.
        for token in reversed(list(holes)):
            parts = tuple(self._renamed(branch, settled) for branch in branches.get(token, ()))
            settled[token] = self._slot(holes[token], places[token], parts)
        return self._renamed(text, settled)

    def _slot(self, hole: Hole, place: Place, branches: tuple[str, ...]) -> str:
        key = json.dumps([hole.source, place, hole.values, branches], sort_keys=True)
        slot = self._slots.setdefault(key, Slot(hole.token, hole.source, place, _plain(hole.values), branches))
        return slot.token

    def _renamed(self, text: str, settled: Mapping[str, str]) -> str:
        return self._tokens.pattern.sub(lambda match: settled[match[0]], text)


def _cut(text: str, tokens: Tokens, *, html: bool) -> tuple[str, dict[str, tuple[str, ...]]]:
    mark = rf"({tokens.pattern.pattern})b(\d|x)"
    pieces = re.split(f"<!--{mark}-->" if html else mark, text)
    cut: dict[str, tuple[str, ...]] = {}
    kept: list[list[str]] = [[pieces[0]]]  # the outermost text, then the branches that are open
    for token, where, rest in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        if where != "0":
            cut[token] = (*cut.get(token, ()), "".join(kept.pop()))
        if where == "x":
            kept[-1] += [token, rest]
        else:
            kept.append([rest])
    if len(kept) != 1:
        raise Broken(
            "The branches of an {% if %} about the subscriber came out in a wrong order; please report this template"
        )
    return "".join(kept[0]), cut


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
