"""A mailing made up for tests: a list with people, an article, a campaign about it, and what moves it along."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from base.config import CampaignsConfig, Config, DeliveryConfig
from base.database import Database, database_now
from campaigns import decisions
from campaigns.articles.source import read_bytes
from campaigns.articles.store import add_article
from campaigns.decisions import By
from campaigns.drafts import Draft, add_campaign, get_campaign
from campaigns.launch import launch_due
from campaigns.models import Campaign
from campaigns.offers import Draft as OfferDraft
from campaigns.offers import Validity, add_offer
from campaigns.segments.saved import add_segment
from campaigns.status import Status, status
from campaigns.why import Why, why
from delivery import ledger
from delivery.outbox import Outbox, Pace
from delivery.providers import open_provider
from subscribers.consent import opt_out
from subscribers.keys import Keys
from subscribers.models import List, Subscriber
from tests.support.people import a_list, a_person, says_of_opens

SLUG = "december"
ROBIN = By("robin")
POST = b"# Kinder knees\n\nKnees like company. Walk with a friend.\n"


class Mailing:
    """A database with one list, `tips`, and the article `knees`; campaigns are made and moved by their slugs."""

    def __init__(self, db: Database, keys: Keys, folder: Path) -> None:
        self.db, self.keys, self.folder = db, keys, folder
        self.config = settings(folder)
        with db.write() as s:
            a_list(s)
            add_article(s, read_bytes(POST, name="knees.md", markdown=True), slug="knees", actor="robin")

    def people(self, *names: str, **more: Any) -> None:
        with self.db.write() as s:
            for name in names:
                a_person(s, self.keys, f"{name}@example.com", **more)

    def crowd(self, many: int) -> None:
        self.people(*(f"p{n}" for n in range(1, many + 1)))

    def agrees(self, *names: str, allowed: bool = True) -> None:
        """That their opening is seen."""
        with self.db.write() as s:
            for name in names:
                says_of_opens(s, self.keys, f"{name}@example.com", allowed=allowed)

    def draft(self, slug: str = SLUG, *, segment: str = "", offer_ends: timedelta | None = None, **more: Any) -> str:
        with self.db.write() as s:
            if segment:
                add_segment(s, f"part-{slug}", segment)
            if offer_ends is not None:
                valid = Validity("UTC", end=database_now(s) + offer_ends)
                add_offer(s, OfferDraft("A free check", cta_url="https://example.com/o"), valid, slug=slug, actor="x")
            named = {"segment": f"part-{slug}" if segment else None, "offer": slug if offer_ends else None}
            facts = {"subject": "Kinder knees", "template": "monthly-tips", "article": "knees", **named, **more}
            add_campaign(s, Draft(slug, "tips", **facts), actor="robin")
        return slug

    def decide(self, what: str, *given: Any, slug: str = SLUG, **more: Any) -> None:
        """decisions.WHAT, as its command would do it."""
        takes_config = () if what in ("pause", "cancel", "resolve") else (self.config,)
        with self.db.write() as s:
            getattr(decisions, what)(s, get_campaign(s, slug, lock=True), *takes_config, *given, **more)

    def launch(self) -> int:
        return launch_due(self.db, self.config)

    def sent(self, slug: str = SLUG, by: By = ROBIN) -> Status:
        """Sent, launched, and everything handed over."""
        self.decide("send", by, slug=slug)
        self.launch()
        self.deliver()
        return self.status(slug)

    def deliver(self) -> None:
        provider = open_provider(self.config)
        outbox = Outbox(self.db, provider, self.keys, Pace(1, timedelta(minutes=5), self.config.delivery.only_to))
        while outbox.step():
            pass

    def expire(self) -> None:
        with self.db.write() as s:
            ledger.expire(s)

    def mails(self) -> dict[str, EmailMessage]:
        """By recipient, what the provider `files` wrote."""
        files = self.config.delivery.files_path.glob("*.eml")
        mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
        return {str(mail["To"]): mail for mail in mails}

    def status(self, slug: str = SLUG) -> Status:
        with self.db.read() as s:
            return status(s, get_campaign(s, slug))

    def state(self, slug: str = SLUG) -> str:
        return self.status(slug).state

    def why(self, name: str, slug: str = SLUG) -> Why:
        with self.db.read() as s:
            return why(s, self.keys, get_campaign(s, slug), f"{name}@example.com")

    def opts_out(self, name: str) -> None:
        with self.db.write() as s:
            key = s.scalars(select(Subscriber.address_key).where(Subscriber.email == f"{name}@example.com")).one()
            opt_out(s, address_key=key, list_id=None, how="page", source="test", actor="test")

    def row(self, slug: str = SLUG) -> Campaign:
        with self.db.read() as s:
            return get_campaign(s, slug)

    def run_id(self, slug: str = SLUG) -> int:
        found = self.row(slug).run_id
        assert found is not None, "it has not been launched"
        return found

    def put(self, slug: str = SLUG, **columns: Any) -> None:
        """As if these columns had come about."""
        with self.db.write() as s:
            campaign = get_campaign(s, slug, lock=True)
            for name, value in columns.items():
                setattr(campaign, name, value)

    def sql(self, statement: str, **facts: Any) -> None:
        with self.db.write() as s:
            s.execute(text(statement), facts)

    def now(self) -> datetime:
        with self.db.read() as s:
            return database_now(s)

    def list_id(self) -> int:
        with self.db.read() as s:
            return s.scalars(select(List.id)).one()


def settings(folder: Path, *, second_person: bool = False, **delivery: Any) -> Config:
    facts = {"provider": "files", "files_path": folder / "outgoing", "batch_size": 2, **delivery}
    return Config(
        file=folder / "config.toml",
        delivery=DeliveryConfig(**facts),
        campaigns=CampaignsConfig(second_person=second_person),
    )


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
