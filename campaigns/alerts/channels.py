"""How staff are told: a mail through the provider, outside every run, or a POST without any address."""

from __future__ import annotations

import logging

import orjson
import urllib3

from base.config import Config
from campaigns.alerts.record import Due
from delivery.providers.provider import Provider, Verdict

log = logging.getLogger(__name__)

WEBHOOK = "webhook"
_MAIL = "mail "
_PATIENCE = urllib3.Timeout(connect=5.0, read=10.0)
_SUBJECT_LENGTH = 90


def channels(config: Config) -> tuple[str, ...]:
    """Who is to be told, each by itself: a POST that fails repeats no mail."""
    mails = tuple(_MAIL + address for address in dict.fromkeys(config.alerts.to))
    return (*mails, WEBHOOK) if config.alerts.webhook else mails


def tell(provider: Provider, config: Config, one: Due) -> bool:
    """False: try again later."""
    if one.channel == WEBHOOK:
        return _post(config.alerts.webhook, one)
    return _mail(provider, one.channel.removeprefix(_MAIL), one)


def _mail(provider: Provider, to: str, one: Due) -> bool:
    subject = f"Tipsheet: {one.words}"
    if len(subject) > _SUBJECT_LENGTH:
        subject = subject[:_SUBJECT_LENGTH].rpartition(" ")[0] + " …"
    text = (
        f"{one.words}.\n\nSince {one.since:%Y-%m-%d %H:%M} UTC. Everything that needs a person: tipsheet status\n"
        "You are told once; again only when it is over and comes back.\n"
    )
    answer = provider.notify(to, subject, text)
    if answer.verdict not in (Verdict.ACCEPTED, Verdict.UNCERTAIN):
        log.warning("cause=%s cannot be mailed: %s", one.cause, answer.status or answer.verdict)
    return answer.verdict in (Verdict.ACCEPTED, Verdict.UNCERTAIN)


def _post(url: str, one: Due) -> bool:
    """Any answer of 2xx is a yes. Redirects are not followed: they would carry it elsewhere than staff said."""
    body = orjson.dumps({"text": one.words, "cause": one.cause, "since": one.since}, option=orjson.OPT_UTC_Z)
    headers = {"Content-Type": "application/json", "User-Agent": "tipsheet"}
    try:
        with urllib3.PoolManager(retries=False, timeout=_PATIENCE) as pool:
            # Its words do not matter, so none are read: an endless answer costs nothing.
            answer = pool.request("POST", url, body=body, headers=headers, redirect=False, preload_content=False)
            status = answer.status
            answer.close()
    except (urllib3.exceptions.HTTPError, OSError) as cause:
        log.warning("cause=%s cannot be posted to [alerts] webhook: %s", one.cause, type(cause).__name__)
        return False
    if not 200 <= status < 300:
        log.warning("cause=%s [alerts] webhook answered %s", one.cause, status)
    return 200 <= status < 300
