"""Full-field vaporisation pass by pass: does removal fall as the tissue dries, and where is its plateau?

Published: at 250 and 500 mJ on 3 mm (3.5 and 7.1 J/cm²) a plateau of 100 to 250 µm after three passes, human skin ex
vivo (Fitzpatrick 1999). The second part asks more or less of cells that were dry before a pass.
"""

from __future__ import annotations

from common import machine

from colonnade.photothermal import Ablation, Losses
from colonnade.photothermal.regimes import vaporise_in_passes
from colonnade.tissue import skin

AIM = 0.8


def main() -> None:
    """Print removal per pass for both ends of the crater losses."""
    print(f"passes, {machine()}")
    for fluence in (3.5, 7.0):
        for eta in (0.5, 1.0):
            result = vaporise_in_passes(skin("cheek"), fluence_J_cm2=fluence, losses=Losses(eta=eta))
            removed = " ".join(f"{x:5.1f}" for x in result.removed_um)
            print(f"{fluence:4.1f} J/cm2, eta {eta:3.1f}: removed µm {removed}; in all {result.depth_um[-1]:.0f}")
            verdict = "reached" if result.share_by(3) >= AIM else "missed"
            print(f"{'':22s} by pass 3 {100 * result.share_by(3):.0f} % of 10 passes (aim 80 %: {verdict})")
    print("what a dry cell must reach, 7 J/cm2, eta 1:")
    for t_dry in (100.0, 400.0, 500.0, 1000.0, 3000.0):
        result = vaporise_in_passes(skin("cheek"), fluence_J_cm2=7.0, losses=Losses(eta=1.0), t_dry_C=t_dry, dz_um=2.0)
        removed = " ".join(f"{x:5.1f}" for x in result.removed_um)
        print(f"{t_dry:6.0f} C: removed µm {removed}; in all {result.depth_um[-1]:.0f}")
    print("char that absorbs as soon as dried tissue passes 300 C, as seen after the third pulse (Choi 1998), eta 1:")
    for fluence in (3.5, 7.0):
        result = vaporise_in_passes(
            skin("cheek"), fluence_J_cm2=fluence, losses=Losses(eta=1.0), ablation=Ablation(char=True), dz_um=2.0
        )
        removed = " ".join(f"{x:5.1f}" for x in result.removed_um)
        print(f"{fluence:4.1f} J/cm2: removed µm {removed}; by pass 3 {100 * result.share_by(3):.0f} %")


if __name__ == "__main__":
    main()
