"""The provider `files`: one .eml a person in a folder, named so that a repeat overwrites. Reaches nobody."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from base.errors import Refused
from delivery.providers.provider import Addressed, Answer, Parcel, Question, Stop, Verdict


class Files:
    name = "files"
    repeatable = True
    tells_events = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.account = f"files:{folder}"

    def prepare(self) -> str:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            return f"{self._folder} cannot be made: {cause.strerror}"
        return ""

    def send(self, parcel: Parcel, may_begin: Callable[[], bool]) -> Answer:
        try:
            for person in parcel.people:
                self._write(parcel, person)
        except OSError as cause:
            return Answer(Verdict.HELD, f"{self._folder} cannot be written: {cause.strerror}")
        return Answer(Verdict.ACCEPTED, "written")

    def trace(self, question: Question) -> bool | None:
        return None

    def probe(self, attempt: str) -> Answer:
        return Answer(Verdict.ACCEPTED, "files")

    def notify(
        self, to: str, subject: str, text: str, *, html: str = "", from_name: str = "", reply_to: str = ""
    ) -> Answer:
        mail = EmailMessage(policy=SMTP)
        mail["To"], mail["Subject"] = Address(addr_spec=to), subject
        mail.set_content(text)
        if html:
            mail.add_alternative(html, subtype="html")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / f"notice-{hashlib.sha256(mail.as_bytes()).hexdigest()[:12]}.eml").write_bytes(
                mail.as_bytes()
            )
        except OSError as cause:
            return Answer(Verdict.HELD, f"{self._folder} cannot be written: {cause.strerror}")
        return Answer(Verdict.ACCEPTED, "written")

    def stops(self, since: datetime | None, until: datetime) -> Iterator[Stop]:
        return iter(())  # it has no list

    def stop(self, emails: Sequence[str]) -> None:
        raise Refused("The provider files keeps no list of people to stop; this is for sendgrid")

    def close(self) -> None:
        return None

    def _write(self, parcel: Parcel, person: Addressed) -> None:
        path = self._folder / f"{parcel.run}-{person.subscriber_id}.eml"
        beside = path.with_suffix(".part")
        beside.write_bytes(_mail(parcel, person).as_bytes(policy=SMTP))
        os.replace(beside, path)  # noqa: PTH105  whoever reads the folder sees whole mails only


def _mail(parcel: Parcel, person: Addressed) -> EmailMessage:
    mine, envelope = parcel.filler.assemble(person.values), parcel.envelope
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(envelope.from_name, addr_spec=envelope.from_email)
    mail["To"] = Address(addr_spec=person.email)
    mail["Subject"] = mine.subject
    if envelope.reply_to:
        mail["Reply-To"] = envelope.reply_to
    mail["List-Unsubscribe"] = f"<{person.unsubscribe}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["List-Id"] = envelope.list_header
    mail["Feedback-ID"] = envelope.feedback_id
    mail["Precedence"] = "bulk"
    mail.set_content(mine.text)
    mail.add_alternative(mine.html, subtype="html")
    return mail
