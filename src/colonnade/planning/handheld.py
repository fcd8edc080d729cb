"""Heat between the columns as a hand leaves it: stamps that overlap are the hottest place of a treatment.

The same parts as `colonnade.field.treat`, without the cover; the two ways of computing heat are compared in there.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from colonnade.planning.uncertain import HAND_DEG, HAND_MM
from colonnade.units import to_si

if TYPE_CHECKING:
    from colonnade.field import BulkHeat, Region
    from colonnade.laser import Settings
    from colonnade.photothermal import Lesion


def heat_by_hand(settings: Settings, lesion: Lesion, region: Region) -> BulkHeat:
    """Bulk heat of ``settings`` made of ``lesion``, each stamp displaced and turned by the hand (seeded).

    Basal layer, dermis, conductivity and start temperature are those of `colonnade.field.treat` without arguments.

    Raises
    ------
    ArithmeticError
        If the two ways of computing heat disagree.
    """
    from colonnade.field import order
    from colonnade.field.area import area_of
    from colonnade.field.bulk import history
    from colonnade.field.heat import CONDUCTIVITY_W_mK, HEAT_CAPACITY_J_m3K, Shots, source_of
    from colonnade.field.order import Timing
    from colonnade.field.stamps import Hand, Scan, tile
    from colonnade.planning.rooms import pattern_of

    pattern, area = pattern_of(settings), area_of(region)
    scan = Scan(size_mm=settings.device.scan_max_mm.high)
    hand = Hand(placement_mm=HAND_MM, rotation_deg=HAND_DEG)
    tilings = tuple(tile(pattern, area, scan, hand=hand, number=k) for k in range(settings.passes))
    capacity, conductivity = float(HEAT_CAPACITY_J_m3K.value), float(CONDUCTIVITY_W_mK.value)
    fired = order.fire(
        tilings, "raster", Timing(settings.rate_Hz), four_alpha=4 * conductivity / capacity, seed=pattern.seed
    )
    basal = epidermis_um(lesion)
    reach = max(lesion.crater_depth_um, lesion.coagulation_depth_um)
    heated = float(np.interp(basal, lesion.profile.depth_um, lesion.profile.heated_um))
    return history(
        Shots(fired.positions_m, fired.times_s, source_of(lesion), conductivity, capacity),
        pitch_m=pattern.pitch_m,
        room_m=max(to_si(heated, "um"), 0.5 / math.sqrt(pattern.columns_per_m2 * settings.passes)),
        basal_depth_um=basal,
        dermis_depth_um=max(reach / 2, basal + 200),
        start_temperature_C=lesion.skin.temperature_C,
        pass_end_s=fired.pass_end_s,
    )


def epidermis_um(lesion: Lesion) -> float:
    """Depth of the lower end of the epidermis [µm], as `colonnade.field.treat` takes it."""
    from colonnade.planning.resolve import epidermis_bottom_um

    return epidermis_bottom_um(lesion.skin)
