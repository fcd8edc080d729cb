"""A synthetic clinic for the tests: nobody in it exists."""

import datetime as dt
import functools
import json
from types import SimpleNamespace

from colonnade.case import Case
from colonnade.planning.model import SCHEMA as PLAN
from colonnade.planning.model import Plan
from colonnade.records import approvals, followup, patients, people, photographs, plans, treatments
from colonnade.records.audit import SYSTEM
from colonnade.records.base import now
from colonnade.records.credentials import hash_password

PASSWORD = "heron lantern gravel tuesday"  # noqa: S105
TODAY = now().date()
TREATED = TODAY - dt.timedelta(days=20)
CARE = {"track": "fractional_field", "zone": "face", "immunosuppressed": "no", "call": "000"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


@functools.cache
def _hash():
    return hash_password(PASSWORD)


def staff(database):
    """Accounts, without the half second that six hashes take."""
    made = {}
    with database.session() as db:
        for role in people.ROLES:
            row = people.Account(
                login=role,
                display_name=f"Test {role.title()}",
                role=role,
                credentialed=role == "physician",
                password_hash=_hash(),
                created_at=now(),
                password_changed_at=now(),
            )
            db.add(row)
            db.flush()
            made[role] = row.actor()
    return SimpleNamespace(**made)


@functools.cache
def case():
    from pathlib import Path

    return Case.load(Path(__file__).parents[2] / "examples" / "acne-scar-cheek.toml").plain()


def plan(case_=None, *, verdict="OK", energy_mJ=20.0, phototype="II", title="Synthetic plan"):
    """A whole plan of one zone, with numbers that nobody computed: for storing, never for treating."""
    case_ = case_ or case()
    empty = {
        "depth_um": [0.0],
        "ablated_pct": [5.0],
        "coagulated_pct": [5.0],
        "heated_pct": [0.0],
        "spared_pct": [90.0],
    }
    number = {"grade": "C", "illustrative": True, "source": "none: synthetic", "title": "Surface closed"}
    zone = {
        "name": "cheek",
        "site": "cheek",
        "site_title": "Cheek",
        "side": "left",
        "region": {"shape": "rectangle", "width_mm": 10.0, "height_mm": 10.0},
        "settings": {
            "panel": {"energy_mJ": energy_mJ, "density_pct": 5.0, "passes": 1.0},
            "derived": {"energy_per_column_mJ": energy_mJ},
        },
        "regime": "clean_ablation",
        "coverage": empty,
        "field": {
            "pattern": "hexagonal", "columns": 400, "area_cm2": 1.0, "pitch_um": 500.0, "density_pct": 5.0,
            "columns_per_cm2": 400.0, "passes": 1, "cumulative_density_pct": 5.0, "areal_energy_J_cm2": 8.0,
            "areal_energy_total_J_cm2": 8.0, "seconds_per_pass": 2.0, "window_mm": 2.0,
            "ablated_radius_um": 60.0, "coagulated_radius_um": 100.0,
        },
        "bulk": {
            "basal_depth_um": 80.0, "dermis_depth_um": 500.0, "peak_surface_K": 5.0, "peak_basal_K": 4.0,
            "peak_dermis_K": 3.0, "two_way_difference_K": 0.1, "conductivity_W_mK": 0.4,
        },
        "energy": {"delivered_mJ": energy_mJ},
        "course": {
            "site": "cheek", "phototype": phototype, "care": "moist",
            "wound": {
                "kind": "fractional", "width_um": 1000.0, "height_um": 1000.0, "dead_radius_um": 100.0,
                "crater_radius_um": 60.0, "crater_depth_um": 500.0, "injury_depth_um": 600.0, "rim_um": 40.0,
                "columns_per_mm2": 4.0, "density_pct": 5.0, "passes": 1, "coagulated_pct": 5.0, "basal_rise_K": 4.0,
            },
            "predictions": [{"name": "surface_closed_d", "nominal": 4.0, "low": 3.0, "high": 6.0, **number}],
            "redness_words": "", "series": {}, "matrix": {}, "reviewed_by": "none", "inputs_sha256": "0" * 64,
        },
    }  # fmt: skip
    data = {
        "schema": PLAN,
        "title": title,
        "disclaimer": "synthetic",
        "synthetic": True,
        "case": case_,
        "verdict": verdict,
        "indication_title": "Synthetic",
        "phototype": phototype,
        "device_id": "lumenis-ultrapulse-deepfx",
        "device_name": "Synthetic",
        "device_built_from": "nothing",
        "zones": [zone],
        "validity_status": "outside",
        "provenance": {
            "version": "0", "schema_version": "1", "inputs_sha256": "0" * 64, "library_sha256": {},
            "dependencies": {}, "created": "2026-01-01T00:00:00+00:00", "seconds": 1.0,
        },
    }  # fmt: skip
    return Plan.model_validate(data)


def plan_bytes(**given):
    return json.dumps(plan(**given).plain(), ensure_ascii=False).encode()


def consent(db, who, patient_id, kind, **given):
    return patients.give_consent(
        db, who, patient_id, kind=kind, form="clinic", form_version="1", form_text="I agree.", signed_by="Ada Example",
        **given,
    )  # fmt: skip


def photo(db, blobs, who, patient_id, *, content=PNG, pose="front", **given):
    given = {"taken_at": now(), "width_px": 4, "height_px": 4, "media_type": "image/png", **given}
    return photographs.record_photo(db, who, patient_id, blob=blobs.put(content), pose=pose, **given)


def approved(db, blobs, staff_, draft):
    """A plan of the draft, stored by the operator and approved by the physician."""
    version = plans.store_plan(db, blobs, staff_.operator, draft.id, draft.revision, plan_bytes(case_=draft.case))
    approvals.decide(db, blobs, staff_.physician, version.id, "approved", content_sha256=version.content_sha256)
    return version


def journey(database, blobs, staff_, *, family_name="Example", phototype="II", treated_on=TREATED, device_unit_id=""):
    """One patient from the first visit to a reviewed check-in. Gives the rows by name."""
    doctor, nurse = staff_.physician, staff_.operator
    with database.session() as db:
        patient = patients.create_patient(
            db, nurse, family_name=family_name, given_name="Ada", birth_date=dt.date(1990, 2, 3), phototype=phototype,
            telephone="000 111", synthetic=True,
        )  # fmt: skip
        for kind in ("treatment", "photography"):
            consent(db, doctor, patient.id, kind).given_at = dt.datetime.combine(treated_on, dt.time(), dt.UTC)
        condition = patients.add_condition(
            db, doctor, patient.id, indication="acne-scar-atrophic", site="cheek", side="left"
        )
        patients.record_answers(db, nurse, patient.id, questionnaire="intake", version="1", answers={"smoker": "no"})
        spot = patients.record_test_spot(
            db, nurse, patient.id, site="cheek", side="left", settings={"energy_mJ": 10.0},
            done_on=treated_on - dt.timedelta(days=30), read_due=treated_on - dt.timedelta(days=2),
        )  # fmt: skip
        picture = photo(db, blobs, nurse, patient.id, content=PNG + family_name.encode(), condition_id=condition.id)
        draft = plans.create_draft(db, nurse, patient.id, title="First session", case=case(), condition_id=condition.id)
        version = approved(db, blobs, staff_, draft)
        treatment = treatments.record_by_hand(
            db, nurse, patient.id, treated_on=treated_on, plan=plan(draft.case), plan_id=version.id,
            condition_id=condition.id, device_unit_id=device_unit_id, care=CARE, contact_days=[1, 3, 7],
            passes=[{"zone": "cheek", "number": 1, "panel": {"energy_mJ": 20.0, "density_pct": 5.0, "passes": 1.0}}],
        )  # fmt: skip
        none = treatments.answer_adverse_event(db, nurse, treatment.id, kind="none")
        at = dt.datetime.combine(treated_on + dt.timedelta(days=8), dt.time(9), dt.UTC)
        check_in = followup.answer_by_staff(db, nurse, treatment.id, {"day": 7, "pain": 1, "closed": "yes"}, at=at)
        followup.review(db, doctor, check_in.id, note="as expected")
        recall = followup.add_recall(db, nurse, patient.id, reason="next_session", due_on=TODAY)
    return SimpleNamespace(
        patient=patient, condition=condition, spot=spot, photo=picture, draft=draft, plan=version, treatment=treatment,
        adverse=none, check_in=check_in, recall=recall,
    )  # fmt: skip


def system(database, **fields):
    """A patient and nothing else."""
    with database.session() as db:
        return patients.create_patient(db, SYSTEM, **({"family_name": "Example"} | fields))
