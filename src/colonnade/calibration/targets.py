"""Single measured facts that a depth fit does not hold: thresholds, damage rims, removal per pass, char, inequalities.

Each is computed by the engine at its defaults (η, κ of the global calibration where they act) and reported beside the
measurement, met or not; and which value of f_v or f_wall the measurement would need.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from colonnade.calibration.bench import bare_skin, coarse_mesh, shot_of
from colonnade.calibration.measured import measurements
from colonnade.laser import Shot
from colonnade.photothermal import Ablation, Cooling, Kinetics, Lesion, Losses, Mesh

Simulator = Callable[..., Lesion]
SPOT_UM = 1500.0
#: Pulse durations at which the threshold is computed [ms]: from TEA pulses to long ones.
THRESHOLD_PULSES_MS = (0.001, 0.01, 0.1, 0.5, 1.0, 3.0, 10.0)


def _engine(simulate: Simulator | None) -> Simulator:
    if simulate is not None:
        return simulate
    from colonnade.photothermal import simulate as engine

    found: Simulator = engine
    return found


def flat_shot(fluence_J_cm2: float, pulse_ms: float, *, stack: int = 1, interval_ms: float = 1000.0) -> Shot:
    """A wide top-hat pulse: flat, so that its axis is one-dimensional."""
    return shot_of(
        {
            "fluence_J_cm2": fluence_J_cm2,
            "pulse_ms": pulse_ms,
            "spot_um": SPOT_UM,
            "order": 10.0,
            "m2": 1.2,
            "stack": float(stack),
            "stack_interval_ms": interval_ms,
            "focus_depth_um": 0.0,
        }
    )


def flat_lesion(
    shot: Shot,
    *,
    eta: float,
    f_v: float = 1.0,
    f_wall: float = 0.0,
    simulate: Simulator | None = None,
    conductivity_W_mK: float = 0.40,
    **options: Any,
) -> Lesion:
    """A flat pulse on bare dermis, on the fine end of the flat mesh (dz 1 µm); ``options`` go to the engine."""
    mesh = Mesh(dr_um=SPOT_UM / 16, dz_um=1.0, ratio=1.2, reach_mm=1.5 * SPOT_UM / 1e3)
    given = {"losses": Losses(eta=eta, f_wall=f_wall), "ablation": Ablation(f_v=f_v), "mesh": mesh} | options
    return _engine(simulate)(shot, bare_skin(0.70, conductivity_W_mK, 33.0), **given)


def threshold_J_cm2(pulse_ms: float, *, f_v: float = 1.0, simulate: Simulator | None = None) -> float:
    """The least fluence of a flat pulse that removes a cell [J/cm²], by bisection to 2 %; η does not act before it."""
    low, high = 0.3, 60.0
    while high / low > 1.02:
        middle = math.sqrt(low * high)
        lesion = flat_lesion(flat_shot(middle, pulse_ms), eta=0.5, f_v=f_v, simulate=simulate)
        low, high = (low, middle) if lesion.crater_depth_um > 0 else (middle, high)
    return math.sqrt(low * high)


@dataclass(frozen=True)
class Threshold:
    """A measured threshold, the engine's at f_v = 1, and the f_v that would meet it (None if none in 0.05 to 1)."""

    row: str
    pulse_ms: float
    measured_J_cm2: float
    model_J_cm2: float
    f_v_needed: float | None


def needed(value: float, answer: Callable[[float], float], low: float, high: float) -> float | None:
    """Where ``answer`` crosses ``value`` in [low, high], by bisection to 1 %; None if it does not.

    ``answer`` must be monotone; both ends are looked at first.
    """
    a, b = answer(low), answer(high)
    if not min(a, b) <= value <= max(a, b):
        return None
    rising = b > a
    for _ in range(12):
        middle = 0.5 * (low + high)
        if (answer(middle) < value) == rising:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def thresholds(*, simulate: Simulator | None = None) -> tuple[Threshold, ...]:
    """Every row with a threshold, at the geometric middle of its stated durations (0.1 to 1 if only "below 1 ms")."""
    out = []
    for row in measurements(role="calibrate"):
        if row.quantity != "threshold_J_cm2" or row.value is None:
            continue
        high = row.pulse_high_ms or 1.0
        pulse = math.sqrt((row.pulse_low_ms or 0.1 * high) * high)
        model = threshold_J_cm2(pulse, simulate=simulate)
        f_v = needed(row.value, lambda f, p=pulse: threshold_J_cm2(p, f_v=f, simulate=simulate), 0.05, 1.0)  # type: ignore[misc]
        out.append(Threshold(row.row, pulse, row.value, model, f_v))
    return tuple(out)


@dataclass(frozen=True)
class Rim:
    """A measured rim below a flat crater beside the engine's, with f_wall = 0 and at most; all in µm."""

    row: str
    irradiance_kW_cm2: float
    pulse_ms: float
    measured_um: float
    sd_um: float | None
    collagen_um: float
    collagen_f_wall_most_um: float
    necrosis_um: float
    necrosis_weaver_stoll_um: float


#: Regime at which each rim row is computed where its source is silent: (irradiance kW/cm2, fluence J/cm2), assumed.
RIM_REGIMES: dict[str, tuple[float, float]] = {
    "green1992-1": (50.0, 25.0),
    "walsh1989-1": (13.0, 40.0),
    "scannedcw-1": (13.0, 40.0),
    "payne1997-1": (4000.0, 10.0),
}


def rims(*, eta: float, simulate: Simulator | None = None) -> tuple[Rim, ...]:
    """Bottom rims of flat pulses with f_wall = 0 against measured residual thermal damage."""
    out = []
    for row in measurements(role="calibrate"):
        if row.quantity != "rim_bottom_um" or row.value is None or row.row not in RIM_REGIMES:
            continue
        irradiance, fluence = RIM_REGIMES[row.row]
        shot = flat_shot(fluence, fluence / irradiance)
        plain = flat_lesion(shot, eta=eta, simulate=simulate)
        most = flat_lesion(shot, eta=eta, f_wall=0.5, simulate=simulate)
        depth = plain.crater_depth_um
        out.append(
            Rim(
                row.row,
                irradiance,
                shot.pulse_ms,
                row.value,
                row.sd,
                plain.rim_bottom_um or 0.0,
                most.rim_bottom_um or 0.0,
                plain.necrosis_depth_um - depth,
                plain.necrosis_depth_weaver_stoll_um - depth,
            )
        )
    return tuple(out)


#: What was tried for the rim: kinetics of collagen, fate of the steam, conductivity. The first is the default.
RIM_TRIALS: dict[str, dict[str, Any]] = {
    "Maitland-Walsh, steam escapes (default)": {},
    "Pearce, steam escapes": {"kinetics": Kinetics("pearce")},
    "Maitland-Walsh, steam recondenses": {"cooling": Cooling(recondense=True)},
    "Pearce, steam recondenses": {"kinetics": Kinetics("pearce"), "cooling": Cooling(recondense=True)},
    "Maitland-Walsh, steam escapes, k = 0.21 W/m/K": {"conductivity_W_mK": 0.21},
    "Maitland-Walsh, steam escapes, k = 0.55 W/m/K": {"conductivity_W_mK": 0.55},
    "Maitland-Walsh, steam escapes, f_v = 0.3": {"ablation": Ablation(f_v=0.3)},
    "Maitland-Walsh, steam recondenses, f_v = 0.3": {
        "ablation": Ablation(f_v=0.3),
        "cooling": Cooling(recondense=True),
    },
}


@dataclass(frozen=True)
class RimTrial:
    """Collagen rim [µm] of every row of `RIM_REGIMES` under one choice, and the share of the energy left as heat."""

    name: str
    rim_um: tuple[float, ...]
    necrosis_um: tuple[float, ...]
    heat_pct: tuple[float, ...]


def rim_trials(*, eta: float, simulate: Simulator | None = None) -> tuple[RimTrial, ...]:
    """The rims under every choice of `RIM_TRIALS`, rows in the order of `RIM_REGIMES`."""
    out = []
    for name, choice in RIM_TRIALS.items():
        lesions = [
            flat_lesion(flat_shot(fluence, fluence / irradiance), eta=eta, simulate=simulate, **choice)
            for irradiance, fluence in RIM_REGIMES.values()
        ]
        out.append(
            RimTrial(
                name,
                tuple(one.rim_bottom_um or 0.0 for one in lesions),
                tuple(one.necrosis_depth_um - one.crater_depth_um for one in lesions),
                tuple(100 * one.residual_heat_mJ / one.energy.delivered_mJ for one in lesions),
            )
        )
    return tuple(out)


@dataclass(frozen=True)
class Passes:
    """Cumulative depth after each pass of full-field ablation [µm], and what was measured for the plateau."""

    row: str
    fluence_J_cm2: float
    depth_um: tuple[float, ...]
    measured_low_um: float
    measured_high_um: float

    @property
    def share_by_third(self) -> float | None:
        """Depth of three passes over depth of the last; None where nothing was removed."""
        return self.depth_um[2] / self.depth_um[-1] if self.depth_um[-1] > 0 else None


def passes(*, eta: float, f_v: float = 1.0, count: int = 10, simulate: Simulator | None = None) -> tuple[Passes, ...]:
    """Repeated passes at the fluences of the full-field rows (0.1 ms pulses a second apart, both assumed)."""
    out = []
    for row in measurements(role="check"):
        if row.geometry != "flat" or row.quantity != "crater_depth_um" or row.fluence_J_cm2 is None:
            continue
        fluence = row.fluence_J_cm2
        depths = tuple(
            flat_lesion(flat_shot(fluence, 0.1, stack=n), eta=eta, f_v=f_v, simulate=simulate).crater_depth_um
            for n in range(1, count + 1)
        )
        out.append(Passes(row.row, fluence, depths, row.low or 0.0, row.high or 0.0))
    return tuple(out)


#: What was tried for the plateau of removal. The first is the default.
PASS_TRIALS: dict[str, dict[str, Any]] = {
    "default": {},
    "dry matter turns to gas, 1 kJ/g": {"ablation": Ablation(pyrolysis_kJ_g=1.0)},
    "dry matter turns to gas, 3 kJ/g": {"ablation": Ablation(pyrolysis_kJ_g=3.0)},
    "dry matter turns to gas, 20 kJ/g": {"ablation": Ablation(pyrolysis_kJ_g=20.0)},
    "f_v = 0.3": {"ablation": Ablation(f_v=0.3)},
    "f_v = 0.3, dry matter turns to gas, 3 kJ/g": {"ablation": Ablation(f_v=0.3, pyrolysis_kJ_g=3.0)},
    "steam recondenses": {"cooling": Cooling(recondense=True)},
    "k = 0.55 W/m/K": {"conductivity_W_mK": 0.55},
}


@dataclass(frozen=True)
class PassTrial:
    """Depth after 3 and after 10 passes [µm] at each fluence of the full-field rows, under one choice."""

    name: str
    third_um: tuple[float, ...]
    last_um: tuple[float, ...]


def pass_trials(*, eta: float, count: int = 10, simulate: Simulator | None = None) -> tuple[PassTrial, ...]:
    """The depths of three and of ``count`` passes under every choice of `PASS_TRIALS`, 0.1 ms pulses as in `passes`."""
    rows = [
        row
        for row in measurements(role="check")
        if row.geometry == "flat" and row.quantity == "crater_depth_um" and row.fluence_J_cm2 is not None
    ]

    def depth(fluence: float | None, n: int, choice: dict[str, Any]) -> float:
        assert fluence is not None
        shot = flat_shot(fluence, 0.1, stack=n)
        return flat_lesion(shot, eta=eta, simulate=simulate, **choice).crater_depth_um

    return tuple(
        PassTrial(
            name,
            tuple(depth(row.fluence_J_cm2, 3, choice) for row in rows),
            tuple(depth(row.fluence_J_cm2, count, choice) for row in rows),
        )
        for name, choice in PASS_TRIALS.items()
    )


@dataclass(frozen=True)
class Char:
    """Whether the engine chars at an irradiance, beside the rule of the measurement (char only below 6 kW/cm²)."""

    irradiance_kW_cm2: float
    crater: bool
    char: bool
    measured_char_possible: bool

    @property
    def holds(self) -> bool:
        """No char where none was seen."""
        return self.measured_char_possible or not self.char


def char_by_irradiance(*, eta: float, simulate: Simulator | None = None) -> tuple[Char, ...]:
    """A 250 µm column of 60 J/cm² at irradiances on both sides of the measured bound."""
    bound = next(m for m in measurements() if m.row == "walsh1989-3").irradiance_high_kW_cm2
    assert bound is not None
    out = []
    for irradiance in (0.6, 2.0, 5.0, 7.0, 13.0, 100.0):
        shot = shot_of(
            {
                "fluence_J_cm2": 60.0,
                "pulse_ms": 60.0 / irradiance,
                "spot_um": 250.0,
                "order": 10.0,
                "m2": 1.2,
                "stack": 1.0,
                "stack_interval_ms": 1000.0,
                "focus_depth_um": 0.0,
            }
        )
        losses = Losses(eta=eta)
        lesion = _engine(simulate)(shot, bare_skin(0.70, 0.40, 33.0), losses=losses, mesh=coarse_mesh(shot, losses))
        has_char = bool(lesion.fields.char.any()) if lesion.fields is not None else lesion.regime == "char_ablation"
        out.append(Char(irradiance, lesion.crater_depth_um > 0, has_char, irradiance < bound))
    return tuple(out)
