"""Sending from more than one machine: Procrastinate, on the same PostgreSQL, hands batches to workers.

A job is only a hint that some batch may be due. The claim decides, so a job that runs twice, late or never harms
nobody: `sweep` gives due batches that have none a new one. Procrastinate appears in this folder only.
"""

from delivery.dispatch.hints import ENGINE, hint, hint_run, keep, sweep
from delivery.dispatch.schema import check, install

__all__ = ["ENGINE", "check", "hint", "hint_run", "install", "keep", "sweep"]
