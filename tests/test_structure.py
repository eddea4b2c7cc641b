"""What may import what, how long things may get: checked on the code, and proved on code that breaks the rule."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
PACKAGES: list[str] = LINTER["root_packages"]
NOT_FOR_THE_CLOCK = frozenset({"cli", "web", "localgrid", "migrations", "templates"})
LONGEST_FILE, LONGEST_BODY = 300, 40

# Where a bad import is planted, what it says, and the contract that must notice.
PLANTED = [
    ("base/sly.py", "import subscribers", "Imports go down"),
    ("subscribers/sly.py", "import delivery", "Imports go down"),
    ("delivery/sly.py", "from campaigns import models", "Imports go down"),
    ("campaigns/sly.py", "import web", "Imports go down"),
    ("campaigns/sly.py", "import migrations", "Imports go down"),
    ("web/sly.py", "import cli", "Imports go down"),
    ("campaigns/sly.py", "import backup", "Imports go down"),
    ("backup/sly.py", "import cli", "Imports go down"),
    ("localgrid/sly.py", "import base", "localgrid imports nothing of ours"),
    ("localgrid/sly.py", "import scheduler", "localgrid imports nothing of ours"),
    ("web/sly.py", "import localgrid", "Only cli starts localgrid and the clock"),
    ("web/sly.py", "import scheduler", "Only cli starts localgrid and the clock"),
    ("templates/sly.py", "import base", "templates holds templates"),
    ("delivery/sly.py", "import sendgrid.helpers.mail", "SendGrid's SDK is known to one folder"),
    ("cli/sly.py", "from python_http_client import Client", "SendGrid's SDK is known to one folder"),
    ("web/sly.py", "from sqlalchemy import select", "Queries stand beside their tables"),
    ("cli/sly.py", "import sqlalchemy", "Queries stand beside their tables"),
    ("campaigns/sly.py", "from procrastinate import App", "Procrastinate is known to one folder"),
    ("campaigns/sly.py", "from apscheduler.triggers.cron import CronTrigger", "APScheduler appears in scheduler.py"),
]


def test_the_code_keeps_every_contract() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


def test_an_empty_project_breaks_no_contract(tmp_path: Path) -> None:
    result = lint_imports(skeleton(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("file", "line", "contract"), PLANTED)
def test_a_bad_import_is_noticed(file: str, line: str, contract: str, tmp_path: Path) -> None:
    folder = skeleton(tmp_path)
    (folder / file).write_text(line + "\n")
    result = lint_imports(folder)
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [line for line in result.stdout.splitlines() if line.rstrip().endswith("BROKEN")]
    assert any(line.startswith(contract) for line in broken), result.stdout


def test_every_contract_is_proved() -> None:
    names = [contract["name"] for contract in LINTER["contracts"]]
    assert [name for name in names if not any(name.startswith(contract) for _, _, contract in PLANTED)] == []


def test_the_sdk_is_allowed_in_its_folder(tmp_path: Path) -> None:
    folder = skeleton(tmp_path)
    (folder / "delivery/providers/sendgrid/client.py").write_text("import sendgrid, python_http_client\n")
    result = lint_imports(folder)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_clock_imports_no_door() -> None:
    assert imported((ROOT / "scheduler.py").read_text()) & NOT_FOR_THE_CLOCK == set()


@pytest.mark.parametrize(
    "line",
    ["import web", "import web.app as app", "from cli import door", "def tick():\n    from localgrid import server"],
)
def test_a_clock_that_imports_a_door_is_noticed(line: str) -> None:
    assert imported(line) & NOT_FOR_THE_CLOCK


def test_files_and_functions_stay_short_enough_to_read() -> None:
    assert [complaint for file in sources() for complaint in too_long(file.read_text(), name(file))] == []


def test_what_is_too_long_is_noticed() -> None:
    body = "    x = 1\n"
    assert too_long("def f():\n" + body * LONGEST_BODY, "a.py") == []
    assert too_long("def f():\n" + body * (LONGEST_BODY + 1), "a.py") == ["a.py: f has a body of 41 lines"]
    assert too_long('def f():\n    """Words\n\n    and more."""\n' + body * LONGEST_BODY, "a.py") == []
    assert too_long("x = 1\n" * (LONGEST_FILE + 1), "a.py") == ["a.py has 301 lines"]


def test_every_module_says_what_lives_in_it() -> None:
    ours = [file for file in sources() if "tests" not in file.parts and file.read_text().strip()]
    assert [name(file) for file in ours if not ast.get_docstring(ast.parse(file.read_text()))] == []


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def skeleton(folder: Path) -> Path:
    """Every package, empty, under the contracts of the project: quicker to read than the project itself."""
    for package in [*PACKAGES, "delivery/providers", "delivery/providers/sendgrid", "localgrid"]:
        (folder / package).mkdir(parents=True, exist_ok=True)
        (folder / package / "__init__.py").touch()
    (folder / "campaigns/models.py").touch()
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    return folder


def imported(source: str) -> set[str]:
    """The top-level names that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def sources() -> Iterator[Path]:
    for folder in [*PACKAGES, "benchmarks", "tests"]:
        yield from sorted((ROOT / folder).rglob("*.py"))
    yield ROOT / "scheduler.py"


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def too_long(source: str, called: str) -> list[str]:
    lines = len(source.splitlines())
    complaints = [f"{called} has {lines} lines"] if lines > LONGEST_FILE else []
    if called.startswith("tests/"):
        return complaints  # a test may carry a table of what it expects
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1
            if length > LONGEST_BODY:
                complaints.append(f"{called}: {node.name} has a body of {length} lines")
    return complaints
