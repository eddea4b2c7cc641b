"""What an article is taken from, and what is refused: in one sentence, with nothing read."""

from __future__ import annotations

import io
import socket
from pathlib import Path

import pytest

from base.errors import BadInput, NotFound
from campaigns.articles.encoding import MOST_BYTES
from campaigns.articles.source import ReadArticle, read_article, read_bytes

TEXT = "A Good Title\nAnd a paragraph that says something.\n"


def read(data: str | bytes, *, markdown: bool = False, title: str | None = None) -> ReadArticle:
    data = data if isinstance(data, bytes) else data.encode()
    return read_bytes(data, name="a.txt", markdown=markdown, title=title)


class CountingStream(io.RawIOBase):
    """Gives zeros for ever and counts them."""

    given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        self.given += len(buffer)
        buffer[:] = b"a" * len(buffer)
        return len(buffer)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b" \n\t \r\n", "is empty"),
        ("\ufeff\u00a0\u200b \n".encode(), "has no text in it"),
        (b"-----\n=====\n", "has no words"),
        (b"words\0words", "is not text"),
        (b"%PDF-1.7 words", "is not text"),
        (b"PK\x03\x04 words", "is not text"),
        (b"\xff\xd8\xff\xe0 words", "is not text"),
        (b"\x01\x02\x03 words", "is not text"),
        (b"\xff\xfe\x00", "is not UTF-8 text|is not text"),
        ("first\nsecond caf\u00e9".encode("latin-1"), r"is not UTF-8 text \(line 2\)"),
        ("words".encode("utf-16-le"), "is not text"),
        (b"  <!DOCTYPE html><p>words", "is a web page"),
        (b"<html lang=en>words", "is a web page"),
        (b"a\n" * 60_000, "has more than 50,000 lines"),
        (b"a " * (MOST_BYTES // 2 + 1), "is larger than 5 MB"),
    ],
)
def test_what_no_person_wrote_as_an_article_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=rf"^a\.txt {said}") as caught:
        read(data)

    assert "\n" not in caught.value.sentence


def test_a_huge_file_is_refused_without_reading_it_whole(tmp_path: Path) -> None:
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(50_000_000_000)  # a hole: it takes no room on the disk, and would not fit into memory

    with pytest.raises(BadInput, match=r"^huge\.txt is larger than 5 MB"):
        read_article(str(huge), io.BytesIO())


def test_standard_input_is_read_no_further_than_the_limit() -> None:
    endless = CountingStream()

    with pytest.raises(BadInput, match=r"^standard input is larger than 5 MB"):
        read_article("-", io.BufferedReader(endless))

    assert endless.given < MOST_BYTES * 2


def test_a_missing_file_a_folder_and_an_address_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file "):
        read_article(str(tmp_path / "none.txt"), io.BytesIO())
    with pytest.raises(BadInput, match="is a folder"):
        read_article(str(tmp_path), io.BytesIO())
    with pytest.raises(BadInput, match="is a web address"):
        read_article("https://example.com/blog", io.BytesIO())
    with pytest.raises(BadInput, match="cannot be read"):
        read_article("a\0b", io.BytesIO())
    with pytest.raises(BadInput, match="cannot be read"):
        read_article("x" * 5000, io.BytesIO())


@pytest.mark.parametrize("name", ["a.md", "a.MD", "a.markdown"])
def test_a_markdown_file_is_read_as_markdown(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("# A Title\n\n*Well* said.")

    assert read_article(str(tmp_path / name), io.BytesIO()).blocks[0].text == "Well said."


def test_any_other_file_is_read_as_plain_text(tmp_path: Path) -> None:
    (tmp_path / "a.text").write_text("*Well* said, and [linked](https://example.com).")

    article = read_article(str(tmp_path / "a.text"), io.BytesIO())

    assert article.blocks[0].text == "*Well* said, and [linked](https://example.com)."


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_standard_input_is_markdown_when_it_begins_with_front_matter(end: str) -> None:
    markdown = end.join(["---", "title: Given", "---", "*Well* said."]).encode()

    article = read_article("-", io.BytesIO(markdown))

    assert (article.title, article.blocks[0].text) == ("Given", "Well said.")
    assert read_article("-", io.BytesIO(b"*Well* said.")).blocks[0].text == "*Well* said."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_understood(encoding: str) -> None:
    article = read("Größe zählt nicht.".encode(encoding))

    assert article.blocks[0].text == "Größe zählt nicht."


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\x85"])
def test_every_kind_of_line_end_ends_a_line(end: str) -> None:
    assert len(read(end.join(["One said this.", "Another said that."])).blocks) == 2


def test_hidden_characters_are_taken_out_with_a_warning() -> None:
    article = read("pay\u202egnp.exe \x1b[31mred\u2066 zero\u200bwidth tag\U000e0041 soft\u00adhyphen.")

    assert article.blocks[0].text == "paygnp.exe [31mred zerowidth tag softhyphen."
    assert [w for w in article.warnings if "cannot be seen" in w]


def test_joined_emoji_and_other_scripts_stay_as_they_are() -> None:
    text = "Runners 🏃🏽‍♀️ say: می‌خواهم, שלום, 你好。"

    article = read(text, title="Given")

    assert (article.blocks[0].text, article.warnings) == (text, ())


def test_lost_characters_are_pointed_out() -> None:
    assert any("lost" in warning for warning in read("The knee\ufffds own fault.").warnings)


def test_a_given_title_wins_and_leaves_every_word_in_the_text() -> None:
    article = read(TEXT, title="  My  own\ttitle ")

    assert article.title == "My own title"
    assert [block.text for block in article.blocks] == TEXT.splitlines()


def test_a_title_that_stands_in_the_text_is_not_repeated_there() -> None:
    for given in (None, "a good title"):
        article = read(TEXT, title=given)
        assert article.title.lower() == "a good title"
        assert [block.text for block in article.blocks] == TEXT.splitlines()[1:]


def test_without_headings_the_first_words_are_proposed_as_title() -> None:
    long = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"

    assert read("Knees like motion. They say so.").title == "Knees like motion"
    assert read(f"{long}, fifteen.").title == "one two three four five six seven eight nine ten eleven twelve…"
    assert len(read("a" * 200_000).title) < 120


def test_an_address_must_be_one_of_the_web() -> None:
    good = read_bytes(TEXT.encode(), name="a.txt", markdown=False, url=" https://example.com/a?b=1#c ")

    assert good.url == "https://example.com/a?b=1#c"
    bad_ones = [
        "example.com",
        "javascript:alert(1)",
        "https://",
        "https://a b",
        "ftp://example.com",
        "https://[x",
        "http://u@h",
    ]
    for bad in bad_ones:
        with pytest.raises(BadInput, match="is no web address"):
            read_bytes(TEXT.encode(), name="a.txt", markdown=False, url=bad)


def test_a_title_as_long_as_a_text_is_refused() -> None:
    with pytest.raises(BadInput, match="more than 300 characters"):
        read(TEXT, title="word " * 100)


def test_what_the_system_does_not_let_us_open_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("a.txt")

        with pytest.raises(BadInput, match=r"^a\.txt cannot be read \("):
            read_article("a.txt", io.BytesIO())
