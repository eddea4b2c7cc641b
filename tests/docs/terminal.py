"""A terminal to type the pages' commands into: `tipsheet` is this project's, the ports are free ones, nothing opens."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.docs.pages import ROOT, page
from tests.journeys.office import free_port

ACTIVATE = ". ../tipsheet/.venv/bin/activate\n"  # how the README begins in a second terminal
PROGRAM = "import sys; from cli.main import main; sys.exit(main())"


@dataclass(frozen=True)
class Terminal:
    home: Path  # the newsletter's folder, beside the clone
    env: dict[str, str]

    @property
    def clone(self) -> Path:
        return self.home.parent / "tipsheet"

    def types(self, *blocks: str, at: Path | None = None) -> str:
        """What the blocks print, one after the other; each command has to end well."""
        done = self._sh("set -eu\n" + "".join(blocks), at or self.home)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def is_refused(self, block: str, at: Path | None = None) -> str:
        done = self._sh(block, at or self.home)
        assert done.returncode == 1, done.stdout + done.stderr
        return done.stderr

    def asks(self, command: str) -> Any:
        return json.loads(self.types(ACTIVATE, f"{command} --json\n"))

    @contextmanager
    def service(self, script: str = f"{ACTIVATE}tipsheet run\n") -> Iterator[None]:
        """What ends the script stays up meanwhile, and is stopped as Ctrl-C would."""
        lines = script.rstrip("\n").split("\n")
        lines[-1] = f"exec {lines[-1]}"  # the signal is for the program, not for its shell
        with (self.home / "service.log").open("w") as log:
            words = ["sh", "-c", "\n".join(lines)]
            service = subprocess.Popen(words, cwd=self.home, env=self.env, stdout=subprocess.PIPE, stderr=log)
        try:
            assert service.stdout is not None
            assert service.stdout.readline(), (self.home / "service.log").read_text()
            yield
        finally:
            service.terminate()
            service.communicate(timeout=60)

    def mails(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.home / "var/localgrid/mailbox.jsonl").read_text().splitlines()]

    def _sh(self, script: str, at: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["sh", "-c", script], cwd=at, env=self.env, capture_output=True, text=True, check=False)


def cloned(folder: Path, **settings: str) -> Terminal:
    """What somebody has after `make demo`, as far as the pages touch it; `settings` are like WEB__HOST."""
    programs = folder / "tipsheet" / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "activate").write_text(f'PATH="{programs}:$PATH"; export PATH\n')
    _program(programs / "tipsheet", f"PYTHONPATH='{ROOT}' exec '{sys.executable}' -c '{PROGRAM}' \"$@\"")
    _program(programs / "xdg-open", f'echo "$1" >> "{folder}/opened"')
    shutil.copy(ROOT / "config.toml", folder / "tipsheet")
    (folder / "tipsheet" / "campaigns").symlink_to(ROOT / "campaigns")
    web, grid = free_port(), free_port()
    ours = {"WEB__PORT": str(web), "WEB__PUBLIC_URL": f"http://127.0.0.1:{web}", "LOCALGRID__PORT": str(grid)}
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("TIPSHEET_", "SENDGRID_"))}
    env = {f"TIPSHEET_{name}": value for name, value in (ours | settings).items()}
    return Terminal(folder / "newsletter", rest | env)


def begun(folder: Path, *steps: str, **settings: str) -> Terminal:
    """After the README's first step and those of its blocks in which one of `steps` stands."""
    terminal = cloned(folder, **settings)
    first, *later = page("README.md").blocks("sh")
    terminal.types(first, at=terminal.clone)
    chosen = [block for block in later if any(step in block for step in steps)]
    if chosen:
        terminal.types(ACTIVATE, *chosen)
    return terminal


def _program(file: Path, line: str) -> None:
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)
