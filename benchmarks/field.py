"""A treated field: warmth at each column's own firing for 1k to 100k columns, tiling, a whole face, the grid.

Aims: 20,000 columns in 1 s; 100,000 columns fired over 3 minutes in 20 s and 2 GB.
"""

from __future__ import annotations

import itertools
import resource
import sys
import time
from pathlib import Path

import numpy as np
from common import cpu_seconds, machine

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.synthetic import column

from colonnade.field import Scan, Timing, heat, pattern, polygon, tile, treat
from colonnade.field.grid import SkinLayer, solve
from colonnade.field.preheat import background

DEPTHS_M = np.array([0.0, 1e-4, 3e-4])


def main() -> None:
    """Print CPU seconds for each size, how they grow, and the memory."""
    print(f"treated fields, {machine()}")
    laid = pattern("square", density_pct=10, spot_um=120)
    source = heat.source_of(column())
    taken: dict[int, float] = {}
    for count in (1_000, 10_000, 20_000, 100_000):
        side = 10 * float(np.sqrt(count / laid.spots_per_cm2))
        tiles = tile(laid, polygon([[[0, 0], [side, 0], [side, side], [0, side]]]), Scan())
        n = tiles.columns
        for said, times in (("at 300 Hz", np.arange(n) / 300), ("over 180 s", np.arange(n) / n * 180)):
            shots = heat.Shots(tiles.positions_m, times, source, 0.21, 3.65e6)
            median, least, most, rise = cpu_seconds(lambda s=shots: background(s, DEPTHS_M), runs=3)
            print(
                f"background, {n:7d} columns {said:10s} x 3 depths  CPU {median:6.2f} s ({least:.2f}-{most:.2f}), "
                f"highest {rise.max():.2f} K"
            )
            if said == "over 180 s":
                taken[n] = median
    sizes = sorted(taken)
    growth = [f"{np.log(taken[b] / taken[a]) / np.log(b / a):.2f}" for a, b in itertools.pairwise(sizes)]
    print(f"growth over 180 s: exponents {', '.join(growth)} between {', '.join(map(str, sizes))} columns")
    face = polygon(
        [[[0, 0], [110, 0], [130, 60], [60, 120], [-10, 70]], [[40, 50], [60, 50], [60, 65], [40, 65]]], side="both"
    )
    start = time.process_time()
    field = treat(
        column(),
        laid,
        region=face,
        rate_Hz=1000,
        order="optimised",
        scan=Scan("hexagon"),
        timing=Timing(1000, stamp_s=0.5),
    )
    print(
        f"treat, {field.columns} columns in {field.tilings[0].stamps} stamps, once  "
        f"CPU {time.process_time() - start:.1f} s"
    )
    line = (np.arange(30) - 14.5) * 3.36e-4
    xy = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    shots = heat.Shots(xy, np.arange(900) / 300, source, 0.21, 3.65e6)
    layers = (SkinLayer(100, 0.21, 3.65e6), SkinLayer(2000, 0.4, 3.7e6))
    median, least, most, grid = cpu_seconds(
        lambda: solve(shots, layers, times_s=np.linspace(0.5, 10, 20), cell_mm=0.2), runs=3
    )
    print(f"grid, {grid.last_K.size} cells, 10 s of layered skin  CPU {median:.2f} s ({least:.2f}-{most:.2f})")
    print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
