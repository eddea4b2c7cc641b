"""Whatever would come out differently, or unescaped, is refused: template, line, and how to write it instead."""

from __future__ import annotations

import pytest

from base.errors import Refused
from campaigns.render import Source
from tests.campaigns.render.mails import compiled, source

# The template's body, the line it is refused at, and a word of the way to write it instead.
CONSTRUCTS = [
    ("{% set x = subscriber.city %}{{ x }}", "set"),
    ("{% set x %}a {{ subscriber.city }}{% endset %}{{ x }}", "set"),
    ("{% set x = 'a' %}{% if subscriber.city %}{% set x = 'b' %}{% endif %}{{ x }}", "before the {% if %}"),
    (
        "{% set n = namespace(a=1) %}{% if subscriber.city %}{% set n.a = 2 %}{% endif %}{{ n.a }}",
        "before the {% if %}",
    ),
    (
        "{% set c = cycler('a', 'b') %}{% if subscriber.city %}{{ c.next() }}{% endif %}{{ c.next() }}",
        "before the {% if %}",
    ),
    ("{% set l = [] %}{% if subscriber.city %}{{ l.append(1) }}{% endif %}", "'append' of 'list' object is unsafe"),
    ("{% set j = joiner() %}{% if subscriber.city %}{{ j() }}{% endif %}{{ j() }}", "before the {% if %}"),
    ("{% for t in towns %}{% if subscriber.city %}{{ loop.changed(t) }}{% endif %}{% endfor %}", "before the {% if %}"),
    ("{% for t in subscriber.tags %}{{ t }}{% endfor %}", "in subscriber.tags"),
    ("{% for t in towns if t == subscriber.city %}{{ t }}{% endfor %}", "in subscriber.tags"),
    ("{% filter upper %}{{ subscriber.city }}{% endfilter %}", "filter the expression"),
    ("{% macro m() %}{{ subscriber.city }}{% endmacro %}{{ m() }}", "macro"),
    ("{% macro m(a) %}{{ a }}{% endmacro %}{{ m(subscriber.city) }}", "call"),
    ("{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ subscriber.city }}{% endcall %}", "{% call %}"),
    ("{% with c = subscriber.city %}{{ c }}{% endwith %}", "{% with %}"),
    ("{% include subscriber.city %}", "{% if %}"),
    ("{% set x %}{% include '_person.html' %}{% endset %}{{ x }}", "set"),
    ("{% macro m() %}{% include '_person.html' %}{% endmacro %}{{ m() }}", "macro"),
    ("{% block b %}{{ subscriber.city }}{% endblock %}{{ self.b()|upper }}", "alone"),
    ("{% if subscriber.city %}{% block b %}{% endblock %}{% endif %}", "inside"),
    ("{% autoescape false %}{{ subscriber.city }}{% endautoescape %}", "autoescape"),
    ("{{ subscriber.city|safe }}", "leave it out"),
    ("{{ subscriber.city|tojson }}", "leave it out"),
    ("{{ subscriber.tags|map('upper')|join }}", "use one of"),
    ("{{ towns|select('equalto', subscriber.city)|join }}", "use one of"),
    ("{{ subscriber.age ** 9 }}", "product"),
    ("{{ subscriber.city.upper() }}", "filter"),
    ("{{ subscriber.city.__class__ }}", "filter"),
    ("{{ subscriber.__class__ }}", "subscriber.__class__"),
    ("{{ subscriber }}", "subscriber.first_name"),
    ("{{ links }}", "links.unsubscribe"),
    ("{{ subscriber[article.title] }}", "subscriber.first_name"),
    ("{{ subscriber.city ~ article }}", "text or a number"),
    ("{{ subscriber.city ~ ('<b>'|safe) }}", "text or a number"),
    ("{% set subscriber = article %}{{ subscriber.title }}", "another name"),
    ("{% for links in towns %}{{ links }}{% endfor %}", "another name"),
    ("{% import '_person.html' as subscriber %}", "another name"),
]


@pytest.mark.parametrize(("construct", "instead"), CONSTRUCTS)
def test_a_construct_outside_the_subset_is_refused(construct: str, instead: str) -> None:
    with pytest.raises(Refused) as refused:
        compiled(source(f"<p>x</p>\n\n{construct}"), {"_person.html": "{{ subscriber.city }}"})
    sentence = refused.value.sentence
    assert sentence.startswith("tips/mail.html, line 3: ")
    assert instead in sentence
    assert "\n" not in sentence


PLACES = [
    ("<style>.a { color: {{ subscriber.city }} }</style>", "<style>"),
    ('<p style="color: {{ subscriber.city }}">x</p>', 'style="…"'),
    ('<p class="{{ subscriber.city }}">x</p>', 'class="…"'),
    ('<p id="a{{ subscriber.city }}">x</p>', 'id="…"'),
    ('<td width="{{ subscriber.age }}">x</td>', 'width="…"'),
    ('<p onclick="{{ subscriber.city }}">x</p>', 'onclick="…"'),
    ("<{{ subscriber.city }}>x</p>", "text"),
    ("<p {{ subscriber.city }}=1>x</p>", "quotes"),
    ("<p title={{ subscriber.city }}>x</p>", "quotes"),
    ("<a href={{ links.browser }}>x</a>", "quotes"),
    ("<textarea>{{ subscriber.city }}</textarea>", "<textarea>"),
    ("<script>{{ subscriber.city }}</script>", "<script>"),
    ("<!-- {{ subscriber.city }} -->", "comment"),
    ("<!--[if mso]><b>{{ subscriber.city }}</b><![endif]-->", "comment"),
    ('<a href="{{ subscriber.city }}">x</a>', "links only"),
    ('<a href="{{ subscriber.city|urlencode }}">x</a>', "links only"),
    ('<a href="{{ links.browser|upper }}">x</a>', "links only"),
    ('<a href="{{ links.browser }}?a=1">x</a>', "links only"),
    ('<a href="https://{{ subscriber.city|urlencode }}.example.com/">x</a>', "links only"),
    ('<a href="javascript:{{ subscriber.city|urlencode }}">x</a>', "links only"),
    ('<a href="https://example.com/?c={{ subscriber.city }}">x</a>', "|urlencode"),
    ('<img srcset="https://example.com/{{ subscriber.city|urlencode }}">', 'srcset="…"'),
    ("<title>{% if subscriber.city %}a{% endif %}</title>", "'one' if"),
    ('<p title="{% if subscriber.city %}a{% endif %}">x</p>', "'one' if"),
    ('<p {% if subscriber.city %}title="a"{% endif %}>x</p>', "whole elements"),
    ("{% if subscriber.city %}<p>{% endif %}x</p>", "whole elements"),
    ("<p>{% if subscriber.city %}</p><p>{% endif %}x</p>", "whole elements"),
    ("<p>{% if subscriber.city %}<div>a</div>{% endif %}x</p>", "whole elements"),
    ("{% if subscriber.city %}<div>{% else %}<section>{% endif %}x</div>", "whole elements"),
    ("<!--[if mso]>{% if subscriber.city %}<td>{% endif %}<![endif]-->", "comment"),
    ("<style>{% if subscriber.city %}p{color:red}{% endif %}</style>", "<style>"),
    ("{% if subscriber.city %}<!-- {% else %} --> {% endif %}", "comment"),
]


@pytest.mark.parametrize(("construct", "instead"), PLACES)
def test_a_place_where_a_value_or_an_if_cannot_stand_is_refused(construct: str, instead: str) -> None:
    with pytest.raises(Refused) as refused:
        compiled(source(f"<p>x</p>\n{construct}"))
    assert refused.value.sentence.startswith("tips/mail.html, line 2: ")
    assert instead in refused.value.sentence


def test_a_value_before_the_body_is_refused() -> None:
    with pytest.raises(Refused, match="before <body>"):
        compiled(source("<p>x</p>", head="{{ subscriber.city }}<meta name=x>"))


@pytest.mark.parametrize("css", ["p + p { margin: 0 }", "h1 ~ p b { margin: 0 }", "div > p ~ p { margin: 0 }"])
def test_styles_that_depend_on_neighbours_are_refused_beside_an_if(css: str) -> None:
    body = "<div><h1>a</h1>{% if subscriber.city %}<p>a</p>{% endif %}<p><b>c</b></p></div><p>x</p>"
    with pytest.raises(Refused, match=r"line 1: the style rule .* use a class"):
        compiled(source(body, css=css))
    compiled(
        source("<div><h1>a</h1><p>c</p><p>d</p></div><section>{% if subscriber.city %}a{% endif %}</section>", css=css)
    )
    compiled(source(body, css="u + p { margin: 0 } p:first-child { margin: 0 }"))


def test_styles_that_ask_for_an_attribute_with_a_value_are_refused() -> None:
    body = '<p title="{{ subscriber.city }}">x</p>'
    with pytest.raises(Refused, match="asks for title"):
        compiled(source(body, css="p[title='Ely'] { color: red }"))
    compiled(source(body, css="p[lang] { color: red }"))


UNKNOWN = [
    ("{{ artcle.title }}", "artcle", "there is article"),
    ("{% if off %}{{ artcle.title }}{% endif %}", "artcle", "there is article"),
    ("{% if off %}{{ article.titel }}{% endif %}", "article.titel", "there is title"),
    ("{% if off %}{{ brand.nam }}{% endif %}", "brand.nam", "there is name"),
    ("{% if off %}{{ subscriber.frist_name }}{% endif %}", "subscriber.frist_name", "there is first_name"),
    ("{% if off %}{{ links.unsubscibe }}{% endif %}", "links.unsubscibe", "there is unsubscribe"),
    ("{{ 'a' if off else subscriber['citty'] }}", "subscriber.citty", "there is city"),
]


@pytest.mark.parametrize(("body", "variable", "instead"), UNKNOWN)
def test_an_unknown_name_is_refused_even_in_a_branch_not_taken(body: str, variable: str, instead: str) -> None:
    for one, template in (
        (source(f"<p>x</p>\n{body}"), "tips/mail.html, line 2"),
        (source(text=f"x\n{body}"), "tips/mail.txt, line 2"),
        (source(subject=body), "the subject of tips, line 1"),
        (source("{% if off %}{% include '_part.html' %}{% endif %}"), "_part.html, line 2"),
    ):
        with pytest.raises(Refused) as refused:
            compiled(one, {"_part.html": f"\n{body}"})
        assert refused.value.sentence == f"{template}: {variable} is not known; {instead}"
        assert refused.value.facts["variable"] == variable


BROKEN = [
    ("{{ subscriber.city", 2, "unexpected"),
    ("{% if %}", 2, "Expected an expression"),
    ("{% include '_none.html' %}", 2, "no template '_none.html'"),
    ("{% if off %}{% include '_none.html' %}{% endif %}", 2, "no template '_none.html'"),
    ("{% if off %}{{ article|uper }}{% endif %}", 2, "no filter 'uper'; there is upper"),
    ("{% if off is odder %}{% endif %}", 2, "no test 'odder'; there is odd"),
    ("{{ article.none.x }}", 2, "x"),
    ("{{ 1 / 0 }}", 2, "division by zero"),
    ("{{ article.__class__.__mro__ }}", 2, "__"),
    ("{{ towns.append(1) }}", 2, "'append' of 'list' object is unsafe"),
    ("{{ brand.name + 1 }}", 2, "concatenate"),
]


@pytest.mark.parametrize(("body", "line", "words"), BROKEN)
def test_a_broken_template_is_one_sentence_with_template_and_line(body: str, line: int, words: str) -> None:
    with pytest.raises(Refused) as refused:
        compiled(source(f"<p>x</p>\n{body}"))
    assert refused.value.sentence.startswith(f"tips/mail.html, line {line}: ")
    assert words in refused.value.sentence
    assert "\n" not in refused.value.sentence


def test_what_fails_in_a_part_names_the_part() -> None:
    with pytest.raises(Refused, match=r"_part.html, line 3: division"):
        compiled(source("{% include '_part.html' %}"), {"_part.html": "\n\n{{ 1 / 0 }}"})
    with pytest.raises(Refused, match=r"_part.html, line 2: .% set %. is the same"):
        compiled(source("{% include ['_part.html'] %}"), {"_part.html": "\n{% set x = subscriber.city %}"})
    with pytest.raises(Refused, match=r"Larkfield, line 2: .% set %. is the same"):
        compiled(source("{% include brand.name %}"), {"Larkfield": "\n{% set x = subscriber.city %}"})


def test_an_empty_mail_is_refused() -> None:
    with pytest.raises(Refused, match="HTML is empty"):
        compiled(Source("tips", " ", "", ""))
