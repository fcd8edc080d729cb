"""The Pareto front of a finite set: what nothing else beats in every respect at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def front_of(costs: Sequence[Sequence[float]]) -> list[int]:
    """Indices of the rows that no other row is at most as costly in all and less costly in one respect, in order.

    Of rows that are equal in all the first stays. Rows with a NaN never lie on the front and beat nothing. Exact:
    what beats a row comes before it when rows are sorted by their first cost, then the next; so the first row left is
    always on the front, and what it beats can go.
    """
    if not costs:
        return []
    table = np.asarray(costs, dtype=float)
    left = np.nonzero(np.isfinite(table).all(axis=1))[0]
    left = left[np.lexsort(table[left].T[::-1])]  # stable: of equal rows the first stays in front
    kept: list[int] = []
    while len(left):
        kept.append(int(left[0]))
        left = left[~(table[left[0]] <= table[left]).all(axis=1)]
    return sorted(kept)
