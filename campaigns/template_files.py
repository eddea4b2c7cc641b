"""Where mail templates lie: staff's folder first, then the packaged ones. What is written in them: render/."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import jinja2

import templates
from base.config import Config
from base.errors import BadInput, NotFound, Refused
from campaigns.render import Source

SHARED = "_shared"  # the parts that packaged templates have in common
ROOTS = ("mail.html", "mail.txt")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class Template:
    name: str
    origin: str  # packaged | yours | yours, instead of the packaged one
    folder: Path


def loader(config: Config) -> jinja2.BaseLoader:
    """Finds each file in staff's folder, else among the packaged ones."""
    return jinja2.FileSystemLoader(_folders(config))


def source(config: Config, name: str, subject: str) -> Source:
    """Raises NotFound."""
    check_name(name)
    html, text = (_read(config, name, root) for root in ROOTS)
    return Source(name, html, text, subject)


def all_templates(config: Config) -> list[Template]:
    names = {home.name for folder in _folders(config) for home in folder.glob("*") if _is_template(home)}
    return [_template(config, name) for name in sorted(names)]


def exists(config: Config, name: str) -> bool:
    return any(each.name == name for each in all_templates(config))


def copy(config: Config, name: str, original: str) -> Path:
    """A template of staff's own with everything that it is made of, so that no upgrade changes it.
    Raises Refused where there is no folder for it or the name is taken."""
    home = _own(config) / check_name(name)
    if home.exists():
        raise Refused(f"There is a template {name} in {home.parent} already; choose another name")
    source(config, original, "")
    files = _files(config, SHARED) | _files(config, original)
    home.mkdir(parents=True)
    for file, path in files.items():
        (home / file).write_text(_moved(path.read_text("utf-8"), original, name), "utf-8")
    return home


def check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise BadInput(f"{name[:80]!r} cannot be a template; use small letters, digits and -, such as our-tips")
    return name


def _folders(config: Config) -> list[Path]:
    return [*([_own(config)] if config.templates.path else []), templates.folder() / "email"]


def _own(config: Config) -> Path:
    if config.templates.path is None:
        raise Refused(f'Say where your templates shall lie: in {config.file}, [templates] path = "my-templates"')
    return config.templates.path / "email"


def _read(config: Config, name: str, root: str) -> str:
    for folder in _folders(config):
        try:
            return (folder / name / root).read_text("utf-8")
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as cause:
            raise BadInput(f"{folder / name / root} cannot be read as text in UTF-8; save it as UTF-8") from cause
    raise NotFound(f"There is no template {name} with a {root}; see them with: tipsheet template list")


def _is_template(home: Path) -> bool:
    return bool(_NAME.fullmatch(home.name)) and any((home / root).is_file() for root in ROOTS)


def _template(config: Config, name: str) -> Template:
    *own, packaged = (folder / name for folder in _folders(config))
    if not own or not _is_template(own[0]):
        return Template(name, "packaged", packaged)
    instead = ", instead of the packaged one" if _is_template(packaged) else ""
    return Template(name, f"yours{instead}", own[0])


def _files(config: Config, folder: str) -> dict[str, Path]:
    found = [path for base in reversed(_folders(config)) for path in (base / folder).glob("*.*") if path.is_file()]
    return {path.name: path for path in found}


def _moved(text: str, original: str, name: str) -> str:
    """What it includes lies in its own folder from now on."""
    return re.sub(rf"([\"'])(?:{SHARED}|{re.escape(original)})/", rf"\1{name}/", text)
