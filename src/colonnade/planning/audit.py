"""What every plan must keep: finite numbers, closed energy, coverage that sums to 100, peaks inside the history.

A plan that breaks one of these is a defect, not a result: there is no plan, and the message names what broke first.
"""

from __future__ import annotations

import math

from colonnade.planning.explain import panel_words
from colonnade.planning.model import ZonePlan

#: The audit closes to rounding in the engine; this is the house's bound for every run.
CLOSURE = 1e-6
#: Coverage is stored with four digits: four rounded numbers miss 100 by at most 2e-4.
COVERAGE_SUM_PCT = 1e-3
#: A stored peak and the largest stored sample of its history differ by rounding only.
PEAK_K = 1e-3

ENERGY_TERMS = ("reflected_mJ", "plume_mJ", "ejected_mJ", "vapour_mJ", "tissue_mJ", "boundary_mJ")


def require_sound(zone: ZonePlan) -> ZonePlan:
    """``zone`` if it keeps all conditions. Raises ArithmeticError naming the first that it does not."""
    for broken in (_energy(zone), _coverage(zone), _heat(zone), _columns(zone)):
        if broken:
            panel = tuple((name, float(value)) for name, value in zone.settings.panel.items())
            where = f'zone "{zone.name}", settings {panel_words(panel)}, site {zone.site}'
            raise ArithmeticError(f"{where}: {broken}; there is no plan")
    return zone


def _energy(zone: ZonePlan) -> str:
    delivered = zone.energy["delivered_mJ"]
    total = math.fsum(zone.energy[name] for name in ENERGY_TERMS)
    if not abs(total - delivered) <= CLOSURE * delivered:
        return f"the energy of the column does not close: {total!r} of {delivered!r} mJ are accounted for"
    expected = zone.settings.derived["energy_per_column_mJ"]
    if not abs(expected - delivered) <= CLOSURE * expected:
        return f"the column was simulated with {delivered:g} mJ, the settings give {expected:g} mJ"
    return ""


def _coverage(zone: ZonePlan) -> str:
    c = zone.coverage
    for row in zip(c.depth_um, c.ablated_pct, c.coagulated_pct, c.heated_pct, c.spared_pct, strict=True):
        if not abs(math.fsum(row[1:]) - 100) <= COVERAGE_SUM_PCT:
            return f"coverage at {row[0]:g} µm sums to {math.fsum(row[1:]):g} %"
        if not min(row[1:]) >= -COVERAGE_SUM_PCT:
            return f"coverage at {row[0]:g} µm is negative"
    return ""


def _heat(zone: ZonePlan) -> str:
    bulk = zone.bulk
    for name in ("surface", "basal", "dermis"):
        history, peak = getattr(bulk, f"{name}_K"), getattr(bulk, f"peak_{name}_K")
        if not abs(max(history) - peak) <= PEAK_K:
            return f"the stored {name} history peaks at {max(history):g} K, the stated peak is {peak:g} K"
        if peak > PEAK_K and history[-1] >= peak - PEAK_K:
            return f"the {name} rise is still growing when the history ends: its peak is not inside"
    return ""


def _columns(zone: ZonePlan) -> str:
    floor_um = zone.layers[-1].bottom_um
    for prediction in zone.predictions:
        if prediction.name in ("crater_depth_um", "coagulation_depth_um", "necrosis_depth_um"):
            reach = prediction.high if prediction.high is not None else 0.0
            if not reach < floor_um:
                return f"{prediction.name} reaches {reach:g} µm, the end of the skin that is modelled ({floor_um:g} µm)"
    return ""
