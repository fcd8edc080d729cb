"""Stand-ins for the engine, the field and the rules, for tests of the search and of the planner.

The fake lesion comes from the closed form of V8, so that it moves with energy, spot and losses as a real one does.
"""

from dataclasses import dataclass

import numpy as np

from colonnade.laser import Shot, device
from colonnade.photothermal import EnergyAudit, Lesion, LesionFields, RadiusProfile, Validity
from colonnade.planning.objectives import Ends
from colonnade.planning.outcomes import Columns
from colonnade.planning.place import Place
from colonnade.planning.rooms import Rooms, deep_enough
from colonnade.planning.surrogate import Surrogate
from colonnade.planning.uncertain import LossEnds
from colonnade.safety import Finding, Judgement
from colonnade.tissue import Skin, skin

ETAS = Ends(nominal=0.5, shallow=0.25, deep=1.0)
LOSSES = LossEnds(ETAS, kappa_per_mm=0.0, basis="a fake")
PLACE = Place(site="cheek", area_cm2=12.0, phototype="III")


def lesion(shot: Shot, where: Skin, eta: float = 0.5) -> Lesion:
    model = Surrogate(heat_J_m3=2.0e9, eta=eta)
    depth = model.depth_m(shot) * 1e6
    z = np.linspace(0, 4000, 801)
    crater = np.array([model.radius_at_m(shot, zi * 1e-6) * 1e6 for zi in z])
    coagulated = np.where(crater > 0, crater + 12, np.where((depth > 0) & (z < depth + 50), 12.0, 0.0))
    total = shot.total_energy_mJ
    empty = np.zeros((2, 2))
    return Lesion(
        shot=shot,
        skin=where,
        crater_depth_um=depth,
        crater_width_surface_um=2 * float(crater[0]),
        crater_width_mid_um=float(crater[0]),
        ablated_volume_mm3=1e-3,
        rim_bottom_um=50.0 if depth else None,
        rim_side_um=12.0 if depth else None,
        coagulation_depth_um=depth + 50 if depth else 0.0,
        coagulation_width_surface_um=2 * float(coagulated[0]),
        necrosis_depth_um=depth + 80 if depth else 0.0,
        necrosis_depth_weaver_stoll_um=depth + 70 if depth else 0.0,
        residual_heat_mJ=0.12 * total,
        regime="clean_ablation",
        energy=EnergyAudit(
            total, 0.01 * total, (1 - eta) * 0.5 * total, (0.87 - 0.5 * (1 - eta)) * total, 0, 0.12 * total, 0
        ),
        validity=Validity("inside", ()),
        profile=RadiusProfile(z, crater, coagulated, coagulated * 1.1, coagulated * 1.5),
        fields=LesionFields(
            np.array([0, 1e-6, 2e-6]),
            np.array([0, 1e-6, 2e-6]),
            empty.astype(bool),
            empty.astype(bool),
            empty,
            empty,
            empty,
            empty,
            empty,
            empty,
        ),
        assumptions=("a fake",),
        provenance={},
    )


@dataclass
class FakeEngine:
    """Counts what it was asked for."""

    where: Skin | None = None
    calls: int = 0
    shallow_eta: float = ETAS.shallow
    deep_eta: float = ETAS.deep

    surveyed: int = 0

    def column(self, shot: Shot) -> Lesion:
        self.surveyed += 1
        found = self.columns(shot).nominal
        self.calls -= 3
        return found

    def columns(self, shot: Shot) -> Columns:
        self.calls += 3
        where = self.where or skin("cheek")
        return Columns(lesion(shot, where), lesion(shot, where, self.shallow_eta), lesion(shot, where, self.deep_eta))


def finding(rule: str, *, given: str = "5", allowed: str = "at most 4", severity: str = "cap", outcome: str = "fail"):
    return Finding(
        rule=rule,
        severity=severity,
        outcome=outcome,
        given=given,
        allowed=allowed,
        reason="a reason",
        todo="do less",
        source="a test",
        basis="unsourced",
    )


def verdict(*findings: Finding) -> Judgement:
    refused = any(f.outcome == "fail" and f.severity in ("block", "specialist", "cap") for f in findings)
    return Judgement("REFUSED" if refused else "OK", findings)


OK = Judgement("OK", ())


class FakeRooms(Rooms):
    """The real field and the real rules, with the fake engine."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    @property
    def ends(self) -> LossEnds:
        return LOSSES

    def column(self, shot: Shot, skin: Skin) -> Lesion:
        self.calls += 1
        return lesion(shot, deep_enough(skin, shot))

    def columns(self, shot: Shot, skin: Skin, tolerance_pct: float | None = None) -> Columns:
        return self.three(shot, skin)

    def three(self, shot: Shot, skin: Skin) -> Columns:
        self.calls += 3
        where = deep_enough(skin, shot)
        return Columns(lesion(shot, where), lesion(shot, where, ETAS.shallow), lesion(shot, where, ETAS.deep))

    def nominal_um(self, energy_mJ: float) -> float:
        return lesion(device("lumenis-ultrapulse-deepfx").shot(energy_mJ=energy_mJ), skin("cheek")).coagulation_depth_um

    def deep_um(self, energy_mJ: float) -> float:
        shot = device("lumenis-ultrapulse-deepfx").shot(energy_mJ=energy_mJ)
        return lesion(shot, skin("cheek"), ETAS.deep).coagulation_depth_um
