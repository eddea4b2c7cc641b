"""What people wish beyond being on a list: a pause, one mail a month. As SQL; who changes it is in preferences.py."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, false, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from base.database import now_sql
from subscribers.models import Subscription

PAUSED = "paused by their own wish"
MONTHLY = "monthly"


class _Now(FunctionElement[int]):
    """The database's clock inside a statement that is built before it is known for which database."""

    inherit_cache = True  # else every statement that asks who may be mailed is compiled anew each time
    type = BigInteger()


@compiles(_Now)
def _write_now(_element: _Now, compiler: Any, **_how: Any) -> str:
    return now_sql(compiler.dialect.name)


def is_paused() -> ColumnElement[bool]:
    """Of a row of subscriptions. A case: in a column SQLite asks both sides of an `and`, the clock for each person."""
    until = type_coerce(Subscription.paused_until, BigInteger)
    return case((until.is_(None), false()), else_=until > _Now())
