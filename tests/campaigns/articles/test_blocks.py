from __future__ import annotations

import json

import pytest

from campaigns.articles.blocks import Block, block_of, words
from campaigns.articles.runs import Run


@pytest.mark.parametrize(
    ("block", "values"),
    [
        (Block(kind="heading", level=2, text="Why"), {"kind": "heading", "level": 2, "text": "Why"}),
        (Block(kind="paragraph", text="Text."), {"kind": "paragraph", "text": "Text."}),
        (Block(kind="list", items=("a", "b")), {"kind": "list", "items": ["a", "b"]}),
        (Block(kind="quote", text="Said."), {"kind": "quote", "text": "Said."}),
        (
            Block(kind="image", url="https://a", alt="", caption="Below"),
            {"kind": "image", "url": "https://a", "alt": "", "caption": "Below"},
        ),
        (Block(kind="code", text="a\n  b"), {"kind": "code", "text": "a\n  b"}),
        (Block(kind="list", items=("a",), table=True), {"kind": "list", "items": ["a"], "table": True}),
        (
            block_of("paragraph", (Run("See "), Run("it", "https://a"))),
            {"kind": "paragraph", "text": "See it", "linked": [[["See ", ""], ["it", "https://a"]]]},
        ),
    ],
)
def test_a_block_travels_as_the_keys_that_apply_to_it(block: Block, values: dict[str, object]) -> None:
    assert block.to_dict() == values
    assert Block.from_dict(json.loads(json.dumps(values))) == block
    assert Block.from_dict(values | {"later": 1}) == block


def test_a_block_without_links_is_one_run_a_line() -> None:
    assert Block(kind="list", items=("a", "b")).runs() == ((Run("a"),), (Run("b"),))
    assert Block(kind="image", url="https://a").runs() == ()
    assert Block(kind="code", text="a\n\nb").lines() == ("a", "", "b")


def test_an_unknown_kind_is_no_block() -> None:
    with pytest.raises(ValueError, match="no such kind"):
        Block.from_dict({"kind": "table"})


def test_words_are_letters_and_digits_whatever_stands_around_them() -> None:
    assert words("“It’s 2.5 km – snake_case!”") == ["It", "s", "2", "5", "km", "snake", "case"]
