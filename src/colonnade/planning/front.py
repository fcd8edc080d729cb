"""The Pareto front of a finite set: what nothing else beats in every respect at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def front_of(costs: Sequence[Sequence[float]]) -> list[int]:
    """Indices of the rows that no other row is at most as costly in all and less costly in one respect, in order.

    Of rows that are equal in all the first stays. Rows with a NaN never lie on the front and beat nothing. Exact:
    every row is compared with every other, one against all.
    """
    if not costs:
        return []
    table = np.asarray(costs, dtype=float)
    sound = np.isfinite(table).all(axis=1)
    kept: list[int] = []
    for k in np.nonzero(sound)[0]:
        better = (table[sound] <= table[k]).all(axis=1) & (table[sound] < table[k]).any(axis=1)
        twin = any((table[k] == table[other]).all() for other in kept)
        if not better.any() and not twin:
            kept.append(int(k))
    return kept
