"""The ledger: who is in which batch, and every transition a batch can make. Nothing else writes these tables.

    planned ──claim──▶ leaving ──▶ accepted          202, or proof of that very attempt
       ▲                 │  └────▶ uncertain ──▶ accepted | planned (proof of loss, or a person)
       └──provably nothing taken──┘
    planned ──▶ skipped                              too late, cancelled, nobody left

Each transition is one conditional UPDATE that names state and attempt. 0 rows means that someone else knew more,
and is no error.
"""

from delivery.ledger.again import Again, retry_refused
from delivery.ledger.brakes import drop, expire, hold, release
from delivery.ledger.claim import Claim, Member, claim
from delivery.ledger.counts import Counts, counts
from delivery.ledger.due import is_due
from delivery.ledger.plan import add, freeze, open_run
from delivery.ledger.record import accept, prove, record, sweep
from delivery.ledger.resolve import lose

__all__ = [
    "Again",
    "Claim",
    "Counts",
    "Member",
    "accept",
    "add",
    "claim",
    "counts",
    "drop",
    "expire",
    "freeze",
    "hold",
    "is_due",
    "lose",
    "open_run",
    "prove",
    "record",
    "release",
    "retry_refused",
    "sweep",
]
