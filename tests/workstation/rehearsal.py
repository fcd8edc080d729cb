"""A plan that can be rehearsed, made without a simulation: the library lays its columns, nobody made its numbers."""

import functools
import json

from colonnade import catalogue
from colonnade.case import Case
from colonnade.case import Region as CaseRegion
from colonnade.field import pattern
from colonnade.field.zones import region_of
from colonnade.laser import device
from colonnade.planning.model import Plan
from colonnade.records import approvals, patients, plans
from colonnade.records.base import open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import open_folder
from colonnade.schema import read
from tests.records import clinic

DEVICE = "lumenis-ultrapulse-deepfx"
PER_CM2 = 100.0


@functools.cache
def rehearsable(side_mm=16.0, rate_Hz=100.0, verdict="OK"):
    """A plan of ``side_mm`` squared at 100 columns per cm²; 16 mm make four stamps. It says that it is synthetic."""
    region = {"shape": "rectangle", "width_mm": side_mm, "height_mm": side_mm}
    laser = device(DEVICE)
    shot = laser.shot(energy_mJ=10.0)
    area = region_of(read(CaseRegion, region, origin="test"))
    laid = pattern(laser.patterns[0], spots_per_cm2=PER_CM2, spot_um=shot.spot_um)
    count = len(laid.place(area, 0)[0])
    case = Case.parse(clinic.case() | {"region": region}).plain()
    data = clinic.plan(case, energy_mJ=10.0, verdict=verdict, title="Synthetic rehearsal").plain()
    zone = data["zones"][0]
    zone["region"] = region
    zone["settings"] = {
        "panel": {"energy_mJ": 10.0, "density_pct": 5.0, "passes": 1.0},
        "derived": {
            "energy_mJ": shot.energy_mJ, "pulse_ms": shot.pulse_ms, "spot_um": shot.spot_um, "stack": 1.0,
            "power_W": shot.power_W, "rate_Hz": rate_Hz,
        },
    }  # fmt: skip
    zone["field"] |= {"pattern": laser.patterns[0], "columns": count, "columns_per_cm2": PER_CM2}
    data["provenance"]["library_sha256"] = {f"devices/{DEVICE}": catalogue.sha256("devices", DEVICE)}
    return Plan.model_validate(data)


def content(**given):
    """The same as the bytes of a plan.json."""
    return json.dumps(rehearsable(**given).plain(), ensure_ascii=False).encode()


def stored(data, *, approve=True, who=None, **given):
    """A patient with such a plan in the data folder of a running server. Gives the ids of plan and patient."""
    folder = open_folder(data)
    database, blobs = open_database(folder.database), BlobStore(folder.blobs)
    plan = content(**given)
    with database.session() as db:
        actors = {a.role: a.actor() for a in db.query(clinic.people.Account)}
        patient = patients.create_patient(db, actors["operator"], family_name="Synthetic", synthetic=True)
        case = json.loads(plan)["case"]
        draft = plans.create_draft(db, actors["operator"], patient.id, title="Synthetic rehearsal", case=case)
        version = plans.store_plan(db, blobs, actors["operator"], draft.id, draft.revision, plan)
        if approve:
            approvals.decide(
                db, blobs, actors["physician"], version.id, "approved", content_sha256=version.content_sha256
            )
        ids = version.id, patient.id
    database.close()
    return ids
