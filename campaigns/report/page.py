"""A report as one HTML file that staff pass on: nothing is loaded from anywhere, no script, no recipient's address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jinja2
from jinja2.sandbox import SandboxedEnvironment

import templates
from base.config import Config
from base.errors import Refused
from base.time import zone
from campaigns import compose, content
from campaigns.colours import theme
from campaigns.report.charts import HoursChart, beside, hours_chart, parts
from campaigns.report.rates import percent
from campaigns.report.report import BESIDE, Report

_FILE = "report/campaign.html"


def page(report: Report, config: Config) -> str:
    """By staff's own template where there is one."""
    own = config.templates.path
    folders = [own, templates.folder()] if own else [templates.folder()]
    try:
        return _environment(folders).get_template(_FILE).render(**_names(report, config))
    except jinja2.TemplateError as trouble:
        where = f"{own}/{_FILE}" if own else _FILE
        raise Refused(f"{where} does not work: {trouble}; mend it and write the report again") from trouble


def _environment(folders: list[Any]) -> SandboxedEnvironment:
    loader = jinja2.FileSystemLoader(folders)
    found = SandboxedEnvironment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    found.filters |= {"percent": percent, "people": lambda number: f"{number:,}"}
    return found


def _names(report: Report, config: Config) -> dict[str, Any]:
    brand = content.brand(config.brand)
    there = zone(report.zone)
    return {
        "brand": brand,
        "theme": theme(brand.colours),
        "report": report,
        "rates": {rate.name: rate for rate in report.rates},
        "charts": _charts(report),
        "parts": parts(report.rates),
        "beside": beside(report),
        "beside_names": BESIDE,
        "moment": lambda at: f"{at.astimezone(there):%A %-d %B %Y, %H:%M %Z}",
        "hour": lambda n: f"{(report.launched_at + timedelta(hours=n)).astimezone(there):%a %-d %b, %H:%M}",
        "day": lambda at: compose.day(at, report.zone),
    }


def _charts(report: Report) -> dict[str, HoursChart]:
    """What people did, hour by hour; without what nobody did."""
    found = {
        "opened": hours_chart([hour.opened for hour in report.hours], report.launched_at, report.zone),
        "clicked": hours_chart([hour.clicked for hour in report.hours], report.launched_at, report.zone),
    }
    return {name: chart for name, chart in found.items() if chart}
