"""Where the treatment happens, for scoring: the region's size, and what healing makes of a setting there."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from colonnade.case import History
from colonnade.laser import Settings
from colonnade.units import to_si

if TYPE_CHECKING:
    from colonnade.healing.site import HealingSite
    from colonnade.healing.wound import Wound

#: Discs of a hexagonal lattice touch at a cover of π/(2√3) = 0.907: beyond it no island is sure to be left.
TOUCHING = math.pi / (2 * math.sqrt(3))
#: Ages over which a mean rise is taken.
AGES = 8
#: Days of crusts where no island is left: a surface heals in 7 to 10 days and more (aftercare page). For ordering.
SURFACE_D = 10.0


@dataclass(frozen=True)
class Place:
    """One zone of one patient, as scoring sees it."""

    site: str
    area_cm2: float
    phototype: str
    history: History = field(default_factory=History)

    @functools.cached_property
    def healing(self) -> HealingSite:
        """What healing knows of the site."""
        from colonnade.healing.site import healing_site

        return healing_site(self.site)

    def downtime_d(self, settings: Settings, dead_radius_um: float) -> float:
        """Days until half of the plugs are shed, as `colonnade.healing` predicts it for columns; 0 without a wound.

        The skin closes earlier than that as long as islands are left; where none are, a surface heals.
        """
        from colonnade.healing import constants as c
        from colonnade.healing.signs import visible_until_d

        if not dead_radius_um > 0:
            return 0.0 if dead_radius_um == 0 else math.nan
        lag, speed, time = c.VISIBLE_LAG_d.value, c.VISIBLE_SPEED_um_d.value, self.healing.visible_time.value
        shed = visible_until_d(dead_radius_um, time, lag_d=lag, speed_um_d=speed, share=0.5)
        one_pass = to_si(settings.columns_per_cm2, "per_cm2") * math.pi * to_si(dead_radius_um, "um") ** 2
        return shed if one_pass < TOUCHING else max(shed, SURFACE_D)

    def pih_pct(self, settings: Settings, bulk_K: float) -> float:
        """Risk of dark marks [%], as `colonnade.healing` predicts it."""
        from colonnade.healing.risks import pih

        if not math.isfinite(bulk_K):
            return math.nan
        history = self.history
        found = pih(
            _wound(settings.density_pct * settings.passes, bulk_K),
            phototype=self.phototype,
            history_of_pih=history.history_of_pih,
            tanned=history.sunburn_or_tan,
        )
        return float(found.prediction.nominal or 0.0)

    def mean_rise_K(self, settings: Settings, heat_mJ: float, depth_um: float) -> float:
        """Rise of the upper skin at the end of one stamp, mean over the plane [K]: for ordering, not for a limit.

        Heat per area, evenly over the depth of the injury, under an insulated surface: q/(ρcL)·erf(L/√(4αt)), the
        mean over the ages of the columns of a stamp (both limits are those of the physics page, §5).
        """
        from colonnade.field.heat import CONDUCTIVITY_W_mK, HEAT_CAPACITY_J_m3K

        per_m2 = to_si(settings.columns_per_cm2, "per_cm2")
        stamp_m2 = min(to_si(settings.device.scan_max_mm.high, "mm") ** 2, to_si(self.area_cm2, "cm2"))
        seconds = per_m2 * stamp_m2 / settings.rate_Hz
        heat = to_si(heat_mJ, "mJ") * per_m2 * settings.passes
        capacity = float(HEAT_CAPACITY_J_m3K.value)
        four_alpha = 4 * float(CONDUCTIVITY_W_mK.value) / capacity
        deep = max(to_si(depth_um, "um"), 1e-5)
        ages = (seconds * (k + 0.5) / AGES for k in range(AGES))
        shares = [math.erf(deep / math.sqrt(four_alpha * age)) for age in ages]
        return heat / (capacity * deep) * sum(shares) / AGES


def _wound(density_pct: float, bulk_K: float) -> Wound:
    """The two numbers that the risk of dark marks asks for, as a wound."""
    import numpy as np

    from colonnade.healing.wound import Wound

    return Wound(
        kind="fractional",
        width_um=1e4,
        height_um=1e4,
        dead_radius_um=1.0,
        crater_radius_um=0.0,
        crater_depth_um=0.0,
        injury_depth_um=1.0,
        rim_um=1.0,
        centres_um=np.zeros((0, 2)),
        window_um=(0.0, 0.0, 1.0, 1.0),
        columns_per_mm2=0.0,
        density_pct=density_pct,
        passes=1,
        coagulated_pct=0.0,
        basal_rise_K=bulk_K,
    )
