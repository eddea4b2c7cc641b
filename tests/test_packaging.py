"""An application in an environment of its own: no other distribution may own one of our top-level names."""

from __future__ import annotations

import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_no_other_distribution_owns_one_of_our_names() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    ours = {name.removesuffix(".py") for name in wheel["only-include"]}
    owners = {name: set(packages_distributions().get(name, ())) - {"tipsheet"} for name in ours}
    assert {name: others for name, others in owners.items() if others} == {}


def test_the_locks_carry_versions_and_hashes_and_no_addresses() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.lock")):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "index-url" not in text
