"""Pages that only read: they hold no lock, no look goes unlogged, and no list costs a question for each of its rows.

The application runs in the test itself, so that its questions to the database can be counted.
"""

import datetime as dt
import io
import re
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import event, func, insert, select

from colonnade.field.synthetic import synthetic_face
from colonnade.records import audit, followup, jobs, patients, people, photographs, plans, treatments
from colonnade.records.audit import SYSTEM
from colonnade.records.base import new_id, now, open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import StorageTrouble, open_folder
from colonnade.workstation import dependencies
from colonnade.workstation.app import create_app
from colonnade.workstation.configuration import ClinicSettings, Settings
from colonnade.workstation.live import Live
from colonnade.workstation.permissions import routes
from tests.records import clinic

#: GET routes that take none of the three transactions, and why.
WITHOUT = {
    "/log-in": "shows nothing of anybody",
    "/first-account": "shows nothing of anybody",
    "/healthz": "asks the database nothing",
    "/readyz": "asks whether the database answers, which must be able to fail",
    "/static/{name:path}": "files of the package",
    "/favicon.ico": "a file of the package",
    "/check-in/{token}": "the patient's own form: it shows the questions and nothing of the record",
    "/patients/new": "an empty form",
    "/plans/explore": "a case without a patient",
    "/settings": "the clinic's settings, from memory",
    "/jobs": "the account's own computations; their inputs are not shown",
    "/jobs/everybody": "states of computations",
    "/jobs/{job_id}": "the account's own computation; its inputs are not shown",
    "/jobs/{job_id}/events": "a stream must not keep a transaction open",
    "/jobs/{job_id}/events.json": "a stream must not keep a transaction open",
    "/jobs/{job_id}/result": "the result of the account's own computation, which names nobody",
    "/plans/versions/{plan_id}/papers/{name}": "takes its own transactions, of which one logs that it left",
    "/training": "takes its own transaction, which logs the list",
    "/training/sessions/{session_id}": "a machine's panel, from memory",
    "/training/sessions/{session_id}/map": "a machine's columns, from memory",
    "/training/sessions/{session_id}/events": "a stream must not keep a transaction open",
    "/training/records/{record_id}": "takes its own transactions, of which one logs the look",
    "/training/records/{record_id}/map": "columns of a rehearsal, which name nobody",
    "/training/records/{record_id}/{name}": "takes its own transaction, which logs the look",
    "/api/v1/jobs/{job_id}": "the account's own computation",
    "/api/v1/jobs/{job_id}/result": "the result of the account's own computation, which names nobody",
    "/api/v1/library/{kind}": "the library",
    "/api/v1/library/{kind}/{name}": "the library",
    "/api/v1/openapi.json": "the description of the API",
}
#: Questions to the database for one page, its session and its entries in the audit log included. Assumed: twice what
#: the fullest page takes today would be a sign that something goes wrong.
MOST_QUESTIONS = 40
NAME = "Recognisable"


def _picture():
    out = io.BytesIO()
    Image.fromarray(synthetic_face(0.2).photo.pixels).save(out, "JPEG")
    return out.getvalue()


def _treatment(row, **fields):
    return treatments.TreatmentRecord(
        patient_id=row.patient.id, condition_id=row.condition.id, treated_on=clinic.TODAY, operator_id="x",
        source="by_hand", care=clinic.CARE, contact_days=[1, 3, 7], deviations=["one"], **fields,
    )  # fmt: skip


def grown(place, count):
    """The clinic with ``count`` more of everything that stands in a list."""
    one = place.row
    mine = {"patient_id": one.patient.id}
    with place.database.session() as db:
        for n in range(count):
            patient = patients.create_patient(db, SYSTEM, family_name=f"{NAME} {n}", synthetic=True)
            other = _treatment(one, id=new_id(), plan_id=one.plan.id)
            other.patient_id = patient.id
            again = _treatment(one, id=new_id(), plan_id=one.plan.id)
            draft = plans.create_draft(db, SYSTEM, one.patient.id, title=f"Draft {n}", case=one.draft.case)
            version = {c.key: getattr(one.plan, c.key) for c in plans.PlanVersion.__table__.columns}
            version |= {"id": new_id(), "number": 10 + n}
            db.add_all([other, again, plans.PlanVersion(**version)])
            db.add_all(
                [
                    patients.Condition(
                        **mine, indication="acne-scar-atrophic", site="cheek", side="left", created_at=now()
                    ),
                    photographs.Photo(
                        **mine, pose="front", taken_at=now(), added_at=now(), added_by="x", blob=one.photo.blob,
                        media_type="image/jpeg", width_px=9, height_px=9,
                    ),
                    treatments.TreatmentPass(
                        **mine, treatment_id=one.treatment.id, zone="cheek", number=n, panel={"energy_mJ": n},
                        planned_panel={}, deviations=[],
                    ),
                    treatments.AdverseEvent(
                        **mine, treatment_id=other.id, kind="none", reported_at=now(), reported_by="x"
                    ),
                    jobs.Job(
                        kind="plan", state="queued", requested_by=place.staff.physician.id,
                        inputs={"draft_id": draft.id},
                        inputs_sha256="0" * 64, created_at=now(), patient_id=one.patient.id,
                    ),
                ]
            )  # fmt: skip
            followup.answer_by_staff(db, SYSTEM, one.treatment.id, {"day": 10 + n % 5, "pain": 1})
            followup.add_recall(db, SYSTEM, patient.id, reason="other", due_on=clinic.TODAY)
            patients.record_test_spot(
                db, SYSTEM, one.patient.id, site="cheek", side="left", settings={"energy_mJ": 1.0},
                done_on=clinic.TODAY, read_due=clinic.TODAY,
            )  # fmt: skip
            clinic.consent(db, SYSTEM, one.patient.id, "treatment")
            db.execute(
                insert(followup.ScoreRecord).values(
                    id=new_id(), **mine, treatment_id=one.treatment.id, condition_id="", instrument="gais",
                    version="1", value=1.0, low=0.0, high=4.0, better="higher", items={}, scored_by="x",
                    scored_on=clinic.TODAY + dt.timedelta(days=n), detail="",
                )
            )  # fmt: skip
    return place


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """An application over a clinic with one patient, and a client for each role."""
    folder = open_folder(tmp_path_factory.mktemp("reading") / "data")
    database, blobs = open_database(folder.database), BlobStore(folder.blobs)
    database.upgrade()
    staff = clinic.staff(database)
    row = clinic.journey(database, blobs, staff, family_name=NAME)
    with database.session() as db:
        picture = clinic.photo(db, blobs, staff.operator, row.patient.id, content=_picture(), media_type="image/jpeg")
        lot = treatments.ProductLot(kind="ointment", product="P", lot="1")
        db.add(lot)
        db.flush()
        treatments.use_lot(db, staff.operator, row.treatment.id, lot.id)
        row.photo = picture
    settings = Settings(data=folder.root, clinic=ClinicSettings(clinic_name="Test"))
    app = create_app(settings, database, folder)
    ids = {
        "patient_id": row.patient.id, "treatment_id": row.treatment.id, "draft_id": row.draft.id,
        "plan_id": row.plan.id, "check_in_id": row.check_in.id, "photo_id": picture.id, "lot_id": lot.id,
        "account_id": staff.viewer.id,
    }  # fmt: skip
    made = SimpleNamespace(app=app, database=database, staff=staff, row=row, ids=ids, settings=settings)
    with pytest.MonkeyPatch.context() as patch:
        # the simulations of the plan page are not asked for anything here
        patch.setattr(Live, "start", lambda _: None)
        yield made
    database.close()


@pytest.fixture
def client(place):
    """``client("physician")``: signed in."""

    def connect(role):
        with place.database.session() as db:
            account = db.scalars(select(people.Account).where(people.Account.login == role)).one()
            session = people.begin_session(db, account)
        cookies = {place.settings.cookie: session.id}
        return TestClient(
            place.app, base_url="http://localhost", cookies=cookies, raise_server_exceptions=False,
            headers={"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
        )  # fmt: skip

    return connect


def transactions(app):
    """Path of each GET route to the names of the transactions that it takes."""
    kinds = {dependencies._write: "Db", dependencies._read: "ReadDb", dependencies._logged: "LoggedDb"}

    def of(dependant):
        for one in dependant.dependencies:
            yield from (kinds[one.call],) if one.call in kinds else of(one)

    return {route.path: set(of(route.dependant)) for route, _ in routes(app) if "GET" in route.methods}


def logged_pages(place):
    """Addresses of every page that takes a ``LoggedDb``, with the ids of the one patient."""
    query = {"/plans/compare": f"?plan={place.row.plan.id}&plan={place.row.plan.id}"}
    two = f"?one={place.ids['photo_id']}&two={place.ids['photo_id']}"
    query |= {f"/patients/{{patient_id}}/photographs/{name}": two for name in ("compare", "moved")}
    for path, kinds in transactions(place.app).items():
        if "LoggedDb" in kinds:
            yield path, re.sub(r"\{(\w+)\}", lambda found: place.ids[found[1]], path) + query.get(path, "")


def test_no_route_that_reads_takes_the_write_lock(place):
    found = transactions(place.app)
    assert [path for path, kinds in found.items() if "Db" in kinds] == []
    assert {path for path, kinds in found.items() if not kinds} == set(WITHOUT)
    assert all(len(kinds) <= 1 for kinds in found.values())
    assert sum("LoggedDb" in kinds for kinds in found.values()) > 25


ROLE = {"/audit": "auditor", "/erasures": "administrator"}


def test_every_page_about_patients_leaves_an_entry(place, client):
    one = {role: client(role) for role in ("physician", "auditor", "administrator")}
    silent = []
    for path, address in logged_pages(place):
        with place.database.session(write=False) as db:
            before = audit.head(db).seq
        answer = one[ROLE.get(path, "physician")].get(address)
        assert answer.status_code == 200, (path, answer.text)
        with place.database.session(write=False) as db:
            new = list(audit.entries(db, after=before))
        if not [e for e in new if e.verb in ("read", "list")]:
            silent.append(path)
        assert {e.request_id for e in new} == {answer.headers["x-request-id"]}, path
    assert silent == []


def test_where_the_log_takes_no_entry_nothing_of_the_patient_is_given(place, client, monkeypatch):
    """The page is made by then; it must not be sent."""
    one = {role: client(role) for role in ("physician", "auditor", "administrator")}
    known = {path: one[ROLE.get(path, "physician")].get(address) for path, address in logged_pages(place)}
    assert sum(NAME in answer.text for answer in known.values()) > 10, "there is nothing to be kept back"

    def refuse(_db, _deeds):
        raise StorageTrouble("saving: the disk is full. Nothing was saved. Make room and try again.")

    monkeypatch.setattr(audit, "_chain", refuse)
    for path, address in logged_pages(place):
        answer = one[ROLE.get(path, "physician")].get(address)
        assert answer.status_code == 507, path
        for secret in (NAME, place.row.patient.pseudonym, place.row.draft.title, "energy_mJ"):
            assert secret not in answer.text, path
        assert known[path].content not in answer.content, path
        assert not {"etag", "content-disposition"} & set(answer.headers), path


def test_where_the_log_breaks_nothing_of_the_patient_is_given(place, client, monkeypatch):
    def broken(_db, _deeds):
        raise RuntimeError(NAME)

    one = client("physician")
    monkeypatch.setattr(audit, "_chain", broken)
    answer = one.get(f"/patients/{place.row.patient.id}")
    assert answer.status_code == 500
    assert NAME not in answer.text


def test_a_page_that_reads_does_not_wait_for_a_writer_but_its_entry_does(place, client):
    """Somebody holds the write lock: the page is made, and sent when its entry could be appended."""
    import threading

    one, answers, asked = client("physician"), [], threading.Event()
    counting = lambda *_: asked.set()  # noqa: E731
    # the session of the client is fresh, so that looking it up writes nothing
    with place.database.session() as db:
        db.execute(select(people.Account)).first()
        event.listen(place.database.engine, "before_cursor_execute", counting)
        waiting = threading.Thread(target=lambda: answers.append(one.get(f"/patients/{place.row.patient.id}")))
        try:
            waiting.start()
            assert asked.wait(20)
            waiting.join(0.5)
            assert answers == [], "it was sent without its entry"
        finally:
            event.remove(place.database.engine, "before_cursor_execute", counting)
    waiting.join(20)
    assert answers[0].status_code == 200
    assert NAME in answers[0].text


def test_a_refused_form_that_shows_the_record_is_a_look_too(place, client):
    one = client("operator")
    token = re.search(r'name="form_token" value="([0-9a-f]{64})"', one.get("/patients/new").text)[1]
    with place.database.session(write=False) as db:
        before = audit.head(db).seq
    forms = {
        f"/patients/{place.row.patient.id}/conditions": {"indication": "none"},
        f"/patients/{place.row.patient.id}/edit": {"revision": "1", "family_name": ""},
        f"/patients/{place.row.patient.id}/consents": {"kind": "treatment", "version": "none"},
        f"/patients/{place.row.patient.id}/test-spots": {"site": "none"},
        f"/patients/{place.row.patient.id}/treatments": {"treated_on": "never"},
        f"/treatments/{place.row.treatment.id}/adverse-event": {"kind": "burn"},
        f"/treatments/{place.row.treatment.id}/check-in": {"day": "x"},
        f"/treatments/{place.row.treatment.id}/scores": {"instrument": "none"},
        f"/reviews/{place.row.plan.id}/time-out": {},
    }
    for path, fields in forms.items():
        assert one.post(path, data={"form_token": token, **fields}).status_code == 422, path
        with place.database.session(write=False) as db:
            new = list(audit.entries(db, after=before))
        assert [e.verb for e in new if e.verb == "read"], path
        before = new[-1].seq


# --- how many questions a page asks ---------------------------------------------------------------------------------
def _counted(place, one, address):
    asked = []
    note = lambda _c, _cur, statement, *_: asked.append(statement)  # noqa: E731
    event.listen(place.database.engine, "before_cursor_execute", note)
    try:
        answer = one.get(address)
    finally:
        event.remove(place.database.engine, "before_cursor_execute", note)
    assert answer.status_code == 200, (address, answer.text[:2000])
    return asked


OTHERS = {"/jobs": "physician", "/account": "viewer", "/accounts": "administrator", "/jobs/everybody": "administrator"}
#: One entry for each of what a list recalls: the lots of a product are a question by patient to the audit log.
BY_ROW = {"/devices/lots/{lot_id}"}


def test_no_list_asks_the_database_once_for_each_row(place, client):
    """The same pages with 3 and with 23 of everything: the same questions."""
    grown(place, 3)
    pages = dict(logged_pages(place)) | {path: path for path in OTHERS}
    one = {role: client(role) for role in ("physician", "viewer", "administrator", "auditor")}

    def counts():
        out = {}
        for path, address in pages.items():
            asker = one[ROLE.get(path) or OTHERS.get(path, "physician")]
            asker.get(address)
            out[path] = _counted(place, asker, address)
        return out

    few = counts()
    grown(place, 20)
    with place.database.session(write=False) as db:
        assert db.scalar(select(func.count()).select_from(patients.Patient)) >= 20
    many = counts()
    # longer lists of values in one statement are one statement
    more = {path: (len(few[path]), len(many[path])) for path in pages if len(many[path]) > len(few[path])}
    assert {path: pair for path, pair in more.items() if path not in BY_ROW} == {}
    assert {path: len(asked) for path, asked in many.items() if len(asked) > MOST_QUESTIONS} == {}


def test_a_page_takes_the_write_lock_once_and_only_for_its_entries(place, client):
    one = client("physician")
    for path, address in logged_pages(place):
        if path in ROLE:
            continue
        one.get(address)
        asked = _counted(place, one, address)
        begun = [n for n, statement in enumerate(asked) if statement == "BEGIN IMMEDIATE"]
        assert len(begun) == 1, path
        inside = asked[begun[0] + 1 :]
        assert all("audit_entries" in statement for statement in inside), path
        assert len(inside) <= 5, path
