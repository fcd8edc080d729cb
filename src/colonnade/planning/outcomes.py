"""What a setting does to the skin, as numbers that can be scored: from the stand-in, or from simulated columns."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from colonnade.laser import Settings, Shot
from colonnade.photothermal.lesion import Lesion
from colonnade.planning.objectives import Ends, Outcome, Target
from colonnade.planning.place import Place
from colonnade.planning.surrogate import Surrogate
from colonnade.planning.uncertain import LossEnds, least, most
from colonnade.units import from_si, to_si

if TYPE_CHECKING:
    from colonnade.calibration.uncertainty import Intervals

#: Thermal injury below the crater [µm]: 53, measured on pulsed CO2 in porcine dermis (Payne 1997). Ranking only.
RIM_BOTTOM_UM = 53.0
#: Coagulated beside the crater [µm]: 6 to 12 at half depth in a purely thermal model at 1 ms. Ranking only.
RIM_SIDE_UM = 6.0
#: Dead beside the crater's mouth [µm], and share of the energy that stays as heat (model.md §3.5). Ranking only.
DEAD_SIDE_UM, HEAT_SHARE = 20.0, 0.12


#: A target for what does not depend on one.
_ANYWHERE = Target(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Columns:
    """One microbeam simulated at the middle of the crater losses and at both ends, with the interval of its numbers."""

    nominal: Lesion
    shallow: Lesion
    deep: Lesion
    intervals: Intervals | None = None
    """From `colonnade.calibration.interval`: all that is not known, together. None only in tests."""

    def ends(self, name: str) -> Ends:
        """The field ``name`` at the middle, at the lowest and at the highest that columns and interval reach.

        NaN where one of them is not finite: it must not get lost on the way to a limit.
        """
        values = [float(getattr(x, name)) for x in self.all()]
        if self.intervals is not None and name in self.intervals.by_name:
            found = self.intervals.by_name[name]
            values += [float(found.low), float(found.high)]
        return Ends(values[0], least(values), most(values))

    def all(self) -> tuple[Lesion, Lesion, Lesion]:
        """Nominal, shallow, deep."""
        return self.nominal, self.shallow, self.deep


@dataclass(frozen=True)
class Figures:
    """What scoring needs to know of one microbeam; density and passes come on top."""

    crater_depth_um: Ends
    coagulation_depth_um: Ends
    rim_um: float
    radius_target_um: Ends
    """Outer radius of crater and coagulated rim at the target depth."""
    radius_basal_um: float
    """The same at the basal layer."""
    dead_radius_um: float
    """Edge of necrosis in the epidermis: where healing starts."""
    injury_depth_um: float
    injured_mm3: float
    """Dead but not removed."""
    heat_mJ: float


def estimated(shot: Shot, target: Target, basal_um: float, model: Surrogate, etas: Ends) -> Figures:
    """One microbeam by the stand-in. ``model`` stands at the middle of the crater losses, ``etas`` gives their ends."""
    models = (model, *(replace(model, eta=eta) for eta in (etas.shallow, etas.deep)))
    depths = Ends(*(from_si(m.depth_m(shot), "um") for m in models))

    def radius_um(m: Surrogate, depth_um: float) -> float:
        inside = from_si(m.radius_at_m(shot, to_si(depth_um, "um")), "um")
        return inside + RIM_SIDE_UM if inside > 0 else 0.0

    crater = depths.nominal > 0
    mouth = from_si(model.mouth_radius_m(shot), "um")
    dead = mouth + DEAD_SIDE_UM if crater else 0.0
    injury = depths.nominal + RIM_BOTTOM_UM if crater else 0.0
    ring = math.pi * (dead**2 - mouth**2) * depths.nominal / 2 + math.pi * mouth**2 * (injury - depths.nominal) / 2
    return Figures(
        crater_depth_um=depths,
        # at least the crater: what is refused by depth before it is simulated would be refused with any rim
        coagulation_depth_um=depths,
        rim_um=RIM_BOTTOM_UM if crater else 0.0,
        radius_target_um=Ends(*(radius_um(m, target.depth_um) for m in models)),
        radius_basal_um=radius_um(model, basal_um),
        dead_radius_um=dead,
        injury_depth_um=injury,
        injured_mm3=ring * 1e-9,
        heat_mJ=HEAT_SHARE * shot.total_energy_mJ,
    )


def corrected(figures: Figures, shot: Shot, near: Lesion, basal_um: float) -> Figures:
    """An estimate with the share of heat and the rims of a microbeam that was simulated: for ordering."""
    known = of_lesion(near, _ANYWHERE, basal_um)
    if not (figures.crater_depth_um.nominal > 0 and near.crater_depth_um > 0):
        return figures
    injury = figures.crater_depth_um.nominal + known.rim_um
    return replace(
        figures,
        rim_um=known.rim_um,
        dead_radius_um=known.dead_radius_um,
        injury_depth_um=injury,
        injured_mm3=known.injured_mm3 * injury / max(known.injury_depth_um, 1.0),
        heat_mJ=known.heat_mJ * shot.total_energy_mJ / near.shot.total_energy_mJ,
    )


def simulated(columns: Columns, target: Target, basal_um: float) -> Figures:
    """One microbeam by the engine, with all that is not known."""
    found = of_lesion(columns.nominal, target, basal_um)
    radii = [_radius_um(lesion, target.depth_um) for lesion in columns.all()]
    return replace(
        found,
        crater_depth_um=columns.ends("crater_depth_um"),
        coagulation_depth_um=columns.ends("coagulation_depth_um"),
        radius_target_um=Ends(radii[0], least(radii), most(radii)),
    )


def like(lesion: Lesion, target: Target, basal_um: float, neighbour: Columns) -> Figures:
    """One microbeam simulated at the middle only, its ends as wide as those of ``neighbour`` by ratio: for ordering.

    The two differ in energy alone or nearly so; a choice is always judged by its own ends.
    """
    found = of_lesion(lesion, target, basal_um)
    wide = simulated(neighbour, target, basal_um)

    def stretched(middle: float, ends: Ends) -> Ends:
        if not ends.nominal > 0:
            return Ends(middle, middle, middle)
        return Ends(middle, middle * ends.shallow / ends.nominal, middle * ends.deep / ends.nominal)

    radius = found.radius_target_um.nominal
    return replace(
        found,
        crater_depth_um=stretched(found.crater_depth_um.nominal, wide.crater_depth_um),
        coagulation_depth_um=stretched(found.coagulation_depth_um.nominal, wide.coagulation_depth_um),
        radius_target_um=stretched(radius, wide.radius_target_um),
    )


def of_lesion(lesion: Lesion, target: Target, basal_um: float) -> Figures:
    """One microbeam by the engine at one value of everything: no ends."""

    def alone(value: float) -> Ends:
        return Ends(value, value, value)

    profile = lesion.profile
    top = profile.depth_um <= basal_um
    top[0] = True
    dead = float(max(np.max(profile.necrosis_um[top]), np.max(profile.crater_um[top])))
    ring = np.maximum(profile.necrosis_um, profile.crater_um) ** 2 - profile.crater_um**2
    return Figures(
        crater_depth_um=alone(float(lesion.crater_depth_um)),
        coagulation_depth_um=alone(float(lesion.coagulation_depth_um)),
        rim_um=lesion.necrosis_depth_um - lesion.crater_depth_um,
        radius_target_um=alone(_radius_um(lesion, target.depth_um)),
        radius_basal_um=_radius_um(lesion, basal_um),
        dead_radius_um=dead,
        injury_depth_um=max(lesion.necrosis_depth_um, lesion.coagulation_depth_um, lesion.crater_depth_um),
        injured_mm3=float(np.pi * np.trapezoid(ring, profile.depth_um)) * 1e-9,
        heat_mJ=float(lesion.residual_heat_mJ),
    )


def _radius_um(lesion: Lesion, depth_um: float) -> float:
    return float(np.interp(depth_um, lesion.profile.depth_um, lesion.profile.coagulated_um, right=0.0))


def fitted(model: Surrogate, shot: Shot, crater_depth_um: float) -> Surrogate:
    """``model`` with its heat of ablation scaled so that it gives ``crater_depth_um`` for ``shot``.

    Unchanged where either of the two makes no crater. The energy balance is linear in 1/h, so one division does it.
    """
    if not (crater_depth_um > 0 and model.depth_m(shot) > 0):
        return model
    wanted = model.cost_m(shot, to_si(crater_depth_um, "um"))
    return replace(model, heat_J_m3=model.heat_J_m3 * model.cost_m(shot, model.depth_m(shot)) / wanted)


def stand_in(losses: LossEnds) -> Surrogate:
    """The stand-in at the middle of the crater losses, before anything is simulated."""
    return replace(Surrogate.measured(losses.etas.nominal), kappa_per_m=to_si(losses.kappa_per_mm, "per_mm"))


def covered(radius_um: float, settings: Settings) -> float:
    """Fraction of a plane covered by discs of ``radius_um``, one per column, over all passes.

    A regular lattice covers N·π·r² until the discs touch (taken to 1 beyond); passes lie independently of each other.
    """
    disc = math.pi * to_si(radius_um, "um") ** 2
    one_pass = min(1.0, to_si(settings.columns_per_cm2, "per_cm2") * disc)
    return 1.0 - (1.0 - one_pass) ** settings.passes


def outcome(settings: Settings, figures: Figures, place: Place) -> Outcome:
    """What ``settings`` do to the skin of ``place``, all passes together."""
    shot, per_m2 = settings.shot, to_si(settings.columns_per_cm2, "per_cm2")
    radius = figures.radius_target_um
    cover = [from_si(covered(r, settings), "pct") for r in (radius.nominal, radius.shallow, radius.deep)]
    bulk = place.mean_rise_K(settings, figures.heat_mJ, figures.injury_depth_um)
    return Outcome(
        crater_depth_um=figures.crater_depth_um,
        coagulation_depth_um=figures.coagulation_depth_um,
        rim_um=figures.rim_um,
        cover_pct=Ends(*cover),
        wounded_pct=from_si(covered(figures.radius_basal_um, settings), "pct"),
        injured_mm3_cm2=figures.injured_mm3 * settings.columns_per_cm2 * settings.passes,
        # as in Settings.derived, without the rest: this is called for every setting of every ranking
        areal_energy_J_cm2=from_si(to_si(shot.total_energy_mJ, "mJ") * per_m2, "J_cm2") * settings.passes,
        bulk_K=bulk,
        downtime_d=place.downtime_d(settings, figures.dead_radius_um),
        pih_pct=place.pih_pct(settings, bulk),
        seconds=settings.columns_per_cm2 * place.area_cm2 * settings.passes / settings.rate_Hz,
        passes=settings.passes,
        stack=shot.stack,
    )
