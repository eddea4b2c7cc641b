"""What staff may write about a subscriber comes out as if the mail were rendered for each person alone."""

from __future__ import annotations

import json

import pytest

from delivery.slots import Filler, Message, Place, Recipient
from tests.campaigns.render.mails import LINKS, NAMES, assert_same_for_everybody, compiled, page, source

EXPRESSIONS = [
    "subscriber.first_name",
    "subscriber['first_name']",
    "subscriber.first_name|default('there')",
    "subscriber.first_name|d('O\\'Neil & \"co\"', true)",
    "subscriber.plan",
    "subscriber['shoe size'] ~ '!'",
    "subscriber.first_name|upper|truncate(5)",
    "subscriber.first_name[:1]",
    "subscriber.first_name|e",
    "subscriber.first_name ~ ', ' ~ article.title",
    "article.title ~ subscriber.first_name|default(brand.name)",
    "'runner' if 'runner' in subscriber.tags else 'walker'",
    "subscriber.tags|join(', ')",
    "subscriber.tags|length",
    "subscriber.age",
    "subscriber.age + 1 if subscriber.age is number else '?'",
    "-subscriber.age if subscriber.age else ''",
    "subscriber.age|default(0)|int * 2 - 1",
    "'yes' if subscriber.city == article.title or not subscriber.first_name else 'no'",
    "'yes' if subscriber.city in towns else 'no'",
    "'yes' if subscriber.city is defined and article.on else 'no'",
    "'one' if article and subscriber.city else 'two'",
    "links.browser",
    "('a' if subscriber.age > 30 else 'b') if article.on else 'c'",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_in_text_attribute_subject_and_text_part(expression: str) -> None:
    slot = "{{ " + expression + " }}"
    one = source(f'<p class="x" title="a {slot}">{slot}, b</p>', f"Hello {slot}!\n", f"For {slot}")
    assert_same_for_everybody(one)


BODIES = [
    "{% if subscriber.city %}<p>{{ subscriber.city }}</p>{% endif %}",
    "{% if subscriber.city == 'Ely' %}<p>a</p>{% elif subscriber.age > 30 %}<p>b</p>{% else %}<b>c</b>{% endif %}",
    "{% if off %}<p>a</p>{% elif subscriber.city %}<p>b</p>{% else %}<p>c</p>{% endif %}",
    "{% if article.on %}<p>a</p>{% elif subscriber.city %}{{ article.none.x }}{% endif %}",
    "{% if subscriber.city %}<p>a</p>{% elif off %}<p>b</p>{% else %}<p>c</p>{% endif %}",
    "<table>{% if subscriber.city %}<tr class='x'><td>{{ subscriber.city }}</td></tr>{% endif %}"
    "<tr><td>z</td></tr></table>",
    "<ul>{% for p in article.points %}{% if p in subscriber.tags %}<li>{{ p }}</li>{% endif %}{% endfor %}</ul>",
    "{% for p in article.points %}<p title='{{ subscriber.city ~ p }}'>{{ subscriber.city ~ p }}</p>{% endfor %}",
    "{% for p in towns %}<i>{{ loop.cycle('a', 'b') }}{% if subscriber.city == p %}<b>{{ loop.index }}</b>{% endif %}"
    "</i>{% endfor %}",
    "{% if subscriber.age %}{% if subscriber.city %}{% if 'runner' in subscriber.tags %}<p>x</p>{% else %}<p>y</p>"
    "{% endif %}{% endif %}<p>{{ subscriber.age }}</p>{% endif %}",
    "<p>Dear {% if subscriber.first_name %}<b>{{ subscriber.first_name }}</b>{% else %}friend{% endif %}, hi</p>",
    '<a href="{{ links.unsubscribe }}">{{ links.unsubscribe }}</a>',
    '<a href="https://example.com/?c={{ subscriber.city|urlencode }}&amp;t={{ subscriber.plan|urlencode }}#x">x</a>',
    "{% with n = article.title %}<p>{{ n }} {{ subscriber.city ~ n }}</p>{% endwith %}",
    "{% set n = article.title %}{% if subscriber.city == n %}<p>{{ n }}</p>{% endif %}",
    "{% macro b(t) %}<b>{{ t }}</b>{% endmacro %}{% if subscriber.city %}{{ b(article.title) }}{% endif %}",
    "{% if subscriber.city %}{% for p in towns %}<p>{{ p }}</p>{% endfor %}{% endif %}",
    "{% raw %}{{ subscriber.nothing }}{% endraw %}<p>{{ article.points[2] }}</p>",
    "<p>a<!--[if mso]>{{ article.title }}<![endif]-->{{ subscriber.city }}<![if !mso]>b<![endif]></p>",
    "{% block main %}<p>{{ subscriber.city }}</p>{% endblock %}",
    "<p>{{ none }}{{ article.none }}|{{ subscriber.first_name }}</p>",
]


@pytest.mark.parametrize("body", BODIES)
def test_html_about_the_subscriber(body: str) -> None:
    assert_same_for_everybody(source(body))


def test_values_may_stand_in_the_title() -> None:
    one = source("<p>x</p>", head="<!-- --><title>{{ subscriber.first_name }} & {{ article.title }}</title>")
    assert_same_for_everybody(one)


TEXTS = [
    "Hi{% if subscriber.first_name %}, {{ subscriber.first_name }}{% endif %}!\n\n{{ links.unsubscribe }}\n",
    "{% for p in article.points -%}\n- {{ p }}{% if p in subscriber.tags %} (yours){% endif %}\n{% endfor %}",
    "{% if subscriber.city %}\nA {{ subscriber.city }}\n{% else %}\nB\n{% endif %}\n\nC & <d>",
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_about_the_subscriber(text: str) -> None:
    assert_same_for_everybody(source("<p>x</p>", text))


@pytest.mark.parametrize(
    "subject", ["{% if subscriber.first_name %}{{ subscriber.first_name }},\n {% endif %}hi ", "a\r\nb"]
)
def test_a_subject_is_one_line_whoever_it_is_for(subject: str) -> None:
    assert_same_for_everybody(source("<p>x</p>", subject=subject))
    for person in ({"first_name": "a\r\nBcc: b"}, {"first_name": "\u2028\x85x"}):
        filled = Filler(compiled(source(subject=subject)).message).fill(Recipient(person, LINKS))
        assert len(filled.subject.splitlines()) == 1
        assert filled.subject.isprintable()


def test_parts_from_the_loader_may_hold_the_subscriber() -> None:
    parts = {
        "_foot.html": '<p class="x">{{ town }}{{ subscriber.city }}</p><a href="{{ links.unsubscribe }}">out</a>',
        "_button.html": '{% macro button(url, label) %}<a class="x" href="{{ url }}">{{ label }}</a>{% endmacro %}',
        "_base.html": page("{% block main %}<i>{{ subscriber.age }}</i>{% endblock %}{% include '_foot.html' %}"),
    }
    body = "{% for town in towns %}{{ button(article.url, town) }}{% include '_foot.html' %}{% endfor %}"
    assert_same_for_everybody(source("{% from '_button.html' import button %}" + body), parts)
    child = "{% extends '_base.html' %}{% set town = 'Ely' %}"
    child += "{% block main %}<p>{{ super() }}{{ subscriber.city }}</p>{% endblock %}"
    one = source("")
    assert_same_for_everybody(type(one)(one.name, child, "", ""), parts)


def test_the_message_is_plain_data_and_its_slots_say_where_they_stand() -> None:
    slot = "{{ subscriber.city }}"
    body = f'<p title="{slot}">{slot}</p><a href="{{{{ links.browser }}}}">{slot}</a>'
    message = compiled(source(body, slot, slot)).message
    assert sorted(slot.place for slot in message.slots) == sorted(Place)
    assert Message.from_dict(json.loads(json.dumps(message.to_dict()))) == message
    tokens = [slot.token for slot in message.slots]
    assert message.html.count(next(slot.token for slot in message.slots if slot.place is Place.TEXT)) == 2
    assert all(token.isalnum() and token.isascii() and len(token) >= 16 for token in tokens)
    assert not any(one in other for one in tokens for other in tokens if one != other)
    again = compiled(source(body)).message
    assert not set(tokens) & {slot.token for slot in again.slots}


def test_a_person_who_writes_a_token_gets_it_as_text() -> None:
    one = source("<p>{{ subscriber.first_name }}</p><p>{{ subscriber.city }}</p>")
    message = compiled(one).message
    first, second = (slot.token for slot in message.slots)
    filler, recipient = Filler(message), Recipient({"first_name": f"{first} {second}", "city": "Ely"}, LINKS)
    assert f"{first} {second}</p>" in filler.fill(recipient).html
    assert filler.holds_token(filler.values(recipient).values())


def test_the_text_part_makes_sure_of_utf_8_with_one_character_beyond_latin_1() -> None:
    for text in ("Hi {{ subscriber.first_name }}", "Zoë", "plain"):
        filled = Filler(compiled(source(text=text)).message).fill(Recipient({"first_name": "Zoë"}, LINKS))
        assert max(filled.text) > "\xff"
        assert max(filled.html) < "\x80"
    with_controls = Filler(compiled(source("<p>a\x92b</p>", "a\x92b\x00", "a\x92b")).message).fill(Recipient({}, {}))
    assert "a\x92b" not in with_controls.html + with_controls.text + with_controls.subject


def test_lines_of_the_text_part_stay_below_998_characters() -> None:
    filled = Filler(compiled(source(text="word " * 400 + "{{ subscriber.first_name }}" * 2)).message).fill(
        Recipient({"first_name": "n" * 600}, LINKS)
    )
    assert max(map(len, filled.text.split("\n"))) <= 998


def test_a_field_that_may_be_empty_is_warned_of_once_with_its_place() -> None:
    slot = "{{ subscriber.city }}"
    made = compiled(
        source(f"{slot}\n{slot} {slot}", "{{ subscriber.plan }}{{ subscriber.email }}{{ subscriber.tags|length }}")
    )
    words = "subscriber.city is empty for whoever has none; write {{ subscriber.city|default('…') }}"
    assert made.warnings == (f"tips/mail.html, line 1: {words}", f"tips/mail.html, line 2: {words}")


@pytest.mark.parametrize(
    "told",
    [
        "{{ subscriber.city|default('x') }}",
        "{% if subscriber.city %}{{ subscriber.city }}{% endif %}",
        "{{ subscriber.city if subscriber.city else 'x' }}",
        "{% if subscriber.city == 'Ely' %}x{% endif %}",
        "{{ subscriber.plan }}",
    ],
)
def test_no_warning_where_the_template_provides_for_an_empty_field(told: str) -> None:
    assert compiled(source(f"<p>{told}</p>", told, told)).warnings == ()


def test_nothing_about_anyone_is_no_slot() -> None:
    made = assert_same_for_everybody(source("<p>{{ article.title }}</p>", "{{ article.title }}", "{{ brand.name }}"))
    assert made.message.slots == ()
    assert NAMES["article"].title in made.message.text
