"""Patients and what is recorded before a treatment: edits keep what stood there, consents bind, reads are logged."""

import datetime as dt

import pytest
from sqlalchemy import select

from colonnade.errors import BadInput
from colonnade.records import audit, patients, photographs
from colonnade.records.base import NotAllowed, NotFound, Stale, now
from colonnade.records.blobs import DamagedBlob
from colonnade.records.owned import EarlierVersion
from tests.records.clinic import PNG, TODAY, consent, photo


@pytest.fixture
def patient(database, staff):
    with database.session() as db:
        return patients.create_patient(
            db, staff.operator, family_name="Example", given_name="Ada", birth_date=dt.date(1990, 2, 3), phototype="III"
        )


def _verbs(db, patient_id):
    return [(e.verb, e.object_type) for e in audit.entries(db, patient_id=patient_id)]


def test_creating_reading_and_editing_is_logged_and_keeps_what_stood_there(database, staff, patient):
    with database.session() as db:
        assert patients.read_patient(db, staff.viewer, patient.id).given_name == "Ada"
    with database.session() as db:
        row = patients.edit_patient(db, staff.operator, patient.id, 1, telephone="000 111", given_name="Ada M.")
        assert row.revision == 2
        before = db.query(EarlierVersion).one()
        assert before.content["given_name"] == "Ada"
        assert before.content["birth_date"] == "1990-02-03"
        assert (before.revision, before.replaced_by, before.patient_id) == (1, staff.operator.id, patient.id)
        assert _verbs(db, patient.id) == [("create", "patients"), ("read", "patients"), ("change", "patients")]
        last = list(audit.entries(db))[-1]
        # which fields, not what was in them
        assert '"given_name+telephone"' in last.details
        assert "000" not in last.details


def test_an_edit_that_changes_nothing_is_none(database, staff, patient):
    with database.session() as db:
        assert patients.edit_patient(db, staff.operator, patient.id, 1, given_name="Ada").revision == 1
        assert db.query(EarlierVersion).count() == 0


def test_the_second_to_save_is_told(database, staff, patient):
    with database.session() as db:
        patients.edit_patient(db, staff.operator, patient.id, 1, note="first")
    with pytest.raises(Stale), database.session() as db:
        patients.edit_patient(db, staff.physician, patient.id, 1, note="second")
    with database.session() as db:
        assert patients.read_patient(db, staff.viewer, patient.id).note == "first"


@pytest.mark.parametrize(
    "wrong",
    [
        {"family_name": " "},
        {"family_name": "x" * 201},
        {"family_name": "zero\0byte"},
        {"family_name": "half \ud800 a letter"},
        {"family_name": "Example", "phototype": "VII"},
        {"family_name": "Example", "birth_date": dt.date(1700, 1, 1)},
        {"family_name": "Example", "birth_date": TODAY + dt.timedelta(days=2)},
        {"family_name": "Example", "nickname": "A"},
        {"family_name": "Example", "pseudonym": "AAAA-AAAA"},
        {"family_name": "Example", "email": "x" * 201},
        {"family_name": "Example", "alerts": ["zero\0byte"]},
    ],
)
def test_both_databases_refuse_the_same(database, staff, wrong):
    with pytest.raises(BadInput), database.session() as db:
        patients.create_patient(db, staff.operator, **wrong)
    with database.session() as db:
        assert db.query(patients.Patient).count() == 0


@pytest.mark.parametrize("name", ["O'Brien; DROP TABLE patients", "Ünlü", "李小龙", "<script>", "=1+1", "a\\b%_"])
def test_names_are_stored_as_they_are(database, staff, name):
    with database.session() as db:
        made = patients.create_patient(db, staff.operator, family_name=name)
    with database.session() as db:
        assert patients.read_patient(db, staff.viewer, made.id).family_name == name
        assert [p.id for p in patients.list_patients(db, staff.viewer, search=name)] == [made.id]


def test_the_list_is_searched_by_beginnings_and_wildcards_are_letters(database, staff, patient):
    with database.session() as db:
        for name in ("Exeter", "Other"):
            patients.create_patient(db, staff.operator, family_name=name)

        def names(search):
            return [p.family_name for p in patients.list_patients(db, staff.viewer, search=search)]

        assert names("") == ["Example", "Exeter", "Other"]
        assert names("ex") == ["Example", "Exeter"]
        assert names(patient.pseudonym[:5]) == ["Example"]
        assert names("%") == names("_x") == names("x\0") == []
        assert len(patients.list_patients(db, staff.viewer, limit=1, offset=1)) == 1
        assert list(audit.entries(db))[-1].verb == "list"


@pytest.mark.parametrize("key", ["", "nothing", "0" * 32, "x" * 200, "zero\0", "' OR 1=1", None])
def test_what_is_not_there_is_not_found(database, staff, key):
    with database.session() as db:
        for look in (
            lambda: patients.read_patient(db, staff.viewer, key),
            lambda: patients.add_condition(db, staff.viewer, key, indication="x", site="cheek", side="left"),
            lambda: consent(db, staff.viewer, key, "treatment"),
        ):
            with pytest.raises(NotFound):
                look()


# --- consent --------------------------------------------------------------------------------------------------------
def test_consents_are_apart_versioned_and_revoked(database, staff, patient):
    with database.session() as db:
        treatment = consent(db, staff.physician, patient.id, "treatment")
        assert patients.consent_in_force(db, patient.id, "treatment").id == treatment.id
        assert patients.consent_in_force(db, patient.id, "photography") is None
        assert patients.consent_in_force(db, patient.id, "teaching") is None
        newer = consent(db, staff.physician, patient.id, "treatment", valid_until=TODAY)
        assert newer.form_sha256 == treatment.form_sha256
        assert patients.consent_in_force(db, patient.id, "treatment").id == newer.id
        assert (
            patients.consent_in_force(db, patient.id, "treatment", on=TODAY + dt.timedelta(days=1)).id == treatment.id
        )
        for row in (newer, treatment):
            patients.revoke_consent(db, staff.operator, row.id, reason="changed her mind")
        assert patients.consent_in_force(db, patient.id, "treatment") is None
        with pytest.raises(BadInput):
            patients.revoke_consent(db, staff.operator, treatment.id)
        assert [v for v, _ in _verbs(db, patient.id)][-2:] == ["revoke", "revoke"]


def test_a_consent_needs_its_wording_its_kind_and_a_name(database, staff, patient):
    good = {"kind": "treatment", "form": "f", "form_version": "1", "form_text": "I agree.", "signed_by": "Ada"}
    ended = {"valid_until": TODAY - dt.timedelta(days=3)}
    for bad in ({"kind": "everything"}, {"form_text": " "}, {"signed_by": " "}, ended):
        with pytest.raises(BadInput), database.session() as db:
            patients.give_consent(db, staff.physician, patient.id, **(good | bad))


# --- photographs ----------------------------------------------------------------------------------------------------
def test_no_photograph_without_consent(database, staff, patient, blobs):
    with pytest.raises(NotAllowed), database.session() as db:
        photo(db, blobs, staff.operator, patient.id)
    with database.session() as db:
        given = consent(db, staff.physician, patient.id, "photography")
        photo(db, blobs, staff.operator, patient.id)
        patients.revoke_consent(db, staff.physician, given.id)
    with pytest.raises(NotAllowed), database.session() as db:
        photo(db, blobs, staff.operator, patient.id)


def test_a_photograph_is_read_whole_or_not_at_all(database, staff, patient, blobs):
    with database.session() as db:
        consent(db, staff.physician, patient.id, "photography")
        row = photo(db, blobs, staff.operator, patient.id)
    with database.session() as db:
        assert photographs.read_photo(db, staff.viewer, blobs, row.id)[1] == PNG
        assert _verbs(db, patient.id)[-1] == ("read", "photos")
    path = next(blobs.root.glob(f"*/{row.blob}"))
    path.write_bytes(PNG[:-1])
    with pytest.raises(DamagedBlob), database.session() as db:
        photographs.read_photo(db, staff.viewer, blobs, row.id)


def test_the_mandatory_minimum_names_what_is_missing(database, staff, patient, blobs):
    start = now() - dt.timedelta(hours=1)
    with database.session() as db:
        consent(db, staff.physician, patient.id, "photography")

        def taken():
            return db.scalars(select(photographs.Photo).where(photographs.Photo.patient_id == patient.id)).all()

        def missing():
            return photographs.missing_poses(taken(), condition_id="c", since=start)

        assert missing() == photographs.MINIMUM_POSES
        photo(db, blobs, staff.operator, patient.id, pose="front", condition_id="c")
        photo(db, blobs, staff.operator, patient.id, pose="left", condition_id="another")
        photo(
            db, blobs, staff.operator, patient.id, pose="left", condition_id="c", taken_at=start - dt.timedelta(days=9)
        )
        assert missing() == photographs.MINIMUM_POSES[1:]
        photo(db, blobs, staff.operator, patient.id, pose="right_oblique", condition_id="c")
        photo(db, blobs, staff.operator, patient.id, pose="close_up", condition_id="c")
        assert missing() == ()
        for bad in ({"pose": "upside_down"}, {"width_px": 0}):
            with pytest.raises(BadInput):
                photo(db, blobs, staff.operator, patient.id, **bad)


# --- answers, conditions, test spots --------------------------------------------------------------------------------
def test_answers_are_corrected_by_new_ones(database, staff, patient):
    with database.session() as db:
        first = patients.record_answers(
            db, staff.operator, patient.id, questionnaire="intake", version="1", answers={"smoker": "no"}
        )
        second = patients.record_answers(
            db, staff.operator, patient.id, questionnaire="intake", version="1", answers={"smoker": "yes"},
            replaces=first.id,
        )  # fmt: skip
        assert first.replaced_at is not None
        assert first.answers == {"smoker": "no"}
        with pytest.raises(BadInput):
            patients.record_answers(
                db, staff.operator, patient.id, questionnaire="intake", version="1", answers={}, replaces=first.id
            )
        other = patients.create_patient(db, staff.operator, family_name="Other")
        with pytest.raises(NotFound):
            patients.record_answers(
                db, staff.operator, other.id, questionnaire="intake", version="1", answers={}, replaces=second.id
            )


def test_a_condition_says_which_side(database, staff, patient):
    with database.session() as db:
        row = patients.add_condition(db, staff.physician, patient.id, indication="scar", site="cheek", side="left")
        assert patients.edit_condition(db, staff.physician, row.id, 1, side="right").revision == 2
        with pytest.raises(BadInput):
            patients.add_condition(db, staff.physician, patient.id, indication="scar", site="cheek", side="starboard")


def test_a_test_spot_waits_until_it_is_read(database, staff, patient):
    day = dt.timedelta(days=1)
    with database.session() as db:
        made = [
            patients.record_test_spot(
                db, staff.operator, patient.id, site="cheek", side="left", settings={"energy_mJ": 10.0},
                done_on=TODAY - 40 * day, read_due=TODAY - due * day,
            )
            for due in (5, 12, -3)
        ]  # fmt: skip
        assert [s.id for s in patients.unread_test_spots(db, until=TODAY)] == [made[1].id, made[0].id]
        for bad in ({"read_on": TODAY - 50 * day, "result": "fine"}, {"read_on": TODAY, "result": " "}):
            with pytest.raises(BadInput):
                patients.read_test_spot(db, staff.physician, made[1].id, 1, **bad)
        read = patients.read_test_spot(db, staff.physician, made[1].id, 1, read_on=TODAY, result="no mark")
        assert (read.read_by, read.revision) == (staff.physician.id, 2)
        with pytest.raises(Stale):
            patients.read_test_spot(db, staff.physician, made[1].id, 1, read_on=TODAY, result="a mark")
        assert [s.id for s in patients.unread_test_spots(db, until=TODAY)] == [made[0].id]
        for done, due in ((TODAY, TODAY - day), (TODAY + 3 * day, TODAY + 40 * day)):
            with pytest.raises(BadInput):
                patients.record_test_spot(
                    db, staff.operator, patient.id, site="cheek", side="left", settings={}, done_on=done, read_due=due,
                )  # fmt: skip
