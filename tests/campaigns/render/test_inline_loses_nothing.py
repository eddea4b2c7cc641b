"""Over generated documents: what goes into the inliner comes out, and where another inliner agrees, so do we."""

from __future__ import annotations

import re

import css_inline
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from campaigns.render.css import declarations
from campaigns.render.inline import inline
from tests.campaigns.render.mails import page

# Few names and few properties, so that rules meet each other on the same elements.
TAGS, CLASSES, IDS = ["div", "b"], ["a", "b"], ["one", "two"]
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
urls = st.builds("https://example.com/{}?a=1&b={}".format, words, words)
compounds = st.one_of(
    st.sampled_from(TAGS),
    st.sampled_from(CLASSES).map(".{}".format),
    st.sampled_from(IDS).map("#{}".format),
    st.builds("{}.{}".format, st.sampled_from(TAGS), st.sampled_from(CLASSES)),
    st.sampled_from(["[lang]", "div[lang='en']", ".a.b"]),
)
selectors = st.one_of(
    compounds,
    st.builds("{}{}{}".format, compounds, st.sampled_from([" ", " > ", " + ", " ~ "]), compounds),
    st.builds("div {} {}".format, compounds, compounds),
)
properties = st.sampled_from(["color:red", "color:#FFFFFF", "color:var(--x)", "top:0", "top:1em", "line-height:1.5"])
blocks = st.lists(properties, min_size=1, max_size=3).map(";".join)
plain_rules = st.builds("{}{{{}}}".format, selectors, blocks)
kept_rules = st.one_of(
    st.builds("@media (max-width: {}px) {{ .a {{ color: #FFFFFF !important }} }}".format, st.integers(1, 999)),
    st.builds("@font-face {{ font-family: 'F{}'; src: url(x.woff) }}".format, st.integers(1, 9)),
    st.builds("@supports (display: grid) {{ #{} {{ color: red }} }}".format, st.sampled_from(IDS)),
    st.builds("[data-ogsc] .{} {{ color: red !important }}".format, st.sampled_from(CLASSES)),
    st.builds("a:hover .{} {{ color: red }}".format, st.sampled_from(CLASSES)),
    st.builds("p {{ margin: {}px !important }}".format, st.integers(1, 9)),
)
comments = st.sampled_from(
    [
        "<!--[if mso]><table><tr><td><![endif]-->",
        "<!--[if !mso]><!-->",
        "<!--<![endif]-->",
        "<![if !mso]>",
        "<![endif]>",
    ]
)


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


leaves = st.one_of(
    words.map(escape),
    comments,
    urls.map(lambda url: f'<a href="{escape(url)}">x</a>'),
    st.builds(
        '<img src="{}" width="{}" height="9" alt="{}">'.format, urls.map(escape), st.integers(1, 600), words.map(escape)
    ),
)
openings = st.builds(
    'class="{}" {}'.format,
    st.lists(st.sampled_from(CLASSES), min_size=1, max_size=2).map(" ".join),
    st.one_of(
        st.just(""),
        st.just('lang="en"'),
        st.sampled_from(IDS).map('id="{}"'.format),
        blocks.map('style="{}"'.format),
    ),
)


def nested(leaf: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def within(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        content = st.lists(inner, min_size=1, max_size=3).map("".join)
        return st.builds("<{0} {1}>{2}</{0}>".format, st.sampled_from(TAGS), openings, content)

    return st.lists(st.recursive(within(leaf), within, max_leaves=12), min_size=2, max_size=4).map("".join)


sheets = st.lists(st.one_of(plain_rules, kept_rules), min_size=2, max_size=8).map("\n".join)


@settings(max_examples=60, deadline=None)
@given(sheets, nested(leaves))
def test_text_urls_widths_comments_and_special_rules_come_through(css: str, body: str) -> None:
    before = page(body, css)
    after = inline(before)
    assert after.isascii()
    assert after.startswith("<!DOCTYPE html>\n")
    for path in (
        "//body//text()",
        "//@href",
        "//@src",
        "//img/@width",
        "//img/@height",
        "//@alt",
        "//@class",
        "//comment()",
    ):
        assert _all(after, path) == _all(before, path)
    assert re.findall(r"<!-{0,2}\[.*?\]-{0,2}>(?:<!-->)?", after) == re.findall(
        r"<!-{0,2}\[.*?\]-{0,2}>(?:<!-->)?", before
    )
    styles = "\n".join(re.findall("<style>(.*?)</style>", after, re.DOTALL))
    for rule in css.split("\n"):
        if rule.startswith(("@", "[data", "a:hover")) or "!important" in rule:
            assert rule in styles


def _all(html: str, path: str) -> list[str]:
    return [str(found) for found in lxml_html.document_fromstring(html).xpath(path)]


@settings(max_examples=60, deadline=None)
@given(st.lists(plain_rules, min_size=3, max_size=10).map("\n".join), nested(st.just("x")))
def test_elements_get_the_styles_that_another_inliner_gives_them(css: str, body: str) -> None:
    document = page(body, css)
    ours = lxml_html.document_fromstring(inline(document))
    theirs = lxml_html.document_fromstring(css_inline.inline(document))
    for one, other in zip(ours.body.iter("*"), theirs.body.iter("*"), strict=True):
        assert _styles(one) == _styles(other)


def _styles(element: lxml_html.HtmlElement) -> dict[str, str]:
    return {each.name: each.value.lower() for each in declarations(element.get("style") or "")}
