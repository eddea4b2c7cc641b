from __future__ import annotations

import pytest

from base.words import counted


@pytest.mark.parametrize(
    ("many", "said"), [(0, "0 people are"), (1, "1 person is"), (2, "2 people are"), (1_234, "1,234 people are")]
)
def test_one_is_said_as_one(many: int, said: str) -> None:
    assert counted(many, "person is", "people are") == said
