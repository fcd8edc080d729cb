"""The time that a file of the exchange room bears."""

from __future__ import annotations

import datetime as dt

from colonnade.errors import BadInput


def stamp_of(now: dt.datetime | None) -> dt.datetime:
    """``now``, or the present in UTC. Raises BadInput for a time without a zone."""
    stamp = now or dt.datetime.now(dt.UTC)
    if stamp.tzinfo is None:
        raise BadInput("now", given="a time without zone", allowed="an aware datetime", todo="Add a zone.")
    return stamp
