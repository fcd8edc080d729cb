"""One column: how long it takes, and what halving dr and dz separately changes.

20 mJ, 1 ms, 120 µm 1/e² Gaussian on the cheek, 50 ms of cooling, all damage fields, latent heat, temperature-dependent
properties, no crater losses. Aim: 0.1 s on one core; crater depth within 1 %, rims within 1 µm of the finer meshes.
"""

from __future__ import annotations

from common import cpu_seconds, machine

from colonnade.laser import Shot
from colonnade.photothermal import NO_LOSSES, Cooling, Lesion, Mesh, simulate
from colonnade.tissue import skin

SHOT = Shot(energy_mJ=20, pulse_ms=1.0, spot_um=120)
CHEEK = skin("cheek")
MESHES = {
    "default (dr 1.5 µm, dz 3.5 µm)": Mesh(),
    "dz halved": Mesh(dz_um=1.75),
    "dr halved": Mesh(dr_um=0.75),
}


def run(mesh: Mesh) -> Lesion:
    """The benchmark's column on one mesh."""
    return simulate(SHOT, CHEEK, losses=NO_LOSSES, cooling=Cooling(until_ms=50), mesh=mesh)


def main() -> None:
    """Print the table."""
    print(f"one column, {machine()}")
    heads = ("depth µm", "bottom", "side", "necrosis", "heat mJ")
    print(f"{'mesh':28s} {'CPU s (least-most)':22s} " + " ".join(f"{head:>8s}" for head in heads))
    reference: Lesion | None = None
    for name, mesh in MESHES.items():
        median, least, most, lesion = cpu_seconds(lambda m=mesh: run(m), runs=7 if reference is None else 3)
        reference = reference or lesion
        print(
            f"{name:28s} {median:.3f} ({least:.3f}-{most:.3f})    {lesion.crater_depth_um:9.1f} "
            f"{lesion.rim_bottom_um:7.2f} {lesion.rim_side_um:6.2f} "
            f"{lesion.necrosis_depth_um - lesion.crater_depth_um:9.2f} {lesion.residual_heat_mJ:8.4f}"
        )
        depth = 100 * (lesion.crater_depth_um / reference.crater_depth_um - 1)
        bottom = (lesion.rim_bottom_um or 0.0) - (reference.rim_bottom_um or 0.0)
        side = (lesion.rim_side_um or 0.0) - (reference.rim_side_um or 0.0)
        if lesion is not reference:
            print(f"{'':28s} against default: depth {depth:+.2f} %, rim bottom {bottom:+.2f} µm, side {side:+.2f} µm")


if __name__ == "__main__":
    main()
