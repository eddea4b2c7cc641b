"""What every handler needs, put together once at the door."""

from __future__ import annotations

from dataclasses import dataclass

from base.database import Database
from subscribers.keys import Keys
from web.pages import Pages


@dataclass(frozen=True)
class Site:
    db: Database
    keys: Keys
    pages: Pages
    prefix: str  # the path of [web] public_url, where a proxy serves us below one
