"""Feeds, and what a hand set on an article."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Nothing yet."""
