"""What a setting does to the skin, as numbers that can be scored: from the stand-in, or from simulated columns."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from colonnade.laser import Settings, Shot
from colonnade.photothermal.lesion import Lesion
from colonnade.planning.objectives import Ends, Outcome, Target
from colonnade.planning.surrogate import Surrogate
from colonnade.units import from_si, to_si

#: Thermal injury below the crater [µm]: 53, measured on pulsed CO2 in porcine dermis (Payne 1997). Ranking only.
RIM_BOTTOM_UM = 53.0
#: Coagulated beside the crater [µm]: 6 to 12 at half depth in a purely thermal model at 1 ms. Ranking only.
RIM_SIDE_UM = 6.0


@dataclass(frozen=True)
class Columns:
    """One microbeam simulated three times: at the nominal crater losses and at both ends of their range."""

    nominal: Lesion
    shallow: Lesion
    deep: Lesion

    def ends(self, name: str) -> Ends:
        """The field ``name`` of the three lesions."""
        return Ends(*(float(getattr(x, name)) for x in (self.nominal, self.shallow, self.deep)))

    def all(self) -> tuple[Lesion, Lesion, Lesion]:
        """Nominal, shallow, deep."""
        return self.nominal, self.shallow, self.deep


@dataclass(frozen=True)
class Figures:
    """What scoring needs to know of one microbeam; density and passes come on top."""

    crater_depth_um: Ends
    coagulation_depth_um: Ends
    rim_um: float
    radius_target_um: float
    """Outer radius of crater and coagulated rim at the target depth."""
    radius_basal_um: float
    """The same at the basal layer."""


def estimated(shot: Shot, target: Target, basal_um: float, model: Surrogate, etas: Ends) -> Figures:
    """One microbeam by the stand-in. ``model`` stands at the nominal crater losses, ``etas`` gives their ends."""
    nominal = from_si(model.depth_m(shot), "um")
    depths = (nominal, *(from_si(replace(model, eta=eta).depth_m(shot), "um") for eta in (etas.shallow, etas.deep)))

    def radius_um(depth_um: float) -> float:
        inside = from_si(model.radius_at_m(shot, to_si(depth_um, "um")), "um")
        return inside + RIM_SIDE_UM if inside > 0 else 0.0

    return Figures(
        crater_depth_um=Ends(*depths),
        # at least the crater: what is refused by depth before it is simulated would be refused with any rim
        coagulation_depth_um=Ends(*depths),
        rim_um=RIM_BOTTOM_UM if nominal > 0 else 0.0,
        radius_target_um=radius_um(target.depth_um),
        radius_basal_um=radius_um(basal_um),
    )


def simulated(columns: Columns, target: Target, basal_um: float) -> Figures:
    """One microbeam by the engine."""
    lesion = columns.nominal

    def radius_um(depth_um: float) -> float:
        return float(np.interp(depth_um, lesion.profile.depth_um, lesion.profile.coagulated_um, right=0.0))

    return Figures(
        crater_depth_um=columns.ends("crater_depth_um"),
        coagulation_depth_um=columns.ends("coagulation_depth_um"),
        rim_um=lesion.necrosis_depth_um - lesion.crater_depth_um,
        radius_target_um=radius_um(target.depth_um),
        radius_basal_um=radius_um(basal_um),
    )


def fitted(model: Surrogate, shot: Shot, crater_depth_um: float) -> Surrogate:
    """``model`` with its heat of ablation scaled so that it gives ``crater_depth_um`` for ``shot``.

    Unchanged where either of the two makes no crater. The energy balance is linear in 1/h, so one division does it.
    """
    if not (crater_depth_um > 0 and model.depth_m(shot) > 0):
        return model
    wanted = model.cost_m(shot, to_si(crater_depth_um, "um"))
    return replace(model, heat_J_m3=model.heat_J_m3 * model.cost_m(shot, model.depth_m(shot)) / wanted)


def covered(radius_um: float, settings: Settings) -> float:
    """Fraction of a plane covered by discs of ``radius_um``, one per column, over all passes.

    A regular lattice covers N·π·r² until the discs touch (taken to 1 beyond); passes lie independently of each other.
    """
    disc = math.pi * to_si(radius_um, "um") ** 2
    one_pass = min(1.0, to_si(settings.columns_per_cm2, "per_cm2") * disc)
    return 1.0 - (1.0 - one_pass) ** settings.passes


def outcome(settings: Settings, figures: Figures) -> Outcome:
    """What ``settings`` do to the skin, all passes together."""
    shot, per_m2 = settings.shot, to_si(settings.columns_per_cm2, "per_cm2")
    return Outcome(
        crater_depth_um=figures.crater_depth_um,
        coagulation_depth_um=figures.coagulation_depth_um,
        rim_um=figures.rim_um,
        cover_at_target_pct=from_si(covered(figures.radius_target_um, settings), "pct"),
        wounded_pct=from_si(covered(figures.radius_basal_um, settings), "pct"),
        # as in Settings.derived, without the rest: this is called for every setting of every ranking
        areal_energy_J_cm2=from_si(to_si(shot.total_energy_mJ, "mJ") * per_m2, "J_cm2") * settings.passes,
        passes=settings.passes,
        stack=shot.stack,
    )
