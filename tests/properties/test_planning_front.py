"""The Pareto front against its definition, row by row."""

import math

from hypothesis import given
from hypothesis import strategies as st

from colonnade.planning.front import front_of

# few values, so that rows are often equal in one or all respects
costs = st.lists(st.tuples(*[st.sampled_from([-1.0, 0.0, 0.5, 2.0, math.inf, math.nan])] * 3), max_size=30)


@given(costs)
def test_the_front_is_what_no_other_row_beats(rows):
    sound = [k for k, row in enumerate(rows) if all(map(math.isfinite, row))]

    def beats(one, other):
        return all(a <= b for a, b in zip(one, other, strict=True)) and one != other

    asked = [k for k in sound if not any(beats(rows[j], rows[k]) for j in sound) and rows[k] not in rows[:k]]
    assert front_of(rows) == asked
