"""A database of before the audience's step keeps every consent: evidence stands once, and all of it can be sealed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, text

import migrations
from base.database import Database
from subscribers.models import Consent, Evidence, Profile, Wording
from subscribers.proof import seals
from subscribers.proof.chain import verify

PEOPLE = (
    "INSERT INTO subscribers (id, email, address_key, first_name, last_name, zone, locale, custom, created_at) VALUES "
)
SAID = [  # subscriber, state, how, wording, source
    (1, "confirmed", "form", "Yes, tips.", "the form"),
    (2, "confirmed", "import", "Yes, tips.", "file a"),
    (3, "confirmed", "import", "Yes, tips.", "file a"),
    (2, "withdrawn", "one-click", "", "a link in a mail"),
    (3, "confirmed", "import", "Yes, more tips.", "file a"),
]


@pytest.fixture
def older(empty_url: str) -> Database:
    """Three people on one list, as step 0006 knew them."""
    db = Database(empty_url)
    if db.is_sqlite:
        Path(str(db.engine.url.database)).parent.mkdir(parents=True)
    with db.write() as s:
        migrations.rebuild(s, "0006")
        s.execute(text("INSERT INTO lists (id, slug, name, created_at) VALUES (1, 'tips', 'Tips', 5)"))
        for n in (1, 2, 3):
            values = {"id": n, "email": f"p{n}@example.com", "key": bytes([n]) * 32, "at": 100 + n}
            s.execute(text(PEOPLE + "(:id, :email, :key, '', '', '', '', '{}', :at)"), values)
        for number, (who, state, how, wording, source) in enumerate(SAID, start=1):
            said = {"who": who, "state": state, "how": how, "wording": wording, "source": source, "at": 1_000 + number}
            s.execute(
                text(
                    "INSERT INTO consents (subscriber_id, list_id, state, at, how, wording, source, actor) "
                    "VALUES (:who, 1, :state, :at, :how, :wording, :source, 'robin')"
                ),
                said,
            )
        for who, row in ((1, 1), (2, 4), (3, 5)):
            s.execute(
                text(
                    "INSERT INTO subscriptions (list_id, subscriber_id, state, since, consent_id) "
                    "SELECT 1, :who, state, at, id FROM consents WHERE id = :row"
                ),
                {"who": who, "row": row},
            )
    return db


def test_consents_of_before_keep_their_evidence_and_prove_once_sealed(older: Database) -> None:
    with older.write() as s:
        migrations.bring_up(s)
    with older.read() as s:
        facts = (Consent.subscriber_id, Consent.state, Evidence.how, Wording.text, Evidence.source)
        query = select(*facts, Evidence.actor).join(Evidence, Evidence.id == Consent.evidence_id)
        kept = [tuple(row) for row in s.execute(query.join(Wording).order_by(Consent.id))]
        assert kept == [(*said, "robin") for said in SAID]
        assert len(s.scalars(select(Evidence.id)).all()) == 4
        assert len(s.scalars(select(Wording.id)).all()) == 3
        assert sorted(s.scalars(select(Profile.source))) == ["form", "import", "import"]
    assert seals.seal(older) == len(SAID)
    found = verify(older, journal_file=Path("none"), restored_at=None, progress=lambda done, total: None)
    assert (found.rows, found.seals, found.unsealed, found.findings) == (len(SAID), 1, 0, [])
    older.close()
