"""The templates keep to what can be rendered once for everybody."""

from __future__ import annotations

import pytest

from tests.support.mail import TEMPLATES, compiled, mail, naive
from tests.support.sample import ADA, NOBODY, sample_names

HOSTILE = {**ADA, "first_name": "<b>مريم</b> & {{ 7*7 }} 🎉"}


@pytest.mark.parametrize("subscriber", [ADA, NOBODY, HOSTILE], ids=["named", "nameless", "hostile"])
@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("absent", ["neither", "article", "offer"])
def test_compiled_and_filled_it_is_what_rendering_for_one_person_gives(
    absent: str, subscriber: dict[str, str], template: str
) -> None:
    names = sample_names(**({} if absent == "neither" else {absent: None}))
    assert mail(names, subscriber, template) == naive(names, subscriber, template)


@pytest.mark.parametrize("template", TEMPLATES)
def test_only_the_greeting_and_the_links_differ_from_person_to_person(template: str) -> None:
    found = compiled(template=template)
    slots = found.message.slots
    assert {slot.source for slot in slots} == {
        "subscriber.first_name|default('there', true)",
        "links.unsubscribe",
        "links.preferences",
        "links.browser",
    }
    assert found.warnings == ()
