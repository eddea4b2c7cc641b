"""Slots filled for one recipient: escaped for their place, and inert whatever they hold."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.slots import LONGEST_LINE, Filler, Message, Place, Recipient, Slot

HOSTILE = ["<script>alert(1)</script>", "{{ 7*7 }}", "-tag-", "a\" onload='x", "%00&amp;", "a1z", "\\1", "𝔘 😀"]


def message(source: str, place: Place = Place.TEXT, **more: object) -> Message:
    slot = Slot("a1z", source, place, **more)  # type: ignore[arg-type]
    return Message("a1z", "a1z", "a1z", (slot,))


def value(
    source: str, place: Place = Place.TEXT, /, given: dict[str, object] | None = None, **subscriber: object
) -> str:
    recipient = Recipient(subscriber, {"browser": "https://example.com/?a=1&b=2"})
    return Filler(message(source, place, values=given or {})).values(recipient)["a1z"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_comes_out_as_the_same_text(name: str) -> None:
    from lxml import html

    escaped = value("subscriber.name", Place.ATTRIBUTE, name=name)
    assert escaped.isascii()
    element = html.fragment_fromstring(f'<p title="{escaped}">{escaped}</p>')
    assert element.text == element.get("title") == name
    assert len(element) == 0
    assert value("subscriber.name", Place.PLAIN, name=name) == name


def test_a_value_that_is_a_token_is_not_filled_again() -> None:
    slots = (Slot("a1z", "subscriber.one", Place.TEXT), Slot("a2z", "subscriber.two", Place.TEXT))
    filler = Filler(Message("a1z a2z", "a1z a2z", "", slots))
    recipient = Recipient({"one": "a2z", "two": "a1z"}, {})
    assert filler.fill(recipient).html == "a2z a1z"
    assert filler.holds_token(filler.values(recipient).values())
    assert not filler.holds_token(["Anna"])


def test_controls_line_breaks_and_bidi_embeddings_do_not_reach_a_mail() -> None:
    assert value("subscriber.name", Place.SUBJECT, name="Eve\r\nBcc: all@example.com") == "Eve Bcc: all@example.com"
    assert value("subscriber.name", Place.PLAIN, name="a\u202eb\u2066c\x92d\ud800e\x00") == "a b c d e "
    assert value("subscriber.name", name="שלום\u200f") == "&#1513;&#1500;&#1493;&#1501;&#8207;"


def test_a_value_is_cut_at_500_characters_and_a_link_never() -> None:
    assert value("subscriber.name", Place.PLAIN, name="é" * 10_000) == "é" * 500
    link = "https://example.com/" + "x" * 900
    assert Filler(message("links.browser", Place.URL)).values(Recipient({}, {"browser": link})) == {"a1z": link}


def test_a_url_keeps_its_meaning_inside_an_attribute() -> None:
    assert value("links.browser", Place.URL) == "https://example.com/?a=1&amp;b=2"
    assert value("links.browser", Place.PLAIN) == "https://example.com/?a=1&b=2"
    assert value("subscriber.city|urlencode", Place.URL, city='São " &/') == "S%C3%A3o%20%22%20%26/"


@pytest.mark.parametrize("missing", [{}, {"city": None}, {"city": ""}])
def test_a_field_without_a_value_is_empty_and_takes_its_default(missing: dict[str, object]) -> None:
    assert value("subscriber.city", **missing) == ""
    assert value("subscriber.city|default('your town')", **missing) == "your town"
    assert value("subscriber.city|upper|default('your town')", **missing) == ""
    assert value("'a' if subscriber.city else 'b'", **missing) == "b"
    assert value("'a' if subscriber.city is defined else 'b'", **missing) == "b"
    assert value("'a' if subscriber.city == '' else 'b'", **missing) == "a"
    assert value("'a' if subscriber.city > 3 or 3 < subscriber.city else 'b'", **missing) == "b"


def test_what_the_campaign_gave_is_at_hand() -> None:
    assert value("subscriber.city ~ v0", Place.PLAIN, {"v0": "!"}, city="Ely") == "Ely!"
    assert value("'here' if subscriber.city == v0 else 'there'", Place.TEXT, {"v0": "Ely"}, city="Ely") == "here"
    assert value("'runner' if 'runner' in subscriber.tags else '-'", Place.TEXT, tags=["runner"]) == "runner"


@pytest.mark.parametrize("source", ["subscriber.age > 30", "subscriber.age + 1", "not (subscriber.age < 3)"])
def test_one_persons_odd_value_does_not_stop_the_mail(source: str) -> None:
    assert value(source, age="thirty") == ""


def test_an_if_puts_in_one_branch_with_its_own_slots() -> None:
    name = Slot("a2z", "subscriber.name", Place.TEXT)
    choice = Slot("a1z", "0 if subscriber.age > 30 else 1", Place.TEXT, {}, ("<b>a2z</b>", "<i>a2z a2z</i>"))
    filler = Filler(Message("", "<p>a1z</p>", "", (choice, name)))
    assert filler.fill(Recipient({"name": "A&B", "age": 40}, {})).html == "<p><b>A&amp;B</b></p>"
    assert filler.fill(Recipient({"name": "A", "age": 4}, {})).html == "<p><i>A A</i></p>"
    assert filler.fill(Recipient({"name": "A", "age": "old"}, {})).html == "<p><i>A A</i></p>"
    assert list(filler.values(Recipient({"name": "A"}, {}))) == ["a1z"]


def test_a_text_line_never_grows_past_the_longest_that_mail_allows() -> None:
    line = "a1z and a1z, and more words " + "word " * 20
    text = Filler(Message("", "", line, (Slot("a1z", "subscriber.name", Place.PLAIN),)))
    filled = text.fill(Recipient({"name": "n" * 499}, {})).text
    assert max(map(len, filled.split("\n"))) <= LONGEST_LINE
    assert filled.replace("\n", " ").split() == line.replace("a1z", "n" * 499).split()


def test_a_message_survives_json_and_keeps_its_hash() -> None:
    before = Message("s", "<p>a1z</p>", "t", (Slot("a1z", "0 if v0 else 1", Place.TEXT, {"v0": 1}, ("x", "y")),))
    after = Message.from_dict(json.loads(json.dumps(before.to_dict())))
    assert after == before
    assert after.hash == before.hash
    assert Message("s", "<p>a1z</p>", "t!", before.slots).hash != before.hash


class Listed(list[dict[str, object]]):
    def column(self, name: str) -> list[object]:
        return [each.get(name) for each in self]


_ANYTHING = st.one_of(
    st.sampled_from([*HOSTILE, "", "Anna", "Zoë", "  Mary  Jane ", "x" * 600, "a2z"]), st.text(), st.integers()
)


@given(
    st.lists(st.dictionaries(st.sampled_from(["name", "city"]), _ANYTHING), min_size=1, max_size=6),
    st.sampled_from(["https://example.com/u/", "https://example.com/?a=1&b='é'"]),
)
def test_many_people_get_the_values_that_each_gets_alone(people: list[dict[str, object]], url: str) -> None:
    sources = ["subscriber.name", "subscriber.city|default('you & I')", "links.unsubscribe", "subscriber.name|upper"]
    slots = [Slot(f"a{n}{place.value}z", each, place) for n, each in enumerate(sources) for place in Place]
    slots.append(
        Slot("b1z", "0 if subscriber.city else 1", Place.TEXT, branches=(f"{slots[0].token}, {slots[10].token}", ""))
    )
    text = " ".join(slot.token for slot in slots)
    filler = Filler(Message("", text, "", tuple(slots)))
    links = [f"{url}{n}" for n in range(len(people))]
    alone = [filler.values(Recipient(who, {"unsubscribe": link})) for who, link in zip(people, links, strict=True)]
    values = filler.values_of(Listed(people), {"unsubscribe": links})
    assert [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)] == alone
