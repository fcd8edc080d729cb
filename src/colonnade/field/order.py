"""In which order the columns of a pass are fired, and when."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Order = NDArray[np.int64]


def raster(xy_m: Array, stamp_m: float | None) -> Order:
    """Stamp by stamp, row by row, every row in the same direction: indices of shape (n,).

    ``xy_m`` holds the columns row after row, as `Pattern.place` gives them. The stamps are squares of side
    ``stamp_m`` from the region's lower left corner; None fires the region as one stamp.
    """
    if stamp_m is None or len(xy_m) == 0:
        return np.arange(len(xy_m))
    tile = np.floor((xy_m - xy_m.min(axis=0)) / stamp_m).astype(np.int64)
    order: Order = np.lexsort((np.arange(len(xy_m)), tile[:, 0], tile[:, 1]))
    return order
