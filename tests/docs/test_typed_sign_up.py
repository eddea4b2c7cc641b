"""The page on signing up, typed as it stands there: the form that it prints works."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import page
from tests.docs.terminal import ACTIVATE, begun


@pytest.mark.slow
def test_the_form_is_printed_as_the_page_says(tmp_path: Path) -> None:
    (block,) = page("docs/sign-up.md").blocks("sh")
    terminal = begun(tmp_path, "tipsheet list add")
    terminal.types(ACTIVATE, block)
    form = (terminal.home / "form.html").read_text("utf-8")
    assert form.startswith("<form ")
    assert "Yes, mail me one tip a month." in form
