"""Commissioning: η and κ of one device from its owner's test shots, as a dated, owned, expiring profile.

The same arithmetic as the global calibration, on the user's rows: a grid over the declared priors, shrinkage of
histology as an uncertain input, residuals of every row with that row left out.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

import colonnade
from colonnade.calibration import fit
from colonnade.calibration.bench import run_case
from colonnade.calibration.distributions import draw
from colonnade.calibration.paper import PaperSpot
from colonnade.calibration.profile import LossesEstimate, estimate_of
from colonnade.calibration.report import estimate_lines, joint, toml_value
from colonnade.calibration.responses import FLOOR, Surrogate, squash
from colonnade.calibration.studies import assumed, parameters, shrinkage
from colonnade.calibration.validated import Box
from colonnade.errors import BadInput, did_you_mean
from colonnade.laser import Device
from colonnade.schema import Model, read
from colonnade.units import unit_of

Array = NDArray[np.float64]
RunCase = Callable[[Mapping[str, float]], dict[str, float]]
SCHEMA = "colonnade.device-profile/1"
DRAWS = 64
FEWEST_ROWS = 3
#: The fit must not hang on the prior alone: the energies must span at least this factor.
LEAST_SPAN = 1.5


class TestShot(Model):
    """One row of a commissioning file: what was fired, into what, and the crater that was measured."""

    __test__ = False  # its name is not a test's

    row: str = Field(min_length=1)
    medium: Literal["skin", "agar", "gelatine"]
    method: Literal["oct", "histology", "microscope", "confocal"]
    energy_mJ: float = Field(gt=0, le=2000)
    pulse_ms: float = Field(gt=0, le=60_000)
    spot_um: float = Field(ge=20, le=5000)
    profile: Literal["gaussian", "tophat"]
    water: float = Field(ge=0.3, le=0.99, description="Water mass fraction; 0.70 for skin unless measured")
    temperature_C: float = Field(ge=0, le=45)
    crater_depth_um: float = Field(ge=5, le=6000)
    sd_um: float = Field(gt=0, le=2000)


def read_shots(path: Path, device: Device) -> tuple[TestShot, ...]:
    """The test shots of a CSV file, checked.

    Raises
    ------
    BadInput
        If the file cannot be read, a column is missing or carries another unit, a cell is no number, a value is
        beyond what the device offers, a row appears twice, or there are too few rows for two parameters.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            str(path), given=str(error), allowed="a CSV file in UTF-8", todo="Check the path and the encoding."
        ) from None
    reader = csv.DictReader(io.StringIO(text))
    _check_columns(path, list(reader.fieldnames or []))
    rows = list(reader)
    shots = []
    for number, cells in enumerate(rows, start=2):
        origin = f"{path.name} line {number}"
        data = {k: _cell(origin, k, v) for k, v in cells.items()}
        shot = read(TestShot, data, origin=origin)
        try:
            device.require("energy_mJ", shot.energy_mJ)
        except BadInput as error:
            raise BadInput(
                f"{origin}: energy_mJ", given=error.given, allowed=error.allowed, todo="Check the unit: mJ, not J."
            ) from None
        shots.append(shot)
    _check_rows(path, shots)
    return tuple(shots)


def _check_columns(path: Path, columns: list[str]) -> None:
    wanted = list(TestShot.model_fields)
    stems = {name.removesuffix(f"_{unit_of(name)}") if unit_of(name) else name: name for name in wanted}
    for name in columns:
        if name in wanted:
            continue
        unit = unit_of(name)
        stem = name.removesuffix(f"_{unit}") if unit else name
        if stem in stems:
            raise BadInput(
                f"{path}: column {name}",
                given=f"unit {unit or 'none'}",
                allowed=stems[stem],
                todo=f"Convert the values and name the column {stems[stem]}.",
            )
        raise BadInput(
            f"{path}: column {name}",
            given="an unknown column",
            allowed=", ".join(wanted),
            todo=did_you_mean(name, wanted),
        )
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise BadInput(
            str(path), given=f"column {', '.join(twice)} twice", allowed="every column once", todo="Remove the copy."
        )
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise BadInput(
            str(path),
            given=f"no column {', '.join(missing)}",
            allowed=f"the columns {', '.join(wanted)}",
            todo="Add what is missing; nothing is filled in for you.",
        )


def _cell(origin: str, name: str | None, text: str | None) -> Any:
    if name is None or text is None:
        raise BadInput(
            origin, given="more or fewer cells than columns", allowed="one cell per column", todo="Check commas."
        )
    annotation = TestShot.model_fields[name].annotation
    if annotation is not float:
        return text.strip()
    try:
        return float(text)
    except ValueError:
        raise BadInput(
            f"{origin}: {name}",
            given=f'"{text}"',
            allowed="a number with a decimal point; the unit stands in the column's name",
            todo="Correct the cell.",
        ) from None


def _check_rows(path: Path, shots: list[TestShot]) -> None:
    seen: dict[tuple[Any, ...], str] = {}
    labels: set[str] = set()
    for shot in shots:
        key = tuple(v for k, v in shot.model_dump().items() if k != "row")
        if key in seen or shot.row in labels:
            raise BadInput(
                f"{path}: row {shot.row}",
                given=f"the same as row {seen.get(key, shot.row)}",
                allowed="every measurement once, with a label of its own",
                todo="Remove the copy; a repeated shot has its own label and its own depth.",
            )
        seen[key] = shot.row
        labels.add(shot.row)
    energies = [s.energy_mJ for s in shots]
    if len(shots) < FEWEST_ROWS or not max(energies) >= LEAST_SPAN * min(energies):
        raise BadInput(
            str(path),
            given=f"{len(shots)} rows" + (f" from {min(energies):g} to {max(energies):g} mJ" if energies else ""),
            allowed=f"at least {FEWEST_ROWS} rows whose energies span a factor of {LEAST_SPAN:g}",
            todo="Fire more test shots: two parameters need a spread of depths.",
        )


@dataclass(frozen=True)
class Commissioned:
    """A fitted device: estimate, quantiles (2.5, 50, 97.5 %), residuals, and the profile as TOML text."""

    estimate: LossesEstimate
    eta: tuple[float, float, float]
    kappa_per_mm: tuple[float, float, float]
    residuals: tuple[fit.Predicted, ...]
    text: str


def commission(
    shots: tuple[TestShot, ...],
    device: Device,
    *,
    owner: str,
    date: Date,
    valid_days: int = 365,
    spot: PaperSpot | None = None,
    run: RunCase | None = None,
    n: int = 24,
    progress: Callable[[float, str], None] | None = None,
) -> Commissioned:
    """Fit η and κ of ``device`` to ``shots``.

    Parameters
    ----------
    spot : PaperSpot, optional
        The spot by thermal paper, for the profile's record; `paper.agree` compares it with the rows.
    run : callable(inputs) -> outputs, optional
        One engine answer for named inputs; `bench.run_case` by default.
    n : int
        Engine runs per row over (η, κ).

    Raises
    ------
    BadInput
        If nobody owns the profile or it would never expire.
    """
    if not owner.strip():
        raise BadInput("--owner", given="nothing", allowed="the name of who answers for it", todo="State --owner.")
    if not 1 <= valid_days <= 730:
        raise BadInput("--valid-days", given=f"{valid_days}", allowed="1 to 730 days", todo="Commission yearly.")
    run = run or run_case
    declared = parameters()
    spans = {name: declared[name].prior for name in ("eta", "kappa_per_mm")}
    sample = draw(spans, n, seed=31)
    g = fit.grid()
    scale = _shrinkage(shots)
    model = np.empty((g.eta.size, DRAWS, len(shots)))
    sd = np.empty(len(shots))
    for i, shot in enumerate(shots):
        if progress is not None:
            progress(i / len(shots), f"row {shot.row}")
        fixed = _inputs(shot, device)
        depths = [
            run({**fixed, "eta": float(e), "kappa_per_mm": float(k)}) for e, k in zip(*sample.values(), strict=True)
        ]
        answer = Surrogate(sample, np.array([d["crater_depth_um"] for d in depths]), spans)
        plain = answer({"eta": g.eta, "kappa_per_mm": g.kappa})
        model[:, :, i] = squash(plain[:, None] * (scale if shot.method == "histology" else np.ones(DRAWS)))
        slope = shot.crater_depth_um / (shot.crater_depth_um + FLOOR)
        relative = math.hypot(shot.sd_um / shot.crater_depth_um, assumed("row_scatter"))
        sd[i] = math.hypot(relative * slope, answer.error_rms)
    log_y = squash(np.array([s.crater_depth_um for s in shots]))
    score = -0.5 * ((log_y - model) / sd) ** 2
    weight = np.exp(score.sum(axis=-1) - score.sum(axis=-1).max())
    pairs = weight.sum(axis=1) / weight.sum()
    tau = _left_over(score, model, log_y, sd)
    estimate = joint(pairs, tau, basis=f"device profile of {device.id} of {date.isoformat()}")
    residuals = _residuals(shots, score, model, sd)
    if not any(r.inside for r in residuals):
        worst = max(residuals, key=lambda r: abs(math.log(max(r.measured, 1.0) / max(r.median, 1.0))))
        raise BadInput(
            "measurements",
            given=f"no row inside the interval that the others give it; {worst.row}: "
            f"{worst.measured:g} µm measured, {worst.median:.0f} µm predicted",
            allowed="rows that some losses explain",
            todo="Check the units of energy, pulse, spot and depth, and whether the spot is that of the handpiece.",
        )
    eta, kappa = (_quantiles(v, pairs) for v in (g.eta, g.kappa))
    text = _profile(shots, device, owner, date, valid_days, estimate, eta, kappa, residuals, spot)
    return Commissioned(estimate, eta, kappa, residuals, text)


def _inputs(shot: TestShot, device: Device) -> dict[str, float]:
    return {
        "energy_mJ": shot.energy_mJ,
        "pulse_ms": shot.pulse_ms,
        "spot_um": shot.spot_um,
        "order": 1.0 if shot.profile == "gaussian" else 10.0,
        "m2": float(device.m2.value),
        "water": shot.water,
        "temperature_C": shot.temperature_C,
        # a gel conducts as its water does: mixture law of the theory page
        "conductivity_W_mK": 0.40 if shot.medium == "skin" else 0.55,
    }


def _shrinkage(shots: tuple[TestShot, ...]) -> Array:
    """Draws of the shrinkage of histology, shape (DRAWS,), one for all rows; never fitted alone (decision 0070)."""
    if all(s.method != "histology" for s in shots):
        return np.ones(DRAWS)
    prior = shrinkage("depth")
    return prior.quantile((np.arange(DRAWS) + 0.5) / DRAWS)


def _left_over(score: Array, model: Array, log_y: Array, sd: Array) -> float:
    """Scatter of ln depth beyond what the rows' own errors explain, at the best fit; at least the row scatter."""
    best = np.unravel_index(int(np.argmax(score.sum(axis=-1))), score.shape[:2])
    residual = log_y - model[best]
    free = max(len(residual) - 2, 1)
    extra = float(np.sum(residual**2)) / free - float(np.mean(sd**2))
    return math.sqrt(max(extra, assumed("row_scatter") ** 2))


def _quantiles(values: Array, weight: Array) -> tuple[float, float, float]:
    points = np.unique(values)
    share = np.array([weight[values == p].sum() for p in points])
    middle = np.cumsum(share) - 0.5 * share
    low, mid, high = (float(np.exp(np.interp(q, middle, np.log(points)))) for q in (0.025, 0.5, 0.975))
    return low, mid, high


def _residuals(shots: tuple[TestShot, ...], score: Array, model: Array, sd: Array) -> tuple[fit.Predicted, ...]:
    """Every row predicted by the others: median and 95 % interval."""
    rng = np.random.default_rng(32)
    out = []
    for i, shot in enumerate(shots):
        others = score.sum(axis=-1) - score[..., i]
        weight = np.exp(others - others.max())
        cell = rng.choice(weight.size, size=4096, p=(weight / weight.sum()).ravel())
        sample = model.reshape(-1, len(shots))[cell, i] + rng.standard_normal(4096) * sd[i]
        low, median, high = np.maximum(FLOOR * np.expm1(np.quantile(sample, [0.025, 0.5, 0.975])), 0.0)
        out.append(
            fit.Predicted(
                "device", shot.row, "crater_depth_um", shot.crater_depth_um, float(median), float(low), float(high)
            )
        )
    return tuple(out)


def _profile(
    shots: tuple[TestShot, ...],
    device: Device,
    owner: str,
    date: Date,
    valid_days: int,
    estimate: LossesEstimate,
    eta: tuple[float, float, float],
    kappa: tuple[float, float, float],
    residuals: tuple[fit.Predicted, ...],
    spot: PaperSpot | None = None,
) -> str:
    rows = "\n".join(s.model_dump_json() for s in shots)
    lines = [
        f"schema = {toml_value(SCHEMA)}",
        f"device = {toml_value(device.id)}",
        f"owner = {toml_value(owner.strip())}",
        f"date = {toml_value(date.isoformat())}",
        f"expires = {toml_value((date + timedelta(days=valid_days)).isoformat())}",
        f"version = {toml_value(colonnade.__version__)}",
        f"rows_sha256 = {toml_value(hashlib.sha256(rows.encode()).hexdigest())}",
        'reviewed_by = "none"',
        f"disclaimer = {toml_value(colonnade.DISCLAIMER)}",
        f"covered = {sum(r.inside for r in residuals)}",
        f"rows = {len(residuals)}",
        f"media = {toml_value(', '.join(sorted({s.medium for s in shots})))}",
        "",
    ]
    for name, q in (("eta", eta), ("kappa_per_mm", kappa)):
        lines += [
            f"[{name}]",
            *(f"{k} = {toml_value(v)}" for k, v in zip(("low", "value", "high"), q, strict=True)),
            "",
        ]
    lines += [*estimate_lines(estimate), "", "[range]"]
    lines += [f"{k} = {_span([getattr(s, k) for s in shots])}" for k in ("energy_mJ", "pulse_ms", "spot_um")]
    lines += [""]
    if spot is not None:
        lines += ["[spot]", 'method = "thermal paper"', *(f"{k} = {toml_value(v)}" for k, v in vars(spot).items()), ""]
    for shot, r in zip(shots, residuals, strict=True):
        lines += ["[[residual]]", f"row = {toml_value(shot.row)}", f"energy_mJ = {toml_value(shot.energy_mJ)}"]
        lines += [f"measured_um = {toml_value(r.measured)}", f"predicted_without_it_um = {toml_value(r.median)}"]
        lines += [f"low_um = {toml_value(r.low)}", f"high_um = {toml_value(r.high)}", ""]
    return "\n".join(lines).rstrip() + "\n"


def _span(values: list[float]) -> str:
    return toml_value([min(values), max(values)])


def load_profile(path: Path, *, device: Device, today: Date) -> tuple[LossesEstimate, Box]:
    """η and κ of a commissioned device, and the box of shots that its rows cover.

    Raises
    ------
    BadInput
        If the file is no device profile, belongs to another device, has no owner, or has expired.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(str(path), given=str(error), allowed="a device profile", todo="Commission the device.") from None
    again = "Commission the device again."
    if data.get("schema") != SCHEMA:
        raise BadInput(f"{path}: schema", given=repr(data.get("schema")), allowed=SCHEMA, todo=again)
    if data.get("device") != device.id:
        raise BadInput(
            f"{path}: device", given=repr(data.get("device")), allowed=device.id, todo="Take its own profile."
        )
    if not str(data.get("owner", "")).strip():
        raise BadInput(f"{path}: owner", given="nobody", allowed="a name", todo=again)
    try:
        expires = Date.fromisoformat(str(data.get("expires")))
    except ValueError:
        raise BadInput(f"{path}: expires", given=repr(data.get("expires")), allowed="a date", todo=again) from None
    if not today <= expires:
        raise BadInput(f"{path}: expires", given=expires.isoformat(), allowed="a date not past", todo=again)
    origin = f"device profile of {device.id}"
    box = {
        "study": f"{origin} of {data.get('date')}",
        "role": "device",
        "unstated": [],
        "tissue": data.get("media", ""),
        "rows": data.get("rows"),
        "covered": data.get("covered"),
        **data.get("range", {}),
        "wavelength_um": [float(device.wavelength_um.value)] * 2,
        "stack": [1.0, 1.0],
    }
    return estimate_of(data, origin=origin), read(Box, box, origin=origin)
