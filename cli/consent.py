"""`tipsheet consent …`: whether what people agreed to is as it was recorded, and the proof of it for one person."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from base.errors import BadInput, Refused, TipsheetError
from base.words import counted
from cli.door import opened, read_config
from cli.output import Json, Printer
from cli.wordings import wording
from delivery.installation import restored_at
from subscribers.keys import Keys, load_keys
from subscribers.proof import signing
from subscribers.proof.chain import Verified
from subscribers.proof.chain import verify as look_at
from subscribers.proof.concerned import concerned
from subscribers.proof.document import prove

app = typer.Typer(help="Consent: whether it can be proved, the proof for one person, and the texts agreed to.")
app.command()(wording)

_SHOWN_HASH = 12


@app.command()
def verify(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A proof written by tipsheet consent proof --file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check that no consent was changed since it was sealed; with FILE, check one signed proof.

    Every row is read: its hash and seal, its evidence and wording, its personal part, and that what holds now is what
    all rows come to; the seals are compared with those that the journal knows. The first that is broken is named.

    Example: tipsheet consent verify
    """
    printer = Printer(as_json)
    if file:
        _verify_file(ctx, printer, file)
        return
    with opened(ctx) as door, printer.progress("rows") as progress:
        with door.db.read() as s:
            restored = restored_at(s)
        done = look_at(door.db, journal_file=door.config.journal.path, restored_at=restored, progress=progress)
        with door.db.read() as s:
            people = concerned(s, done.findings)
    _tell(printer, done, people)


@app.command()
def proof(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Their address, however it is written.")],
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="Write it there, signed; a file that is not there yet."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show everything that proves one person's consents: wording, how, when, from where, by whom, and the seals.

    Example: tipsheet consent proof ana@example.com --file ana.json
    """
    printer = Printer(as_json)
    with opened(ctx) as door, door.db.read() as s:
        document = prove(s, door.keys, email)
        key = signing.public_key(door.keys)
        if file:
            _write(file, signing.sign(door.keys, document))
    _draw(printer, document)
    if file:
        printer.say(f"{file} is signed with the key {key}.")
        printer.say(f"Anybody can check it with: tipsheet consent verify {file}")
    printer.document({**document, "public_key": key, "file": file})


def _tell(printer: Printer, done: Verified, people: Mapping[int, str]) -> None:
    erased = counted(done.emptied, "row", "rows")
    printer.facts(
        {
            "rows": f"{done.rows:,}, {done.unsealed:,} of them not sealed yet",
            "seals": f"{done.seals:,}, {done.in_journal:,} noted in the journal",
            "erased": f"{erased} whose personal part is gone with the person" if done.emptied else "",
            "taken back": f"{counted(done.given_up, 'seal', 'seals')} by a restore" if done.given_up else "",
        }
    )
    for each in done.findings:
        printer.say(f"{each.words}.", "red")
    if people:
        printer.say("It concerns these people; more of each: tipsheet subscriber show NUMBER")
    printer.table(("number>", "email"), [(number, email or "erased") for number, email in people.items()], empty="")
    if not done.found:
        printer.say("All of it is as it was recorded.", "green")
    printer.document({**vars(done), "people": people, "ok": not done.found})
    if done.found:
        raise Refused(
            f"{done.found:,} of it is not as it was recorded; keep a backup of what is there now, and compare with "
            "an older one"
        )


def _verify_file(ctx: typer.Context, printer: Printer, file: Path) -> None:
    try:
        checked = signing.check(file.read_bytes(), _keys(ctx))
    except OSError as cause:
        raise BadInput(f"{file} cannot be read ({cause.strerror}); name a proof that was written") from cause
    rows = checked.proof["consents"]
    proved, consents = sum(bool(row["proved"]) for row in rows), counted(len(rows), "consent", "consents")
    printer.say(f"A proof for {checked.proof['address']}, made at {checked.proof['made_at']}.")
    printer.say(f"It holds {consents}, {proved:,} of them under a seal that proved when it was made.")
    printer.say(f"Key: {checked.public_key} ({_whose(checked.is_ours)}).", "" if checked.is_ours else "yellow")
    for words in checked.findings:
        printer.say(f"{words}.", "red")
    printer.document({**vars(checked), "ok": not checked.findings})
    if checked.findings:
        raise Refused(f"{file} is not as it was signed; ask whoever gave it to you for another")


def _whose(is_ours: bool | None) -> str:
    if is_ours is None:
        return "no keys are here to compare with: ask whose it is"
    return "this installation's" if is_ours else "another installation's: ask whose it is"


def _keys(ctx: typer.Context) -> Keys | None:
    """A proof can be checked where nothing of an installation is."""
    try:
        return load_keys(read_config(ctx).keys.path)
    except TipsheetError:
        return None


def _draw(printer: Printer, document: dict[str, Any]) -> None:
    printer.say(document["address"], "bold")
    for row in document["consents"]:
        printer.say("")
        printer.facts(_facts(row))
    printer.say("")
    stops = [
        (each["reason"], each["list"] or "every list", each["at"], each["source"], each["lifted_at"] or "")
        for each in document["stops"]
    ]
    columns = ("stop", "list", "since", "source", "lifted")
    printer.table(columns, stops, empty="Nothing stops mail to this address.")


def _facts(row: dict[str, Any]) -> dict[str, object]:
    text = row.get("wording") or {}
    beside = (text.get(name) for name in ("language", "controller", "privacy_url"))
    proves = "which proves" if row["proved"] else "which does NOT prove: see tipsheet consent verify"
    return {
        "row": f"{row['row']}: {row['list']}, {row['purpose']}, {row['state']}",
        "at": row["at"],
        "voids": row["voids"] and f"row {row['voids']}, which never counted",
        "how": row.get("how"),
        "source": row.get("source"),
        "actor": row.get("actor"),
        "law": row.get("jurisdiction"),
        "wording": text.get("text"),
        "version": text.get("version", "")[:_SHOWN_HASH],
        "shown with": " · ".join(filter(None, beside)),
        "personal": row["personal"] or (row["digest"] and "erased"),
        "honoured": row["honoured_at"] and f"{row['honoured_at']} (at the latest {row['honour_by']})",
        "sealed": f"by seal {row['seal']}, {proves}" if row["seal"] else "not yet",
    }


def _write(file: Path, content: bytes) -> None:
    try:
        with file.open("xb") as target:
            target.write(content)
    except FileExistsError as cause:
        raise Refused(f"{file} is there already; name a new file") from cause
    except OSError as cause:
        raise BadInput(f"{file} cannot be written ({cause.strerror}); name another file") from cause
