"""The program as a person has it: a folder with a configuration, commands, and what they print."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.main import main


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one document on standard output."""
        assert self.code == 0, self.err
        return json.loads(self.out)

    def refused(self) -> str:
        """The sentence of a command that would not."""
        assert (self.code, self.out) == (1, ""), self
        assert "Traceback" not in self.err
        return self.err.removesuffix("\n")


Run = Callable[..., Ended]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where config.toml lies: the working folder."""
    (tmp_path / "config.toml").write_text('[campaigns]\nzone = "Europe/Berlin"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TIPSHEET_CONFIG", raising=False)
    monkeypatch.setenv("TIPSHEET_ACTOR", "robin")
    return tmp_path


@pytest.fixture
def bare(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs a command where nothing has been made yet."""

    def run(*arguments: str, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        capsys.readouterr()
        code = main(arguments)
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    root = logging.getLogger()
    before = root.handlers[:]
    yield run
    root.handlers[:] = before


@pytest.fixture
def tipsheet(bare: Run) -> Run:
    """Runs a command after `tipsheet init`."""
    assert bare("init").code == 0
    return bare
