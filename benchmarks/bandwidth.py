"""Question (c): the three-dimensional step as a share of the memory bandwidth measured in the same run, one thread.

Bandwidth: a triad a = b + s c on arrays beyond every cache, three words a cell. The step: `volume.conduct` alone (reads
k, T, h; writes h: 4 words) and with `volume.update` before it, which brings temperature, conductivity, maximum and both
damage integrals up to date (13 words and a mask more). Every cell is warm, so that nothing is passed over.
"""

from __future__ import annotations

import os

os.environ["NUMBA_NUM_THREADS"] = "1"

import numpy as np
from common import cpu_seconds, machine, quoted, wanted
from numba import njit

from colonnade.photothermal import constants as c
from colonnade.photothermal import volume
from colonnade.photothermal.damage import SETS

SHAPE = (150, 170, 200)
CONDUCT_WORDS, UPDATE_WORDS = 4, 13


@njit(fastmath={"contract"})
def triad(a, b, c_, s):
    """a = b + s c."""
    for i in range(a.size):
        a[i] = b[i] + s * c_[i]


def main() -> None:
    """Print GB/s and shares for float32 and float64."""
    asked = wanted(__doc__, "python benchmarks/bandwidth.py --write")
    shape = (40, 50, 60) if asked.quick else SHAPE
    cells, here, said = int(np.prod(shape)), machine(), []
    print(f"three-dimensional step, {cells:,} cells, one thread, {here}")
    for kind in (np.float32, np.float64):
        word = np.dtype(kind).itemsize
        a, b, d = (np.ones(8 * cells, kind) for _ in range(3))
        median, least, _, _ = cpu_seconds(lambda a=a, b=b, d=d, kind=kind: triad(a, b, d, kind(0.5)), runs=7)
        peak = 3 * word * a.size / median / 1e9
        print(f"{np.dtype(kind).name}: triad {peak:.1f} GB/s (best {3 * word * a.size / least / 1e9:.1f})")
        step, conduct = block(kind, shape)
        for name, call, words, more in (
            ("conduct", conduct, CONDUCT_WORDS, 0),
            ("conduct and damage", step, CONDUCT_WORDS + UPDATE_WORDS, 1),
        ):
            median, least, most, _ = cpu_seconds(call, runs=7)
            rate = (words * word + more) * cells / median / 1e9
            print(
                f"  {name:20s} {1e3 * median:6.1f} ms ({1e3 * least:.1f}-{1e3 * most:.1f}), "
                f"{1e9 * median / cells:.2f} ns a cell, {rate:.1f} GB/s, {100 * rate / peak:.0f} % of the triad"
            )
            said.append(f"{np.dtype(kind).name} {name} {100 * rate / peak:.0f} %")
    sentence = "A step in three dimensions as a share of the memory bandwidth measured in the same run, one thread, "
    quoted(
        "bandwidth",
        f"{sentence}{cells:,} cells: {'; '.join(said)}. {here}. `python benchmarks/bandwidth.py`",
        asked.write,
    )


def block(kind, shape):
    """A warm block and two calls: conduction with everything before it, and conduction alone."""
    rng = np.random.default_rng(1)
    full = lambda value: np.full(shape, value, kind)  # noqa: E731
    rise = (20 + 20 * rng.random(shape)).astype(kind)
    c_dry, water, span = np.full(shape[2], 3.7e5), full(780.0), 67.0
    h = (rise * (3.7e5 + 780.0 * c.C_WATER.value)).astype(kind)
    k_wet, k_dry, conductivity = full(0.4), full(0.2), full(0.4)
    highest, coll, cell = full(0), full(0), full(0)
    removed, char = np.zeros(shape, bool), np.zeros(shape, bool)
    warm, lost = np.full(shape[:2], shape[2]), np.zeros(shape[0])
    d, dz, dt = np.array([1e-5, 1e-5]), np.full(shape[2], 1e-5), 1e-6

    def conduct() -> None:
        volume.conduct(dt, d, dz, conductivity, rise, h, 0.0, 0.0, removed, warm, lost)

    def step() -> None:
        volume.update(
            dt, 306.15, span, 0.0, c_dry, c.C_WATER.value, c.LATENT_HEAT.value, c.T_CHAR_K.value, False, SETS, water, h,
            k_wet, k_dry, rise, highest, conductivity, removed, char, coll, cell, warm,
        )  # fmt: skip
        conduct()

    return step, conduct


if __name__ == "__main__":
    main()
