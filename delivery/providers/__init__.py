"""Who carries mail away. A new provider is one folder here and one line below."""

from __future__ import annotations

from collections.abc import Callable

from base.config import Config
from delivery.providers.files import Files
from delivery.providers.provider import Provider
from delivery.providers.sendgrid import SendGrid


def open_provider(config: Config) -> Provider:
    """The provider that [delivery] names, ready to use from several threads."""
    return _OPEN[config.delivery.provider](config)


def _sendgrid(config: Config) -> SendGrid:
    return _speaking_sendgrid(config, config.sendgrid.base_url, config.api_key(), bool(config.sendgrid.webhook_key))


def _local(config: Config) -> SendGrid:
    return _speaking_sendgrid(config, f"http://127.0.0.1:{config.localgrid.port}", LOCAL_KEY, True)


def _speaking_sendgrid(config: Config, base_url: str, api_key: str, tells_events: bool) -> SendGrid:
    return SendGrid(
        api_key=api_key,
        base_url=base_url,
        deadline=config.delivery.deadline.total_seconds(),
        sender=config.delivery.from_email,
        tells_events=tells_events,
    )


def _files(config: Config) -> Files:
    return Files(config.delivery.files_path)


LOCAL_KEY = "SG.local"  # no secret: the local stand-in reaches nobody
_OPEN: dict[str, Callable[[Config], Provider]] = {"local": _local, "sendgrid": _sendgrid, "files": _files}
