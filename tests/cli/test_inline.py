from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run

PAGE = "<html><head><style>p { color: red }</style></head><body><p>Grüße</p></body></html>"


def test_inline_needs_neither_configuration_nor_database(bare: Run, folder: Path) -> None:
    (folder / "config.toml").unlink()
    (folder / "mail.html").write_text(PAGE, "utf-8")
    ended = bare("inline", "mail.html")
    assert ended.code == 0
    assert 'style="color:red"' in ended.out.replace(": ", ":")
    assert "Gr&#252;&#223;e" in ended.out
    assert sorted(file.name for file in folder.iterdir()) == ["mail.html"]


def test_inline_in_json_says_the_same(bare: Run) -> None:
    assert bare("inline", "-", "--json", stdin=PAGE.encode()).json() == {
        "html": bare("inline", "-", stdin=PAGE.encode()).out
    }


def test_what_cannot_be_inlined_is_one_sentence(bare: Run, folder: Path) -> None:
    (folder / "latin.html").write_bytes(b"<p>caf\xe9</p>")
    assert "There is no file none.html" in bare("inline", "none.html").refused()
    assert "UTF-8" in bare("inline", "latin.html").refused()
    assert bare("inline", ".").refused() == ".: Is a directory"
