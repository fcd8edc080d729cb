"""How deep a device can reach at the very most: what no crater of it can exceed, whatever the losses."""

from __future__ import annotations

from colonnade.laser import Device, Shot
from colonnade.planning.surrogate import Surrogate
from colonnade.units import from_si, to_si

#: Enthalpy that dries skin of 70 % water from 34 °C [kJ/cm³], calculated: the least that removal can cost.
DRYING_KJ_CM3 = 2.0


def deepest_um(shot: Shot) -> float:
    """The depth of a crater that all the light of ``shot`` reaches and that costs only drying [µm]."""
    return from_si(Surrogate(heat_J_m3=to_si(DRYING_KJ_CM3, "kJ_cm3")).depth_m(shot), "um")


def reach_um(laser: Device) -> float:
    """The same for the strongest column that ``laser`` offers: most energy, most stacked pulses, smallest spot [µm]."""
    strongest = laser.shot(
        energy_mJ=max(laser.energy_mJ.steps(1000)),
        spot_um=min(laser.spot_um.steps(1000)),
        stack=int(max(laser.stack.steps(1000))),
    )
    return deepest_um(strongest)
