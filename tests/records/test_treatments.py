"""What was done is recorded as it was done, beside what was planned; nothing is signed with an open question."""

import datetime as dt
import math

import pytest

from colonnade.delivery.record import SCHEMA, Treatment
from colonnade.errors import BadInput
from colonnade.records import approvals, audit, devices, plans, treatments
from colonnade.records.base import NotFound, Stale, now
from tests.records.clinic import CARE, TODAY, approved, case, consent, plan, system

DEEPFX = "lumenis-ultrapulse-deepfx"
PANEL = {"energy_mJ": 20.0, "density_pct": 5.0, "passes": 1.0}
PASS = {"zone": "cheek", "number": 1, "panel": PANEL}
DAY = dt.timedelta(days=1)


@pytest.fixture
def ready(database, blobs, staff):
    """Everything done as it should be: gives patient, plan version and device."""
    patient = system(database, phototype="IV")
    with database.session() as db:
        consent(db, staff.physician, patient.id, "treatment")
        draft = plans.create_draft(db, staff.operator, patient.id, title="x", case=case())
        version = approved(db, blobs, staff, draft)
        approvals.record_time_out(db, staff.operator, version.id, items=dict.fromkeys(approvals.TIME_OUT_ITEMS, True))
        unit = devices.add_device(
            db, staff.administrator, device_id=DEEPFX, name="Room 1", serial="S1", service_due_on=TODAY + DAY,
            commissioned_on=TODAY - DAY, commissioning_ends_on=TODAY + DAY,
        )  # fmt: skip
    return patient, version, unit


def _record(db, staff, ready, *, passes=(PASS,), **given):
    patient, version, unit = ready
    given = {"plan": plan(), "plan_id": version.id, "device_unit_id": unit.id, "care": CARE} | given
    return treatments.record_by_hand(
        db, staff.operator, patient.id, treated_on=given.pop("treated_on", TODAY), passes=passes, **given
    )


def test_a_treatment_as_planned_has_no_deviation(database, staff, ready):
    with database.session() as db:
        row = _record(db, staff, ready)
        _, passes = treatments.read_treatment(db, staff.viewer, row.id)
        assert row.deviations == []
        assert row.time_out_id
        assert [p.deviations for p in passes] == [[]]
        assert passes[0].panel == passes[0].planned_panel == PANEL
        assert (passes[0].columns_planned, passes[0].energy_planned_mJ) == (400, 20.0)
        assert row.phototype == "II", "the plan's phototype, which was examined for it"


@pytest.mark.parametrize(
    ("panel", "reason"),
    [
        (PANEL | {"energy_mJ": 25.0}, "energy_mJ: planned 20, delivered 25 (+25 %)"),
        (PANEL | {"energy_mJ": math.nextafter(20.0, 21)}, None),
        (PANEL | {"energy_mJ": float("inf")}, "energy_mJ: planned 20, delivered inf (+inf %)"),
        ({"energy_mJ": 20.0, "passes": 1.0}, "density_pct: planned 5.0, not recorded"),
        (PANEL | {"tip": "wide"}, "tip: not planned, wide on the panel"),
        (PANEL | {"energy_mJ": "20"}, "energy_mJ: planned 20.0, delivered 20"),
    ],
)
def test_deviations_name_both_numbers(panel, reason):
    assert treatments.deviations(PANEL, panel) == ([reason] if reason else [])


def test_a_nan_is_a_deviation_and_is_not_stored(database, staff, ready):
    panel = PANEL | {"energy_mJ": float("nan")}
    assert treatments.deviations(PANEL, panel)
    with pytest.raises(BadInput), database.session() as db:
        _record(db, staff, ready, passes=({**PASS, "panel": panel},))


def test_what_was_done_without_papers_is_recorded_and_says_so(database, staff):
    patient = system(database)
    with database.session() as db:
        row = treatments.record_by_hand(db, staff.operator, patient.id, treated_on=TODAY, passes=[PASS])
        assert row.deviations == ["no consent to treatment was in force", "no plan", "the device is not recorded"]


def test_another_device_an_extra_pass_and_an_unknown_zone_are_deviations(database, staff, ready):
    with database.session() as db:
        unit = devices.add_device(db, staff.administrator, device_id="another", name="Room 2", serial="S2")
        row = _record(
            db, staff, ready, device_unit_id=unit.id,
            passes=(PASS, {**PASS, "number": 2}, {**PASS, "zone": "chin"}),
        )  # fmt: skip
        _, passes = treatments.read_treatment(db, staff.viewer, row.id)
        assert f"planned for {DEEPFX}, delivered with another" in row.deviations
        assert "generic device, not commissioned" in row.deviations
        assert [p.deviations for p in passes] == [
            [], ["pass 2: 1 were planned"], ["this zone is not in the plan"],
        ]  # fmt: skip


def test_an_approval_that_was_voided_is_a_deviation(database, staff, ready):
    _, version, _ = ready
    with database.session() as db:
        draft = db.get(plans.CaseDraft, version.draft_id)
        plans.save_draft(db, staff.operator, draft.id, 1, case() | {"title": "Edited"})
        row = _record(db, staff, ready)
        assert row.deviations == ["the plan had no approval in force", "no time-out was recorded"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"passes": ()},
        {"treated_on": TODAY + 3 * DAY},
        {"care": {"track": "A", "zone": "face"}},
        {"contact_days": [1, -3]},
        {"contact_days": ["tomorrow"]},
    ],
)
def test_what_cannot_be_a_treatment_is_refused(database, staff, ready, wrong):
    with pytest.raises(BadInput), database.session() as db:
        _record(db, staff, ready, **wrong)


def test_a_plan_of_another_patient_is_not_found(database, staff, ready):
    other = system(database, family_name="Other")
    with pytest.raises(NotFound), database.session() as db:
        treatments.record_by_hand(
            db, staff.operator, other.id, treated_on=TODAY, passes=[PASS], plan=plan(), plan_id=ready[1].id
        )


def _delivered(**given):
    one = {
        "zone": "cheek", "pass": 1, "planned": 400, "fired": 398, "not_fired": 1, "unknown": 1,
        "energy_planned_mJ": 20.0, "energy_delivered_mJ": 20.1, "energy_sd_pct": 0.5, "energy_worst_pct": 1.0,
        "energy_total_planned_J": 8.0, "energy_total_delivered_J": 7.96, "energy_total_with_unknown_J": 7.98,
        "position_rms_um": 10.0, "position_worst_um": 30.0,
    }  # fmt: skip
    data = {
        "schema": SCHEMA, "disclaimer": "synthetic", "virtual": True, "synthetic": True, "plan_sha256": plan().sha256,
        "shots_sha256": "1" * 64, "log_sha256": "2" * 64, "device_id": DEEPFX, "machine_id": "m", "mode": "rehearsal",
        "closed": True, "passes": [one], "zones": [], "energy_tolerance_pct": 20.0, "position_tolerance_um": 50.0,
        "as_planned": False, "reasons": ["cheek, pass 1: 1 of 400 columns were not fired"],
    } | given  # fmt: skip
    return Treatment.model_validate(data)


def test_a_treatment_from_a_delivery_log(database, blobs, staff, ready):
    patient, version, unit = ready
    with database.session() as db:
        row = treatments.record_delivered(
            db, blobs, staff.operator, patient.id, treated_on=TODAY, delivered=_delivered(), plan=plan(),
            plan_id=version.id, device_unit_id=unit.id,
        )  # fmt: skip
        _, passes = treatments.read_treatment(db, staff.viewer, row.id)
        assert (row.source, row.virtual) == ("log", True)
        assert row.deviations == ["cheek, pass 1: 1 of 400 columns were not fired"]
        one = passes[0]
        assert (one.columns_fired, one.columns_unknown, one.energy_delivered_mJ) == (398, 1, 20.1)
        assert Treatment.model_validate_json(blobs.get(row.delivered_blob)) == _delivered()
        assert treatments.plan_of(db, blobs, row) == plan()
        with pytest.raises(BadInput):
            treatments.record_delivered(
                db, blobs, staff.operator, patient.id, treated_on=TODAY, plan=plan(),
                delivered=_delivered(plan_sha256="3" * 64),
            )  # fmt: skip


# --- adverse events and signature -----------------------------------------------------------------------------------
def test_nothing_is_signed_with_an_open_question(database, staff, ready):
    with database.session() as db:
        row = _record(db, staff, ready)
        with pytest.raises(BadInput, match="adverse"):
            treatments.sign(db, staff.physician, row.id, 1)
        treatments.answer_adverse_event(db, staff.operator, row.id, kind="none")
        signed = treatments.sign(db, staff.physician, row.id, 1)
        assert (signed.signed_by, signed.revision) == (staff.physician.id, 2)
        with pytest.raises(Stale):
            treatments.sign(db, staff.physician, row.id, 1)


def test_an_amendment_takes_the_signature_away(database, staff, ready):
    with database.session() as db:
        row = _record(db, staff, ready)
        treatments.answer_adverse_event(db, staff.operator, row.id, kind="none")
        treatments.sign(db, staff.physician, row.id, 1)
        amended = treatments.amend(db, staff.operator, row.id, 2, note="cooling was on")
        assert amended.signed_at is None
        assert [e.verb for e in audit.entries(db)][-2:] == ["change", "void"]
        assert treatments.sign(db, staff.physician, row.id, 3).signed_at is not None
        for fixed in ("patient_id", "signed_at", "deviations", "source"):
            with pytest.raises(BadInput):
                treatments.amend(db, staff.operator, row.id, 4, **{fixed: "x"})


@pytest.mark.parametrize(
    ("kind", "severity", "good"),
    [
        ("none", "", True),
        ("none", "mild", False),
        ("herpes", "moderate", True),
        ("herpes", "", False),
        ("herpes", "awful", False),
        ("bad luck", "mild", False),
    ],
)
def test_an_answer_is_none_or_a_kind_with_its_severity(database, staff, ready, kind, severity, good):
    with database.session() as db:
        row = _record(db, staff, ready)
        if good:
            treatments.answer_adverse_event(db, staff.operator, row.id, kind=kind, severity=severity)
        else:
            with pytest.raises(BadInput):
                treatments.answer_adverse_event(db, staff.operator, row.id, kind=kind, severity=severity)
        assert len(treatments.adverse_events(db, row.id)) == good


def test_none_is_not_said_beside_an_event_and_an_event_gets_its_outcome(database, staff, ready):
    with database.session() as db:
        row = _record(db, staff, ready)
        treatments.answer_adverse_event(db, staff.operator, row.id, kind="none")
        event = treatments.answer_adverse_event(db, staff.operator, row.id, kind="burn", severity="mild", onset_day=1)
        with pytest.raises(BadInput):
            treatments.answer_adverse_event(db, staff.operator, row.id, kind="none")
        edited = treatments.edit_adverse_event(db, staff.operator, event.id, 1, outcome="healed", resolved_on=TODAY)
        assert edited.revision == 2
        assert [e.kind for e in treatments.adverse_events(db, row.id)] == ["none", "burn"]


# --- devices, lots, safety log --------------------------------------------------------------------------------------
def test_the_dates_of_a_device_follow_its_events(database, staff):
    who = staff.administrator
    with database.session() as db:
        unit = devices.add_device(db, who, device_id=DEEPFX, name="Room 1", serial="S1")
        piece = devices.add_handpiece(db, who, unit.id, name="DeepFX", serial="H1", spot_um=120.0)
        other = devices.add_device(db, who, device_id=DEEPFX, name="Room 2", serial="S2")

        def event(kind, **given):
            devices.record_device_event(db, who, given.pop("unit", unit).id, kind=kind, on=TODAY, by="Maker", **given)

        def warnings(on=TODAY):
            return devices.device_warnings(unit, piece, on=on)

        assert len(warnings()) == 3
        event("commissioning", next_due_on=TODAY + 365 * DAY, profile_sha256="a" * 64)
        event("service", next_due_on=TODAY + 90 * DAY)
        event("service", next_due_on=TODAY + 90 * DAY, handpiece_id=piece.id)
        assert warnings() == ()
        assert len(warnings(TODAY + 91 * DAY)) == 2
        assert len(warnings(TODAY + 366 * DAY)) == 3
        assert "generic device, not commissioned" in warnings(TODAY - DAY)
        event("repair")
        assert warnings() == ("generic device, not commissioned",)
        event("retired", handpiece_id=piece.id)
        assert "the handpiece was retired" in warnings()
        for bad in ({"kind": "blessing"}, {"kind": "service", "unit": other, "handpiece_id": piece.id}):
            with pytest.raises(BadInput):
                event(**bad)


def test_a_recall_of_a_lot_finds_the_treatments(database, staff, ready):
    with database.session() as db:
        row = _record(db, staff, ready)
        fine = devices.add_lot(db, staff.operator, kind="cream", product="Cream", lot="L1", expires_on=TODAY)
        old = devices.add_lot(db, staff.operator, kind="cream", product="Cream", lot="L0", expires_on=TODAY - DAY)
        treatments.use_lot(db, staff.operator, row.id, fine.id, amount="2 g")
        assert row.deviations == []
        treatments.use_lot(db, staff.operator, row.id, old.id)
        assert "lot L0 of Cream had expired" in row.deviations[0]
        assert [t.id for t in treatments.treated_with_lot(db, staff.operator, fine.id)] == [row.id]
        unused = devices.add_lot(db, staff.operator, kind="cream", product="Cream", lot="L2")
        assert treatments.treated_with_lot(db, staff.operator, unused.id) == []


def test_the_safety_log_is_corrected_by_new_lines(database, staff):
    with database.session() as db:
        first = devices.log_safety(db, staff.operator, kind="daily_check", passed=False, items={"aiming beam": False})
        devices.log_safety(db, staff.operator, kind="daily_check", passed=True, corrects=first.id)
        assert [e.passed for e in devices.safety_log(db, staff.viewer)] == [True, False]
        with pytest.raises(BadInput):
            devices.log_safety(db, staff.operator, kind="party", passed=True)
        with pytest.raises(NotFound):
            devices.log_safety(db, staff.operator, kind="eyewear", passed=True, corrects="0" * 32)
    assert now().tzinfo is dt.UTC
