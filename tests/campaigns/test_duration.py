"""How long it takes at the least, and because of what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from base.config import PaceConfig
from campaigns.drafts import get_campaign
from campaigns.duration import Duration, duration
from tests.campaigns.mailing import SLUG, Mailing


@pytest.mark.parametrize(
    ("own", "pace", "over", "days", "expected"),
    [
        (0, PaceConfig(), None, 1, Duration(0, "")),
        (500, PaceConfig(), None, 1, Duration(7200, "not faster than 500 an hour")),
        (500, PaceConfig(per_hour=250), None, 1, Duration(14400, "not faster than 250 an hour")),
        (0, PaceConfig(per_day=400), None, 1, Duration(2 * 86400, "not more than 400 a day")),
        (0, PaceConfig(per_day=1000), None, 1, Duration(0, "")),
        (500, PaceConfig(), None, 4, Duration(3 * 86400, "a warm-up over 4 days")),
        (0, PaceConfig(), timedelta(hours=6), 1, Duration(21600, "spread over 6 hours")),
    ],
)
def test_what_takes_longest_decides(
    own: int, pace: PaceConfig, over: timedelta | None, days: int, expected: Duration, mailing: Mailing
) -> None:
    mailing.draft()
    mailing.put(per_hour=own, over_seconds=over.total_seconds() if over else None)
    with mailing.db.read() as s:
        found = duration(get_campaign(s, SLUG), replace(mailing.config, pace=pace), 1000, days)
    assert found == expected
