"""A patient leaves: the export from the record's page, and erasure by an administrator, by pseudonym."""

import io
import json
import zipfile

import pytest

from colonnade.records import audit, jobs, leaving, patients
from colonnade.records.audit import SYSTEM
from colonnade.records.base import open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import open_folder
from tests.records.clinic import PASSWORD


@pytest.fixture
def database(server):
    found = open_database(open_folder(server.data).database)
    yield found
    found.close()


@pytest.fixture
def patient(database):
    with database.session() as db:
        return patients.create_patient(db, SYSTEM, family_name="Leaving", synthetic=True)


def test_everything_leaves_against_the_password_and_it_is_written_down(client, database, patient):
    one, path = client("physician"), f"/patients/{patient.id}"
    wrong = one.fill(path, f"{path}/export", {"own_password": "not this one at all"})
    assert wrong.status_code == 422
    assert "Leaving" in wrong.text
    right = one.fill(path, f"{path}/export", {"own_password": PASSWORD})
    assert right.headers["content-disposition"] == f'attachment; filename="patient-{patient.pseudonym}.zip"'
    document = json.loads(zipfile.ZipFile(io.BytesIO(right.content)).read("patient.json"))
    assert document["tables"]["patients"][0]["family_name"] == "Leaving"
    with database.session(write=False) as db:
        assert [e.verb for e in audit.entries(db, patient_id=patient.id)].count("export") == 1
    assert "Everything in one file" not in client("operator").get(path).text


def test_an_administrator_erases_by_pseudonym(client, server, database, patient):
    one, folder = client("administrator"), open_folder(server.data)
    results = BlobStore(folder.runs)
    with database.session() as db:
        made = results.put(b'{"a": "plan"}')
        jobs.enqueue(db, SYSTEM, "plan", {"case": {}}, patient_id=patient.id).result_sha256 = made
    whole = {"pseudonym": patient.pseudonym.lower(), "reason": "asked for", "sure": "yes", "own_password": PASSWORD}
    for changed in ({"own_password": "not this one at all"}, {"sure": ""}, {"pseudonym": "AAAA-AAAA"}, {"reason": " "}):
        answer = one.fill("/erasures", "/erasures", {**whole, **changed})
        assert answer.status_code == 422, changed
    with database.session() as db:
        patients.edit_patient(db, SYSTEM, patient.id, 1, legal_hold=True)
    held = one.fill("/erasures", "/erasures", whole)
    assert held.status_code == 422
    assert "legal hold" in held.text
    with database.session() as db:
        patients.edit_patient(db, SYSTEM, patient.id, 2, legal_hold=False)
    answer = one.fill("/erasures", "/erasures", whole)
    assert answer.status_code == 303
    assert "The record was erased." in one.get(answer.headers["location"]).text
    assert "asked for" in one.get("/erasures").text
    assert client("physician").get(f"/patients/{patient.id}").status_code == 404
    assert not results.has(made)
    assert patient.id in list(leaving.erased_ids(folder.erased))
