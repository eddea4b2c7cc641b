"""Mail addresses in a request: the sender, who gets the reply, and lists of recipients."""

from __future__ import annotations

import re
from collections.abc import Iterator

from localgrid.judge.problem import Problem, unknown_keys, wrong_type
from localgrid.settings import Account

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")


def check_sender(message: dict[str, object]) -> Iterator[Problem]:
    if "from" not in message:
        yield Problem("The from object must be provided for every email send.", "from")
        return
    sender = message["from"]
    yield from check_address(sender, "from")
    if isinstance(sender, dict):
        for key in ("email", "name"):
            text = sender.get(key)
            if isinstance(text, str) and not text.isascii():
                yield Problem("Unicode encoding is not supported for the from field.", f"from.{key}")


def check_replies(message: dict[str, object]) -> Iterator[Problem]:
    if "reply_to" in message:
        yield from check_address(message["reply_to"], "reply_to")
    if "reply_to_list" not in message:
        return
    several = message["reply_to_list"]
    if "reply_to" in message:
        yield Problem("Use either reply_to or reply_to_list, not both.", "reply_to_list")
    if not isinstance(several, list):
        yield wrong_type("reply_to_list", "array", several)
        return
    if len(several) > 1000:
        yield Problem("There is a limit of 1000 addresses to reply to.", "reply_to_list")
    yield from check_recipients(several, "reply_to_list")
    emails = [address_of(one) for one in several]
    if len(set(emails)) < len(emails):
        yield Problem("Each address to reply to may only be included once.", "reply_to_list")


def check_recipients(value: object, field: str) -> Iterator[Problem]:
    """A list of recipients; names in it may not hold what separates addresses in a header."""
    if not isinstance(value, list):
        yield wrong_type(field, "array", value)
        return
    for n, one in enumerate(value):
        yield from check_address(one, f"{field}.{n}")
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str) and (";" in name or "," in name):
            yield Problem("The name may not contain ';' or ','.", f"{field}.{n}.name")


def check_address(value: object, field: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield wrong_type(field, "object", value)
        return
    email, name = value.get("email"), value.get("name", "")
    if "email" not in value:
        yield Problem("The email parameter is required.", f"{field}.email")
    elif not isinstance(email, str):
        yield wrong_type(f"{field}.email", "string", email)
    elif not _ADDRESS.fullmatch(email):
        yield Problem("Does not contain a valid address.", f"{field}.email")
    if not isinstance(name, str):
        yield wrong_type(f"{field}.name", "string", name)
    yield from unknown_keys(value, ("email", "name"), field)


def address_of(value: object) -> str:
    """The address as SendGrid compares it, or nothing where there is none to compare."""
    email = value.get("email") if isinstance(value, dict) else None
    return email.lower() if isinstance(email, str) else ""


def domain_of(value: object) -> str:
    return address_of(value).rpartition("@")[2]


def is_verified(message: dict[str, object], account: Account) -> bool:
    """Whether the account may send as this sender; asked only of a request that is otherwise in order."""
    owned, pending = ({one.lower() for one in which} for which in (account.senders, account.pending))
    sender = {address_of(message["from"]), domain_of(message["from"])}
    return bool(sender & owned) or (not owned and not sender & pending)
