"""What a look at one thing found: in order, worth knowing, or broken, with its cure in the same sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "mind", "broken"]


@dataclass(frozen=True)
class Finding:
    check: str
    state: State
    words: str


def summed_up(check: str, broken: Sequence[str], minded: Sequence[str], fine: str) -> Finding:
    """One finding of several remarks: the worst decides how it counts."""
    if broken or minded:
        return Finding(check, "broken" if broken else "mind", "; ".join((*broken, *minded)))
    return Finding(check, "ok", fine)
