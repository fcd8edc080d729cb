"""The regimes of the machine on one map (irradiance x exposure), and full-field vaporisation pass by pass.

The lines of the map are closed forms, not simulations: where a shot lies says what to expect; what happens, `simulate`
says. All of them use the tissue of one layer of skin and light at the surface, on the axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import erfcx

from colonnade.errors import BadInput
from colonnade.laser import Shot
from colonnade.photothermal import constants as c
from colonnade.photothermal.column import Array, Column
from colonnade.photothermal.cooling import cool
from colonnade.photothermal.damage import MAITLAND_WALSH
from colonnade.photothermal.engine import audit, decide_ablation
from colonnade.photothermal.lesion import EnergyAudit, Regime
from colonnade.photothermal.mesh import depth_edges
from colonnade.photothermal.strategies import Ablation, Cooling, Kinetics, Losses, Options, Physics
from colonnade.photothermal.tissue_rows import rows_of
from colonnade.tissue import Layer, Skin
from colonnade.units import celsius, from_si, kelvin, to_si


@dataclass(frozen=True)
class RegimeMap:
    """Irradiance on the axis at which each regime begins, by exposure; arrays of shape (n,) [s, kW/cm2]."""

    exposure_s: Array
    warming_kW_cm2: Array
    """The surface rises by 1 K (V1)."""
    coagulation_kW_cm2: Array
    """The surface ends at the temperature whose isothermal time to collagen damage is the exposure (V1, V13)."""
    vaporisation_kW_cm2: Array
    """The surface reaches 100 °C (V1) and its water is paid for where it is absorbed."""
    clean_kW_cm2: float
    """Mean irradiance above which no char was seen (Walsh 1989)."""


def regime_map(skin: Skin, exposure_s: Array | None = None) -> RegimeMap:
    """The lines of the map for the layer that makes up most of the skin (its thickest with dermal water).

    Equations: docs/theory/regimes.md.
    """
    t = np.logspace(-5, 3, 81) if exposure_s is None else np.asarray(exposure_s, dtype=float)
    if not (t.size and np.all(t > 0) and np.all(np.isfinite(t))):
        raise BadInput("exposure_s", given=str(t)[:60], allowed="times above 0 s", todo="Give times in seconds.")
    k, capacity, water, mu = dermis(skin)
    gain = _surface_gain(t, k, capacity, mu)
    start = kelvin(skin.temperature_C)
    damage = np.array([_isothermal_K(float(x)) for x in t])
    to_boil = (c.BOILING_K - start) / gain
    latent = water * c.LATENT_HEAT.value / (mu * t)
    kw = lambda q: from_si(q, "kW_cm2")  # noqa: E731
    return RegimeMap(
        exposure_s=t,
        warming_kW_cm2=np.array([kw(q) for q in 1.0 / gain]),
        coagulation_kW_cm2=np.array([kw(q) for q in np.minimum((damage - start) / gain, to_boil)]),
        vaporisation_kW_cm2=np.array([kw(q) for q in to_boil + latent]),
        clean_kW_cm2=kw(c.CLEAN_IRRADIANCE.value),
    )


def expected_regime(shot: Shot, skin: Skin) -> Regime:
    """Where the shot lies on the map: peak irradiance over its on-time; char decided as `simulate` decides it."""
    here = regime_map(skin, np.array([shot.pulse_s]))
    peak = shot.irradiance_peak_kW_cm2
    if peak >= here.vaporisation_kW_cm2[0]:
        return "char_ablation" if decide_ablation(shot, Ablation())[1] else "clean_ablation"
    if peak >= here.coagulation_kW_cm2[0]:
        return "coagulation"
    return "warming" if peak >= here.warming_kW_cm2[0] else "none"


def dermis(skin: Skin) -> tuple[float, float, float, float]:
    """Conductivity, heat capacity, water [kg/m3] and absorption [1/m] of the thickest layer with 60 % water or more."""
    rows = rows_of(skin, np.array([0.0, to_si(skin.thickness_um, "um")]), Physics(), by_layer=True)
    thick = [layer.thickness_um if layer.water >= 0.6 else 0.0 for layer in skin.layers]
    i = int(np.argmax(thick))
    capacity = float(rows.c_dry[i] + rows.water[i] * c.C_WATER.value)
    mu = float(rows.water[i] / c.RHO_WATER.value * c.MU_WATER_25C.value + rows.mu_dry[i])
    return float(rows.k_wet[i]), capacity, float(rows.water[i]), mu


def _surface_gain(t: Array, k: float, capacity: float, mu: float) -> Array:
    """Surface rise per irradiance after t (V1) [K m2/W]; the series where µ√(αt) is small and V1 cancels."""
    root = np.sqrt(k / capacity * t)
    x = mu * root
    exact = (2 * root / math.sqrt(math.pi) - 1 / mu + erfcx(x) / mu) / k
    series = x**2 / mu * (1 - 4 * x / (3 * math.sqrt(math.pi)) + x**2 / 2) / k
    return np.asarray(np.where(x < 0.01, series, exact))


def _isothermal_K(seconds: float) -> float:
    """Temperature [K] at which collagen reaches Ω = 1 in this time (V13)."""
    return MAITLAND_WALSH.b_K / (MAITLAND_WALSH.ln_a + math.log(seconds))


@dataclass(frozen=True)
class Passes:
    """Full-field vaporisation of one spot, pass by pass; arrays of shape (passes,) [µm]."""

    fluence_J_cm2: float
    depth_um: Array
    """Cumulative depth from the original surface after each pass."""
    removed_um: Array
    dried_um: Array
    """Tissue under the floor that has lost half of its water or more, before the next pass."""
    coagulated_um: Array
    """Tissue under the floor that is coagulated or dried."""
    necrosis_um: Array
    """Tissue under the floor that is dead (Henriques-Moritz), coagulated included."""
    floor_C: Array
    """Temperature of the floor when the next pass begins."""
    raised_um: float
    """How far the lesion stood out: the level of the skin around it, counted from the top."""
    energy: EnergyAudit

    @property
    def passes_to_level(self) -> int | None:
        """The pass after which the floor lies level with the skin around it, or deeper; None if none does."""
        reached = np.flatnonzero(self.depth_um >= self.raised_um)
        return int(reached[0]) + 1 if reached.size and self.depth_um[-1] > 0 else None

    def share_by(self, number: int) -> float:
        """Share of the depth of all passes that is reached after ``number`` of them."""
        return float(self.depth_um[number - 1] / self.depth_um[-1]) if self.depth_um[-1] > 0 else math.nan


def vaporise_in_passes(
    skin: Skin,
    *,
    fluence_J_cm2: float,
    pulse_ms: float = 1.0,
    passes: int = 10,
    pause_s: float = 5.0,
    raised_um: float = 0.0,
    lesion_water: float = 0.70,
    losses: Losses | None = None,
    ablation: Ablation | None = None,
    cooling: Cooling | None = None,
    kinetics: Kinetics | None = None,
    t_dry_C: float = 400.0,
    dz_um: float = 1.0,
    progress: Callable[[float, str], None] | None = None,
) -> Passes:
    """A scanned spot vaporised pass by pass: flat beam, one dimension, cooling in between, no wiping.

    ``raised_um`` is how far a lesion (mole, keratosis, syringoma) stands out: so much tissue with the mass fraction
    ``lesion_water`` of water lies between horny layer and epidermis. The skin is that of the site; what such a lesion
    is made of was not measured, so water and height are the caller's.

    The tissue under the floor dries from pass to pass. A cell that has lost half its water before a pass has no steam
    to blow it off: it leaves only at ``t_dry_C`` (assumed, 300 to 500 °C). What the model then gives, and how far it is
    from the published plateau, stands in docs/theory/regimes.md.

    Raises BadInput for a fluence, a number of passes or a pause that is not above 0.
    """
    for name, value, most in (
        ("fluence_J_cm2", fluence_J_cm2, 1000.0), ("passes", passes, 100), ("pause_s", pause_s, 600.0),
        ("pulse_ms", pulse_ms, 60_000.0), ("dz_um", dz_um, 50.0), ("t_dry_C", t_dry_C, 10_000.0),
    ):  # fmt: skip
        if not 0 < value <= most:
            raise BadInput(name, given=f"{value:g}", allowed=f"above 0 to {most:g}", todo=f"Correct {name}.")
    skin = raised(skin, raised_um, lesion_water)
    radius = 1e-3  # the beam fills the mesh: its size only scales the ledger
    energy = to_si(fluence_J_cm2, "J_cm2") * math.pi * radius**2
    shot = Shot(energy_mJ=from_si(energy, "mJ"), pulse_ms=pulse_ms, spot_um=from_si(2 * radius, "um"), profile="tophat")
    options = Options(
        losses=losses or Losses(),
        ablation=ablation or Ablation(),
        physics=Physics(divergence=False),
        cooling=cooling or Cooling(),
        kinetics=kinetics or Kinetics(),
    )
    column = _flat_column(skin, shot, options, radius, dz_um, to_si(raised_um, "um") + 600e-6)
    depth: list[float] = []
    dried: list[float] = []
    coagulated: list[float] = []
    necrosis: list[float] = []
    floor: list[float] = []
    for number in range(passes):
        if progress is not None:
            progress(number / passes, f"pass {number + 1} of {passes}")
        column.t_dry = np.where(column.water < 0.5 * column.water_start, kelvin(t_dry_C), 0.0)
        column.fire(shot)
        cool(column, until_s=pause_s)
        k = int(column.top[0])
        if k >= len(column.dz):
            raise BadInput(
                "passes", given=f"{passes} of {fluence_J_cm2:g} J/cm²", allowed="a floor inside the skin",
                todo="Fewer passes or less fluence.",
            )  # fmt: skip
        dry = column.water[0, k:] < 0.5 * column.water_start[0, k:]
        depth.append(from_si(column.deepest_m(), "um"))
        dead = dry | (column.omega_coll[0, k:] >= 1.0)
        for found, mask in (
            (dried, dry), (coagulated, dead), (necrosis, dead | (column.omega_hm[0, k:] >= 1.0))
        ):  # fmt: skip
            found.append(from_si(float(np.sum(column.dz[k:][mask])), "um"))
        floor.append(celsius(float(column.temperature[0, k])))
    result = np.array(depth)
    return Passes(
        fluence_J_cm2, result, np.diff(result, prepend=0.0), np.array(dried), np.array(coagulated), np.array(necrosis),
        np.array(floor), raised_um, audit(column),
    )  # fmt: skip


def raised(skin: Skin, height_um: float, water: float) -> Skin:
    """The skin with a lesion that stands out by ``height_um``: tissue of that much water under the horny layer.

    Raises BadInput for a height outside 0 to 10 mm or water outside 0.3 to 0.9.
    """
    if height_um == 0.0:
        return skin
    for name, value, low, high in (("raised_um", height_um, 0.0, 10_000.0), ("lesion_water", water, 0.3, 0.9)):
        if not low <= value <= high:
            raise BadInput(name, given=f"{value:g}", allowed=f"{low:g} to {high:g}", todo=f"Correct {name}.")
    horny, *rest = skin.layers
    lesion = Layer(
        name="raised lesion", thickness_um=height_um, water=water, conductivity_W_mK=rest[0].conductivity_W_mK,
        flag="assumed", source="height and water as given; conductivity of the epidermis",
    )  # fmt: skip
    return skin.model_copy(update={"layers": (horny, lesion, *rest)})


def _flat_column(skin: Skin, shot: Shot, options: Options, radius: float, dz_um: float, fine_m: float = 0.0) -> Column:
    t_abl, char, _ = decide_ablation(shot, options.ablation)
    thick = to_si(skin.thickness_um, "um")
    edges = depth_edges(
        to_si(dz_um, "um"), min(max(600e-6, fine_m), thick), 1.1, thick,
        np.cumsum([to_si(layer.thickness_um, "um") for layer in skin.layers]),
    )  # fmt: skip
    rows = rows_of(skin, edges, options.physics)
    return Column(
        np.array([0.0, radius / 2, radius]), edges, c_dry=rows.c_dry, water=rows.water, k_wet=rows.k_wet,
        k_dry=rows.k_dry, mu_dry=rows.mu_dry, t_ref_K=kelvin(skin.temperature_C), options=options, t_abl_K=t_abl,
        char_on=char,
    )  # fmt: skip
