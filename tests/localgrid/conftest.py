"""One localgrid for all tests of a file; a test that changes its settings starts its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.localgrid.support import Listener, Running, listening, running


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with listening() as one:
        yield one


@pytest.fixture(scope="module")
def shared_grid(tmp_path_factory: pytest.TempPathFactory, listener: Listener) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("grid"), "--events-url", listener.url) as one:
        yield one


@pytest.fixture
def grid(shared_grid: Running) -> Iterator[Running]:
    yield shared_grid
    shared_grid.ask("DELETE", "/_faults")
