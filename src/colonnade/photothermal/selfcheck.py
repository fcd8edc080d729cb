"""``selfcheck``: whether this installation, on this machine, still gives the closed forms. About a quarter of a minute.

A subset of the verification ladder (docs/theory/column.md), computed afresh by the kernels that `simulate` uses.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import erfc, erfcx

from colonnade.laser import Shot
from colonnade.photothermal import constants as c
from colonnade.photothermal import pulse
from colonnade.photothermal.column import Array, Column
from colonnade.photothermal.cooling import cool
from colonnade.photothermal.damage import HENRIQUES_MORITZ, PEARCE_COLLAGEN, cem43_minutes, omega
from colonnade.photothermal.engine import simulate
from colonnade.photothermal.exposure import expose
from colonnade.photothermal.strategies import NO_LOSSES, Cooling, Options, Physics
from colonnade.tissue import skin
from colonnade.units import kelvin

#: Common constants of the verification cases.
K, RHO_C, MU_PER_CM = 0.42, 3.70e6, 600.0
ALPHA = K / RHO_C
H_ABL, T0_C, LATENT = 1.9663e9, 34.0, 0.70 * 1090 * 2.257e6


@dataclass(frozen=True)
class Check:
    """One row of the table."""

    case: str
    quantity: str
    unit: str
    reference: float
    got: float
    tolerance: float
    """Largest relative deviation from the reference; absolute where the reference is 0."""
    seconds: float

    @property
    def deviation(self) -> float:
        """Relative to the reference; absolute where it is 0."""
        return abs(self.got - self.reference) / (abs(self.reference) or 1.0)

    @property
    def passed(self) -> bool:
        """Not a number never passes."""
        return bool(self.deviation <= self.tolerance)


def selfcheck(progress: Callable[[float, str], None] | None = None) -> tuple[Check, ...]:
    """Run all cases; the caller looks at `Check.passed` of each."""
    done = []
    for n, case in enumerate(CASES):
        if progress is not None:
            progress(n / len(CASES), case.__name__.removeprefix("_"))
        start = time.process_time()
        rows = list(case())
        took = (time.process_time() - start) / len(rows)
        done += [Check(*row, seconds=took) for row in rows]
    if progress is not None:
        progress(1.0, "done")
    return tuple(done)


Row = tuple[str, str, str, float, float, float]


def _edges(step_um: float, count: int, *, ratio: float = 1.0, reach_m: float = 0.0) -> Array:
    edges = [step_um * 1e-6 * i for i in range(count + 1)]
    step = step_um * 1e-6
    while edges[-1] < reach_m:
        step *= ratio
        edges.append(edges[-1] + step)
    return np.array(edges)


def _column(r: Array, z: Array, *, mu_per_cm: float = MU_PER_CM, h: float = 0.0, **changes: float) -> Column:
    """One constant material: no temperature dependence, no reflection, no crater losses, no divergence."""
    n_z = len(z) - 1
    material = {"rho_c": RHO_C, "latent": 0.0, "t_ref_C": 20.0, "k": K, **changes}
    physics = Physics(
        k_slope=0.0, mu_slope=0.0, mu_constant_per_cm=mu_per_cm, c_water=0.0, h_surface=h, reflectance=0.0,
        divergence=False,
    )  # fmt: skip
    full = lambda value: np.full(n_z, value)  # noqa: E731
    return Column(
        r, z, c_dry=full(material["rho_c"]), water=full(material["latent"] / c.LATENT_HEAT.value),
        k_wet=full(material["k"]), k_dry=full(material["k"]), mu_dry=np.zeros(n_z),
        t_ref_K=kelvin(material["t_ref_C"]), options=Options(losses=NO_LOSSES, physics=physics),
    )  # fmt: skip


def _surface(column: Column) -> float:
    t = column.temperature[0] - column.t_ref
    z = 0.5 * (column.z_edges[1:] + column.z_edges[:-1])
    return float(t[0] + (t[0] - t[1]) * z[0] / (z[1] - z[0]))


def _flat(irradiance: float, seconds: float, radius_m: float) -> Shot:
    energy = irradiance * math.pi * radius_m**2 * seconds
    return Shot(energy_mJ=energy * 1e3, pulse_ms=seconds * 1e3, spot_um=2e6 * radius_m, profile="tophat")


def _v1_v2() -> Iterator[Row]:
    i0, mu = 5e6, MU_PER_CM * 100

    def exact(t: float) -> float:
        root = math.sqrt(ALPHA * t)
        return float(i0 / K * (2 * root / math.sqrt(math.pi) - 1 / mu + erfcx(mu * root) / mu))

    column = _column(_edges(100, 4), _edges(1.0, 500))
    column.fire(_flat(i0, 1e-3, 400e-6), dt=1e-6)
    column.refresh()
    yield "V1", "surface rise after 1 ms of light", "K", exact(1e-3), _surface(column), 0.005
    cool(column, until_s=4e-3, step=0.02)
    yield "V2", "surface rise 4 ms later", "K", exact(5e-3) - exact(4e-3), _surface(column), 0.005


def _v4_v5() -> Iterator[Row]:
    w, t = 60e-6, 10e-3
    edges = _edges(1.0, 90, ratio=1.06, reach_m=500e-6)
    for name, profile, power in (("V4", "gaussian", 2e-3), ("V5", "tophat", 5e5 * math.pi * w**2)):
        column = _column(edges, edges, mu_per_cm=1e7)
        shot = Shot(energy_mJ=power * t * 1e3, pulse_ms=t * 1e3, spot_um=2e6 * w, profile=profile)  # type: ignore[arg-type]
        ran = expose(column, shot, ((t, power),), step=0.02, watch=None)
        if name == "V4":
            exact = math.sqrt(2) * power / (math.pi**1.5 * K * w) * math.atan(math.sqrt(8 * ALPHA * t) / w)
        else:
            x = w / (2 * math.sqrt(ALPHA * t))
            ierfc = math.exp(-(x**2)) / math.sqrt(math.pi) - x * float(erfc(x))
            exact = 2 * 5e5 * math.sqrt(ALPHA * t) / K * (1 / math.sqrt(math.pi) - ierfc)
        yield (
            name,
            f"surface rise under a {profile} flux, 10 ms",
            "K",
            exact,
            _surface(column) if ran else math.nan,
            0.005,
        )


def _v7_v7b() -> Iterator[Row]:
    rho_c = (H_ABL - LATENT) / (100 - T0_C)
    irradiance, travel, radius = 1e8, 300e-6, 100e-6
    seconds = travel * H_ABL / irradiance
    depths = []
    for share in (0.5, 1.0):
        column = _column(_edges(50, 2), _edges(0.5, 1000), rho_c=rho_c, latent=LATENT, t_ref_C=T0_C, k=0.0)
        column.fire(_flat(irradiance, seconds * share, radius))
        depths.append(column.deepest_m())
    speed = (depths[1] - depths[0]) / (0.5 * seconds)
    yield "V7", "speed of the front at 10 kW/cm2", "m/s", irradiance / H_ABL, speed, 0.01
    area = math.pi * column.r_edges[-1] ** 2
    boil = rho_c * (100 - T0_C)
    mu = MU_PER_CM * 100
    kept = (boil + boil * math.log(H_ABL / boil)) / mu
    yield "V7b", "heat left once the steam has gone", "J/m2", kept, column.tissue_J() / area, 0.02
    yield "V7b", "enthalpy of the steam", "J/m2", H_ABL / mu - kept, float(column.ledger[pulse.VAPOUR]) / area, 0.03


def _v8() -> Iterator[Row]:
    h, w = 4.1e9, 60e-6
    rho_c = (H_ABL - LATENT) / (100 - T0_C)
    column = _column(
        _edges(1.0, 140), _edges(2.0, 380), rho_c=rho_c, latent=h - rho_c * (100 - T0_C), t_ref_C=T0_C, k=0.0
    )
    column.fire(Shot(energy_mJ=15, pulse_ms=0.1, spot_um=2e6 * w))
    peak, least = 2 * 15e-3 / (math.pi * w**2), h / (MU_PER_CM * 100)
    volume = math.pi * w**2 / (2 * h) * (peak - least - least * math.log(peak / least))
    yield "V8", "depth of a Gaussian crater", "m", (peak - least) / h, column.deepest_m(), 0.005
    yield "V8", "its volume", "m3", volume, float(np.sum(column.volume[column.removed])), 0.01


def _v10() -> Iterator[Row]:
    r = _edges(1.0, 150, ratio=1.06, reach_m=1e-3)
    column = _column(r, _edges(50, 2))
    centre = 0.5 * (r[1:] + r[:-1])
    column.preheat(50 * np.repeat(np.exp(-((centre / 50e-6) ** 2))[:, None], 2, axis=1))
    cool(column, until_s=5e-3, step=0.02)
    exact = 50 * 50e-6**2 / (50e-6**2 + 4 * ALPHA * 5e-3)
    yield (
        "V10",
        "axis of a Gaussian cylinder after 5 ms",
        "K",
        exact,
        float(column.temperature[0, 0]) - column.t_ref,
        0.01,
    )


def _v13() -> Iterator[Row]:
    t = np.linspace(0.0, 0.063, 400)
    ramp = omega(PEARCE_COLLAGEN, t, kelvin(37.0) + 1000.0 * t)
    yield "V13", "collagen damage of a ramp, 37 to 100 C in 63 ms", "1", 0.873057091, ramp, 1e-3
    yield "V13", "time to necrosis at 59.90 C", "s", 1.0, HENRIQUES_MORITZ.seconds_to_damage(kelvin(59.90)), 0.02
    ten = cem43_minutes(np.array([0.0, 600.0]), np.array([45.0, 45.0]))
    yield "V13", "CEM43 of 45 C for 10 min", "min", 40.0, ten, 1e-12


def _v17() -> Iterator[Row]:
    z = _edges(5.0, 20, ratio=1.08, reach_m=4e-3)
    column = _column(_edges(1000, 2), z, h=2000.0)
    column.preheat(np.full(column.h.shape, 10.0))
    cool(column, until_s=1.0, step=0.03)
    exact = 10 * float(erfcx(2000 * math.sqrt(ALPHA * 1.0) / K))
    yield "V17", "surface under a cold plate, 1 s", "K", exact, _surface(column), 0.005


def _v18() -> Iterator[Row]:
    for name, shot in (
        ("clean, stack of 2", Shot(energy_mJ=5, pulse_ms=0.4, spot_um=120, stack=2)),
        ("char, top-hat", Shot(energy_mJ=10, pulse_ms=10, spot_um=250, profile="tophat")),
        ("defocused", Shot(energy_mJ=10, pulse_ms=0.4, spot_um=120, focus_depth_um=-2000)),
    ):
        lesion = simulate(shot, skin("cheek"), cooling=Cooling(until_ms=10))
        yield "V18", f"energy closure, {name}", "1", 0.0, lesion.energy.closure_error, 1e-6


CASES: tuple[Callable[[], Iterator[Row]], ...] = (_v1_v2, _v4_v5, _v7_v7b, _v8, _v10, _v13, _v17, _v18)
