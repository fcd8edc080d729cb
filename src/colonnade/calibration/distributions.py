"""Uncertain inputs: what is not known is a distribution with a source, never a guess."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from colonnade.schema import Model

Array = NDArray[np.float64]


class Uncertain(Model):
    """An input with its distribution.

    ``uniform`` and ``loguniform`` lie between ``low`` and ``high``; ``normal`` and ``lognormal`` have ``low`` and
    ``high`` as the ends of their central 95 %; ``choice`` takes each of ``values`` with equal probability; ``fixed``
    is its single value.
    """

    dist: Literal["fixed", "uniform", "loguniform", "normal", "lognormal", "choice"]
    low: float | None = None
    high: float | None = None
    values: tuple[float, ...] = Field((), strict=False)
    source: str = Field(min_length=2)

    @model_validator(mode="after")
    def _complete(self) -> Uncertain:
        if self.dist in ("fixed", "choice"):
            if not self.values or (self.dist == "fixed") != (len(self.values) == 1):
                raise ValueError("one value for fixed, several for choice")
            return self
        if self.low is None or self.high is None or not self.low < self.high:
            raise ValueError("low below high")
        if self.dist.startswith("log") and not self.low > 0:
            raise ValueError("a low end above 0 for a logarithmic distribution")
        return self

    @property
    def span(self) -> tuple[float, float]:
        """The smallest and the largest value that a draw normally takes (the 95 % ends of a normal)."""
        if self.values:
            return min(self.values), max(self.values)
        assert self.low is not None
        assert self.high is not None
        return self.low, self.high

    def quantile(self, u: Array) -> Array:
        """Values at the probabilities ``u`` in (0, 1), same shape."""
        u = np.asarray(u, dtype=float)
        if self.values:
            ordered = np.sort(np.array(self.values))
            found: Array = ordered[np.minimum((u * len(ordered)).astype(int), len(ordered) - 1)]
            return found
        low, high = self.span
        if self.dist.startswith("log"):
            low, high = math.log(low), math.log(high)
        if self.dist in ("uniform", "loguniform"):
            x = low + u * (high - low)
        else:
            from scipy.special import ndtri

            x = 0.5 * (low + high) + (high - low) / (2 * 1.959964) * ndtri(u)
        return np.exp(x) if self.dist.startswith("log") else x


def sobol(names: tuple[str, ...], n: int, *, seed: int) -> Array:
    """A scrambled Sobol sample in the unit cube, shape (n, len(names)), strictly inside (0, 1)."""
    from scipy.stats import qmc

    whole = 1 << max(n - 1, 1).bit_length()
    sample: Array = qmc.Sobol(len(names), scramble=True, rng=np.random.default_rng(seed)).random(whole)[:n]
    return np.clip(sample, 1e-9, 1 - 1e-9)


def draw(inputs: Mapping[str, Uncertain], n: int, *, seed: int) -> dict[str, Array]:
    """``n`` low-discrepancy draws of every input, each of shape (n,)."""
    names = tuple(inputs)
    u = sobol(names, n, seed=seed)
    return {name: inputs[name].quantile(u[:, i]) for i, name in enumerate(names)}
