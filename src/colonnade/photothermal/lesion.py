"""The microscopic treatment zone of one shot: what `simulate` returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from colonnade.laser import Shot
from colonnade.tissue import Skin

Array = NDArray[np.float64]
Regime = Literal["clean_ablation", "char_ablation", "coagulation", "warming", "none"]


@dataclass(frozen=True)
class EnergyAudit:
    """Where the delivered energy went, each term accumulated where it happens [mJ]."""

    delivered_mJ: float
    reflected_mJ: float
    plume_mJ: float
    ejected_mJ: float
    vapour_mJ: float
    tissue_mJ: float
    boundary_mJ: float

    @property
    def closure_error(self) -> float:
        """|sum of the terms − delivered| / delivered."""
        total = self.reflected_mJ + self.plume_mJ + self.ejected_mJ + self.vapour_mJ + self.tissue_mJ + self.boundary_mJ
        return abs(total - self.delivered_mJ) / self.delivered_mJ


@dataclass(frozen=True)
class Validity:
    """Whether a result lies where the model was compared with measurements."""

    status: Literal["inside", "edge", "outside"]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class RadiusProfile:
    """Radii of the nested zones by depth, all arrays of shape (n,) [µm]; 0 where a zone is absent.

    Each zone includes the ones inside it: ``coagulated`` is the outer radius of crater plus rim.
    """

    depth_um: Array
    crater_um: Array
    coagulated_um: Array
    necrosis_um: Array
    heated_um: Array
    """Outer radius of the tissue whose temperature reached 43 °C."""


@dataclass(frozen=True)
class LesionFields:
    """The (r, z) fields. Cell arrays have shape (n_r, n_z); depth grows along the second axis."""

    r_edges_m: Array
    z_edges_m: Array
    removed: NDArray[np.bool_]
    char: NDArray[np.bool_]
    temperature_end_K: Array
    temperature_max_K: Array
    water_left: Array
    """Water left, as a fraction of the starting water."""
    log_omega_collagen: Array
    log_omega_cell: Array
    """Natural logarithm of the Arrhenius integral (Henriques-Moritz); −inf where nothing happened."""
    log_omega_cell_weaver_stoll: Array
    cem43_min: Array | None = None
    """Cumulative equivalent minutes at 43 °C; only for exposures of half a second or more."""


@dataclass(frozen=True)
class Lesion:
    """One column. Depths are from the original, unshrunk surface [µm]."""

    shot: Shot
    skin: Skin
    crater_depth_um: float
    crater_width_surface_um: float
    crater_width_mid_um: float
    ablated_volume_mm3: float
    rim_bottom_um: float | None
    rim_side_um: float | None
    coagulation_depth_um: float
    coagulation_width_surface_um: float
    necrosis_depth_um: float
    necrosis_depth_weaver_stoll_um: float
    residual_heat_mJ: float
    regime: Regime
    energy: EnergyAudit
    validity: Validity
    profile: RadiusProfile
    fields: LesionFields
    assumptions: tuple[str, ...]
    provenance: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """What ``simulate --json`` prints: the command contract of the architecture page."""
        return {
            "crater_depth_um": self.crater_depth_um,
            "crater_width_surface_um": self.crater_width_surface_um,
            "crater_width_mid_um": self.crater_width_mid_um,
            "ablated_volume_mm3": self.ablated_volume_mm3,
            "rim_bottom_um": self.rim_bottom_um,
            "rim_side_um": self.rim_side_um,
            "coagulation_depth_um": self.coagulation_depth_um,
            "coagulation_width_surface_um": self.coagulation_width_surface_um,
            "necrosis_depth_um": self.necrosis_depth_um,
            "necrosis_depth_weaver_stoll_um": self.necrosis_depth_weaver_stoll_um,
            "residual_heat_mJ": self.residual_heat_mJ,
            "fluence_mean_J_cm2": self.shot.fluence_mean_J_cm2,
            "fluence_peak_J_cm2": self.shot.fluence_peak_J_cm2,
            "irradiance_peak_kW_cm2": self.shot.irradiance_peak_kW_cm2,
            "pulse_duration_ms": self.shot.pulse_ms,
            "regime": self.regime,
            "energy": {
                "delivered_mJ": self.energy.delivered_mJ,
                "reflected_mJ": self.energy.reflected_mJ,
                "plume_mJ": self.energy.plume_mJ,
                "ejected_mJ": self.energy.ejected_mJ,
                "vapour_mJ": self.energy.vapour_mJ,
                "tissue_mJ": self.energy.tissue_mJ,
                "boundary_mJ": self.energy.boundary_mJ,
                "closure_error": self.energy.closure_error,
            },
            "validity": {"status": self.validity.status, "reasons": list(self.validity.reasons)},
            "assumptions": list(self.assumptions),
            "provenance": dict(self.provenance),
        }
