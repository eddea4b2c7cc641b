"""Signs that nobody in a file asked for mail: found in a first look over all of it, before anything is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from disposable_email_domains import blocklist

from base.errors import BadInput
from subscribers.addresses import common_among, parse_address

# A few are in every honest list; many mean that the addresses were collected, generated or typed to get past a form.
ENOUGH = 25  # below that it is chance
MOST_ROLES, MOST_DISPOSABLE, MOST_INVALID = 0.2, 0.05, 0.3
_AT_ONCE = 1_000

_FUNCTIONS = """
abuse accounts admin administrator billing booking careers contact customerservice enquiries feedback finance hello help
helpdesk hostmaster hr info inquiries it jobs legal mail marketing media news newsletter no-reply noreply office orders
postmaster press privacy purchasing reception recruitment root sales security service staff support team webmaster
"""
_ROLES = frozenset(_FUNCTIONS.split())


@dataclass(frozen=True)
class Look:
    """How many rows there are, and how many of their addresses are of these kinds."""

    rows: int
    roles: int
    disposable: int
    invalid: int

    def signs(self) -> tuple[str, ...]:
        """In words; none where nothing is wrong."""
        kinds = (
            (self.roles, MOST_ROLES, "belong to a function such as info@ or sales@, to nobody in person"),
            (self.disposable, MOST_DISPOSABLE, "are of services that give out addresses to throw away"),
            (self.invalid, MOST_INVALID, "are no addresses"),
        )
        return tuple(
            f"{number:,} of {self.rows:,} {words}"
            for number, most, words in kinds
            if number >= ENOUGH and number > most * self.rows
        )


def look_over(addresses: Iterable[str]) -> Look:
    rows = roles = disposable = invalid = 0
    remaining = iter(addresses)
    while some := list(islice(remaining, _AT_ONCE)):
        rows += len(some)
        canonical = _canonical(some)
        invalid += len(some) - len(canonical)
        parts = [each.rpartition("@") for each in canonical]
        roles += sum(local in _ROLES for local, _, _ in parts)
        disposable += sum(domain in blocklist for _, _, domain in parts)
    return Look(rows, roles, disposable, invalid)


def _canonical(addresses: Sequence[str]) -> list[str]:
    """Of those that are addresses."""
    common = common_among(addresses)
    found = [each for each in addresses if each in common]
    for typed in addresses:
        if typed not in common:
            with suppress(BadInput):
                found.append(parse_address(typed).canonical)
    return found
