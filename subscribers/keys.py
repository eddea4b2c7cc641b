"""The secrets behind address keys and opt-out links: made once, kept in files, known to the database."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.errors import Broken, Refused
from subscribers.models import KeyFingerprint

_ADDRESS_FILE = "address.key"
_LINKS_FILE = "links.key"
_SIZE = 32


@dataclass(frozen=True)
class Keys:
    """`address` never changes: stops would be forgotten. The first of `links` signs, all of them verify."""

    address: bytes = field(repr=False)
    links: tuple[bytes, ...] = field(repr=False)


def make_keys(folder: Path) -> Keys:
    """New keys in new files that only their owner may read. Raises Refused when one is there already."""
    for name in (_ADDRESS_FILE, _LINKS_FILE):
        if (folder / name).exists():
            raise Refused(f"{folder / name} is there already and is kept; move it away only if no database needs it")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = Keys(address=secrets.token_bytes(_SIZE), links=(secrets.token_bytes(_SIZE),))
    _write(folder / _ADDRESS_FILE, [keys.address])
    _write(folder / _LINKS_FILE, keys.links)
    return keys


def load_keys(folder: Path) -> Keys:
    """The keys of this installation. Raises Broken, with the file's name, when they cannot be used."""
    address = _read(folder / _ADDRESS_FILE)
    if len(address) != 1:
        raise Broken(
            f"{folder / _ADDRESS_FILE} must hold one key, not {len(address)}; put the file back from the backup"
        )
    return Keys(address=address[0], links=tuple(_read(folder / _LINKS_FILE)))


def store_fingerprints(s: Session, keys: Keys) -> None:
    """Make the database know these keys. New link keys join the old ones; another address key is refused."""
    stored = _stored(s)
    if "address" in stored:
        check_fingerprints(s, keys)
    for name, fingerprint in _fingerprints(keys).items():
        if name not in stored:
            s.add(KeyFingerprint(name=name, fingerprint=fingerprint))
    s.flush()


def check_fingerprints(s: Session, keys: Keys) -> None:
    """Raises Broken unless these are the keys that the database was filled with."""
    stored = _stored(s)
    if "address" not in stored:
        raise Broken("The database does not know its keys yet; run: tipsheet init")
    check_against(stored, keys)


def check_against(stored: Mapping[str, str], keys: Keys) -> None:
    """The same for the fingerprints that a backup names."""
    current = _fingerprints(keys)
    if stored.get("address") != current["address"]:
        raise Broken(
            f"The address key is not the one that this database was made with, so no opt-out could be found; "
            f"put the right {_ADDRESS_FILE} back from the backup"
        )
    if stored.keys() - current.keys():
        raise Broken(
            f"A link key that signed opt-out links in mails already sent is missing; "
            f"put its line back into {_LINKS_FILE} from the backup, below the new one"
        )


def address_fingerprint(keys: Keys) -> str:
    """Which key made an address key: says nothing of the key itself."""
    return _fingerprint(keys.address)


def stored_address_fingerprint(s: Session) -> str:
    """The same of the key that this database was filled with."""
    return _stored(s).get("address", "")


def _stored(s: Session) -> dict[str, str]:
    return dict(s.execute(select(KeyFingerprint.name, KeyFingerprint.fingerprint)).all())


def _fingerprints(keys: Keys) -> dict[str, str]:
    links = {f"link {_fingerprint(key)[:12]}": _fingerprint(key) for key in keys.links}
    return {"address": address_fingerprint(keys), **links}


def _fingerprint(key: bytes) -> str:
    return hashlib.blake2b(key, digest_size=16, person=b"key fingerprint").hexdigest()


def _write(path: Path, keys: list[bytes] | tuple[bytes, ...]) -> None:
    # O_EXCL: two `init` at once cannot overwrite each other's key.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.writelines(key.hex() + "\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> list[bytes]:
    try:
        keys = [bytes.fromhex(line) for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
    except FileNotFoundError as cause:
        raise Broken(f"The key file {path} is missing; put it back from the backup, or run: tipsheet init") from cause
    except (OSError, ValueError) as cause:
        raise Broken(f"The key file {path} cannot be read ({cause}); put it back from the backup") from cause
    if not keys or any(len(key) != _SIZE for key in keys):
        raise Broken(f"The key file {path} must hold {_SIZE * 2} hex digits a line; put it back from the backup")
    return keys
