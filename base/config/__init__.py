"""The configuration: config.toml and the environment, read once at a door into frozen dataclasses."""

from base.config.loading import is_loopback, load
from base.config.sections import (
    BrandConfig,
    CampaignsConfig,
    Config,
    DatabaseConfig,
    DeliveryConfig,
    KeysConfig,
    LocalgridConfig,
    LoggingConfig,
    SendgridConfig,
    WebConfig,
)

__all__ = [
    "BrandConfig",
    "CampaignsConfig",
    "Config",
    "DatabaseConfig",
    "DeliveryConfig",
    "KeysConfig",
    "LocalgridConfig",
    "LoggingConfig",
    "SendgridConfig",
    "WebConfig",
    "is_loopback",
    "load",
]
