"""What a calibration found, as files of the library: ``global.toml`` and ``validated_range.toml``."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

import colonnade
from colonnade.calibration import fit
from colonnade.calibration.measured import data_sha256
from colonnade.calibration.profile import LossesEstimate
from colonnade.calibration.responses import engine_sha256
from colonnade.calibration.studies import assumed, calibration_studies, check_studies, parameters
from colonnade.calibration.validated import DIMENSIONS, box_of


def toml_value(value: Any) -> str:
    """A value as TOML; floats with six significant digits."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        text = f"{float(value):.6g}"
        return text if any(c in text for c in ".en") else text + ".0"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {toml_value(v)}" for k, v in value.items()) + " }"
    return json.dumps(str(value), ensure_ascii=False)


def joint(weight: np.ndarray, tau: float, *, basis: str) -> LossesEstimate:
    """Moments of (ln η, ln κ) under weights over the grid's pairs, shape (grid,)."""
    g = fit.grid()
    x = np.stack([np.log(g.eta), np.log(g.kappa)])
    mean = x @ weight
    spread = (x - mean[:, None]) * np.sqrt(weight)
    cov = spread @ spread.T
    sd = np.sqrt(np.diag(cov))
    return LossesEstimate(
        float(mean[0]), float(mean[1]), float(sd[0]), float(sd[1]), float(cov[0, 1] / (sd[0] * sd[1])), tau, basis
    )


def estimate_lines(estimate: LossesEstimate) -> list[str]:
    """The ``[joint]`` table of a calibration file or device profile."""
    keys = ("ln_eta", "ln_kappa", "sd_ln_eta", "sd_ln_kappa", "correlation", "tau")
    return ["[joint]", *(f"{k} = {toml_value(getattr(estimate, k))}" for k in keys)]


def summary_lines(name: str, rows: tuple[fit.Predicted, ...]) -> list[str]:
    """One figure, named, as a TOML table."""
    s = fit.summarise(rows)
    out = [f"[{name}]", f"studies = {s.studies}", f"rows = {s.rows}", f"bias_pct = {toml_value(s.bias_pct)}"]
    if s.scatter_pct is not None:
        out.append(f"scatter_pct = {toml_value(s.scatter_pct)}")
    out += [
        f"covered = {s.covered}",
        f"coverage_pct = {toml_value(100 * s.covered / s.rows)}",
        f"coverage_interval_pct = {toml_value([s.coverage_low_pct, s.coverage_high_pct])}",
        f"interval_width_factor = {toml_value(s.width_factor)}",
    ]
    return out


def rows_lines(name: str, rows: tuple[fit.Predicted, ...]) -> list[str]:
    """Every predicted row as an entry of an array of tables."""
    out: list[str] = []
    for r in rows:
        entry = {
            "study": r.study,
            "row": r.row,
            "quantity": r.quantity,
            "measured": r.measured,
            "predicted": r.median,
            "low": r.low,
            "high": r.high,
        }
        out += [f"[[{name}]]", *(f"{k} = {toml_value(v)}" for k, v in entry.items()), ""]
    return out


def silent() -> list[str]:
    """Rows of role ``calibrate`` that cannot speak about η and κ: the engine's threshold lies above them."""
    return [
        row.row for s in calibration_studies() for row, use in zip(s.rows, fit.informative(s), strict=True) if not use
    ]


def global_toml(date: str) -> str:
    """The global calibration as TOML: parameters, intervals, both figures, every predicted row, hashes."""
    known = fit.global_posterior()
    lines = [
        "# Made by scripts/calibrate.py fit from library/measurements; do not edit.",
        'schema = "colonnade.calibration/1"',
        f"date = {toml_value(date)}",
        f"version = {toml_value(colonnade.__version__)}",
        f"data_sha256 = {toml_value(data_sha256())}",
        f"engine_sha256 = {toml_value(engine_sha256())}",
        f"fitted_to = {toml_value(list(known.studies))}",
        f"not_fitted = {toml_value(silent())}",
        f"row_scatter = {toml_value(assumed('row_scatter'))}",
        "",
    ]
    for name in ("eta", "kappa_per_mm", "tau"):
        low, middle, high = known.quantiles(name)
        prior = parameters()[name].prior
        values = {"value": middle, "low": low, "high": high, "prior_low": prior.span[0], "prior_high": prior.span[1]}
        lines += [f"[{name}]", *(f"{k} = {toml_value(v)}" for k, v in values.items()), 'flag = "fitted"', ""]
    tau = known.quantiles("tau")[1]
    lines += [*estimate_lines(joint(known.weight.sum(axis=1), tau, basis="")), ""]
    loso = fit.leave_one_study_out()
    loro = tuple(r for s in calibration_studies() for r in fit.leave_one_row_out(s))
    check = tuple(r for s in check_studies() for r in fit.predict_study(s, known))
    for name, rows in (("leave_one_study_out", loso), ("leave_one_row_out", loro), ("check", check)):
        lines += [*summary_lines(name, rows), ""]
    for name, rows in (("study_row", loso), ("device_row", loro), ("check_row", check)):
        lines += rows_lines(name, rows)
    lines += ["# Each device's own eta and kappa, fitted to its rows alone."]
    for s in calibration_studies():
        weight, effective = fit.device_fit(s)
        own = joint(weight, 0.0, basis="")
        lines += [
            "[[device]]",
            f"study = {toml_value(s.name)}",
            f"rows = {len(s.rows)}",
            f"eta = {toml_value(math.exp(own.ln_eta))}",
            f"eta_factor_1sd = {toml_value(math.exp(own.sd_ln_eta))}",
            f"kappa_per_mm = {toml_value(math.exp(own.ln_kappa))}",
            f"kappa_factor_1sd = {toml_value(math.exp(own.sd_ln_kappa))}",
            f"effective_draws = {toml_value(effective)}",
            f"surrogate_error = {toml_value(s.answer.error_rms)}",
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


def validated_range_toml(date: str) -> str:
    """The boxes of all compared studies of single columns as TOML."""
    lines = [
        "# Made by scripts/calibrate.py fit from the rows that were compared; do not edit.",
        'schema = "colonnade.validated-range/1"',
        f"date = {toml_value(date)}",
        f"data_sha256 = {toml_value(data_sha256())}",
        "",
    ]
    known = fit.global_posterior()
    predicted = [*fit.leave_one_study_out(), *(r for s in check_studies() for r in fit.predict_study(s, known))]
    for study in (*calibration_studies(), *check_studies()):
        box = box_of(study, covered=sum(r.inside for r in predicted if r.study == study.name))
        if box is None:
            continue
        lines += ["[[box]]"]
        keys = ("study", "role", "unstated", "tissue", "rows", "covered")
        lines += [f"{k} = {toml_value(getattr(box, k))}" for k in keys]
        lines += [f"{k} = {toml_value([float(v) for v in getattr(box, k)])}" for k in DIMENSIONS] + [""]
    return "\n".join(lines).rstrip() + "\n"
