"""README's first campaign, typed as it stands there: every sh block, in its order, in an empty folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, page
from tests.journeys.office import free_port

SERVICE = "tipsheet run\n"  # ends the block of the second terminal
PROGRAM = "import sys; from cli.main import main; sys.exit(main())"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What somebody has after `make demo`, as far as the page touches it."""
    folder = tmp_path / "tipsheet"
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "activate").write_text(f'PATH="{programs}:$PATH"; export PATH\n')
    program = programs / "tipsheet"
    program.write_text(f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec '{sys.executable}' -c '{PROGRAM}' \"$@\"\n")
    program.chmod(0o755)
    shutil.copy(ROOT / "config.toml", folder)
    (folder / "campaigns").symlink_to(ROOT / "campaigns")
    return folder


@pytest.mark.slow
def test_the_first_campaign_can_be_typed_as_it_stands(clone: Path) -> None:
    typed = page("README.md").blocks("sh")
    at = next(n for n, block in enumerate(typed) if block.endswith(SERVICE))
    env = _environment()
    _type(typed[:at], clone, env)
    home = clone.parent / "newsletter"
    with _service(typed[at], home, env):
        said = _type([". ../tipsheet/.venv/bin/activate\n", *typed[at + 1 :]], home, env)
    mails = [json.loads(line) for line in (home / "var/localgrid/mailbox.jsonl").read_text().splitlines()]
    assert sorted(mail["to"] for mail in mails) == ["ana@example.com", "ben@example.com"]
    assert {mail["subject"] for mail in mails} == {f"{name}, garden without the backache" for name in ("Ana", "Ben")}
    assert "ana@example.com: delivered" in said or "ana@example.com: accepted" in said
    assert "cleo@example.com: excluded" in said
    next_plan = said[said.rindex("on the list") :].split("\n")
    assert [line.split()[-1] for line in next_plan[:3]] == ["3", "1", "2"]


def _type(blocks: list[str], folder: Path, env: dict[str, str]) -> str:
    script = "set -eu\n" + "".join(blocks)
    done = subprocess.run(["sh", "-c", script], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def _service(script: str, folder: Path, env: dict[str, str]) -> Iterator[None]:
    script = script.replace(SERVICE, f"exec {SERVICE}")  # the signal is for the service, not for its shell
    with (folder / "service.log").open("w") as log:
        service = subprocess.Popen(["sh", "-c", script], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=log)
    try:
        assert service.stdout is not None
        assert b"Tipsheet runs" in service.stdout.readline(), (folder / "service.log").read_text()
        yield
    finally:
        service.terminate()
        service.communicate(timeout=60)


def _environment() -> dict[str, str]:
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("TIPSHEET_", "SENDGRID_"))}
    web, grid = free_port(), free_port()
    return rest | {
        "TIPSHEET_WEB__PORT": str(web),
        "TIPSHEET_WEB__PUBLIC_URL": f"http://127.0.0.1:{web}",
        "TIPSHEET_LOCALGRID__PORT": str(grid),
    }
