"""The promise of rendering once: for any template inside the subset and anyone at all, compiled ≡ naive."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from campaigns.render import Source
from tests.campaigns.render.mails import assert_same_for_everybody, page

SNIPPETS = (
    "<script>",
    "{{ 7*7 }}",
    "-tag-",
    "{% if %}",
    "&amp;",
    "]]>",
    "<!--",
    '" x="',
    "\r\nBcc: a",
    "\u202e",
    "é",
    "%s\\1",
)
texts = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=8),  # surrogates, controls and all
    st.sampled_from(SNIPPETS),
    st.lists(st.sampled_from(SNIPPETS), max_size=4).map("".join),
    st.just("x" * 600),
)
people = st.fixed_dictionaries(
    {},
    optional={
        "first_name": st.one_of(st.none(), texts),
        "city": st.one_of(st.sampled_from(["Ely", "Bath", ""]), texts),
        "age": st.one_of(st.none(), st.integers(0, 99)),
        "plan": st.one_of(st.none(), texts),
        "tags": st.lists(st.one_of(st.sampled_from(["runner", "one"]), texts), max_size=3),
    },
)

fields = st.sampled_from(["subscriber.first_name", "subscriber.city", "subscriber.plan", "subscriber['city']"])
words = st.sampled_from(["'Ely'", "'it\\'s'", '"<b>"', "article.title", "brand.name", "''"])
values = st.recursive(
    st.one_of(fields, st.builds("{}|default({})".format, fields, words)),
    lambda inner: st.one_of(
        st.builds("{}|{}".format, inner, st.sampled_from(["upper", "trim", "e", "truncate(4)", "title"])),
        st.builds("({} ~ {})".format, inner, st.one_of(words, inner)),
        st.builds("({} if {} else {})".format, inner, st.deferred(lambda: conditions), words),
    ),
    max_leaves=3,
)
conditions: st.SearchStrategy[str] = st.recursive(
    st.one_of(
        fields,
        st.builds("{} {} {}".format, fields, st.sampled_from(["==", "!=", "<"]), words),
        st.builds("subscriber.age {} {}".format, st.sampled_from(["==", ">", "<="]), st.integers(0, 99)),
        st.builds(
            "{} {} subscriber.tags".format,
            st.sampled_from(["'runner'", "article.title"]),
            st.sampled_from(["in", "not in"]),
        ),
        st.builds("{} is defined".format, fields),
        st.sampled_from(["article.on", "off", "article.none"]),
    ),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not {}".format, inner),
    ),
    max_leaves=4,
)
shown = st.builds("{{{{ {} }}}}".format, values)
static = st.sampled_from(
    ["plain é ", "{{ article.title }}", "{{ loop_word }}", "&nbsp;", " &lt;x&gt; ", "{{ article.none }}"]
)


def branched(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{{% if {} %}}{}{{% endif %}}".format, conditions, inner),
        st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, conditions, inner, inner),
        st.builds(
            "{{% if {} %}}{}{{% elif {} %}}{}{{% else %}}{}{{% endif %}}".format,
            conditions,
            inner,
            conditions,
            inner,
            inner,
        ),
        st.builds("{{% for loop_word in towns %}}{}{{% endfor %}}".format, inner),
        st.builds("{{% with loop_word = article.title %}}{}{{% endwith %}}".format, inner),
    )


def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(inner, min_size=1, max_size=3).map("".join)


inline = st.recursive(
    st.one_of(
        shown,
        static,
        st.just('<a href="{{ links.browser }}">x</a>'),
        st.builds('<a class="x" href="https://example.com/?q={{{{ {}|urlencode }}}}&amp;b=1">y</a>'.format, fields),
        st.builds('<img alt="{}" width="40" src="a b.png">'.format, shown),
    ),
    lambda inner: st.one_of(branched(inner), st.builds("<b>{}</b>".format, joined(inner))),
    max_leaves=4,
)
blocks = st.recursive(
    st.builds('<p class="x" title="{}">{}</p>'.format, st.one_of(shown, static), joined(inline)),
    lambda inner: st.one_of(
        branched(inner),
        st.builds("<div>{}</div>".format, joined(inner)),
        st.builds(
            "<table>{}<tr><td>z</td></tr></table>".format,
            joined(branched(st.builds("<tr><td>{}</td></tr>".format, inner))),
        ),
    ),
    max_leaves=4,
)
plain = st.recursive(st.one_of(shown, static, st.just("\n")), lambda inner: branched(joined(inner)), max_leaves=4)
CSS = (
    ".x { color: red } div p { margin: 0 } td { background-color: #FFF } @media print { p { color: blue !important } }"
)


# Without shrinking, which takes minutes here: the templates are short as they come.
@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(joined(blocks), joined(plain), joined(plain), st.lists(people, min_size=1, max_size=3))
def test_a_compiled_mail_says_what_rendering_for_each_person_says(
    body: str, text: str, subject: str, some: list[dict[str, Any]]
) -> None:
    known = "{% set loop_word = 'w' %}"
    one = Source("tips", known + page(body, CSS), known + text, known + subject.replace("\n", " "))
    assert_same_for_everybody(one, people=some)
