"""docs/operations.md against the program: paths behind the web server, fields of the log, the container's steps."""

from __future__ import annotations

import re
import tomllib

from tests.docs.pages import ROOT, page

PAGE = page("docs/operations.md")
PATHS = re.findall(r'Route\("(/\w+)', (ROOT / "web" / "app.py").read_text("utf-8"))
NOT_PUBLIC = ("/health", "/metrics")


def test_every_path_of_the_site_stands_in_the_table() -> None:
    named = {found for row in PAGE.tables() for found in re.findall(r"`(/\w+)", row[0])}
    assert len(PATHS) > 5
    assert set(PATHS) - named == set()


def test_the_web_server_passes_on_every_public_path_and_no_other() -> None:
    (block,) = PAGE.blocks("nginx")
    passed = re.compile(re.findall(r"location ~ (\S+) \{", block)[0])
    assert [path for path in PATHS if path not in NOT_PUBLIC and not passed.search(path)] == []
    assert not any(passed.search(path) for path in NOT_PUBLIC)
    assert not passed.search("/under")


def test_every_field_of_the_log_is_explained() -> None:
    named = {word for row in PAGE.tables() for word in re.findall(r"`(\w+)`", row[0])}
    assert _fields() - named == set()
    assert {"campaign", "attempt", "ms"} <= _fields()


def test_the_container_is_installed_as_a_machine_is() -> None:
    block = (ROOT / "deploy" / "Containerfile").read_text("utf-8")
    install = PAGE.blocks("")[0]
    assert _pip(block) == _pip(install.replace("/opt/tipsheet/code", "/code"))
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    assert f"FROM python:{wanted.removeprefix('>=')}-" in block


def _fields() -> set[str]:
    """What the log calls of the program name."""
    found: set[str] = set()
    for folder in ("campaigns", "delivery", "web"):
        for file in (ROOT / folder).rglob("*.py"):
            source = file.read_text("utf-8")
            for call in re.findall(r"\blog\.\w+\(.*", source):
                found |= set(re.findall(r"(\w+)=%s", call))
                found |= set(re.findall(r'"(\w+)":', call.partition("extra=")[2]))
    return found


def _pip(block: str) -> list[str]:
    return re.findall(r"pip (install [^&\n]+?)\s*(?:&&.*)?$", block, re.MULTILINE)
