"""What was computed for the last plans, so that a change to one of them need not compute it again."""

from __future__ import annotations

from collections import OrderedDict

from colonnade.planning.rooms import Rooms

#: Plans whose columns are kept, at most: some hundred kilobytes a column.
MOST_PLANS = 4
_ROOMS: OrderedDict[str, Rooms] = OrderedDict()


def remember(inputs_sha256: str, rooms: Rooms) -> None:
    """Keep ``rooms`` by the hash of a plan's inputs; the plan used longest ago is forgotten."""
    _ROOMS[inputs_sha256] = rooms
    _ROOMS.move_to_end(inputs_sha256)
    while len(_ROOMS) > MOST_PLANS:
        _ROOMS.popitem(last=False)


def rooms_of(inputs_sha256: str) -> Rooms | None:
    """What was computed for the plan with these inputs; None if it is forgotten or was made elsewhere."""
    found = _ROOMS.get(inputs_sha256)
    if found is not None:
        _ROOMS.move_to_end(inputs_sha256)
    return found
