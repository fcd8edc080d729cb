"""A naevus coming back, by the depth that was reached against the depth of its nests, beside the scar of going deeper.

Illustrative. It recommends no depth: it shows both curves down to the limit that safety allows, and no farther.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput, did_you_mean
from colonnade.healing.risks import SCAR_CLEAN, clean_scar_odds, odds_of, risk_of
from colonnade.healing.site import healing_site
from colonnade.healing.wound import number

Array = NDArray[np.float64]
Kind = Literal["junctional", "compound", "dermal"]

#: Depth of the deepest nest: median [µm] and geometric standard deviation. Assumed: no distribution was found.
NESTS: dict[str, tuple[float, float]] = {"junctional": (120.0, 1.4), "compound": (500.0, 1.7), "dermal": (900.0, 1.7)}
#: Chance that nests left behind show again within a year: nominal, low, high. Assumed.
RETURN_IF_LEFT = (0.5, 0.2, 0.9)
#: Return although the depth was enough (cells at the side, follicles): assumed.
RETURN_ANYHOW = (0.01, 0.005, 0.03)

SAID = (
    "No depth is recommended here. Going deeper than the limit is not shown.",
    "A naevus is vaporised only with a recorded diagnosis; only complete removal with histology gives one.",
    "Pigment that returns is not lasered again: dermoscopy, and histology where needed, come first.",
)


@dataclass(frozen=True)
class Recurrence:
    """Two curves over depth, each nominal, low and high: shapes (n,) and (3, n)."""

    kind: str
    limit_um: float
    depth_um: Array
    recurrence_pct: Array
    scar_pct: Array
    grade: Literal["D"]
    said: tuple[str, ...]

    def at(self, depth_um: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Recurrence and scar at one depth [%], nominal, low, high. BadInput beyond the limit."""
        d = number("depth_um", depth_um, 0, self.limit_um, "um, the limit of this plan")
        return (
            tuple(float(np.interp(d, self.depth_um, row)) for row in self.recurrence_pct),
            tuple(float(np.interp(d, self.depth_um, row)) for row in self.scar_pct),
        )


def recurrence(
    kind: str, *, limit_um: float, site: str, skin_um: float, keloid_tendency: str = "unknown", points: int = 60
) -> Recurrence:
    """Risk that a naevus returns within a year, and of a scar, from the surface to ``limit_um``.

    Parameters
    ----------
    kind : {"junctional", "compound", "dermal"}
    limit_um : float
        The deepest that safety allows here.
    skin_um : float
        Thickness of epidermis and dermis.

    Raises
    ------
    BadInput
        For an unknown kind or site, or numbers out of range.
    """
    if kind not in get_args(Kind):
        raise BadInput(
            "naevus kind", given=f'"{kind}"', allowed=", ".join(get_args(Kind)), todo=did_you_mean(kind, get_args(Kind))
        )
    limit = number("limit_um", limit_um, 1, 10_000, "um")
    skin = number("skin_um", skin_um, 100, 20_000, "um")
    found = healing_site(site)
    depth = np.linspace(0, limit, points)
    median, spread = NESTS[kind]
    left = np.array([_deeper(d, median, spread) for d in depth])
    again = np.array([1 - (1 - left * p) * (1 - q) for p, q in zip(RETURN_IF_LEFT, RETURN_ANYHOW, strict=True)])
    scar = np.empty((3, points))
    for k, d in enumerate(depth):
        factors = clean_scar_odds(min(d / skin, 1.5), 0.0, found, keloid_tendency)
        for row, ends in enumerate(zip(*((f.odds_ratio, f.low, f.high) for f in factors), strict=True)):
            scar[row, k] = risk_of(odds_of(SCAR_CLEAN[row]) * math.prod(ends))
    for array in (depth, again, scar):
        array.setflags(write=False)
    return Recurrence(kind, limit, depth, 100 * again, 100 * scar, "D", SAID)


def _deeper(depth_um: float, median_um: float, spread: float) -> float:
    """Chance that the deepest nest lies below this depth (log-normal)."""
    if depth_um <= 0:
        return 1.0
    return 0.5 * math.erfc(math.log(depth_um / median_um) / math.log(spread) / math.sqrt(2))
