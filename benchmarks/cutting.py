"""Cutting: depth and rim of a focused beam moved over the skin, against the energy balance d = √(2/π) η P/(w v h).

No depth-speed law was found in the literature; this compares the simulation with the balance that holds when nothing is
conducted away. Also prints what the three-dimensional solver costs per cell and step.
"""

from __future__ import annotations

import math

from common import machine

from colonnade.laser import Shot
from colonnade.photothermal import Losses
from colonnade.photothermal.tilted import Beam, Block, simulate_volume
from colonnade.tissue import skin

W_UM, TRACK_UM, ETA = 100.0, 500.0, 0.5
H = 2.03e9  # dermis at 70 % water, 33 to 100 °C and all water boiled [J/m3]


def main() -> None:
    """Print the table."""
    print(f"cutting, w = {W_UM:.0f} µm, eta {ETA}, {machine()}")
    print("power W  speed mm/s  balance µm  depth µm  ratio  rim below µm  ns per cell and step")
    for power, speed in ((10.0, 200.0), (10.0, 100.0), (20.0, 200.0), (20.0, 400.0)):
        on_ms = TRACK_UM / speed
        shot = Shot(energy_mJ=power * on_ms, pulse_ms=on_ms, spot_um=2 * W_UM)
        balance = math.sqrt(2 / math.pi) * ETA * power / (W_UM * 1e-6 * speed * 1e-3 * H) * 1e6
        block = Block(TRACK_UM + 300, 400, 1.6 * balance + 150, cell_um=10)
        cut = simulate_volume(
            (Beam(shot, 150, 200, speed_mm_s=speed),),
            skin("cheek"),
            block,
            until_ms=5,
            losses=Losses(eta=ETA),
            threads=1,
        )
        middle = slice(35, 45), slice(19, 21)
        depth, rim = cut.crater_um[middle].mean(), (cut.coagulated_um - cut.crater_um)[middle].mean()
        cost = cut.seconds / (cut.forecast.cells * cut.forecast.steps) * 1e9
        print(
            f"{power:7.0f} {speed:11.0f} {balance:11.0f} {depth:9.0f} {depth / balance:6.2f} {rim:13.0f} {cost:14.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
