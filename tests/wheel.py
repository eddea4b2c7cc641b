"""The tests of the doors against the built wheel, installed beside nothing else of ours. Run by `make wheel-test`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOORS = ("cli", "web", "journeys", "migrations")
CHECK = "import cli, templates, migrations; print(cli.__file__)"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="tipsheet-wheel-") as name:
        folder = Path(name)
        site, work = folder / "site", folder / "work"
        _pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(folder), str(ROOT))
        _pip("install", "--no-deps", "--no-index", "--target", str(site), str(next(folder.glob("tipsheet-*.whl"))))
        _copy_tests(work)
        env = {**os.environ, "PYTHONPATH": str(site)}
        found = subprocess.run(
            [sys.executable, "-c", CHECK], cwd=work, env=env, check=True, capture_output=True, text=True
        ).stdout
        if not found.startswith(str(site)):
            sys.exit(f"the tests would import {found.strip()}, not the wheel")
        tests = [f"tests/{door}" for door in DOORS]
        return subprocess.run([sys.executable, "-m", "pytest", "-n", "2", *tests], cwd=work, env=env).returncode


def _pip(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *words], check=True)


def _copy_tests(work: Path) -> None:
    """Tests and what they read beside the code; none of our packages, so that only the wheel can be imported."""
    shutil.copytree(ROOT / "tests", work / "tests")
    for file in ("pyproject.toml", "config.toml"):
        shutil.copy(ROOT / file, work)
    shutil.copytree(ROOT / "docs", work / "docs")


if __name__ == "__main__":
    sys.exit(main())
