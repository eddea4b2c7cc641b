from __future__ import annotations

import pytest

from base.errors import BadInput
from campaigns.articles.blocks import Block
from campaigns.articles.runs import Run
from campaigns.articles.source import ReadArticle, read_bytes


def read(text: str, *, title: str | None = None) -> ReadArticle:
    return read_bytes(text.encode(), name="a.md", markdown=True, title=title)


def blocks(text: str) -> list[dict[str, object]]:
    return [block.to_dict() for block in read(text, title="Given").blocks]


def test_every_kind_of_block_is_found_in_order() -> None:
    assert blocks(
        "## Why\n\nFirst *line*\nand second.\n\n- one\n- **two**\n\n> Said `she`.\n\n"
        "![A knee](https://example.com/knee.png)\n\n    code\n\n***\n\nSetext\n------\n"
    ) == [
        {"kind": "heading", "level": 2, "text": "Why"},
        {"kind": "paragraph", "text": "First line and second."},
        {"kind": "list", "items": ["one", "two"]},
        {"kind": "quote", "text": "Said she."},
        {"kind": "image", "url": "https://example.com/knee.png", "alt": "A knee", "caption": ""},
        {"kind": "code", "text": "code"},
        {"kind": "heading", "level": 2, "text": "Setext"},
    ]


def test_nested_lists_become_one_list_that_keeps_order_and_numbers() -> None:
    assert blocks("1. first\n\n   more of it\n   - inner\n   - other\n2. second\n") == [
        {"kind": "list", "items": ["1. first more of it", "inner", "other", "2. second"]}
    ]


def test_links_keep_their_addresses_and_marks_their_words() -> None:
    text = "See [our *notes*](https://example.com/a), <https://example.com/b>, ~~not~~ `this` &amp; that  \nhere."

    (block,) = read(text, title="Given").blocks
    assert block.text == "See our notes, https://example.com/b, not this & that here."
    assert block.runs() == (
        (
            Run("See "),
            Run("our notes", "https://example.com/a"),
            Run(", "),
            Run("https://example.com/b", "https://example.com/b"),
            Run(", not this & that here."),
        ),
    )


def test_raw_html_goes_and_its_words_stay_with_a_warning() -> None:
    article = read(
        "Plain <b onclick='x()'>bold</b> and<br>more.\n\n<div><script>alert('1 < 2')</script><p>In a box &lt;i&gt;</p>"
        "<!-- note --><style>p {}</style>end</div>\n",
        title="Given",
    )

    assert [block.text for block in article.blocks] == ["Plain bold and more.", "In a box <i> end"]
    assert article.warnings == ("Raw HTML in the Markdown was left out; the words inside it were kept.",)


def test_an_unclosed_tag_is_only_a_sign() -> None:
    assert blocks("<div>\na < b <3 you <never\n") == [{"kind": "paragraph", "text": "a < b <3 you <never"}]


def test_a_table_becomes_a_list_with_a_warning() -> None:
    article = read("| Day | Time |\n|---|---|\n| Monday | 8:00 |\n|  | noon |\n", title="Given")

    assert [block.items for block in article.blocks] == [("Day – Time", "Monday – 8:00", "noon")]
    assert "table" in article.warnings[0]


def test_hidden_characters_behind_entities_are_taken_out() -> None:
    assert blocks("safe&#8238;txt.exe&#x200b;&#xad;") == [{"kind": "paragraph", "text": "safetxt.exe"}]


@pytest.mark.parametrize(
    "url",
    ["/knee.png", "http://example.com/k.png", "data:image/png;base64,AAAA", "//example.com/k.png", "https:///k.png"],
)
def test_a_picture_without_an_absolute_https_address_is_left_out_with_a_warning(url: str) -> None:
    article = read(f"Words.\n\n![A knee]({url})\n", title="Given")

    assert [block.kind for block in article.blocks] == ["paragraph"]
    assert "was left out" in article.warnings[0]


def test_a_picture_without_alt_text_stays_with_a_warning() -> None:
    article = read("Look [![](https://example.com/k.png)](https://example.com) here.", title="Given")

    assert article.blocks == (
        Block(kind="paragraph", text="Look here."),
        Block(kind="image", url="https://example.com/k.png"),
    )
    assert "has no alt text" in article.warnings[0]
    assert article.image_url == "https://example.com/k.png"


def test_the_first_heading_is_the_title() -> None:
    article = read("# Sore Knees\n\nText.\n\n## Why\n\nMore.\n")

    assert article.title == "Sore Knees"
    assert [block.text for block in article.blocks] == ["Text.", "Why", "More."]
    assert article.warnings == ()


def test_another_title_leaves_the_first_heading_where_it_is() -> None:
    assert [block.text for block in read("# Sore Knees\n\nText.", title="Other").blocks] == ["Sore Knees", "Text."]
    assert [block.text for block in read("# Sore Knees\n\nText.", title="sore knees").blocks] == ["Text."]


def test_sections_alone_make_no_title() -> None:
    article = read("## Why\n\nText.\n\n## How\n\nMore.\n")

    assert [block.text for block in article.blocks] == ["Why", "Text.", "How", "More."]
    assert "no title" in article.warnings[0]


FRONT = """---
title: "Sore Knees: a guide"
url: https://example.com/blog/knees
image: https://example.com/knees.jpg
image_alt: A runner ties a shoe
author: someone
---
Text.
"""


def test_front_matter_gives_title_address_and_picture() -> None:
    article = read(FRONT)

    assert (article.title, article.url) == ("Sore Knees: a guide", "https://example.com/blog/knees")
    assert (article.image_url, article.image_alt) == ("https://example.com/knees.jpg", "A runner ties a shoe")
    assert article.warnings == (
        "The front matter's key 'author' is not known and was left out; known are title, url, image, image_alt.",
    )


def test_what_is_given_wins_over_front_matter() -> None:
    article = read_bytes(FRONT.encode(), name="a.md", markdown=True, title="Mine", url="https://example.com/mine")

    assert (article.title, article.url) == ("Mine", "https://example.com/mine")


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("title: 'open\nurl: x", "line 2"),
        ("title: ok\n\t- bad", "line 3"),
        ("- a\n- b", "line 2"),
        ("just words", "line 2"),
        ("title: ok\nurl:\n  - a\n  - b", "line 4 .* more than one value"),
        ("title: [a, b]", "line 2 .* more than one value"),
        ("a: " + "[" * 1500, "cannot be read"),
        ("title: " + "x" * 30_000, "longer than 20,000"),
        ("url: nowhere", "no web address"),
    ],
)
def test_bad_front_matter_is_refused_naming_the_line(front: str, said: str) -> None:
    with pytest.raises(BadInput, match=rf"^a\.md: .*{said}"):
        read(f"---\n{front}\n---\nText.\n")


def test_front_matter_without_an_end_is_refused_and_a_rule_is_not() -> None:
    with pytest.raises(BadInput, match="line 1 has no end"):
        read("---\ntitle: Sore Knees\n\nText.\n")

    assert [block.text for block in read("---\n\nText.\n", title="Given").blocks] == ["Text."]


def test_hidden_characters_do_not_come_in_by_front_matter() -> None:
    assert read('---\ntitle: "Sore\\u202e \\n\\e Knees"\n---\nText.').title == "Sore Knees"


def test_an_article_of_nothing_but_a_title_is_refused() -> None:
    with pytest.raises(BadInput, match="has no words below its title"):
        read("# Sore Knees\n")


def test_an_offer_is_found_with_its_link_and_the_words_of_it() -> None:
    article = read(
        "# Knees\n\nText. [Ring us](tel:+1-555-555-0100).\n\n## Special Offer: *Free* Knee Check\n\nCome in.\n\n"
        "### What you get\n\n- A look\n\n[Book your check](https://example.com/check)\n\n## 20% off shoes\n\nAll May.\n"
    )

    first, second = article.offers
    assert (first.title, first.url, first.cta) == ("Free Knee Check", "https://example.com/check", "Book your check")
    assert first.body == "Come in.\n\nWhat you get\n\n• A look\n\nBook your check"
    assert first.phone == article.phone == "+1-555-555-0100"
    assert (second.title, second.body, second.url) == ("20% off shoes", "All May.", "")


def test_a_megabyte_of_brackets_is_refused_at_once() -> None:
    with pytest.raises(BadInput, match="brackets"):
        read("![" * 500_000)
