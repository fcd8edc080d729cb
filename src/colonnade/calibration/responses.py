"""Response tables and the surrogate built on them: the engine's answers, stored, so that fitting is cheap.

A table is a scrambled Sobol sample of inputs with the engine's outputs. The surrogate is a thin-plate spline with a
linear tail through ln(1 + y/5 µm), for depths through its difference from a closed form; its error is measured on
rows that were left out, and carried into every fit.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from colonnade import catalogue
from colonnade.calibration.bench import closed_form_depth, heat_of_ablation, run_case
from colonnade.calibration.distributions import Uncertain, draw
from colonnade.errors import BadInput
from colonnade.schema import Model, read

Array = NDArray[np.float64]
FOLDS = 8


class TableSpec(Model):
    """What a response table holds (``library/calibration/tables.toml``)."""

    what: Literal["heat", "flat", "column"]
    n: int = Field(ge=16, le=4096)
    seed: int
    fixed: dict[str, float] = Field(default_factory=dict)
    inputs: dict[str, Uncertain]

    def run(self, inputs: Mapping[str, float]) -> dict[str, float]:
        """One engine answer."""
        x = {**self.fixed, **inputs}
        return heat_of_ablation(x) if self.what == "heat" else run_case(x, flat=self.what == "flat")


def table_specs() -> dict[str, TableSpec]:
    """All table specifications by id."""
    data: dict[str, Any] = dict(catalogue.load("calibration", "tables"))
    data.pop("schema")
    return {name: read(TableSpec, entry, origin=f"calibration/tables.toml {name}") for name, entry in data.items()}


@dataclass(frozen=True)
class Table:
    """A computed table: inputs and outputs, each array of shape (n,)."""

    spec: TableSpec
    inputs: dict[str, Array]
    outputs: dict[str, Array]


def compute(spec: TableSpec, *, map_: Callable[..., Any] = map) -> Table:
    """Run the engine over the sample of ``spec``; ``map_`` may be the map of an executor."""
    inputs = draw(spec.inputs, spec.n, seed=spec.seed)
    cases = [{name: float(column[i]) for name, column in inputs.items()} for i in range(spec.n)]
    answers = list(map_(spec.run, cases))
    return Table(spec, inputs, {name: np.array([a[name] for a in answers]) for name in answers[0]})


def to_csv(table: Table) -> str:
    """The table as CSV text: inputs as ``in:NAME``, outputs as ``out:NAME``, five significant digits."""
    columns = {f"in:{k}": v for k, v in table.inputs.items()} | {f"out:{k}": v for k, v in table.outputs.items()}
    lines = [",".join(columns)] + [",".join(f"{v:.5g}" for v in row) for row in zip(*columns.values(), strict=True)]
    return "\n".join(lines) + "\n"


@functools.cache
def stored(name: str) -> Table:
    """The stored table of that id. Raises BadInput if the library has none."""
    specs = table_specs()
    try:
        text = catalogue.text("calibration", f"responses/{name}.csv")
    except FileNotFoundError:
        raise BadInput(
            "response table", given=f'"{name}"', allowed=", ".join(specs), todo="Run scripts/calibrate.py tables."
        ) from None
    rows = list(csv.DictReader(io.StringIO(text)))
    keys = list(rows[0])
    return Table(
        specs[name],
        {k[3:]: _column(rows, k) for k in keys if k.startswith("in:")},
        {k[4:]: _column(rows, k) for k in keys if k.startswith("out:")},
    )


def _column(rows: list[dict[str, str]], key: str) -> Array:
    return np.array([float(row[key]) for row in rows])


def engine_sha256() -> str:
    """SHA-256 over the engine's sources: which engine a table was computed with."""
    folder = resources.files("colonnade") / "photothermal"
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".py"):
            digest.update(file.read_bytes())
    return digest.hexdigest()


#: Outputs below this many units count as nothing: the scale of the transform ln(1 + y / FLOOR).
FLOOR = 5.0


def squash(y: Array, floor: float = FLOOR) -> Array:
    """ln(1 + y/floor); the same with its sign for what is below 0, as the net heat of a cooled column may be."""
    out: Array = np.sign(y) * np.log1p(np.abs(y) / floor)
    return out


def unsquash(v: Array, floor: float = FLOOR) -> Array:
    """The y of `squash`."""
    out: Array = np.sign(v) * floor * np.expm1(np.abs(v))
    return out


class ThinPlate:
    """A thin-plate spline with linear tail, smoothed a touch: the mesh makes the answers ragged by a cell.

    The kernel is r² ln r; as scipy.interpolate.RBFInterpolator (a test compares them), some ten times faster on
    many points because distances are a matrix product.
    """

    SMOOTHING = 1e-3
    CHUNK = 8192

    def __init__(self, x: Array, y: Array) -> None:
        n, d = x.shape
        self._x, self._x2 = x, np.sum(x**2, axis=1)
        tail = np.column_stack([np.ones(n), x])
        matrix = np.zeros((n + d + 1, n + d + 1))
        matrix[:n, :n] = self._kernel(x) + self.SMOOTHING * np.eye(n)
        matrix[:n, n:], matrix[n:, :n] = tail, tail.T
        solved = np.linalg.solve(matrix, np.concatenate([y, np.zeros(d + 1)]))
        self._weight, self._tail = solved[:n], solved[n:]

    def _kernel(self, points: Array) -> Array:
        d2 = np.sum(points**2, axis=1)[:, None] + self._x2[None, :] - 2.0 * points @ self._x.T
        np.maximum(d2, 1e-30, out=d2)
        out: Array = 0.5 * d2 * np.log(d2)
        return out

    def __call__(self, points: Array) -> Array:
        """Values at points of shape (m, d): shape (m,)."""
        out = self._tail[0] + points @ self._tail[1:]
        for i in range(0, len(points), self.CHUNK):
            out[i : i + self.CHUNK] += self._kernel(points[i : i + self.CHUNK]) @ self._weight
        return np.asarray(out)


class Surrogate:
    """A thin-plate spline with linear tail on logarithmic or linear inputs scaled to the unit cube.

    Parameters
    ----------
    inputs : dict of arrays, each of shape (n,)
    output : array (n,), not negative
    spans : the distribution of each input: sets scale and logarithm. Inputs without one only reach ``base``.
    floor : the scale of the transform of the output.
    base : a closed form of the same inputs; the spline then holds the difference from it.
    """

    def __init__(
        self,
        inputs: Mapping[str, Array],
        output: Array,
        spans: Mapping[str, Uncertain],
        *,
        floor: float = FLOOR,
        base: Callable[[Mapping[str, Array]], Array] | None = None,
    ) -> None:
        self.names, self.spans, self.floor = tuple(n for n in inputs if n in spans), dict(spans), floor
        self._base = base
        x, y = self.scaled(inputs), squash(output, floor) - self._start(inputs)

        self._spline = ThinPlate(x, y)
        fold = np.arange(len(y)) % FOLDS
        left_out = np.empty(len(y))
        for k in range(FOLDS):
            left_out[fold == k] = ThinPlate(x[fold != k], y[fold != k])(x[fold == k])
        #: Errors of left-out rows in the transformed output, shape (n,): about relative errors where y >> floor.
        self.errors: Array = left_out - y
        self.error_rms = float(np.sqrt(np.mean(self.errors**2)))

    def _start(self, inputs: Mapping[str, Array]) -> Array:
        return np.zeros(1) if self._base is None else squash(self._base(inputs), self.floor)

    def scaled(self, inputs: Mapping[str, Array]) -> Array:
        """Inputs as rows of the unit cube, shape (n, names)."""
        columns = []
        for name in self.names:
            low, high = self.spans[name].span
            v = np.asarray(inputs[name], dtype=float)
            if name == "order":
                columns.append(1.0 / v)  # a top-hat is the limit 1/n -> 0
            elif self.spans[name].dist in ("loguniform", "lognormal"):
                columns.append((np.log(v) - np.log(low)) / (np.log(high) - np.log(low)))
            else:
                columns.append((v - low) / (high - low))
        return np.stack(np.broadcast_arrays(*columns), axis=-1)

    def log1(self, inputs: Mapping[str, Array]) -> Array:
        """ln(1 + y/floor), in the broadcast shape of the inputs."""
        x = self.scaled(inputs)
        flat = x.reshape(-1, x.shape[-1])
        start = np.broadcast_to(self._start(inputs), x.shape[:-1])
        out: Array = self._spline(flat).reshape(x.shape[:-1]) + start
        return out

    def __call__(self, inputs: Mapping[str, Array]) -> Array:
        """The output, not negative, in the broadcast shape of the inputs."""
        out: Array = np.maximum(self.floor * np.expm1(self.log1(inputs)), 0.0)
        return out


@functools.cache
def surrogate(table: str, output: str) -> Surrogate:
    """The surrogate of one output of a stored table, built once per process."""
    found = stored(table)
    floor = 0.1 if output.endswith("kJ_cm3") else FLOOR
    fixed = {k: np.asarray(v) for k, v in found.spec.fixed.items()}
    base = (lambda x: closed_form_depth({**fixed, **x})) if output == "crater_depth_um" else None
    return Surrogate(found.inputs, found.outputs[output], found.spec.inputs, floor=floor, base=base)
