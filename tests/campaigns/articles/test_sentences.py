from __future__ import annotations

import pytest

from campaigns.articles.sentences import ends_as_sentence, sentences


@pytest.mark.parametrize(
    "text",
    [
        "One ends. | Two ends! | Does three? | Four",
        "Ask Dr. Quill or Mrs. J. Larkfield. | They know.",
        "Some joints, e.g. the knee, i.e. Hinge joints, swell. | Others do not.",
        "It rises by 2.5 percent. | Then by 3. | Then it stops.",
        "The U.S. team slept in. | We did not.",
        "Open at 8 a.m. and closed by 6 p.m. | Come early.",
        "He said no. | No. 5 is the one.",
        "“I go to bed. | That is all.” | She laughed.",
        "(He slept.) | Then he ran.",
        "She went on... for an hour… or two. | And then... | Silence.",
        "Yahoo! is a word here. | “Why?” she asked.",
        "1. Stand up straight. | 2. Breathe.",
        "Bones, tendons, etc. all heal. | Slowly.",
        "你好。 | 再见！ | 真的吗？",
        "Wait!!! | What?! | Yes.",
        "See www.example.com. | Then write.",
        "It weighs 5 kg. | 10 are too many.",
    ],
)
def test_a_text_is_cut_where_its_sentences_end(text: str) -> None:
    parts = text.split(" | ")
    joined = "".join(parts) if "。" in text else " ".join(parts)

    assert sentences(joined) == parts


def test_no_text_has_no_sentences() -> None:
    assert sentences(" \n ") == []


@pytest.mark.parametrize("text", ["It ends.", "It ends!”", "(It ends?)", "It ends…", "它。"])
def test_marks_behind_quotes_and_brackets_end_a_sentence(text: str) -> None:
    assert ends_as_sentence(text)


@pytest.mark.parametrize("text", ["Sore Knees", "What you need:", "Sore, and", ""])
def test_anything_else_does_not(text: str) -> None:
    assert not ends_as_sentence(text)
