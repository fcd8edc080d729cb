"""Power over time within one pulse: micropulses (superpulse, ultrapulse), their rise and their tail."""

from __future__ import annotations

import math
from itertools import pairwise

from pydantic import Field

from colonnade.schema import Model
from colonnade.units import to_si

Segments = tuple[tuple[float, float], ...]
#: Where an exponential flank is cut into stretches of constant power, in time constants; 0.7 % is left at the end.
FLANK = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)


class PulseTrain(Model):
    """A pulse made of equal micropulses whose on-times add up to the pulse duration.

    Each micropulse rises as 1 − exp(−t/rise), and falls after its end as exp(−t/tail) for five time constants; its
    power is scaled so that the energy of the pulse is what the shot says.
    """

    micropulse_us: float = Field(gt=0, le=1e9, title="On-time of one micropulse", json_schema_extra={"unit": "us"})
    rate_Hz: float = Field(1000.0, gt=0, le=100_000, title="Micropulses per second", json_schema_extra={"unit": "Hz"})
    rise_us: float = Field(0.0, ge=0, le=10_000, title="Time constant of the rise", json_schema_extra={"unit": "us"})
    tail_us: float = Field(0.0, ge=0, le=10_000, title="Time constant of the tail", json_schema_extra={"unit": "us"})

    def count(self, on_time_s: float) -> int:
        """Number of micropulses that an on-time [s] is made of."""
        return max(1, math.ceil(on_time_s / to_si(self.micropulse_us, "us") * (1 - 1e-9)))

    @property
    def period_s(self) -> float:
        """Time from one micropulse to the next [s]."""
        return 1.0 / self.rate_Hz

    @property
    def tail_s(self) -> float:
        """How long a micropulse goes on after its on-time [s]."""
        return FLANK[-1] * to_si(self.tail_us, "us")

    def span_s(self, on_time_s: float) -> float:
        """From the start of the first micropulse to the end of the last [s]."""
        n = self.count(on_time_s)
        return (n - 1) * self.period_s + on_time_s / n + self.tail_s

    def micropulse(self, on_time_s: float, energy_J: float) -> Segments:
        """One micropulse as stretches (duration [s], power [W]) with exactly its share of the energy."""
        n = self.count(on_time_s)
        width = on_time_s / n
        rise, tail = to_si(self.rise_us, "us"), to_si(self.tail_us, "us")
        edges = [x * rise for x in FLANK if x * rise < width * (1 - 1e-9)] if rise > 0 else [0.0]
        stretches = [
            (b - a, (b - a - rise * (math.exp(-a / rise) - math.exp(-b / rise))) if rise > 0 else b - a)
            for a, b in pairwise([*edges, width])
        ]
        top = 1.0 - math.exp(-width / rise) if rise > 0 else 1.0
        if tail > 0:
            stretches += [(tail * (y - x), top * tail * (math.exp(-x) - math.exp(-y))) for x, y in pairwise(FLANK)]
        scale = energy_J / n / sum(area for _, area in stretches)
        return tuple((duration, scale * area / duration) for duration, area in stretches)
