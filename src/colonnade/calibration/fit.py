"""The global calibration: a posterior of η, κ and the spread between studies on a grid, and its two tests.

Everything is arithmetic on a grid: no optimiser that stops early, no random chain. Unknown inputs of a study are
integrated over shared low-discrepancy draws; the study's own offset with standard deviation τ is integrated in
closed form. Leaving a study out is leaving its term out of a sum.

With ln-like transform t(y) = ln(1 + y/floor), the rows of study s given parameters θ = (η, κ, τ) and draw k:

    t_r = t(model_r(η, κ, x_k)) + a_s + e_r,    a_s ~ N(0, τ²),  e_r ~ N(0, σ_r²)

A row for which the engine removes nothing even at η = 1 cannot speak about η or κ, which act only once something is
removed: it is predicted and counted in every table, but not fitted (decision 0071).
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colonnade.calibration.studies import Study, calibration_studies, parameters

Array = NDArray[np.float64]

DRAWS = 160
SEED = 20
N_ETA, N_KAPPA, N_TAU = 21, 13, 10


@dataclass(frozen=True)
class Grid:
    """Parameter pairs, each of shape (N_ETA · N_KAPPA,), and τ of shape (N_TAU,): equal prior weight each."""

    eta: Array
    kappa: Array
    tau: Array


def _middles(n: int) -> Array:
    return (np.arange(n) + 0.5) / n


@functools.cache
def grid() -> Grid:
    """The grid at the middles of equal shares of each prior (so that the prior is flat on it)."""
    declared = parameters()
    eta = declared["eta"].prior.quantile(_middles(N_ETA))
    kappa = declared["kappa_per_mm"].prior.quantile(_middles(N_KAPPA))
    a, b = np.meshgrid(eta, kappa, indexing="ij")
    return Grid(a.ravel(), b.ravel(), declared["tau"].prior.quantile(_middles(N_TAU)))


@functools.lru_cache(maxsize=64)
def predictions(study: Study) -> Array:
    """Transformed predictions of a study over the grid and its draws, shape (grid, draws, rows)."""
    g = grid()
    return study.predict(g.eta, g.kappa, draws=DRAWS, seed=SEED)


def informative(study: Study) -> NDArray[np.bool_]:
    """Rows that can speak about η and κ, shape (rows,): with η = 1 most draws of the inputs make a crater."""
    top = study.predict(np.array([1.0]), np.array([grid().kappa.min()]), draws=DRAWS, seed=SEED)[0]
    # one floor of the transform: 5 µm of depth
    share: NDArray[np.bool_] = np.mean(top > math.log(2.0), axis=0) > 0.5
    return share


def _logmeanexp(x: Array, axis: int) -> Array:
    top = x.max(axis=axis, keepdims=True)
    out: Array = np.squeeze(top, axis) + np.log(np.mean(np.exp(x - top), axis=axis))
    return out


def log_likelihood(study: Study) -> Array:
    """ln p(rows of the study | η, κ, τ), unknown inputs integrated; shape (grid, N_TAU)."""
    use = informative(study)
    if not use.any():
        return np.zeros((grid().eta.size, N_TAU))
    residual = (study.log_y - predictions(study))[..., use]
    d = study.sd[use] ** 2
    quad = np.sum(residual**2 / d, axis=-1)
    lean = np.sum(residual / d, axis=-1)
    b = float(np.sum(1.0 / d))
    out = np.empty((residual.shape[0], N_TAU))
    for i, tau in enumerate(grid().tau):
        # Woodbury for the covariance diag(d) + τ² 1 1ᵀ
        shared = tau**2 / (1.0 + tau**2 * b)
        log_det = float(np.sum(np.log(2 * math.pi * d))) + math.log1p(tau**2 * b)
        out[:, i] = _logmeanexp(-0.5 * (quad - shared * lean**2 + log_det), axis=1)
    return out


@dataclass(frozen=True)
class Posterior:
    """Weights over the grid, shape (grid, N_TAU), summing to 1, and the studies that made them."""

    weight: Array
    studies: tuple[str, ...]

    def quantiles(self, name: str, at: tuple[float, ...] = (0.025, 0.5, 0.975)) -> tuple[float, ...]:
        """Quantiles of ``eta``, ``kappa_per_mm`` or ``tau``, interpolated on the grid's own scale (logarithmic)."""
        g = grid()
        values, w = (
            (g.tau, self.weight.sum(axis=0))
            if name == "tau"
            else ({"eta": g.eta, "kappa_per_mm": g.kappa}[name], self.weight.sum(axis=1))
        )
        points = np.unique(values)
        share = np.array([w[values == p].sum() for p in points])
        middle = np.cumsum(share) - 0.5 * share
        return tuple(float(np.exp(np.interp(q, middle, np.log(points)))) for q in at)

    def draws(self, n: int, *, seed: int = SEED) -> tuple[Array, Array, Array]:
        """``n`` equally likely (η, κ, τ), each of shape (n,), spread within their grid cells."""
        g = grid()
        rng = np.random.default_rng(seed)
        # systematic resampling: the least noise for n draws
        at = (np.arange(n) + rng.random()) / n
        index = np.minimum(np.searchsorted(np.cumsum(self.weight.ravel()), at), self.weight.size - 1)
        pair, tau = np.unravel_index(rng.permutation(index), self.weight.shape)

        def spread(values: Array, count: int) -> Array:
            step = math.log(values.max() / values.min()) / (count - 1)
            return np.exp((rng.random(n) - 0.5) * step)

        return g.eta[pair] * spread(g.eta, N_ETA), g.kappa[pair] * spread(g.kappa, N_KAPPA), g.tau[tau]


def posterior(studies: tuple[Study, ...]) -> Posterior:
    """The posterior from these studies (from none: the prior)."""
    g = grid()
    total = np.zeros((g.eta.size, N_TAU))
    for s in studies:
        total = total + log_likelihood(s)
    weight = np.exp(total - total.max())
    return Posterior(weight / weight.sum(), tuple(s.name for s in studies))


@functools.cache
def global_posterior() -> Posterior:
    """The posterior from all rows of role ``calibrate`` that can be simulated."""
    return posterior(calibration_studies())


@dataclass(frozen=True)
class Predicted:
    """A row and what was predicted for it without it: median and stated 95 % interval, in the row's unit."""

    study: str
    row: str
    quantity: str
    measured: float
    median: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Whether the measurement lies in the interval."""
        return self.low <= self.measured <= self.high

    @property
    def log_ratio(self) -> float:
        """ln((predicted + f)/(measured + f)), f 5 % of the measurement: finite where nothing is predicted."""
        floor = 0.05 * self.measured
        return math.log((self.median + floor) / (self.measured + floor))


def _row(study: Study, i: int, sample: Array) -> Predicted:
    low, median, high = np.maximum(study.answer.floor * np.expm1(np.quantile(sample, [0.025, 0.5, 0.975])), 0.0)
    row = study.rows[i]
    return Predicted(study.name, row.row, row.quantity, float(study.y[i]), float(median), float(low), float(high))


def predict_study(study: Study, known: Posterior, *, n: int = 8192, seed: int = SEED) -> tuple[Predicted, ...]:
    """Predict a study that ``known`` has not seen: parameters, unknown inputs, the study's offset, row scatter.

    Raises
    ------
    ValueError
        If ``known`` was fitted to that very study.
    """
    if study.name in known.studies:
        raise ValueError(f"{study.name} was used in this fit: it cannot be predicted by it")
    rng = np.random.default_rng(seed)
    cell = rng.choice(known.weight.size, size=n, p=known.weight.ravel())
    pair, tau = np.unravel_index(cell, known.weight.shape)
    model = predictions(study)[pair, rng.integers(0, DRAWS, n)]
    offset = rng.standard_normal(n) * grid().tau[tau]
    return tuple(
        _row(study, i, model[:, i] + offset + rng.standard_normal(n) * study.sd[i]) for i in range(len(study.rows))
    )


def leave_one_study_out() -> tuple[Predicted, ...]:
    """Figure (a): every calibration study predicted by global parameters fitted to the others."""
    studies = calibration_studies()
    out: list[Predicted] = []
    for s in studies:
        out += predict_study(s, posterior(tuple(o for o in studies if o is not s)))
    return tuple(out)


def leave_one_row_out(study: Study, *, n: int = 8192, seed: int = SEED) -> tuple[Predicted, ...]:
    """Figure (b): interpolation within a device. Its own η, κ and unknown inputs, fitted to its other rows."""
    if informative(study).sum() < 3:
        return ()  # two parameters are not interpolated from one row
    model = predictions(study)
    score = -0.5 * ((study.log_y - model) / study.sd) ** 2 * informative(study)
    rng = np.random.default_rng(seed)
    out = []
    for i in range(len(study.rows)):
        others = score.sum(axis=-1) - score[..., i]
        weight = np.exp(others - others.max())
        cell = rng.choice(weight.size, size=n, p=(weight / weight.sum()).ravel())
        sample = model.reshape(-1, model.shape[-1])[cell, i] + rng.standard_normal(n) * study.sd[i]
        out.append(_row(study, i, sample))
    return tuple(out)


def device_fit(study: Study) -> tuple[Array, float]:
    """Weights of a device's own (η, κ), shape (grid,), and the effective number of draws behind them."""
    score = -0.5 * np.sum(((study.log_y - predictions(study)) / study.sd) ** 2 * informative(study), axis=-1)
    weight = np.exp(score - score.max())
    weight = weight / weight.sum()
    pairs: Array = weight.sum(axis=1)
    return pairs, float(1.0 / np.sum(weight**2))


@dataclass(frozen=True)
class Summary:
    """Medians of per-study medians, coverage with its binomial interval, width; of one figure."""

    studies: int
    rows: int
    bias_pct: float
    scatter_pct: float | None
    covered: int
    coverage_low_pct: float
    coverage_high_pct: float
    width_factor: float


def summarise(rows: tuple[Predicted, ...]) -> Summary:
    """Bias: median over studies of the median ln ratio. Scatter: median over studies of the spread of ln ratios.

    Width: median over studies of the median of (measured + high)/(measured + low), which is finite where low is 0.
    """
    from scipy.stats import binomtest

    names = sorted({r.study for r in rows})
    by = [[r for r in rows if r.study == name] for name in names]
    bias = float(np.median([np.median([r.log_ratio for r in group]) for group in by]))
    scatters = [float(np.std([r.log_ratio for r in group], ddof=1)) for group in by if len(group) > 1]
    widths = [float(np.median([(r.measured + r.high) / (r.measured + r.low) for r in group])) for group in by]
    covered = sum(r.inside for r in rows)
    interval = binomtest(covered, len(rows)).proportion_ci(method="exact")
    return Summary(
        studies=len(names),
        rows=len(rows),
        bias_pct=100 * math.expm1(bias),
        scatter_pct=100 * math.expm1(float(np.median(scatters))) if scatters else None,
        covered=covered,
        coverage_low_pct=100 * float(interval.low),
        coverage_high_pct=100 * float(interval.high),
        width_factor=float(np.median(widths)),
    )
