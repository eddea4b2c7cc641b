"""The promise over whole lives: through every door that people and staff have, and through restores of older files."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

import migrations
from backup.restore import Wish, restore
from backup.save import save
from base.database import Database
from delivery.providers.sendgrid.webhook import SIGNATURE, TIMESTAMP
from subscribers.journal import Journal
from subscribers.keys import Keys, store_fingerprints
from subscribers.proof import seals
from subscribers.proof.chain import verify
from tests.support.lives import LISTS, Lives, Post
from tests.web.conftest import SIGNING, served

ANN, BOB, CAT = ADDRESSES = ("ann@example.com", "bob@example.com", "cat@example.com")
WAYS = ("link", "one_click", "preferences", "event", "hand", "file")
Step = tuple[Any, ...]

an_address, a_slug, a_way = st.sampled_from(ADDRESSES), st.sampled_from(tuple(LISTS)), st.sampled_from(WAYS)
opting_out = st.tuples(st.just("opt_out"), an_address, st.none() | a_slug, a_way)
steps = st.one_of(
    st.tuples(st.just("add"), an_address, a_slug),
    st.tuples(st.just("bring"), an_address, a_slug, st.none() | an_address),
    st.tuples(st.just("unbring")),
    st.tuples(st.just("sign_up"), an_address, a_slug),
    st.tuples(st.just("confirm"), an_address, a_slug),
    st.tuples(st.just("join"), an_address, a_slug),
    opting_out,
    opting_out,
    st.tuples(st.just("undo"), an_address, a_slug),
    st.tuples(st.just("readdress"), an_address, an_address),
    st.tuples(st.just("merge"), an_address, an_address),
    st.tuples(st.just("erase"), an_address),
    st.tuples(st.just("move"), an_address),
    st.tuples(st.just("stop"), an_address, st.sampled_from(("hard bounce", "manual"))),
    st.tuples(st.just("lift"), an_address),
)
# What staff may still try in the end, so that a stop that is missing shows.
STUBBORN: list[Step] = [("add", each, slug) for each in ADDRESSES for slug in LISTS]
some = st.lists(steps, max_size=12)
OFTEN = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
    database=None,
)


@dataclass(frozen=True)
class Kept:
    db: Database
    journal: Journal
    post: Post

    def saved(self, keys: Keys, folder: Path) -> Path:
        file = folder / secrets.token_hex(4)
        save(self.db, keys, self.journal, file, lambda _: None)
        return file


@pytest.fixture
def post(db: Database, keys: Keys) -> Iterator[Post]:
    with doors(db, keys) as post:
        yield post


@pytest.fixture
def kept(tmp_path: Path, keys: Keys) -> Iterator[Kept]:
    """A database as `tipsheet init` makes it, with its journal."""
    journal, url = Journal(tmp_path / "journal"), f"sqlite:///{tmp_path}/tipsheet.db"
    migrations.upgrade(url)
    with closing(Database(url, journal.keep)) as db:
        with db.write() as s:
            store_fingerprints(s, keys)
        with doors(db, keys) as post:
            yield Kept(db, journal, post)


@contextmanager
def doors(db: Database, keys: Keys) -> Iterator[Post]:
    with served(db, keys, SIGNING.public_key()) as site:

        def post(path: str, body: bytes) -> int:
            signature = base64.b64encode(SIGNING.sign(b"1" + body, ec.ECDSA(hashes.SHA256()))).decode()
            headers = {SIGNATURE: signature, TIMESTAMP: "1", "Content-Type": "application/x-www-form-urlencoded"}
            return site.ask("POST", path, body, **headers).status

        yield post


@settings(OFTEN, max_examples=25)
@example([("add", ANN, "tips"), ("opt_out", ANN, None, "link"), ("undo", ANN, "tips")])
@example([("add", ANN, "tips"), ("opt_out", ANN, None, "hand"), ("readdress", ANN, BOB), ("add", BOB, "news")])
@example([("add", ANN, "tips"), ("readdress", ANN, BOB), ("opt_out", ANN, "tips", "event"), ("add", BOB, "tips")])
@example([("sign_up", ANN, "tips"), ("opt_out", ANN, "tips", "link"), ("confirm", ANN, "tips"), ("erase", ANN)])
@example([*(("add", each, "tips") for each in (ANN, BOB)), ("opt_out", ANN, None, "file"), ("merge", ANN, BOB)])
@given(st.lists(steps, max_size=16))
def test_nobody_who_said_no_is_mailed_whatever_became_of_their_row(
    db: Database, keys: Keys, tmp_path: Path, post: Post, done: list[Step]
) -> None:
    live(Lives(db, keys, tmp_path, post), [*done, *STUBBORN])


# A restore makes every table anew, which takes a second; so there are fewer of these, with more in each.
@settings(OFTEN, max_examples=8)
@example(([("add", ANN, "tips"), ("add", BOB, "tips")], [("opt_out", ANN, "tips", "link"), ("erase", BOB)], []), [0])
@example(([("add", ANN, "tips")], [("readdress", ANN, BOB), ("opt_out", BOB, None, "event")], []), [0])
@given(st.tuples(some, some, some), st.permutations([0, 1]) | st.lists(st.integers(0, 1), min_size=1, max_size=1))
def test_nobody_who_said_no_is_mailed_after_a_restore_of_an_older_file(
    kept: Kept, keys: Keys, tmp_path: Path, parts: tuple[list[Step], list[Step], list[Step]], order: list[int]
) -> None:
    """Two files are written on the way; one of them comes back, life goes on, then perhaps the other."""
    lives = Lives(kept.db, keys, tmp_path, kept.post)
    files = []
    for part in parts[:2]:
        live(lives, part)
        files.append((kept.saved(keys, tmp_path), deepcopy(lives.had)))
    live(lives, parts[2])
    for file, had in (files[which] for which in order):
        restore(kept.db, keys, file, Wish(kept.journal.path, replace=True), lambda _: None)
        lives.taken_back(had)
        lives.check()
        live(lives, [*parts[2], *STUBBORN])
    seals.seal(kept.db)
    found = verify(kept.db, journal_file=tmp_path / "none", restored_at=None, progress=lambda done, total: None)
    assert found.findings == []


def test_a_restore_leaves_those_on_the_list_who_said_nothing(kept: Kept, keys: Keys, tmp_path: Path) -> None:
    """Or else the two above could be kept by mailing nobody."""
    lives = Lives(kept.db, keys, tmp_path, kept.post)
    live(lives, [("add", ANN, "tips"), ("sign_up", BOB, "tips"), ("confirm", BOB, "tips"), ("add", CAT, "tips")])
    file = kept.saved(keys, tmp_path)
    live(lives, [("opt_out", CAT, "tips", "link")])
    restore(kept.db, keys, file, Wish(kept.journal.path, replace=True), lambda _: None)
    with kept.db.read() as s:
        assert [email for _, email in lives.mailable(s, "tips")] == [ANN, BOB]
    live(lives, [("join", CAT, "tips")])
    with kept.db.read() as s:
        assert [email for _, email in lives.mailable(s, "tips")] == [ANN, BOB, CAT]


def live(lives: Lives, part: list[Step]) -> None:
    for step in part:
        lives.do(*step)
        lives.check()
