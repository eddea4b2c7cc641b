"""Reading config.toml and the environment into a Config. A mistake names file, key and what was expected."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import Field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from base.config.rules import Rule
from base.config.sections import SECTIONS, Config
from base.errors import BadInput, ConfigError

_Overrides = dict[tuple[str, str], tuple[str, str]]  # (section, key): (variable, its text)


def load(path: str | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """From `path`, $TIPSHEET_CONFIG or ./config.toml, each key overridden by TIPSHEET_SECTION__KEY."""
    file = Path(path or environ.get("TIPSHEET_CONFIG") or "config.toml")
    given = _read_toml(file)
    _refuse_unknown(file, given)
    overrides = _overrides(environ)
    sections = {name: _section(file, name, given.get(name, {}), overrides) for name in SECTIONS}
    config = Config(file=file, **sections, key_from_environment=environ.get("SENDGRID_API_KEY", "").strip())
    _check_together(config)
    return _with_kept_key(config)


def is_loopback(url: str) -> bool:
    """Whether that address is this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError as cause:
        raise ConfigError(
            f"There is no {file}: go to the folder that has it, or name it with --config or TIPSHEET_CONFIG"
        ) from cause
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigError(f"{file} cannot be read as a text file: {cause}") from cause
    except tomllib.TOMLDecodeError as cause:
        raise ConfigError(f"{file} is not valid TOML: {cause}") from cause


def _refuse_unknown(file: Path, given: dict[str, Any]) -> None:
    for section, values in given.items():
        if section not in SECTIONS:
            raise ConfigError(f"{file}: {section} is no section; there are {', '.join(SECTIONS)}")
        if not isinstance(values, dict):
            raise ConfigError(f"{file}: {section} must be a section, [{section}], with keys below it")
        for key in values:
            _refuse_unknown_key(f"{file}: [{section}] {key}", section, key)


def _refuse_unknown_key(where: str, section: str, key: str) -> None:
    names = [f.name for f in fields(SECTIONS[section])]
    if key not in names:
        raise ConfigError(f"{where} is no key; [{section}] has {', '.join(names)}")


def _overrides(environ: Mapping[str, str]) -> _Overrides:
    found = {}
    for variable, text in environ.items():
        section, between, key = variable.removeprefix("TIPSHEET_").lower().partition("__")
        if not variable.startswith("TIPSHEET_") or not between:
            continue
        if section not in SECTIONS:
            raise ConfigError(f"{variable}: {section} is no section; there are {', '.join(SECTIONS)}")
        _refuse_unknown_key(variable, section, key)
        found[section, key] = (variable, text)
    return found


def _section(file: Path, name: str, given: dict[str, Any], overrides: _Overrides) -> Any:
    values = {}
    for key in fields(SECTIONS[name]):
        if override := overrides.get((name, key.name)):
            values[key.name] = _value(override[0], key, override[1], file.parent, is_text=True)
        else:
            raw = given.get(key.name, key.metadata["rule"].default)
            values[key.name] = _value(f"{file}: [{name}] {key.name}", key, raw, file.parent)
    return SECTIONS[name](**values)


def _value(where: str, key: Field[Any], raw: Any, folder: Path, *, is_text: bool = False) -> Any:
    rule: Rule = key.metadata["rule"]
    try:
        return rule.read(rule.from_text(raw) if is_text else raw, folder)
    except (BadInput, ValueError, TypeError, KeyError, AttributeError) as cause:
        said = f", not {raw!r}" if key.repr else ""
        raise ConfigError(f"{where} must be {rule.expected}{said}") from cause


def _with_kept_key(config: Config) -> Config:
    """Tipsheet never writes config.toml: the key that `tipsheet connect` learned stands beside the other keys."""
    if config.sendgrid.webhook_key or not (kept := config.kept_webhook_key()):
        return config
    return replace(config, sendgrid=replace(config.sendgrid, webhook_key=kept))


def _check_together(config: Config) -> None:
    if config.delivery.lease <= config.delivery.deadline:
        raise ConfigError(
            f"{config.file}: [delivery] lease must be longer than deadline: "
            "a worker still posting would lose its batch to another"
        )
    if config.dispatch.engine == "procrastinate" and config.database.url.startswith("sqlite:"):
        raise ConfigError(
            f'{config.file}: [dispatch] engine = "procrastinate" needs PostgreSQL; give [database] url '
            'a postgresql:// address, or take engine = "local"'
        )
    base_url = config.sendgrid.base_url
    if not base_url.startswith("https://") and not is_loopback(base_url):
        raise ConfigError(
            f"{config.file}: [sendgrid] base_url must be https (the API key goes there), not {base_url!r}"
        )
