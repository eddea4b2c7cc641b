"""A local SendGrid as a process of its own, and the provider that speaks to it over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from delivery.providers.sendgrid import SendGrid
from tests.localgrid.support import Running, running


@pytest.fixture(scope="module")
def shared_grid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("grid")) as one:
        yield one


@pytest.fixture
def grid(shared_grid: Running) -> Iterator[Running]:
    yield shared_grid
    shared_grid.ask("DELETE", "/_faults")


@pytest.fixture
def provider(grid: Running) -> Iterator[SendGrid]:
    one = sendgrid(grid.url)
    yield one
    one.close()


def sendgrid(url: str, deadline: float = 1.0) -> SendGrid:
    return SendGrid(api_key="SG.local", base_url=url, deadline=deadline, sender="news@example.com", tells_events=True)
