"""Nothing that the inliner was given is lost: by hand-made documents, each with what premailer alone would spoil."""

from __future__ import annotations

import re

import pytest
from lxml import html as lxml_html

from base.errors import BadInput
from campaigns.render.inline import inline


def page(css: str = "", body: str = "", head: str = "") -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>T</title>{head}<style>{css}</style></head>'
        f"<body>{body}</body></html>"
    )


def first(document: str, path: str) -> lxml_html.HtmlElement:
    found: lxml_html.HtmlElement = lxml_html.document_fromstring(document).find(f".//{path}")
    return found


@pytest.mark.parametrize(
    "doctype",
    [
        "<!doctype html>",
        "<!DOCTYPE HTML>",
        "",
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"\n "http://www.w3.org/TR/xhtml1/DTD/x.dtd">',
        "<!-- first a comment -->\n<!doctype html>",
    ],
)
def test_every_mail_gets_the_doctype_that_keeps_clients_out_of_quirks_mode(doctype: str) -> None:
    assert inline(doctype + "<html><body><p>x</p></body></html>").startswith("<!DOCTYPE html>\n")


KEPT = [
    "@media (max-width: 600px) { .a { width: 100% !important; color:#FFFFFF } }",
    "@media screen { @media (min-width: 1px) { .a { color: red } } }",
    '@font-face { font-family: "X Y"; src: url(https://example.com/x.woff2) format("woff2") }',
    "@supports (display: grid) { .a { display: grid !important } }",
    '@import url("https://example.com/a.css");',
    "@keyframes fade { from { opacity: 0 } to { opacity: 1 } }",
    "@media (prefers-color-scheme: dark) { p { color: #fff !important } }",
    "[data-ogsc] .a { color: red !important }",
    "u + .body .a { color: red }",
    "#outlook a { padding: 0 }",
    ".ExternalClass, .ExternalClass p { line-height: 100% }",
    "a[x-apple-data-detectors] { color: inherit !important }",
    "a:hover { color: red }",
    "p:nth-child(2n+1):not(.x) { color: red }",
    "* { margin: 0 }",
    "td:is(.a, .b) { color: red }",
    ".a { &:hover { color: red } }",
    "p { color: red !important }",
]


@pytest.mark.parametrize("rule", KEPT)
def test_what_cannot_go_inline_stays_letter_by_letter(rule: str) -> None:
    document = inline(page(f"p {{ margin: 0 }} {rule} h1 {{ color: blue }}", '<p class="a">x</p><h1>y</h1>'))
    assert rule in document
    assert first(document, "p").get("style", "").startswith("margin:0")
    assert first(document, "h1").get("style") == "color:blue"


def test_a_selector_that_matches_nothing_stays_and_its_neighbour_goes_inline() -> None:
    document = inline(page(".no, p, a:hover { color : red }", "<p>x</p><a>y</a>"))
    assert ".no, a:hover { color : red }" in document
    assert first(document, "p").get("style") == "color:red"


def test_a_sheet_set_apart_is_left_alone_and_an_emptied_one_goes() -> None:
    apart = "<style data-premailer='ignore'>p { color: red }\n\n /* why */ </style>"
    apart += "<style media=print>p{color:green}</style>"
    document = inline(page("p { margin: 0 }", "<p>x</p>", apart))
    assert re.findall("<style.*?</style>", document, re.DOTALL) == [
        "<style>p { color: red }\n\n /* why */ </style>",
        '<style media="print">p{color:green}</style>',
    ]
    assert first(document, "p").get("style") == "margin:0"


COMMENTS = [
    "<!--[if mso]><table role='presentation'><tr><td><![endif]-->",
    '<!--[if (gte mso 9)|(IE)]><v:rect fill="t"></v:rect><![endif]-->',
    "<!--[if !mso]><!-->",
    "<!--<![endif]-->",
    "<!--[if !mso]><!-- -->",
    "<![if !mso]>",
    "<![endif]>",
    "<!-- plain -->",
]


@pytest.mark.parametrize("comment", COMMENTS)
def test_conditional_comments_come_through_unchanged(comment: str) -> None:
    assert comment in inline(page("p{color:red}", f"<div>{comment}<p>x</p></div>"))
    assert comment in inline(page("p{color:red}", "<p>x</p>", comment))


URLS = [
    "https://example.com/?a=1&b=2",
    "https://example.com/a b?q={{ name }}",
    "https://exämple.com/ü?x=%C3%BC",
    "tel:+1 408 555 0100",
    "mailto:a@example.com?subject=Hi there",
    "#top",
    "cid:logo",
    "https://example.com/?a='x'&copy=1&lt;",
]


@pytest.mark.parametrize("url", URLS)
def test_urls_come_through_unchanged(url: str) -> None:
    escaped = url.replace("&", "&amp;")
    document = inline(page("a,img{color:red}", f'<a href="{escaped}" name="{escaped}">x</a><img src="{escaped}">'))
    assert document.isascii()
    assert (
        first(document, "a").get("href") == first(document, "img").get("src") == first(document, "a").get("name") == url
    )


def test_widths_and_heights_of_pictures_and_cells_stay() -> None:
    css = "img { width: 100%; height: auto; float: left } td { width: calc(100% - 2px) }"
    document = inline(
        page(css, '<table><tr><td width="300"><img width="120" height="40" src="a.png"></td></tr></table>')
    )
    image, cell = first(document, "img"), first(document, "td")
    assert (image.get("width"), image.get("height"), cell.get("width")) == ("120", "40", "300")
    assert image.get("style") == "width:100%; height:auto; float:left"
    assert image.get("align") == "left"
    assert cell.get("style") == "width:calc(100% - 2px)"


def test_cells_get_the_attributes_that_old_clients_read_and_tables_do_not_float() -> None:
    css = "td, table { background-color: #FFF; text-align: left; vertical-align: top }"
    css += "th { background-color: rgb(1 2 3 / .5) }"
    document = inline(page(css, '<table align="center"><tr><th bgcolor="red">a</th><td>b</td></tr></table>'))
    cell, table = first(document, "td"), first(document, "table")
    assert [cell.get(name) for name in ("bgcolor", "align", "valign")] == ["#FFFFFF", "left", "top"]
    assert [table.get(name) for name in ("bgcolor", "align", "valign")] == ["#FFFFFF", "center", None]
    assert first(document, "th").get("bgcolor") == "red"


@pytest.mark.parametrize(
    "declaration",
    [
        "background:hsl(0 0% 0% / .5)",
        "color:var(--ink)",
        "--ink:#FFFFFF",
        "width:clamp(1px, 2vw, 3px)",
        "mso-table-lspace:0pt",
        "-ms-interpolation-mode:bicubic",
        "*zoom:1",
        "filter:progid:DXImageTransform.Microsoft.gradient(startColorstr='#80000000')",
        "font-family:'Segoe UI', \"Noto Sans\", sans-serif",
        "background:url(data:image/png;base64,AA==)",
        "color:#FFFFFF",
        "margin:0px auto",
        "width:100%;width:calc(100% - 1px)",
        "color:unset",
        "content:'a;b:c'",
    ],
)
def test_a_declaration_goes_inline_as_it_was_written(declaration: str) -> None:
    assert first(inline(page(f"p{{{declaration}}}", "<p>x</p>")), "p").get("style") == declaration
    own = declaration.replace('"', "&quot;")
    assert first(inline(page("p{top:0}", f'<p style="{own}">x</p>')), "p").get("style") == f"top:0; {declaration}"


CASCADES = [
    ("p{color:red} p{color:blue}", "", "color:blue"),
    (".a{color:red} p{color:blue}", "", "color:red"),
    ("#i{color:red} .a.b{color:blue}", "", "color:red"),
    ("p[title]{color:red} p{color:blue}", "", "color:red"),
    ("[title='x,y']{color:red}", "", "color:red"),
    ("p{color:red !important} #i{color:blue}", "", "color:red"),
    ("p{margin-top:1px} .a{margin:0} #i{margin-top:9px}", "", "margin:0; margin-top:9px"),
    ("p{color:red} .a{color:#FFFFFF} #i{color:blue}", "", "color:blue"),
    ("p{color:red}", "color : green", "color:green"),
    ("p{color:red}", "color:green !important; color:blue", "color:green"),
]


@pytest.mark.parametrize(("css", "own", "result"), CASCADES)
def test_the_cascade_decides_who_wins(css: str, own: str, result: str) -> None:
    document = inline(page(css, f'<p id="i" class="a b" title="x,y" style="{own}">x</p>'))
    assert first(document, "p").get("style") == result


def test_important_leaves_style_attributes_and_nothing_else() -> None:
    document = inline(
        page("@media print{p{color:red!important}}", '<p style="color : red !important">a !important b</p>')
    )
    assert "@media print{p{color:red!important}}" in document
    assert '<p style="color:red">a !important b</p>' in document


def test_everything_leaves_as_ascii_and_reads_the_same() -> None:
    document = inline(
        page('.q::before{content:"é“"}', '<p title="日本 &quot;">é&nbsp;&copy; 😀 &lt;b&gt;\x92&#146;</p>')
    )
    assert document.isascii()
    assert r'content:"\e9 \201c "' in document
    assert first(document, "p").text_content().replace("\x92", "") in ("é\xa0© 😀 <b>", "é\xa0© 😀 <b>’")
    assert first(document, "p").get("title") == '日本 "'


@pytest.mark.parametrize("nothing", ["", "  \n"])
def test_an_empty_document_is_refused_in_one_sentence(nothing: str) -> None:
    with pytest.raises(BadInput, match="HTML is empty"):
        inline(nothing)


def test_a_stylesheet_elsewhere_is_not_fetched() -> None:
    link = '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">'
    assert link in inline(page("p{color:red}", "<p>x</p>", link))


def test_inlining_again_changes_nothing() -> None:
    once = inline(page(" ".join(KEPT), '<p class="a" style="top:0">x é</p><img src="a b.png" width="3">'))
    assert inline(once) == once
