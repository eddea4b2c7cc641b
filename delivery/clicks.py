"""Which clicks were a person's. Scanners at a mailbox's gate follow links as soon as a mail arrives, many at once.

A click may be told before the delivery that betrays it, so it is judged again whenever there is news of its mail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.orm import Session

from base.time import from_ms
from delivery.arrays import as_value, rows_in
from delivery.outcomes import Flag
from subscribers.profiles import Seen, roll_up, take_back_clicks

HUMAN, BOT = "clicked", "clicked by a bot"  # kinds of events
TOO_SOON_MS = 10_000  # after the mailbox took the mail: nobody has read it by then
AT_ONCE = 3  # different links within one second

_Whose = tuple[int, int]  # run, person
_BOTH = int(Flag.CLICKED | Flag.CLICKED_BY_BOT)

_CLICKED_BEFORE = """
SELECT o.run_id, o.subscriber_id FROM {whose} w
JOIN outcomes o ON o.run_id = w.run_id AND o.subscriber_id = w.subscriber_id WHERE o.flags & :both <> 0
"""
_EVENTS = """
SELECT e.run_id, e.subscriber_id, e.key, e.kind, e.at, e.detail FROM {whose} w
JOIN events e ON e.run_id = w.run_id AND e.subscriber_id = w.subscriber_id
WHERE e.kind IN ('delivered', 'clicked', 'clicked by a bot')
"""
_FLAGS = """
UPDATE outcomes SET flags = (flags & ~:both) | :flags WHERE run_id = :run AND subscriber_id = :person
"""


@dataclass
class _Mail:
    """What is known of one person's clicks on one mail."""

    arrived: int | None = None
    clicks: list[tuple[bytes, str, int, str]] = field(default_factory=list)  # key, kind as judged before, at, link


def judge(s: Session, clicked: set[_Whose], arrived: set[_Whose]) -> None:
    """`clicked` have a new click, `arrived` a new delivery. Their flags were merged before: so whoever writes about the
    same mail at this moment has waited, and everything there is can be seen."""
    suspects = clicked | _who_clicked_before(s, arrived - clicked)
    if not suspects:
        return
    mails = _mails(s, suspects)
    judged = {whose: _judge(mail) for whose, mail in mails.items()}
    _keep_kinds(s, mails, judged)
    _keep_flags(s, judged, mails)
    _keep_newest(s, judged, mails)


def _who_clicked_before(s: Session, arrived: set[_Whose]) -> set[_Whose]:
    if not arrived:
        return set()
    whose = rows_in(s, "whose", "run_id subscriber_id")
    found = s.execute(text(_CLICKED_BEFORE.format(whose=whose)), {"whose": as_value(arrived), "both": _BOTH})
    return {(run, person) for run, person in found}


def _mails(s: Session, suspects: set[_Whose]) -> dict[_Whose, _Mail]:
    mails: dict[_Whose, _Mail] = defaultdict(_Mail)
    whose = rows_in(s, "whose", "run_id subscriber_id")
    for run, person, key, kind, at, detail in s.execute(
        text(_EVENTS.format(whose=whose)), {"whose": as_value(suspects)}
    ):
        mail = mails[run, person]
        if kind == "delivered":
            mail.arrived = at if mail.arrived is None else min(at, mail.arrived)
        else:
            mail.clicks.append((bytes(key), kind, at, detail))
    return {whose: mail for whose, mail in mails.items() if mail.clicks}


def _judge(mail: _Mail) -> dict[bytes, str]:
    """Each click's kind."""
    links: dict[int, set[str]] = defaultdict(set)
    for _, _, at, link in mail.clicks:
        links[at // 1000].add(link)
    too_soon = -1 if mail.arrived is None else mail.arrived + TOO_SOON_MS
    return {key: BOT if at < too_soon or len(links[at // 1000]) >= AT_ONCE else HUMAN for key, _, at, _ in mail.clicks}


def _keep_kinds(s: Session, mails: dict[_Whose, _Mail], judged: dict[_Whose, dict[bytes, str]]) -> None:
    changed = sorted(
        (key, judged[whose][key])
        for whose, mail in mails.items()
        for key, before, _, _ in mail.clicks
        if judged[whose][key] != before
    )
    if changed:
        rows = [{"key": key, "kind": kind} for key, kind in changed]
        s.execute(text("UPDATE events SET kind = :kind WHERE key = :key"), rows)


def _keep_flags(s: Session, judged: dict[_Whose, dict[bytes, str]], mails: dict[_Whose, _Mail]) -> None:
    """Whoever has a click by a person alone stands right already: that is what merging wrote."""
    rows = []
    for whose, kinds in sorted(judged.items()):
        was_touched = any(kind == BOT or before == BOT for kind, before in _pairs(kinds, mails[whose]))
        if was_touched:
            flags = (Flag.CLICKED if HUMAN in kinds.values() else 0) | (
                Flag.CLICKED_BY_BOT if BOT in kinds.values() else 0
            )
            rows.append({"run": whose[0], "person": whose[1], "both": _BOTH, "flags": int(flags)})
    if rows:
        s.execute(text(_FLAGS), rows)


def _keep_newest(s: Session, judged: dict[_Whose, dict[bytes, str]], mails: dict[_Whose, _Mail]) -> None:
    """When people last clicked: forward by what they did, back by what was taken for theirs."""
    seen: list[Seen] = []
    wrong: set[int] = set()
    for (run, person), kinds in judged.items():
        mail = mails[run, person]
        seen += [Seen(person, "clicked", from_ms(at)) for key, _, at, _ in mail.clicks if kinds[key] == HUMAN]
        if any(kind == BOT and before == HUMAN for kind, before in _pairs(kinds, mail)):
            wrong.add(person)
    take_back_clicks(s, _newest_human(s, wrong))
    roll_up(s, seen)


def _newest_human(s: Session, people: set[int]) -> dict[int, int | None]:
    """By run, as the index has it."""
    found: dict[int, int | None] = dict.fromkeys(people)
    query = text(
        "SELECT max(at) FROM events WHERE run_id IN (SELECT id FROM runs) AND subscriber_id = :person AND kind = :kind"
    )
    for person in people:
        found[person] = s.scalar(query, {"person": person, "kind": HUMAN})
    return found


def _pairs(kinds: dict[bytes, str], mail: _Mail) -> Iterable[tuple[str, str]]:
    """How each is judged now, and was before."""
    return ((kinds[key], before) for key, before, _, _ in mail.clicks)
