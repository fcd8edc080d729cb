"""A synthetic clinic to look at: nobody in it exists, and every page says so.

Filled through the same functions as a real clinic, in a folder of its own that is marked. Only there do accounts with
published passwords exist. The one plan in it is computed when the clinic is made, like any other.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from colonnade.errors import BadInput
from colonnade.records import approvals, devices, followup, patients, people, photographs, plans, treatments
from colonnade.records.audit import SYSTEM, Actor
from colonnade.records.base import now, open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import open_folder
from colonnade.workstation.configuration import DEMONSTRATION_MARK, ClinicSettings, save_clinic
from colonnade.workstation.pages.entering import HISTORY as QUESTIONNAIRE
from colonnade.workstation.pages.entering import questions
from colonnade.workstation.pages.patients import HISTORY_VERSION
from colonnade.workstation.roles import ROLES

if TYPE_CHECKING:
    from colonnade.planning import Plan

MARK_TEXT = "A demonstration: everything in this folder is synthetic, and its passwords are published.\n"
NAMES = {
    "viewer": "Vera Viewer",
    "operator": "Otto Operator",
    "physician": "Phyllis Physician",
    "researcher": "Rosa Researcher",
    "administrator": "Alma Administrator",
    "auditor": "Axel Auditor",
}
HISTORY = (
    "pregnant_or_lactating", "active_infection_in_field", "keloid_tendency", "isotretinoin_within_6_months",
    "immunosuppressed", "diabetes_hba1c_above_9_pct", "active_autoimmune_disease", "radiotherapy_to_site",
    "koebner_disease", "new_patches_at_injury", "flare_in_field", "sunburn_or_tan", "photosensitising_drug",
    "topical_retinoid_within_1_week", "history_of_pih", "smoker", "argyria_or_silver", "face_or_neck_lift",
    "anticoagulant_or_bleeding", "herpes_history", "unrealistic_expectations",
)  # fmt: skip
DEVICE = "lumenis-ultrapulse-deepfx"
INDICATION = "atrophic-acne-scar"
CARE = {"track": "fractional_field", "zone": "face", "immunosuppressed": "no", "call": "000"}
CONTACT_DAYS = [1, 3, 7, 30]


def password(role: str) -> str:
    """The published password of a demonstration account."""
    return f"demonstration-{role}-2026"


def prepare(data: Path, *, note: Callable[[str], None]) -> None:
    """Make the demonstration clinic in ``data``, whole or not at all; one that is there is kept.

    Raises
    ------
    BadInput
        If the folder holds anything else: a demonstration never mixes with a clinic.
    """
    if (data / DEMONSTRATION_MARK).exists():
        return
    if data.exists() and any(data.iterdir()):
        raise BadInput(
            "--demonstration",
            given=f"the folder {data}, which is not empty",
            allowed="a new or empty folder, or one that is a demonstration already",
            todo="Name another folder with --data.",
        )
    work = data.with_name(f".{data.name}.making")
    shutil.rmtree(work, ignore_errors=True)
    note("Making the demonstration clinic; its one plan is computed now, which takes about half a minute.")
    try:
        fill(work)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    (work / DEMONSTRATION_MARK).write_text(MARK_TEXT, encoding="utf-8")
    if data.exists():
        data.rmdir()
    work.replace(data)


def fill(data: Path) -> None:
    """Accounts, a laser, six patients, from intake to follow-up."""
    plan = _plan()
    folder = open_folder(data)
    save_clinic(folder.root, ClinicSettings(clinic_name="Demonstration clinic", clinic_phone="000"))
    database, blobs = open_database(folder.database), BlobStore(folder.blobs)
    try:
        database.upgrade()
        pictures = [blobs.put(content) for content in _photographs()]
        with database.session() as db:
            staff = _staff(db)
            unit = _laser(db, staff.operator)
            clinic = _Clinic(db, blobs, staff, unit, plan, pictures)
            clinic.treated("Example", "Ada", "III", days_ago=8, check_ins=(_calm(1), _calm(3), _redder(7)))
            clinic.treated("Sample", "Bo", "II", days_ago=3, check_ins=(_calm(1), _fever(2)))
            clinic.treated(
                "Specimen", "Cleo", "IV", days_ago=40, check_ins=(_calm(1), _calm(7), _calm(30)), reviewed=True
            )
            clinic.test_spot("Placeholder", "Dara", "V")
            clinic.drafted("Mannequin", "Eli", "III")
            clinic.intake("Fixture", "Fay", "I", asked=False)
    finally:
        database.close()


def case() -> dict[str, Any]:
    """The case of every demonstration patient (``colonnade.case/1``)."""
    return {
        "schema": "colonnade.case/1",
        "title": "Atrophic acne scars, left cheek",
        "synthetic": True,
        "patient": {
            "phototype": "III",
            "age_years": 31,
            "weight_kg": 64,
            "history": dict.fromkeys(HISTORY, "no"),
        },
        "indication": {"id": INDICATION, "diagnosis": "Atrophic acne scars"},
        "site": {"id": "cheek", "side": "left"},
        "region": {"shape": "rectangle", "width_mm": 30, "height_mm": 40},
        "device": {"id": DEVICE},
        "goals": {"first_session": True},
        "clinic": {"recorded": ["PAR-08"]},
        "settings": {"energy_mJ": 10, "density_pct": 10, "passes": 1},
    }


def _plan() -> Plan:
    from colonnade.case import Case
    from colonnade.planning import plan

    return plan(Case.parse(case(), origin="demonstration"))


def _photographs() -> list[bytes]:
    """The drawn face, a little redder each time, so that there is something to compare."""
    import numpy as np
    from PIL import Image

    from colonnade.field.synthetic import synthetic_face

    pixels = synthetic_face().photo.pixels.astype(np.int16)
    out = []
    for redness in (0, 18, 8):
        shown = np.clip(pixels + np.array([redness, -redness, -redness]), 0, 255).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(shown).save(file, "JPEG", quality=88)
        out.append(file.getvalue())
    return out


def _staff(db: Session) -> SimpleNamespace:
    made = SimpleNamespace()
    for role in ROLES:
        hashed = people.new_password(password(role), login=role, display_name=NAMES[role])
        account = people.create_account(
            db, SYSTEM, login=role, display_name=NAMES[role], role=role, password=hashed,
            credentialed=role == "physician",
        )  # fmt: skip
        setattr(made, role, account.actor())
    return made


def _laser(db: Session, who: Actor) -> str:
    today = now().date()
    unit = devices.add_device(db, who, device_id=DEVICE, name="Laser 1 (synthetic)", serial="SYN-0001")
    devices.add_handpiece(db, who, unit.id, name="DeepFX (synthetic)", serial="SYN-H-0001")
    done: tuple[tuple[devices.DeviceEventKind, int, dt.date | None], ...] = (
        ("installed", 400, None),
        ("service", 120, today + dt.timedelta(days=245)),
    )
    for kind, days_ago, due in done:
        devices.record_device_event(
            db, who, unit.id, kind=kind, on=today - dt.timedelta(days=days_ago), by="Synthetic service",
            next_due_on=due,
        )  # fmt: skip
    devices.add_lot(
        db, who, kind="ointment", product="White petrolatum", lot="SYN-LOT-1", expires_on=today + dt.timedelta(days=300)
    )
    devices.log_safety(db, who, kind="daily_check", passed=True, device_unit_id=unit.id)
    return unit.id


def _calm(day: int) -> dict[str, Any]:
    closed = "yes" if day >= 7 else "no"
    calm = {"pain_change": "less", "redness": "less", "swelling": "less", "ooze": "none"}
    no = dict.fromkeys(("fever", "blisters", "eye_symptom", "new_product", "sun_exposure"), "no")
    return {"day": day, "pain": 1, "itch": 1, "closed": closed, **calm, **no}


def _redder(day: int) -> dict[str, Any]:
    return {**_calm(day), "pain": 3, "pain_change": "more", "redness": "more"}


def _fever(day: int) -> dict[str, Any]:
    return {**_calm(day), "pain": 6, "pain_change": "more", "fever": "yes", "ooze": "yellow_green"}


class _Clinic:
    """What the patients have in common."""

    def __init__(
        self, db: Session, blobs: BlobStore, staff: SimpleNamespace, unit: str, plan: Plan, pictures: Sequence[str]
    ) -> None:
        self.db, self.blobs, self.staff, self.unit, self.plan, self.pictures = db, blobs, staff, unit, plan, pictures
        self.content = json.dumps(plan.plain(), ensure_ascii=False).encode()
        self.today = now().date()

    def intake(
        self, family: str, given: str, phototype: str, *, asked: bool = True, yes: tuple[str, ...] = ()
    ) -> tuple[str, str]:
        """Somebody who came for the first time. Gives the ids of patient and condition."""
        nurse = self.staff.operator
        patient = patients.create_patient(
            self.db, nurse, family_name=family, given_name=given, birth_date=dt.date(1990, 2, 3), phototype=phototype,
            telephone="000", note="Synthetic.", synthetic=True,
        )  # fmt: skip
        condition = patients.add_condition(
            self.db, nurse, patient.id, indication=INDICATION, site="cheek", side="left", diagnosis="Synthetic"
        )
        if asked:
            answers = {name: "yes" if name in yes else "no" for name, _ in questions()}
            patients.record_answers(
                self.db, nurse, patient.id, questionnaire=QUESTIONNAIRE, version=HISTORY_VERSION, answers=answers
            )
        return patient.id, condition.id

    def consented(
        self, family: str, given: str, phototype: str, *, days_ago: int, yes: tuple[str, ...] = ()
    ) -> tuple[str, str]:
        """The same with consents to treatment and photography, and the three photographs."""
        patient, condition = self.intake(family, given, phototype, yes=yes)
        at = now() - dt.timedelta(days=days_ago)
        for kind in ("treatment", "photography"):
            consent = patients.give_consent(
                self.db, self.staff.physician, patient, kind=kind, form=f"{kind} (synthetic)", form_version="1",
                form_text=f"Synthetic consent to {kind}.", signed_by=f"{given} {family}",
            )  # fmt: skip
            consent.given_at = at  # a history is being told
        for pose in ("front", "left_oblique", "close_up"):
            self.photo(patient, condition, self.pictures[0], pose, at)
        return patient, condition

    def photo(self, patient: str, condition: str, blob: str, pose: Any, at: dt.datetime, treatment: str = "") -> None:
        """A drawn photograph."""
        from colonnade.field.synthetic import synthetic_face

        face = synthetic_face().photo.pixels
        photographs.record_photo(
            self.db, self.staff.operator, patient, blob=blob, media_type="image/jpeg", width_px=face.shape[1],
            height_px=face.shape[0], pose=pose, taken_at=at, condition_id=condition, treatment_id=treatment,
            scale_um_px=200.0, note="Drawn by a program: it shows nobody.",
        )  # fmt: skip

    def drafted(self, family: str, given: str, phototype: str, *, days_ago: int = 1) -> tuple[str, str, str]:
        """Somebody for whom a case was written. Gives the ids of patient, condition and draft."""
        patient, condition = self.consented(family, given, phototype, days_ago=days_ago)
        written = case()
        draft = plans.create_draft(
            self.db, self.staff.operator, patient, title=written["title"], case=written, condition_id=condition
        )
        return patient, condition, draft.id

    def test_spot(self, family: str, given: str, phototype: str) -> None:
        """Somebody whose test spot is to be read the day after tomorrow."""
        patient, condition = self.consented(family, given, phototype, days_ago=40, yes=("history_of_pih",))
        patients.record_test_spot(
            self.db, self.staff.operator, patient, condition_id=condition, site="cheek", side="left",
            settings={"energy_mJ": 10.0, "density_pct": 5.0}, done_on=self.today - dt.timedelta(days=40),
            read_due=self.today + dt.timedelta(days=2), device_unit_id=self.unit,
        )  # fmt: skip

    def treated(
        self, family: str, given: str, phototype: str, *, days_ago: int, check_ins: Sequence[dict[str, Any]],
        reviewed: bool = False,
    ) -> None:  # fmt: skip
        """Somebody who was treated, and answered afterwards."""
        doctor, nurse = self.staff.physician, self.staff.operator
        patient, condition, draft = self.drafted(family, given, phototype, days_ago=days_ago)
        version = plans.store_plan(self.db, self.blobs, nurse, draft, 1, self.content)
        approvals.decide(self.db, self.blobs, doctor, version.id, "approved", content_sha256=version.content_sha256)
        zone = self.plan.zones[0]
        day = self.today - dt.timedelta(days=days_ago)
        treatment = treatments.record_by_hand(
            self.db, nurse, patient, treated_on=day, plan=self.plan, plan_id=version.id, condition_id=condition,
            device_unit_id=self.unit, care=CARE, contact_days=CONTACT_DAYS, phototype=phototype, note="Synthetic.",
            passes=[{"zone": zone.name, "number": 1, "panel": dict(zone.settings.panel)}],
        )  # fmt: skip
        treatments.answer_adverse_event(self.db, nurse, treatment.id, kind="none")
        for answers in check_ins:
            at = dt.datetime.combine(day + dt.timedelta(days=answers["day"]), dt.time(9), dt.UTC)
            row = followup.answer_by_staff(self.db, nurse, treatment.id, answers, at=min(at, now()))
            if reviewed or row.tier in ("none", "N"):
                followup.review(self.db, doctor, row.id, note="As expected.")
        for number, blob in enumerate(self.pictures[1:], start=1):
            at = now() - dt.timedelta(days=max(0, days_ago - 3 * number))
            self.photo(patient, condition, blob, "front", at, treatment.id)
        if reviewed:
            due = self.today + dt.timedelta(days=3)
            followup.add_recall(
                self.db, nurse, patient, reason="next_session", due_on=due, condition_id=condition,
                treatment_id=treatment.id,
            )  # fmt: skip
