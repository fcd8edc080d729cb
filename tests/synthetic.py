"""Made-up lesions for tests of what comes after the simulator. They describe no skin and no device."""

import numpy as np

from colonnade.laser import Shot
from colonnade.photothermal import EnergyAudit, Lesion, LesionFields, RadiusProfile, Validity
from colonnade.tissue import skin


def column(
    *,
    heat_mJ=1.8,
    energy_mJ=15.0,
    depth_um=600.0,
    crater_um=40.0,
    rim_um=30.0,
    heated_um=80.0,
    spot_um=120.0,
    taper=0.0,
    site="cheek",
):
    """A lesion whose zones are cylinders (``taper`` 0) or cones (1) down to ``depth_um``, the rim below included."""
    depth = np.linspace(2.0, 2 * depth_um - 2.0, int(depth_um) // 2)
    open_ = np.clip(1 - taper * depth / depth_um, 0, None)
    crater = np.where(depth < depth_um, crater_um * open_, 0.0)
    coagulated = np.where(depth < depth_um, (crater_um + rim_um) * open_, 0.0)
    heated = np.where(depth < depth_um, heated_um * np.maximum(open_, 1e-9), 0.0)
    heated = np.maximum(heated, coagulated)
    none = np.zeros((1, 1))
    return Lesion(
        shot=Shot(energy_mJ=energy_mJ, pulse_ms=1.0, spot_um=spot_um),
        skin=skin(site),
        crater_depth_um=depth_um,
        crater_width_surface_um=2 * crater_um,
        crater_width_mid_um=2 * crater_um,
        ablated_volume_mm3=1e-9 * float(np.pi * np.sum(crater**2) * (depth[1] - depth[0])),
        rim_bottom_um=0.0,
        rim_side_um=rim_um,
        coagulation_depth_um=depth_um,
        coagulation_width_surface_um=2 * (crater_um + rim_um),
        necrosis_depth_um=depth_um,
        necrosis_depth_weaver_stoll_um=depth_um,
        residual_heat_mJ=heat_mJ,
        regime="clean_ablation",
        energy=EnergyAudit(energy_mJ, 0.0, 0.0, energy_mJ - heat_mJ, 0.0, heat_mJ, 0.0),
        validity=Validity("outside", ("made up for a test",)),
        profile=RadiusProfile(depth, crater, coagulated, (coagulated + heated) / 2, heated),
        fields=LesionFields(
            np.array([0.0, 1e-6]), np.array([0.0, 1e-6]), none > 0, none > 0, none, none, none, none, none, none
        ),
        assumptions=("synthetic",),
        provenance={},
    )
