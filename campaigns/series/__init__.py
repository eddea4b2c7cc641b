"""Series: rules that make a campaign on each of their dates. What others need of it; the rest is in its modules."""

from campaigns.series.needs import Need, needs
from campaigns.series.next import Ahead, ahead

__all__ = ["Ahead", "Need", "ahead", "needs"]
