"""What is seen day by day: the visible zone, plugs (MEND), redness, swelling. Plain functions of days; shapes (t,)."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from colonnade.healing import constants as c

Array = NDArray[np.float64]
End = Literal["nominal", "low", "high"]

#: How redness shows, by phototype. ``reviewed_by = "none"``.
REDNESS_WORDS: dict[str, str] = {
    "I": "pink to bright red",
    "II": "pink to red",
    "III": "red to reddish brown",
    "IV": "reddish brown, warm to the touch; red may be faint",
    "V": "a darker, violet-brown tone; red itself may not be seen: feel for warmth, look for swelling and shine",
    "VI": "a darker, purplish to grey-black tone; red may not be seen at all: feel for warmth, tenderness and swelling",
}


def visible_share(day: Array, radius_um: float, time_factor: float, *, lag_d: float, speed_um_d: float) -> Array:
    """Area of the zone still seen in confocal pictures over its area at the start: shape (t,), 1 to 0.

    Its edge stands still for a lag and then recedes at one speed, so a wider column is seen for longer. This is not
    the continuity of keratinocytes, which comes days earlier.
    """
    gone = np.clip((day / time_factor - lag_d) * speed_um_d / radius_um, 0.0, 1.0)
    share: Array = (1 - gone) ** 2
    return share


def visible_until_d(
    radius_um: float, time_factor: float, *, lag_d: float, speed_um_d: float, share: float = 0
) -> float:
    """Day at which the visible zone has shrunk to ``share`` of its area."""
    return time_factor * (lag_d + radius_um / speed_um_d * (1 - math.sqrt(share)))


def plug_share(day: Array, visible: Array) -> Array:
    """Columns that carry a plug of debris, as a share: they form within a day and leave with the visible zone."""
    share: Array = (1 - np.exp(-day / c.PLUG_RISE_d.value)) * visible
    return share


def redness_pct(day: Array, injured_share: float, slow_d: float) -> Array:
    """Redness relative to a fresh full-field wound [%]: a fast and a slow part (assumed form, not fitted)."""
    fast = c.REDNESS_FAST_SHARE.value
    out: Array = (
        100 * injured_share * (fast * np.exp(-day / c.REDNESS_FAST_d.value) + (1 - fast) * np.exp(-day / slow_d))
    )
    return out


def redness_until_d(injured_share: float, slow_d: float, noticed: float) -> float:
    """First day from which redness stays below what is noticed; solved on the falling curve by bisection."""
    low, high = 0.0, 1000.0
    if redness_pct(np.array([0.0]), injured_share, slow_d)[0] <= 100 * noticed:
        return 0.0
    for _ in range(50):
        middle = (low + high) / 2
        above = redness_pct(np.array([middle]), injured_share, slow_d)[0] > 100 * noticed
        low, high = (middle, high) if above else (low, middle)
    return high


def swelling_pct(day: Array, injured_share: float, peak_d: float) -> Array:
    """Swelling relative to a full-field wound's peak [%]: rises to its peak and falls (assumed form)."""
    out: Array = 100 * injured_share * (day / peak_d) * np.exp(1 - day / peak_d)
    return out


def swelling_until_d(peak_d: float, noticed: float) -> float:
    """Day from which swelling stays below ``noticed`` of its own peak."""
    low, high = peak_d, 100.0
    for _ in range(50):
        middle = (low + high) / 2
        above = middle / peak_d * math.exp(1 - middle / peak_d) > noticed
        low, high = (middle, high) if above else (low, middle)
    return high
