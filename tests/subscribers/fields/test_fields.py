from __future__ import annotations

import pytest

from base.database import Database
from base.errors import BadInput
from subscribers.fields import FIELDS, field_name, known_fields
from subscribers.fields.custom import add_field, remember
from subscribers.models import CustomField


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("city", "city"),
        (" Favourite Sport ", "favourite_sport"),
        ("T-shirt (size)", "t_shirt_size"),
        ("__proto__", "proto"),
        ("Größe (cm)", "grosse_cm"),
        ("Prénom", "prenom"),
    ],
)
def test_a_custom_field_gets_a_name_that_templates_and_rules_can_use(typed: str, name: str) -> None:
    assert field_name(typed) == name
    assert field_name(name) == name


@pytest.mark.parametrize(
    "typed", ["", "!!", "名前", "2nd visit", "x" * 65, "email", "Tags", "joined", "and", "Not", "id"]
)
def test_a_name_that_cannot_be_asked_for_is_refused(typed: str) -> None:
    with pytest.raises(BadInput, match="cannot be the name"):
        field_name(typed)


def test_known_fields_are_the_fixed_ones_and_every_custom_one_ever_seen(db: Database) -> None:
    with db.write() as s:
        assert known_fields(s) == dict.fromkeys(FIELDS)
        remember(s, ["city"])
        remember(s, ["plan", "city"])
        remember(s, [])
    with db.read() as s:
        assert list(known_fields(s)) == [*FIELDS, "city", "plan"]


@pytest.mark.parametrize("name", ["source", "Opened", "list"])
def test_a_new_field_may_not_hide_what_rules_ask_for(db: Database, name: str) -> None:
    with db.write() as s:
        for added in (lambda: add_field(s, name), lambda: remember(s, [field_name(name)])):
            with pytest.raises(BadInput, match="another name"):
                added()


def test_one_from_before_that_hides_it_stays(db: Database) -> None:
    with db.write() as s:
        s.add(CustomField(name="source"))
        s.flush()
        assert "source" in remember(s, ["source", "city"])
