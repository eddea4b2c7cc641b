"""The configuration: config.toml and the environment, read once at a door into frozen dataclasses."""

from base.config.loading import is_loopback, load
from base.config.sections import (
    AlertsConfig,
    BrandConfig,
    CampaignsConfig,
    Config,
    DatabaseConfig,
    DeliveryConfig,
    InstallationConfig,
    JournalConfig,
    KeysConfig,
    LocalgridConfig,
    LoggingConfig,
    SendgridConfig,
    SourcesConfig,
    TemplatesConfig,
    WebConfig,
)

__all__ = [
    "AlertsConfig",
    "BrandConfig",
    "CampaignsConfig",
    "Config",
    "DatabaseConfig",
    "DeliveryConfig",
    "InstallationConfig",
    "JournalConfig",
    "KeysConfig",
    "LocalgridConfig",
    "LoggingConfig",
    "SendgridConfig",
    "SourcesConfig",
    "TemplatesConfig",
    "WebConfig",
    "is_loopback",
    "load",
]
