"""Cutting: depth and rim of a focused beam moved over the skin, against the energy balance.

``python benchmarks/cutting.py [--write]``. No depth-speed law was found in the literature; this compares the simulation
in its moving window with d = √(2/π) P/(w v h), which holds when nothing is conducted away, and with the same less the
wet layer 1/µ. No crater losses: they would scale both. ``--write`` puts the table into docs/theory/regimes.md and draws
docs/pictures/cutting.svg.
"""

from __future__ import annotations

import time
from pathlib import Path

from common import machine, put, quoted, wanted

from colonnade.laser import Shot
from colonnade.photothermal import NO_LOSSES
from colonnade.photothermal.cutting import Cut, Window, simulate_cut
from colonnade.tissue import skin

DOCS = Path(__file__).parents[1] / "docs"
SPOT_UM, SPOTS = 120.0, 6.0
POINTS = ((2.0, 100.0), (4.0, 400.0), (4.0, 200.0), (4.0, 100.0), (8.0, 400.0), (8.0, 200.0))
HEADS = (
    "power W", "speed mm/s", "balance µm", "less 1/µ", "depth µm", "of the balance", "width µm", "rim below µm",
    "rim beside µm", "necrosis below µm", "ns per cell and step",
)  # fmt: skip


def cut(power: float, speed: float) -> tuple[Cut, float]:
    """One cut of six spots and the CPU seconds it took."""
    on_ms = SPOTS * SPOT_UM / speed
    shot = Shot(energy_mJ=power * on_ms, pulse_ms=on_ms, spot_um=SPOT_UM)
    start = time.process_time()
    window = Window(cell_um=10, cell_z_um=4, tail_ms=1.5)
    done = simulate_cut(shot, skin("cheek"), speed_mm_s=speed, window=window, losses=NO_LOSSES, threads=1)
    return done, time.process_time() - start


def row(power: float, found: Cut, seconds: float) -> tuple[str, ...]:
    """The table's cells."""
    each = seconds / (found.forecast.cells * found.forecast.steps) * 1e9
    numbers = (
        found.balance_um, found.balance_um - found.wet_layer_um, found.depth_um, found.depth_um / found.balance_um,
        found.width_surface_um, found.rim_bottom_um, found.rim_side_um, found.necrosis_depth_um - found.depth_um, each,
    )  # fmt: skip
    forms = ("{:.0f}", "{:.0f}", "{:.0f}", "{:.2f}", "{:.0f}", "{:.0f}", "{:.0f}", "{:.0f}", "{:.0f}")
    return (f"{power:g}", f"{found.speed_mm_s:g}", *(f.format(n) for f, n in zip(forms, numbers, strict=True)))


def draw(cuts: list[tuple[float, Cut]], path: Path) -> None:
    """Depth against power over speed, with both laws."""
    from matplotlib.figure import Figure

    from colonnade.reporting import palette
    from colonnade.reporting.canvas import style

    with style():
        figure = Figure(figsize=(6.0, 3.6))
        ax = figure.add_axes((0.11, 0.14, 0.86, 0.82))
        ranked = sorted(((p / c.speed_mm_s * 1e3, c) for p, c in cuts), key=lambda item: item[0])
        at = [x for x, _ in ranked]
        ax.plot(at, [c.balance_um for _, c in ranked], color=palette.INK, lw=1.2, label="energy balance")
        less = [c.balance_um - c.wet_layer_um for _, c in ranked]
        ax.plot(at, less, color=palette.INK, lw=1.2, ls=(0, palette.LIMIT_DASH), label="less the wet layer 1/µ")
        for power, mark in zip(sorted({p for p, _ in cuts}), "so^Dv", strict=False):
            mine = [(p / c.speed_mm_s * 1e3, c) for p, c in cuts if p == power]
            ax.errorbar(
                [x for x, _ in mine], [c.depth_um for _, c in mine], yerr=[c.cell_um[2] for _, c in mine], fmt=mark,
                color=palette.MODEL, ms=5, capsize=2, lw=0.8, label=f"simulated, {power:g} W (bar: a cell)",
            )  # fmt: skip
        ax.set(xlabel="Power over speed [mJ/mm]", ylabel="Depth of the cut [µm]", xlim=(0, None), ylim=(0, None))
        ax.legend(frameon=False, fontsize=7.5)
        figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Run, print, and with ``--write`` put the table and the figure into the documentation."""
    asked = wanted(__doc__, "python benchmarks/cutting.py --write")
    here, points = machine(), POINTS[1:2] if asked.quick else POINTS
    print(f"cutting, {SPOT_UM:.0f} µm Gaussian, cheek, {here}\n" + "  ".join(HEADS), flush=True)
    cuts, rows = [], []
    for power, speed in points:
        found, seconds = cut(power, speed)
        cuts.append((power, found))
        rows.append(row(power, found, seconds))
        print("  ".join(f"{cell:>{len(head)}}" for cell, head in zip(rows[-1], HEADS, strict=True)), flush=True)
    shares = [found.depth_um / found.balance_um for _, found in cuts]
    costs = [float(cells[-1]) for cells in rows]
    sentence = (
        f"Depth of a cut {min(shares):.2f} to {max(shares):.2f} of the energy balance in {len(points)} cuts; "
        f"{min(costs):.0f} to {max(costs):.0f} ns per cell and step on one core. {here}. `python benchmarks/cutting.py`"
    )
    quoted("cutting", sentence, asked.write)
    if asked.write:
        keep = HEADS[:-1]
        lines = [f"| {' | '.join(keep)} |", "|" + "---|" * len(keep), *(f"| {' | '.join(r[:-1])} |" for r in rows)]
        put(DOCS / "theory" / "regimes.md", "cutting", lines)
        draw(cuts, DOCS / "pictures" / "cutting.svg")


if __name__ == "__main__":
    main()
