"""deploy/: the compose file against the official schema and our configuration; by docker itself where it has that."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from base.config import load

ROOT = Path(__file__).parents[1]
FILE = ROOT / "deploy" / "compose.yaml"
SCHEMA = json.loads((ROOT / "tests" / "contract" / "compose-spec.json").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "tipsheet"}


def has_compose() -> bool:
    docker = shutil.which("docker")
    return bool(docker) and subprocess.run([str(docker), "compose", "version"], capture_output=True).returncode == 0


def test_it_is_what_the_specification_calls_a_compose_file() -> None:
    assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(COMPOSE)] == []


def test_a_file_that_is_none_is_noticed() -> None:
    spoilt = {**COMPOSE, "services": {"one": {"imagine": "tipsheet"}}}
    assert list(Draft7Validator(SCHEMA).iter_errors(spoilt))


def test_both_shapes_are_there_and_share_nothing_but_the_image() -> None:
    shapes = {name: service["profiles"] for name, service in COMPOSE["services"].items()}
    assert shapes == {"one": ["one"], "service": ["many"], "worker": ["many"], "postgres": ["many"]}
    assert "ports" not in COMPOSE["services"]["postgres"], "the database is nobody else's business"
    for name in ("one", "service"):
        assert all(port.startswith("127.0.0.1:") for port in OURS[name]["ports"])


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_it_sets_are_settings_of_ours(name: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "config.toml", tmp_path)
    told = {**OURS[name]["environment"], "TIPSHEET_CONFIG": str(tmp_path / "config.toml")}
    config = load(environ=told)
    assert config.installation.name == "tipsheet"
    assert config.dispatch.engine == ("local" if name == "one" else "procrastinate")
    assert int(OURS[name]["stop_grace_period"].removesuffix("s")) > config.delivery.deadline / timedelta(seconds=1)


if has_compose():

    @pytest.mark.parametrize("shape", ["one", "many"])
    def test_docker_compose_reads_it(shape: str) -> None:
        words = ["docker", "compose", "-f", str(FILE), "--profile", shape, "config", "--quiet"]
        said = subprocess.run(words, capture_output=True, text=True)
        assert (said.returncode, said.stderr) == (0, "")
