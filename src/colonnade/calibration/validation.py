"""What ``colonnade validate`` asks: rows predicted without them, inequalities, whether the library is current."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from colonnade import catalogue
from colonnade.calibration import fit
from colonnade.calibration.bench import run_case
from colonnade.calibration.measured import data_sha256, measurements, relations
from colonnade.calibration.profile import global_losses
from colonnade.calibration.responses import stored, table_specs
from colonnade.calibration.studies import calibration_studies, check_studies

#: Rows of each table that the engine answers again, and how far it may have moved (ln(1 + y/5 µm)).
SPOT_ROWS = 2
DRIFT = 0.03


@dataclass(frozen=True)
class Inequality:
    """A bound or relation and whether the model holds it; None where the source leaves too much unsaid to ask."""

    row: str
    text: str
    holds: bool


@dataclass(frozen=True)
class Validation:
    """Everything compared. ``holds`` is about inequalities and staleness alone; the tables have no pass mark."""

    by_study: tuple[fit.Predicted, ...]
    by_row: tuple[fit.Predicted, ...]
    checks: tuple[fit.Predicted, ...]
    inequalities: tuple[Inequality, ...]
    stale: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether no inequality is broken and the stored calibration belongs to this data and engine."""
        return all(i.holds for i in self.inequalities) and not self.stale

    def as_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""

        def figure(rows: tuple[fit.Predicted, ...]) -> dict[str, Any]:
            table = [{**dataclasses.asdict(r), "inside": r.inside} for r in rows]
            return {**dataclasses.asdict(fit.summarise(rows)), "table": table}

        return {
            "holds": self.holds,
            "leave_one_study_out": figure(self.by_study),
            "leave_one_row_out": figure(self.by_row),
            "check": figure(self.checks),
            "inequalities": [dataclasses.asdict(i) for i in self.inequalities],
            "stale": list(self.stale),
        }


def inequalities() -> tuple[Inequality, ...]:
    """The bounds and relations that can be asked of the model; `not_asked` lists the others with the reason."""
    eta, kappa = global_losses().at(0.0, 0.0)
    losses = {"eta": eta, "kappa_per_mm": kappa}
    found = []
    for row in measurements(role="bound"):
        if row.quantity == "crater_depth_um" and row.high is not None and row.energy_mJ and row.spot_um:
            # power is not stated: the middle of what such devices offer; depth hardly depends on it above 10 W
            depth = run_case({"energy_mJ": row.energy_mJ, "spot_um": row.spot_um, "power_W": 30.0, **losses})
            value = depth["crater_depth_um"]
            text = f"{row.study}: {row.energy_mJ:g} mJ on {row.spot_um:g} µm at most {row.high:g} µm; model {value:.0f}"
            found.append(Inequality(row.row, text, value <= row.high))
    for n, relation in enumerate(relations()):
        if relation.role != "bound" or not relation.energies_mJ:
            continue
        energies = [float(v) for v in relation.energies_mJ.split(";")]
        for spot in (120.0, 250.0):  # the spot is not stated
            shots = [run_case({"energy_mJ": e, "spot_um": spot, "power_W": 30.0, **losses}) for e in energies]
            if relation.quantity == "crater_depth_um":
                y = [s["crater_depth_um"] for s in shots]
                holds = y[0] < y[1] < y[2]
            else:
                y = [s["crater_width_surface_um"] for s in shots]
                # no significant difference: less than the 15 % that such a comparison would see
                holds = y[0] < y[1] and abs(y[2] / y[1] - 1) < 0.15
            words = ", ".join(f"{v:.0f}" for v in y)
            text = f"{relation.study}: {relation.quantity} {relation.relation} ({spot:g} µm); model {words}"
            found.append(Inequality(f"relation-{n}", text, bool(holds)))
    return tuple(found)


def not_asked() -> tuple[str, ...]:
    """Rows of role ``calibrate``, ``check`` or ``bound`` that no number of the model is compared with, and why."""
    used = {r.row for s in (*calibration_studies(), *check_studies()) for r in s.rows}
    out = []
    for row in measurements():
        if row.row in used or row.role == "comparator":
            continue
        if row.quantity == "statement":
            reason = "a statement without a number"
        elif row.quantity in ("threshold_J_cm2", "rim_bottom_um") and row.value is not None and row.geometry == "flat":
            reason = "not fitted: asked on its own (thresholds and rims)"
        elif row.role == "bound" and row.high is not None and row.energy_mJ and row.spot_um:
            reason = "an inequality"
        else:
            reason = "the source leaves out energy, spot or exposure, or gives a range only"
        out.append(f"{row.row} ({row.role}, {row.quantity}): {reason}")
    return tuple(out)


def stale() -> tuple[str, ...]:
    """Why the stored calibration does not belong to this data or this engine; empty if it does.

    The engine answers a few rows of every table again: a changed source file that changes no answer is no reason.
    """
    out = []
    if catalogue.load("calibration", "global")["data_sha256"] != data_sha256():
        out.append("the measurements have changed since the calibration; run scripts/calibrate.py fit")
    for name, spec in table_specs().items():
        table = stored(name)
        if len(next(iter(table.inputs.values()))) != spec.n:
            out.append(
                f"response table {name} has another size than its specification; run scripts/calibrate.py tables"
            )
            continue
        key = "heat_of_ablation_kJ_cm3" if spec.what == "heat" else "crater_depth_um"
        for i in _cheap_rows(table.outputs[key]):
            now = spec.run({k: float(v[i]) for k, v in table.inputs.items()})[key]
            then = float(table.outputs[key][i])
            floor = 0.1 if spec.what == "heat" else 5.0
            if not abs(np.log1p(now / floor) - np.log1p(then / floor)) <= DRIFT:
                out.append(f"the engine answers {now:.4g} where response table {name} holds {then:.4g}")
                break
    return tuple(out)


def _cheap_rows(output: np.ndarray) -> list[int]:
    """Rows near the lower quartile of what was removed: they answer quickly and lie above the threshold."""
    order = np.argsort(output)
    start = int(np.searchsorted(output[order], 10.0)) if output.max() > 20 else 0
    picked = order[start:][: max(4 * SPOT_ROWS, 1) : 4]
    return [int(i) for i in picked]


def validate(*, progress: Callable[[float, str], None] | None = None) -> Validation:
    """Run the whole comparison (about half a minute on one core, once the kernels are compiled)."""
    say = progress or (lambda done, text: None)
    say(0.0, "predictions by study")
    by_study = fit.leave_one_study_out()
    say(0.5, "interpolation within devices")
    by_row = tuple(r for s in calibration_studies() for r in fit.leave_one_row_out(s))
    say(0.6, "checks")
    checks = tuple(r for s in check_studies() for r in fit.predict_study(s, fit.global_posterior()))
    say(0.8, "inequalities")
    held = inequalities()
    say(0.9, "is the library current")
    return Validation(by_study, by_row, checks, held, stale())
