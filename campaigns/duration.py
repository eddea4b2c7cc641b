"""How long a campaign takes at the least, by the limits that hold now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from base.config import Config
from base.words import lasting
from campaigns.models import Campaign

_HOUR, _DAY = 3600, 86400


@dataclass(frozen=True)
class Duration:
    seconds: int  # at the least; 0 where nothing limits it
    because: str  # of what


def duration(campaign: Campaign, config: Config, people: int, days: int) -> Duration:
    """What takes longest decides. `days`: of the warm-up."""
    limits = [
        Duration(_by_rate(people, rate), f"not faster than {rate:,} an hour")
        for rate in (campaign.per_hour, config.pace.per_hour)
    ]
    per_day = config.pace.per_day
    whole_days = (people - 1) // per_day if per_day and people else 0
    limits.append(Duration(whole_days * _DAY, f"not more than {per_day:,} a day"))
    limits.append(Duration((days - 1) * _DAY, f"a warm-up over {days} days"))
    over = campaign.over_seconds or 0
    limits.append(Duration(over, f"spread over {lasting(timedelta(seconds=over))}"))
    longest = max(limits, key=lambda limit: limit.seconds)
    return longest if longest.seconds > 0 else Duration(0, "")


def _by_rate(people: int, per_hour: int) -> int:
    return people * _HOUR // per_hour if per_hour else 0
