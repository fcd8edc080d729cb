"""How a study is simulated, and what the engine predicts for its rows over a grid of parameters."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade import catalogue
from colonnade.calibration.distributions import Uncertain, draw
from colonnade.calibration.measured import Measurement, measurements
from colonnade.calibration.responses import Surrogate, squash, surrogate
from colonnade.errors import BadInput
from colonnade.schema import Model, read

Array = NDArray[np.float64]

#: Inputs of a study that are no inputs of the engine: they scale what goes in or what comes out.
SCALES = ("energy_scale", "spot_scale", "depth_scale")


class Parameter(Model):
    """A declared fittable parameter (``library/calibration/parameters.toml``)."""

    title: str
    unit: str
    scope: str
    stage: str
    prior: Uncertain


class StudySpec(Model):
    """How a study is simulated (``library/calibration/studies.toml``)."""

    table: str
    quantity: str
    inputs: dict[str, Uncertain]


def parameters() -> dict[str, Parameter]:
    """All declared parameters by name."""
    data: dict[str, Any] = dict(catalogue.load("calibration", "parameters"))
    data.pop("schema")
    return {name: read(Parameter, entry, origin=f"parameters.toml {name}") for name, entry in data.items()}


def study_specs() -> dict[str, StudySpec]:
    """All studies that can be simulated, by name."""
    data = catalogue.load("calibration", "studies")["studies"]
    return {name: read(StudySpec, entry, origin=f"studies.toml {name}") for name, entry in data.items()}


def assumed(name: str) -> float:
    """``sd_where_unstated`` or ``row_scatter`` of studies.toml."""
    return float(catalogue.load("calibration", "studies")[name])


@dataclass(frozen=True, eq=False)
class Study:
    """A study with its rows and the surrogate that answers for it.

    ``log_y`` and ``sd`` have shape (rows,): the transformed measurement ln(1 + y/floor) and its standard deviation
    there, with row scatter and the surrogate's own error in it.
    """

    name: str
    rows: tuple[Measurement, ...]
    spec: StudySpec
    answer: Surrogate
    log_y: Array
    sd: Array

    @property
    def y(self) -> Array:
        """The measured values, shape (rows,)."""
        return np.array([row.centre for row in self.rows], dtype=float)

    def predict(self, eta: Array, kappa: Array, *, draws: int, seed: int) -> Array:
        """ln(1 + prediction/floor) of what the study would have measured, shape (grid, draws, rows).

        ``eta`` and ``kappa`` [1/mm] have shape (grid,); the unknown inputs are the same ``draws`` for every pair and
        every row, as one device, one skin and one hand made all rows.
        """
        nuisance = draw(self.spec.inputs, draws, seed=seed)
        out = np.empty((len(eta), draws, len(self.rows)))
        for i, row in enumerate(self.rows):
            inputs, depth_scale = _inputs(row, nuisance, self.answer)
            x: dict[str, Array] = {name: v[None, :] for name, v in inputs.items()}
            x["eta"] = eta[:, None]
            if "kappa_per_mm" in self.answer.names:
                x["kappa_per_mm"] = kappa[:, None]
            y = self.answer(x)
            out[:, :, i] = squash(np.broadcast_to(y, out.shape[:2]) * depth_scale, self.answer.floor)
        return out


def _inputs(row: Measurement, nuisance: Mapping[str, Array], answer: Surrogate) -> tuple[dict[str, Array], Array]:
    """Engine inputs of one row for every draw, each of shape (draws,), and the shrinkage of its measurement."""
    count = len(next(iter(nuisance.values())))
    energy_scale = nuisance.get("energy_scale", np.ones(count))
    inputs = {k: v for k, v in nuisance.items() if k not in SCALES}
    if row.energy_mJ is not None and "energy_mJ" in answer.names:
        inputs["energy_mJ"] = row.energy_mJ * energy_scale
    if row.fluence_J_cm2 is not None and "fluence_J_cm2" in answer.names:
        inputs["fluence_J_cm2"] = row.fluence_J_cm2 * energy_scale
    if "power_W" in answer.names and "power_W" not in inputs and row.power_W is not None:
        inputs["power_W"] = row.power_W * energy_scale
    if "spot_scale" in nuisance and row.spot_um is not None:
        inputs["spot_um"] = row.spot_um * nuisance["spot_scale"]
    missing = set(answer.names) - set(inputs) - {"eta", "kappa_per_mm"}
    if missing:
        raise BadInput(
            f"study {row.study}",
            given=f"no {', '.join(sorted(missing))} for row {row.row}",
            allowed="a value in the row or a distribution in studies.toml for every input of its table",
            todo="State a distribution with its source; do not guess a value.",
        )
    scale = nuisance.get("depth_scale", np.ones(count))
    if row.quantity == "heat_of_ablation_kJ_cm3":
        scale = scale / energy_scale  # the slope was taken with the fluence as stated, true fluence over energy_scale
    return inputs, scale


def study(name: str) -> Study:
    """A study by name, with the rows of the library whose quantity it simulates. Raises BadInput if unknown."""
    specs = study_specs()
    if name not in specs:
        raise BadInput("study", given=f'"{name}"', allowed=", ".join(sorted(specs)), todo="Add it to studies.toml.")
    spec = specs[name]
    rows = tuple(r for r in measurements(study=name) if r.quantity == spec.quantity and r.centre is not None)
    return build(name, rows, spec, surrogate(spec.table, spec.quantity))


def build(name: str, rows: tuple[Measurement, ...], spec: StudySpec, answer: Surrogate) -> Study:
    """A study from its parts: rows may be a user's own, the surrogate may be any that answers for them."""
    y = np.array([row.centre for row in rows], dtype=float)
    relative = np.array([row.relative_sd(assumed("sd_where_unstated")) for row in rows])
    slope = y / (y + answer.floor)  # d ln(1 + y/floor) / d ln y
    sd = np.sqrt((relative**2 + assumed("row_scatter") ** 2) * slope**2 + answer.error_rms**2)
    return Study(name, rows, spec, answer, squash(y, answer.floor), sd)


@functools.cache
def calibration_studies() -> tuple[Study, ...]:
    """The studies whose rows have the role ``calibrate``, in the order of studies.toml: flat ablation first."""
    return tuple(s for s in (study(n) for n in study_specs()) if all(r.role == "calibrate" for r in s.rows))


@functools.cache
def check_studies() -> tuple[Study, ...]:
    """The studies that are only predicted."""
    return tuple(s for s in (study(n) for n in study_specs()) if all(r.role == "check" for r in s.rows))
