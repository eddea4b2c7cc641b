"""The sections of config.toml and their keys, with the values they have when left out.
What a key means stands in config.toml; a test keeps the two alike."""

# ruff: noqa: RUF009 - each call makes a dataclasses.field(), which is what belongs there

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from base.config import rules as key
from base.errors import ConfigError

_ADDRESS = r"[^@\s<>]+@[^@\s<>]+"
_LOOPBACK = r"(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])"
_WEBHOOK = rf"|https://[^\s/]+\S*|http://{_LOOPBACK}(?::\d+)?(?:/\S*)?"


@dataclass(frozen=True)
class DatabaseConfig:
    url: str = key.database("sqlite:///var/tipsheet.db")


@dataclass(frozen=True)
class JournalConfig:
    path: Path = key.path("var/journal")


@dataclass(frozen=True)
class InstallationConfig:
    name: str = key.text("", "a name that stays the same wherever this installation runs")


@dataclass(frozen=True)
class KeysConfig:
    path: Path = key.path("keys")


@dataclass(frozen=True)
class DeliveryConfig:
    provider: str = key.one_of("local", "sendgrid", "files")
    batch_size: int = key.whole(1000, 1, 1000)
    connections: int = key.whole(4, 1, 64)
    deadline: timedelta = key.duration("60s")
    lease: timedelta = key.duration("5m")
    settle: str = key.one_of("proof", "hold")
    settle_after: timedelta = key.duration("10m")
    send_within: timedelta = key.duration("24h")
    from_email: str = key.text("news@larkfield.example", "an address such as news@example.com", _ADDRESS)
    from_name: str = key.text("Larkfield Physiotherapy")
    reply_to: str = key.text("", 'an address such as desk@example.com, or ""', f"|{_ADDRESS}")
    only_to: tuple[str, ...] = key.texts()
    test_to: tuple[str, ...] = key.texts()
    seeds: tuple[str, ...] = key.texts()
    files_path: Path = key.path("var/outgoing")


@dataclass(frozen=True)
class DispatchConfig:
    engine: str = key.one_of("local", "procrastinate")


@dataclass(frozen=True)
class SendgridConfig:
    base_url: str = key.url("https://api.sendgrid.com")
    api_key_file: Path | None = key.path_or_none()
    webhook_key: str = key.text("", "the public key that SendGrid shows, on one line")


@dataclass(frozen=True)
class LocalgridConfig:
    port: int = key.whole(8026, 1, 65535)
    path: Path = key.path("var/localgrid")


@dataclass(frozen=True)
class WebConfig:
    public_url: str = key.url("http://127.0.0.1:8025")
    host: str = key.text("127.0.0.1", "the name or number of an interface, such as 127.0.0.1", r"\S+")
    port: int = key.whole(8025, 1, 65535)
    visitor_header: str = key.text("", 'the name of a header such as X-Real-IP, or ""', r"[A-Za-z0-9-]*")
    metrics_token_file: Path | None = key.path_or_none()


@dataclass(frozen=True)
class BrandConfig:
    name: str = key.text("Larkfield Physiotherapy", "a name", r"[^\r\n]+")
    address: str = key.text("12 Larkfield Lane, Milpitas, CA 95035", "an address on one line", r"[^\r\n]+")
    url: str = key.url("https://larkfield.example", or_none=True)
    phone: str = key.text("(555) 010-0199", "a phone number")
    privacy_url: str = key.url("https://larkfield.example/privacy", or_none=True)
    logo_url: str = key.url("", or_none=True)
    logo_width: int = key.whole(160, 16, 600)
    logo_alt: str = key.text("")
    accent: str = key.colour("#0f5c56")
    accent_text: str = key.colour("#ffffff")
    ink: str = key.colour("#1f2d2b")
    paper: str = key.colour("#fffdf9")
    canvas: str = key.colour("#f1ebe1")
    offer: str = key.colour("#9a3d12")


@dataclass(frozen=True)
class CampaignsConfig:
    template: str = key.text("monthly-tips", "the name of a folder in templates/email", r"[a-z0-9][a-z0-9-]*")
    zone: str = key.zone("America/Los_Angeles")
    excerpt_words: int = key.whole(60, 10, 500)
    second_person: bool = key.flag(False)
    quiet: str = key.hours()


@dataclass(frozen=True)
class PaceConfig:
    per_hour: int = key.whole(0, 0, 1_000_000_000)
    per_day: int = key.whole(0, 0, 1_000_000_000)
    day_zone: str = key.zone("", or_none=True)
    ask_again: timedelta = key.duration("15m")


@dataclass(frozen=True)
class WarmUpConfig:
    caps: tuple[int, ...] = key.numbers()


@dataclass(frozen=True)
class FrequencyConfig:
    most: int = key.whole(0, 0, 1000)
    within: timedelta = key.duration("7d")


@dataclass(frozen=True)
class BrakesConfig:
    bounces: float = key.share(0.05)
    complaints: float = key.share(0.003)
    after: int = key.whole(500, 1, 1_000_000_000)


@dataclass(frozen=True)
class SuppressionConfig:
    soft_bounces: int = key.whole(5, 0, 1000)
    within: timedelta = key.duration("180d")
    pull: bool = key.flag(True)


@dataclass(frozen=True)
class AlertsConfig:
    to: tuple[str, ...] = key.texts()
    webhook: str = key.text("", 'an https address, http on this machine, or ""', _WEBHOOK)


@dataclass(frozen=True)
class TemplatesConfig:
    path: Path | None = key.path_or_none()


@dataclass(frozen=True)
class SourcesConfig:
    every: timedelta = key.duration("1h")
    allow: tuple[str, ...] = key.texts()


@dataclass(frozen=True)
class LoggingConfig:
    level: str = key.one_of("info", "debug", "warning", "error")
    format: str = key.one_of("text", "json")


@dataclass(frozen=True)
class Config:
    file: Path
    database: DatabaseConfig = DatabaseConfig()
    journal: JournalConfig = JournalConfig()
    installation: InstallationConfig = InstallationConfig()
    keys: KeysConfig = KeysConfig()
    delivery: DeliveryConfig = DeliveryConfig()
    dispatch: DispatchConfig = DispatchConfig()
    sendgrid: SendgridConfig = SendgridConfig()
    localgrid: LocalgridConfig = LocalgridConfig()
    web: WebConfig = WebConfig()
    brand: BrandConfig = BrandConfig()
    campaigns: CampaignsConfig = CampaignsConfig()
    pace: PaceConfig = PaceConfig()
    warm_up: WarmUpConfig = WarmUpConfig()
    frequency: FrequencyConfig = FrequencyConfig()
    brakes: BrakesConfig = BrakesConfig()
    suppression: SuppressionConfig = SuppressionConfig()
    alerts: AlertsConfig = AlertsConfig()
    templates: TemplatesConfig = TemplatesConfig()
    sources: SourcesConfig = SourcesConfig()
    logging: LoggingConfig = LoggingConfig()
    key_from_environment: str = field(default="", repr=False, compare=False)

    def api_key(self) -> str:
        """SendGrid's API key: from SENDGRID_API_KEY, else from the file that the configuration names."""
        file = self.sendgrid.api_key_file
        try:
            secret = self.key_from_environment or (file.read_text("ascii").strip() if file else "")
        except (OSError, ValueError) as cause:
            raise ConfigError(
                f"{self.file}: [sendgrid] api_key_file must be a file that can be read, not {file}"
            ) from cause
        if not secret:
            raise ConfigError("There is no API key: set SENDGRID_API_KEY, or name its file in [sendgrid] api_key_file")
        return secret

    def metrics_token(self) -> str:
        """What /metrics may be asked with from another machine; '' where it may not."""
        file = self.web.metrics_token_file
        try:
            return file.read_text("ascii").strip() if file else ""
        except (OSError, ValueError) as cause:
            raise ConfigError(
                f"{self.file}: [web] metrics_token_file must be a file that can be read, not {file}"
            ) from cause

    def webhook_key_file(self) -> Path:
        """Where `tipsheet connect` keeps the public key of the event web hook; webhook_key wins over it."""
        return self.keys.path / "sendgrid-webhook.pub"

    def kept_webhook_key(self) -> str:
        """'' where none is kept."""
        try:
            return self.webhook_key_file().read_text("ascii").strip()
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as cause:
            raise ConfigError(f"{self.webhook_key_file()} cannot be read; run tipsheet connect sendgrid") from cause

    def still_shipped(self) -> tuple[str, ...]:
        """The keys that would show recipients a clinic that does not exist, such as `[brand] name`."""
        keys = {
            "brand": ("name", "url", "address", "phone", "privacy_url"),
            "delivery": ("from_email", "from_name"),
        }
        return tuple(
            f"[{section}] {name}"
            for section, names in keys.items()
            for name in names
            if getattr(getattr(self, section), name) == getattr(SECTIONS[section], name)
        )


SECTIONS: dict[str, type[Any]] = {f.name: type(f.default) for f in fields(Config) if is_dataclass(f.default)}
