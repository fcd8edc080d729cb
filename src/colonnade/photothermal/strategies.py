"""The choices a user may make, as small frozen objects passed by keyword. Defaults are visible and never optimistic."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from colonnade.errors import BadInput
from colonnade.photothermal import constants as c
from colonnade.photothermal.mesh import Mesh
from colonnade.units import from_si, to_si


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise BadInput(name, given=f"{value:g}", allowed=f"{low:g} to {high:g}", todo=f"Correct {name}.")


@dataclass(frozen=True)
class Losses:
    """What the crater takes from the beam; by default the middle of the global calibration (decision 0143).

    η and κ act on all rays from a pulse's first removed cell to its end (the plume exists), so they do not raise
    the threshold. ``f_wall`` returns a share of the ejected enthalpy to the wall.
    """

    eta: float = c.ETA.value
    kappa_per_mm: float = from_si(c.KAPPA_PER_M.value, "per_mm")
    f_wall: float = c.F_WALL.value

    def __post_init__(self) -> None:
        _check("eta", self.eta, 0.01, 1.0)
        _check("kappa_per_mm", self.kappa_per_mm, 0.0, 20.0)
        _check("f_wall", self.f_wall, 0.0, 0.9)


#: No crater losses: what closed-form cases need.
NO_LOSSES = Losses(eta=1.0, kappa_per_mm=0.0)
ETA_RANGE = (c.ETA.low, c.ETA.high)


@dataclass(frozen=True)
class Ablation:
    """When an exposed cell leaves: at the enthalpy that vaporises the share ``f_v`` of its water.

    ``t_abl_C`` is the temperature the dry cell must reach. None decides per shot from the mean irradiance at the
    surface: 100 °C above 6 kW/cm² (clean), 400 °C below (char). What is not blown off by its own steam (cells of char
    shots, and cells that an earlier pulse has dried) may have to turn to gas first: ``pyrolysis_kJ_g`` per gram of dry
    matter, 1 to 3 for organic polymers, none known for dermis, hence 0 (off) by default (decision 0141).
    """

    f_v: float = 1.0
    t_abl_C: float | None = None
    char: bool | None = None
    pyrolysis_kJ_g: float = 0.0

    def __post_init__(self) -> None:
        _check("f_v", self.f_v, 0.05, 1.0)
        _check("pyrolysis_kJ_g", self.pyrolysis_kJ_g, 0.0, 20.0)
        if self.t_abl_C is not None:
            _check("t_abl_C", self.t_abl_C, 100.0, 1000.0)


@dataclass(frozen=True)
class Cooling:
    """How long the column is followed after the last pulse, and what becomes of the steam.

    ``until_ms = None`` follows it until nothing more is damaged (at least 50 ms). ``step`` is the share of the time
    since the pulse taken as a step. With ``recondense`` the steam stays and gives its heat back.
    """

    until_ms: float | None = None
    step: float = 0.1
    recondense: bool = False

    def __post_init__(self) -> None:
        _check("step", self.step, 0.005, 0.5)
        if self.until_ms is not None:
            _check("until_ms", self.until_ms, 0.0, 1e7)


@dataclass(frozen=True)
class Physics:
    """Properties that a verification case may switch off; the defaults are the full model.

    ``h_surface`` [W/m2/K] cools the surface towards a medium at ``medium_C``: None is the skin's own starting
    temperature (no exchange at rest); contact or air cooling sets both, and ``precool_ms`` before the first pulse.
    ``perfusion_per_s`` is blood flow per tissue volume [1/s]: 0 for a microbeam (V12), 5e-4 for minutes of heating.
    """

    k_slope: float = c.K_SLOPE.value
    mu_slope: float = c.MU_WATER_SLOPE.value
    mu_constant_per_cm: float | None = None
    c_water: float = c.C_WATER.value
    h_surface: float = c.H_AIR.value
    medium_C: float | None = None
    precool_ms: float = 0.0
    perfusion_per_s: float = 0.0
    reflectance: float = c.REFLECTANCE.value
    conduction: bool = True
    divergence: bool = True

    def __post_init__(self) -> None:
        _check("h_surface", self.h_surface, 0.0, 1e5)
        _check("precool_ms", self.precool_ms, 0.0, 600_000.0)
        _check("perfusion_per_s", self.perfusion_per_s, 0.0, 0.1)
        _check("k_slope", self.k_slope, 0.0, 0.1)
        _check("mu_slope", self.mu_slope, 0.0, 0.1)
        _check("c_water", self.c_water, 0.0, 10_000.0)
        _check("reflectance", self.reflectance, 0.0, 0.5)
        if self.mu_constant_per_cm is not None:
            _check("mu_constant_per_cm", self.mu_constant_per_cm, 0.0, 1e9)
        if self.medium_C is not None:
            _check("medium_C", self.medium_C, -80.0, 60.0)


@dataclass(frozen=True)
class Walls:
    """Light reflected by the crater's wall (Fresnel, complex index of water): off with 0 ``bounces``, at most 5.

    What a wall reflects lands elsewhere in the crater or leaves through its mouth; after the last bounce the rest is
    absorbed where it is. Off by default: the wall's roughness and the plume in front of it are not known.
    """

    bounces: int = 0

    def __post_init__(self) -> None:
        _check("bounces", self.bounces, 0, 5)


@dataclass(frozen=True)
class Film:
    """A layer on the skin that absorbs and boils off: ``water``, ``blood`` or ``cream``, ``thickness_um`` of it."""

    thickness_um: float = 0.0
    kind: Literal["water", "blood", "cream"] = "water"

    def __post_init__(self) -> None:
        _check("thickness_um", self.thickness_um, 0.0, 1000.0)
        if self.kind not in c.FILMS:
            known = ", ".join(c.FILMS)
            raise BadInput("kind", given=f'"{self.kind}"', allowed=known, todo="Choose one of them.")


@dataclass(frozen=True)
class Refill:
    """How far fluid or fallen-in tissue fills the crater again before the next pulse of a stack or train.

    In a pause t it rises to the share ``share`` (1 − exp(−t/``tau_ms``)) of the deepest crater, with ``water`` of 0.9
    for fluid and 0.7 for tissue, at the starting temperature. All assumed: no measurement was found, so the default
    is an open crater, which is the deep end (decision 0142).
    """

    share: float = 0.0
    tau_ms: float = c.REFILL_TAU_MS.value
    water: float = 0.9

    def __post_init__(self) -> None:
        _check("share", self.share, 0.0, 1.0)
        _check("tau_ms", self.tau_ms, 1e-3, 1e6)
        _check("water", self.water, 0.5, 0.99)

    def after(self, pause_s: float) -> float:
        """Share of the deepest crater that is filled after a pause [s]."""
        return self.share * -math.expm1(-pause_s / to_si(self.tau_ms, "ms"))


@dataclass(frozen=True)
class Kinetics:
    """Which measured kinetics of collagen draw the rim: ``maitland-walsh`` (default) or ``pearce`` (decision 0140)."""

    collagen: Literal["maitland-walsh", "pearce"] = "maitland-walsh"

    def __post_init__(self) -> None:
        if self.collagen not in ("maitland-walsh", "pearce"):
            known = "maitland-walsh, pearce"
            raise BadInput("collagen", given=f'"{self.collagen}"', allowed=known, todo="Choose one of them.")


@dataclass(frozen=True)
class Options:
    """All strategies of one run, together; part of the provenance."""

    losses: Losses = field(default_factory=Losses)
    ablation: Ablation = field(default_factory=Ablation)
    cooling: Cooling = field(default_factory=Cooling)
    mesh: Mesh = field(default_factory=Mesh)
    physics: Physics = field(default_factory=Physics)
    kinetics: Kinetics = field(default_factory=Kinetics)
    walls: Walls = field(default_factory=Walls)
    film: Film = field(default_factory=Film)
    refill: Refill = field(default_factory=Refill)
