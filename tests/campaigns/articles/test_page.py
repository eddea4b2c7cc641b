"""Pages of different make: what each `.expected` file says, by hand, is read from the page beside it, and no more."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from base.errors import BadInput
from campaigns.articles.blocks import Block
from campaigns.articles.page import read_page
from campaigns.articles.runs import Run
from campaigns.articles.source import ReadArticle

PAGES = Path(__file__).parent / "pages"
READABLE = sorted(file.stem for file in PAGES.glob("*.expected"))
LONG = "When you sit for a whole day, your back forgets what it can do. Rise once an hour and remind it of that."
MORE = "Nobody has to run at once. A walk around the house is enough, and so is a dance in the kitchen by yourself."


def read(html: str, **how: str) -> ReadArticle:
    return read_page(html.encode(), name="page.html", **how)


def page(body: str, head: str = "<title>Sit less</title>") -> str:
    return (
        f"<!doctype html><html><head>{head}</head><body><h1>Sit less</h1><p>{LONG}</p>{body}<p>{MORE}</p></body></html>"
    )


def outline(article: ReadArticle) -> str:
    facts = ("title", "author", "published", "url", "image_url", "image_alt", "phone")
    head = [f"{fact}: {getattr(article, fact) or '-'}" for fact in facts]
    return "\n".join([*head, "", *map(block_line, article.blocks), "", *(f"! {w}" for w in article.warnings)]).strip()


def block_line(block: Block) -> str:
    if block.kind == "image":
        caption = "".join(run_words(run) for line in block.runs() for run in line)
        return f"image: {block.url} | {block.alt} | {caption}"
    name = f"heading {block.level}" if block.kind == "heading" else block.kind
    return f"{name}: {' | '.join(''.join(map(run_words, line)) for line in block.runs())}"


def run_words(run: Run) -> str:
    return f"[{run.text}]({run.href})" if run.href else run.text


def said(article: ReadArticle) -> str:
    """The blocks between the two paragraphs that each page here has."""
    lines = [block_line(block) for block in article.blocks]
    assert lines[0] == f"paragraph: {LONG}"
    assert lines[-1] == f"paragraph: {MORE}"
    return "\n".join(lines[1:-1])


@pytest.mark.parametrize("name", READABLE)
def test_a_page_is_read_right(name: str) -> None:
    article = read_page((PAGES / f"{name}.html").read_bytes(), name=f"{name}.html")
    assert outline(article) == (PAGES / f"{name}.expected").read_text("utf-8").strip()


def test_the_pages_are_of_ten_makes() -> None:
    assert len(list(PAGES.glob("*.html"))) >= 10


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("none", "none.html shows no article: give the address of one, or save its text as a file and add that"),
        ("front_page", "front_page.html shows 2 articles: give the address of one of them"),
    ],
)
def test_a_page_without_one_article_is_refused(name: str, sentence: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_page((PAGES / f"{name}.html").read_bytes(), name=f"{name}.html")
    assert caught.value.sentence == sentence


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7", "is no web page"),
        (b"\x89PNG\r\n", "is no web page"),
        (b"<html>\0\0\0", "is no web page"),
        (b"<p>" * 130_000, "has more than 60,000 parts"),
        (b"<p>a" * 3_000_000, "is larger than 10 MB"),
        (b"<div>" * 20_000 + LONG.encode(), "is nested too deeply"),
        (b"<table><tr><td>" * 300 + LONG.encode(), "shows no article|is nested too deeply"),
        (b"<p>Nothing but a few words.</p>", "shows no article"),
    ],
)
def test_what_is_no_page_is_refused_in_one_sentence(data: bytes, sentence: str) -> None:
    began = time.monotonic()
    with pytest.raises(BadInput, match=rf"^page\.html (?:{sentence})"):
        read_page(data, name="page.html")
    assert time.monotonic() - began < 20


HIDDEN = [
    '<div style="color: red; DISPLAY : none">Buy now, before anybody else does that.</div>',
    "<p hidden>Buy now, before anybody else does that.</p>",
    '<p aria-hidden="true">Buy now, before anybody else does that.</p>',
    "<script>document.write('Buy now, before anybody else does.')</script>",
    "<style>p::after { content: 'Buy now.' }</style>",
    "<!-- Buy now, before anybody else does that. -->",
    "<template><p>Buy now, before anybody else does that.</p></template>",
    '<iframe srcdoc="&lt;p&gt;Buy now.&lt;/p&gt;">Buy now.</iframe>',
    "<svg><text>Buy now.</text></svg>",
    "<form><p>Buy now.</p><input value='Buy now.'></form>",
    "<nav><p>Buy now, before anybody else does that.</p></nav>",
    '<div class="cookie-banner"><p>Buy now, before anybody else does that.</p></div>',
    '<div id="sidebar"><p>Buy now, before anybody else does that.</p></div>',
    '<section class="RelatedPosts"><p>Buy now, before anybody else does that.</p></section>',
    '<div role="dialog"><p>Buy now, before anybody else does that.</p></div>',
    '<ul><li><a href="/a">Buy now</a></li><li><a href="/b">Buy later</a></li></ul>',
    "<p>Share this</p>",
    "<p>By Robin Vale</p>",
    "<p>Advertisement</p>",
    '<a href="/a"><h3>Buy now</h3><p>Before anybody else does that.</p></a>',
]


@pytest.mark.parametrize("hidden", HIDDEN)
def test_what_is_no_part_of_the_article_stays_out(hidden: str) -> None:
    assert said(read(page(hidden))) == ""


SHOWN = [
    ("<p>&lt;script&gt;alert(1)&lt;/script&gt; and more.</p>", "paragraph: <script>alert(1)</script> and more."),
    ("<p>One<br><br>Two<br>three</p>", "paragraph: One\nparagraph: Two three"),
    ("<ul><li>A<ul><li>A1</li><li>A2</li></ul></li><li>B</li></ul>", "list: A | A1 | A2 | B"),
    ('<ol start="4"><li>Four</li><li><p>Five</p><p>and a half</p></li></ol>', "list: 4. Four | 5. Five and a half"),
    ("<dl><dt>Ice</dt><dd>cold</dd><dt>Wheat</dt><dd>warm</dd></dl>", "list: Ice – cold | Wheat – warm"),
    ("<details><summary>How?</summary><p>So it is.</p></details>", "heading 3: How?\nparagraph: So it is."),
    (
        "<h4>A <a href='/x'>linked</a> title</h4><p>Words.</p>",
        "heading 4: A [linked](https://a.example/x) title\nparagraph: Words.",
    ),
    ("<blockquote><p>One.</p><p>Two.</p></blockquote>", "quote: One.\nquote: Two."),
    ("<pre><code>a = 1\nb = 2</code></pre>", "code: a = 1 | b = 2"),
    ("<table><tr><td>When</td><td>What</td></tr><tr><td>Now</td><td></td></tr></table>", "list: When – What | Now"),
    ('<a name="top"><p>Not in any link.</p></a>', "paragraph: Not in any link."),
    ("Bare words <b>without</b> elements.<p>And one.", "paragraph: Bare words without elements.\nparagraph: And one."),
    ("<aside>Gone.</aside><p>So\u00adft hy\u200bphens.</p>", "paragraph: Soft hyphens."),
    (
        '<p><img src="https://a.example/b.png" alt="A back"> Words with a picture.</p>',
        "image: https://a.example/b.png | A back | \nparagraph: Words with a picture.",
    ),
    (
        '<figure><img src="data:image/gif;base64,R0" data-src="/b.png" alt="A">'
        "<figcaption>So <i>it</i> is.</figcaption></figure>",
        "image: https://a.example/b.png | A | So it is.",
    ),
]


@pytest.mark.parametrize(("html", "lines"), SHOWN)
def test_what_is_part_of_the_article_is_read(html: str, lines: str) -> None:
    assert said(read(page(html), found_at="https://a.example/blog/sit")) == lines


def test_links_survive_for_the_offer_that_they_belong_to() -> None:
    offered = "<h2>Monthly offer: free posture check</h2><p>Come by this month.</p>"
    booking = "<p><a href='/book'>Book your check now</a></p><h2>Go on</h2>"
    article = read(page(offered + booking), found_at="https://a.example/")
    (offer,) = article.offers
    assert (offer.title, offer.url, offer.cta) == (
        "free posture check",
        "https://a.example/book",
        "Book your check now",
    )


def test_pictures_need_https_and_words() -> None:
    article = read(
        page('<img src="http://a.example/b.png" alt="A"><img src="//a.example/c.png">'), found_at="https://a.example"
    )
    assert said(article) == "image: https://a.example/c.png |  | "
    assert article.warnings == (
        "The picture 'http://a.example/b.png' was left out: mails need its whole address, with https://.",
        "The picture 'https://a.example/c.png' has no alt text: write what it shows.",
    )


CHARSETS = [
    ("utf-8", "", ""),
    ("utf-8-sig", "iso-8859-1", ""),
    ("utf-16", "", ""),
    ("cp1252", "iso-8859-1", ""),
    ("cp1252", "", ""),
    ("iso-8859-2", "", "iso-8859-2"),
    ("koi8-r", "koi8-r", "utf-8"),
    ("utf-8", "no-such-charset", "hex"),
    ("shift_jis", "", "Shift_JIS"),
]


@pytest.mark.parametrize(("used", "by_server", "by_page"), CHARSETS)
def test_letters_are_read_in_the_charset_that_they_were_written_in(used: str, by_server: str, by_page: str) -> None:
    words = {"koi8-r": "Спина", "shift_jis": "背中", "iso-8859-2": "żółw"}.get(used, "Rücken – ja")
    html = page(f"<p>{words} soll es heißen.</p>" if "ü" in words else f"<p>{words} is what it says.</p>",
                f"<title>Sit less</title><meta charset={by_page}>" if by_page else "")  # fmt: skip
    assert words in said(read_page(html.encode(used), name="page.html", charset=by_server))


def test_what_is_given_by_hand_wins() -> None:
    article = read(page(""), title="Stand more", url="https://a.example/mine", found_at="https://a.example/other")
    assert (article.title, article.url) == ("Stand more", "https://a.example/mine")
    assert said(article) == ""


@pytest.mark.parametrize(
    ("canonical", "url"),
    [
        ("https://a.example/clean", "https://a.example/clean"),
        ("https://elsewhere.example/stolen", "https://a.example/blog?utm_source=x"),
        ("javascript:alert(1)", "https://a.example/blog?utm_source=x"),
        ("", "https://a.example/blog?utm_source=x"),
    ],
)
def test_a_page_may_tidy_its_own_address_but_not_name_anothers(canonical: str, url: str) -> None:
    head = (
        f'<title>Sit less</title><link rel="canonical" href="{canonical}">' if canonical else "<title>Sit less</title>"
    )
    assert read(page("", head), found_at="https://a.example/blog?utm_source=x").url == url


@pytest.mark.parametrize(
    ("html", "author"),
    [
        ('<meta name="author" content="Dr. A">', "Dr. A"),
        ('<meta name="author" content="Dr. A. Vale">', "Dr. A. Vale"),
        ('<meta name="author" content="J.R. Vale Jr.">', "J.R. Vale Jr."),
        ('<meta name="author" content="Prof. Robin O&#39;Vale">', "Prof. Robin O'Vale"),
        ('<meta name="author" content="Robin Vale">', "Robin Vale"),
        ('<script type="application/ld+json">{"@context": "https://schema.org", "@type": "Article", "author": ['
         '{"@type": "Person", "name": "Dr. A. Vale"}, {"@type": "Person", "name": "Robin Moss"}]}</script>',
         "Dr. A. Vale, Robin Moss"),
        ('<meta name="author" content="Al Vale"><link href="https://al.vale.example/">', "Al Vale"),
        ('<meta name="author" content="Al Vale"><!-- Al. Vale@example.com -->', "Al Vale"),
    ],
)  # fmt: skip
def test_a_name_keeps_its_dots(html: str, author: str) -> None:
    assert read(page("", f"<title>Sit less</title>{html}")).author == author


def test_who_wrote_it_and_when_may_stand_in_a_line_alone() -> None:
    article = read(page("<p>Posted by Robin Vale on March 3rd, 2026</p>"))
    assert (article.author, article.published) == ("Robin Vale", "2026-03-03")
