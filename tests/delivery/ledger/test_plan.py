"""An audience in full batches, however the chunks of its freeze fell, and what the journal keeps of a batch."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from base.database import Database
from delivery.ledger.carry import _ids, _spans
from delivery.models import Batch, Delivery, Run
from subscribers.keys import Keys
from tests.support.runs import a_run


@pytest.mark.parametrize("agreed", [(), (1, 2, 3, 4), (2, 3, 7, 8, 9, 12)])
@pytest.mark.parametrize(("size", "chunk"), [(2, 4), (3, 4), (4, 3), (3, 12), (12, 5), (1, 12)])
def test_batches_are_full_but_for_the_last_of_each_kind(
    db: Database, keys: Keys, size: int, chunk: int, agreed: tuple[int, ...]
) -> None:
    run = a_run(db, keys, 12, batch_size=size, chunk=chunk, agreed=agreed)
    person = Delivery.subscriber_id
    facts = Delivery.batch, func.count(), func.min(person), func.max(person)
    with db.read() as s:
        batches = s.scalars(select(Batch).where(Batch.run_id == run).order_by(Batch.number)).all()
        inside = s.execute(select(*facts).where(Delivery.run_id == run).group_by(Delivery.batch).order_by("batch"))
        assert [(one.number, one.size, one.first_subscriber, one.last_subscriber) for one in batches] == inside.all()
        assert s.get_one(Run, run).audience == sum(one.size for one in batches) == 12
    for kind, people in ((True, len(agreed)), (False, 12 - len(agreed))):
        sizes = [one.size for one in batches if one.tracks_opens is kind]
        assert sizes == [size] * (people // size) + [people % size] * (people % size > 0)


@pytest.mark.parametrize("ids", [[], [5], [5, 6], [5, 7], [1, 2, 3, 4], [1, 2, 4, 5, 9], [1, 3, 4, 5]])
def test_the_people_of_a_batch_are_read_back_as_they_were_noted(ids: list[int]) -> None:
    assert list(_ids(_spans(ids))) == ids
