"""Every physical constant of the column model, with source, range and one of three flags.

measured / fitted / assumed, as the rules of the house define them. The keys in brackets are references listed in
``docs/theory/sources.md``. What is assumed is said so in the result that it decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from colonnade.units import kelvin, to_si


@dataclass(frozen=True)
class Constant:
    """A value in SI with its range, flag and source."""

    value: float
    low: float
    high: float
    flag: Literal["measured", "fitted", "assumed"]
    source: str


# --- light at 10.6 µm -------------------------------------------------------------------------------------------
MU_WATER_25C = Constant(
    to_si(847.0, "per_cm"),
    to_si(846.0, "per_cm"),
    to_si(897.0, "per_cm"),
    "measured",
    "Hale & Querry 1973 k = 0.0714; Segelstein 1981 gives 846, CIE 203 gives 897 /cm",
)
MU_WATER_SLOPE = Constant(
    0.0040,
    0.0,
    0.005,
    "measured",
    "relative fall per K: Rowe 2020 (0 °C) to Hale & Querry (25 °C); used above 25 °C by assumption",
)
MU_WATER_FLOOR = Constant(
    0.5, 0.3, 1.0, "assumed", "no table of hot water at 10.6 µm was found; -1/3 by 100 °C at 2 µm"
)
MU_DRY = Constant(
    to_si(170.0, "per_cm"),
    to_si(100.0, "per_cm"),
    to_si(300.0, "per_cm"),
    "assumed",
    "protein term of the nearest published model [TAM]",
)
MU_CHAR = Constant(
    to_si(1000.0, "per_cm"), to_si(500.0, "per_cm"), to_si(5000.0, "per_cm"), "assumed", "at least 1000 /cm"
)
REFLECTANCE = Constant(0.01, 0.005, 0.02, "measured", "water 0.8 % at normal incidence; skin at most 2 % [CALIX]")

N_WATER = Constant(
    1.179, 1.153, 1.179, "measured", "refractive index of water at 10.6 µm and 25 °C, Hale & Querry 1973"
)
K_WATER = Constant(0.0714, 0.0713, 0.0714, "measured", "its imaginary part; Segelstein 1981 gives 0.0713")

# --- heat -------------------------------------------------------------------------------------------------------
BOILING_K = kelvin(100.0)
LATENT_HEAT = Constant(2.256e6, 2.25e6, 2.26e6, "measured", "J/kg, water at 100 °C [TAM]")
C_WATER = Constant(4200.0, 4180.0, 4220.0, "measured", "J/kg/K, mixture law of [THESIS]")
C_DRY = Constant(1090.0, 1000.0, 1700.0, "assumed", "J/kg/K, mixture law of [THESIS]")
RHO_WATER = Constant(1000.0, 958.0, 1000.0, "measured", "kg/m3, mixture law of [THESIS]")
DRY_VOLUME = Constant(0.649, 0.6, 0.75, "assumed", "specific volume of dry matter relative to water, [THESIS]")
K_DRY = Constant(0.15, 0.10, 0.20, "assumed", "W/m/K, dried tissue; unsourced range 0.1 to 0.2")
K_SLOPE = Constant(
    1.5e-3, 0.0, 2.0e-3, "assumed", "relative rise of k per K of wet tissue, after liquid water (textbook)"
)
H_AIR = Constant(10.0, 5.0, 25.0, "assumed", "W/m2/K, free convection at the surface [JOH11]")
BLOOD_HEAT = Constant(
    1060.0 * 3770.0, 3.6e6, 4.1e6, "assumed", "J/m3/K, density times heat of blood (textbook): heat a litre of it takes"
)

# --- ablation ---------------------------------------------------------------------------------------------------
CLEAN_IRRADIANCE = Constant(
    to_si(6.0, "kW_cm2"),
    to_si(6.0, "kW_cm2"),
    to_si(13.0, "kW_cm2"),
    "measured",
    "Walsh 1989: black char only below 6 kW/cm2; 100 ± 15 µm damage above 13 kW/cm2",
)
T_ABLATION_CHAR_K = Constant(
    kelvin(400.0),
    kelvin(300.0),
    kelvin(500.0),
    "assumed",
    "dry superheat before removal below 6 kW/cm2; 300 to 500 °C, surface temperatures up to 400 °C [CHO99]",
)
T_CHAR_K = Constant(kelvin(300.0), kelvin(250.0), kelvin(350.0), "assumed", "built on [WAL89], [GER94], [CHO98]")
T_PYROLYSIS_K = Constant(
    kelvin(400.0),
    kelvin(300.0),
    kelvin(500.0),
    "assumed",
    "dry tissue turns to gas; surfaces of repeated pulses approach 350 to 400 °C and stay there [CHO98], [CHO99]",
)
CHAR_YIELD = Constant(0.2, 0.1, 0.3, "assumed", "share of the dry mass left as carbon by pyrolysis (textbook)")
DRY_SHARE = Constant(
    0.5, 0.2, 0.8, "assumed", "share of its water below which a cell has no steam to be blown off with"
)
WALL_LAYER_M = Constant(to_si(30.0, "um"), to_si(20.0, "um"), to_si(40.0, "um"), "assumed", "layer heated by f_wall")

#: Crater losses: middle and 95 % ends of the global calibration (library/calibration/global.toml; a test compares).
#: Studies differ by more than that (τ there); a commissioned device brings its own.
ETA = Constant(0.408, 0.247, 0.688, "fitted", "share of the beam that passes the plume while ablating; docs/validation")
KAPPA_PER_M = Constant(
    489.0, 93.8, 1671.0, "fitted", "extinction by plume and wall per metre of crater depth; docs/validation"
)
F_WALL = Constant(0.0, 0.0, 0.5, "assumed", "fraction of ejected enthalpy returned to the wall")
K_FLUID = Constant(0.5, 0.4, 0.6, "assumed", "W/m/K, fluid that rises in a crater; water 0.6")
REFILL_TAU_MS = Constant(50.0, 5.0, 500.0, "assumed", "time in which fluid or fallen-in tissue rises in a crater")


@dataclass(frozen=True)
class FilmMatter:
    """What a film on the skin is made of; all assumed."""

    water: float
    """Mass fraction."""
    conductivity_W_mK: float
    mu_dry_per_m: float
    """Absorption of what is no water."""


#: A film that has boiled so far is gone: the last of it absorbs next to nothing and would wait for ever.
FILM_BOILED = 0.98
#: Water is not 1 but 0.99: a cell must keep some dry matter (saline leaves salt).
FILMS = {
    "water": FilmMatter(0.99, 0.60, 0.0),
    "blood": FilmMatter(0.80, 0.50, MU_DRY.value),
    "cream": FilmMatter(0.65, 0.40, MU_DRY.value),
}
