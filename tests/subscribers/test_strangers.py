from __future__ import annotations

from datetime import UTC, datetime

from base.database import Database
from base.time import zone
from subscribers.addresses import address_key, wide_key
from subscribers.keys import Keys
from subscribers.strangers import described
from subscribers.suppression import suppress
from tests.support.people import a_list
from tests.support.signups import a_public_list, signs_up, waiting

AT = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def told(db: Database, keys: Keys, email: str) -> str:
    with db.read() as s:
        return described(s, keys, email, BERLIN)


def test_whom_nothing_is_known_of_can_be_added(db: Database, keys: Keys) -> None:
    assert told(db, keys, "ann@example.com").endswith("is known; add them with: tipsheet subscriber add")


def test_a_stopped_address_is_told_with_reason_place_time_and_where_the_proof_is(db: Database, keys: Keys) -> None:
    with db.write() as s:
        key, tips = address_key(keys, "ann@example.com"), a_list(s).id
        suppress(s, key, "hard bounce", source="test", at=AT)
        suppress(s, key, "opt-out", list_id=tips, source="test", at=AT)
    assert told(db, keys, "ann@example.com") == (
        "Nobody with the address ann@example.com is known, and it is stopped: hard bounce on every list since "
        "2026-07-02 01:30 CEST, opt-out on tips since 2026-07-02 01:30 CEST; what proves that: tipsheet consent proof "
        "ann@example.com"
    )


def test_a_stop_on_a_mailbox_that_is_written_in_many_ways_is_told_once(db: Database, keys: Keys) -> None:
    with db.write() as s:
        wide = wide_key(keys, "a.nn@gmail.com")
        suppress(s, address_key(keys, "a.nn@gmail.com"), "manual", source="test", at=AT, wide=wide)
    for email in ("a.nn@gmail.com", "ann+x@gmail.com"):
        assert told(db, keys, email).count("manual on every list") == 1


def test_a_sign_up_that_waits_is_told_in_the_newsletters_zone_beside_a_stop(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_public_list(s)
    signs_up(db, keys)
    (row,) = waiting(db)
    assert told(db, keys, "ann@example.com").startswith(
        f"ann@example.com signed up for tips at {row.asked_at.astimezone(zone(BERLIN)):%Y-%m-%d %H:%M %Z} and has not"
    )
    with db.write() as s:
        suppress(s, row.address_key, "opt-out", source="test", at=AT)
    assert ", and it is stopped: opt-out on every list since 2026-07-02 01:30 CEST;" in told(db, keys, row.email)
