from __future__ import annotations

import pytest

from base.errors import BadInput
from campaigns.segments.fields import FIELDS, WAYS, Kind, kind
from campaigns.segments.grammar import parse
from campaigns.segments.words import describe
from subscribers import fields as names
from subscribers.fields.custom import TYPES, Field

CUSTOM = {
    "city": Field("city"),
    "visits": Field("visits", "number"),
    "renewal": Field("renewal", "date"),
    "member": Field("member", "boolean"),
    "size": Field("size", "choice", ("L", "XL")),
}
EXAMPLES = [(of, example) for of, several in WAYS.items() for _, example in several]


@pytest.mark.parametrize(("of", "example"), EXAMPLES)
def test_every_example_in_the_help_can_be_used(of: Kind, example: str) -> None:
    rule = parse(example, CUSTOM, strict=True)
    assert parse(describe(rule), CUSTOM) == rule
    if of in TYPES:
        assert kind(example.split()[0], CUSTOM) == of


def test_what_a_template_may_ask_for_a_rule_may_too() -> None:
    assert {name for name in names.FIELDS if name != "tags"} <= FIELDS.keys()


def test_no_new_custom_field_hides_what_a_rule_asks_for() -> None:
    for name in (*FIELDS, "opened", "clicked"):
        with pytest.raises(BadInput):
            names.refuse_hiding([names.field_name(name)])


def test_every_kind_of_field_says_how_it_is_asked_for() -> None:
    assert {known.kind for known in FIELDS.values()} | set(TYPES) == WAYS.keys()
    assert all(known.help for known in FIELDS.values())
