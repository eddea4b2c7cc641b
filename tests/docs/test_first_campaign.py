"""README's first campaign, typed as it stands there: every sh block, in its order, in an empty folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import page
from tests.docs.terminal import ACTIVATE, cloned

SERVICE = "tipsheet run\n"  # ends the block of the second terminal


@pytest.mark.slow
def test_the_first_campaign_can_be_typed_as_it_stands(tmp_path: Path) -> None:
    typed = page("README.md").blocks("sh")
    at = next(n for n, block in enumerate(typed) if block.endswith(SERVICE))
    terminal = cloned(tmp_path)
    terminal.types(*typed[:at], at=terminal.clone)
    with terminal.service(typed[at]):
        said = terminal.types(ACTIVATE, *typed[at + 1 :])
    mails = terminal.mails()
    assert sorted(mail["to"] for mail in mails) == ["ana@example.com", "ben@example.com"]
    assert {mail["subject"] for mail in mails} == {f"{name}, garden without the backache" for name in ("Ana", "Ben")}
    assert "ana@example.com: delivered" in said or "ana@example.com: accepted" in said
    assert "cleo@example.com: excluded" in said
    next_plan = said[said.rindex("on the list") :].split("\n")
    assert [line.split()[-1] for line in next_plan[:3]] == ["3", "1", "2"]
