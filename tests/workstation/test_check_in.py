"""The patient's page: only behind a token, only with a public address, and nothing of the record on it."""

import datetime as dt
import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from colonnade.records import followup, patients, treatments
from colonnade.records.base import open_database
from colonnade.records.folder import open_folder
from colonnade.records.people import accounts
from colonnade.workstation.configuration import ClinicSettings, save_clinic
from tests.support.browsing import follow
from tests.workstation.conftest import fill_accounts

ADDRESS = "https://care.example.org"
CARE = {"track": "fractional_field", "zone": "face", "call": "+00 000 000"}


@pytest.fixture(params=[ADDRESS])
def clinic(request, new_server, tmp_path):
    """A server, a patient treated two days ago, and the token of the link."""
    fill_accounts(tmp_path / "data")
    save_clinic(tmp_path / "data", ClinicSettings(public_address=request.param, clinic_phone="+00 111"))
    server = new_server()
    database = open_database(open_folder(server.data).database)
    with database.session() as db:
        who = next(a for a in accounts(db) if a.login == "physician").actor()
        one = patients.create_patient(db, who, family_name="Unmistakable", synthetic=True)
        row = treatments.record_by_hand(
            db, who, one.id, treated_on=dt.datetime.now(dt.UTC).date() - dt.timedelta(days=2), care=CARE,
            passes=[{"zone": "Cheek", "number": 1, "panel": {"energy_mJ": 10.0}}], contact_days=[1, 2, 730],
        )  # fmt: skip
        token, _ = followup.invite(db, who, row.id)
        ids = one.id, row.id
    database.close()
    return server, token, *ids


@pytest.mark.parametrize("clinic", [""], indirect=True)
def test_without_a_public_address_there_is_no_page(clinic, client):
    server, token, *_ = clinic
    assert client(at=server).get(f"/check-in/{token}").status_code == 404


def test_a_check_in_by_token_is_judged_and_reaches_the_inbox(clinic, client, watched_page, axe, picture):
    server, token, _, _ = clinic
    page = watched_page(server)
    page.goto(f"/check-in/{token}")
    axe(page)
    picture(page, "check-in-patient")
    assert "Unmistakable" not in page.content()
    page.locator("#day").fill("2")
    page.locator("#s-breathing_trouble").check()
    follow(page.get_by_role("button", name="Send"))
    expect(page.locator("[data-tier]")).to_have_attribute("data-tier", "E")
    assert "+00 111" in page.content()
    axe(page)
    picture(page, "check-in-answered")
    staff = client("physician", at=server)
    assert "Unmistakable" in staff.get("/follow-up").text


@pytest.mark.parametrize("token", ["x", "0" * 64, "..%2f..%2fetc", "%00"])
def test_a_link_that_does_not_hold_says_nothing(clinic, client, token):
    server, *_ = clinic
    answer = client(at=server).get(f"/check-in/{token}")
    assert answer.status_code == 404
    assert "Unmistakable" not in answer.text


def test_photographs_lose_what_came_with_them_and_bombs_are_refused(clinic, client):
    server, _, patient, _ = clinic
    staff = client("physician", at=server)
    where = f"/patients/{patient}"
    picture = io.BytesIO()
    image = Image.effect_noise((120, 90), 60).convert("RGB")
    exif = image.getexif()
    exif[0x010E] = "a place nobody needs to know"
    image.save(picture, "JPEG", exif=exif)

    def send(content, name="a.jpg"):
        files = {"file": (name, content, "image/jpeg")}
        return staff.send_form(f"{where}/photographs", {"pose": "front"}, seen_on=where, files=files)

    refused = send(picture.getvalue())
    assert refused.status_code == 422
    assert "photography is in force" in refused.text
    staff.send_form(
        f"{where}/consents", {"kind": "photography", "version": "1", "signed_by": "Unmistakable"}, seen_on=where
    )
    assert send(picture.getvalue(), "../../etc/passwd.jpg").status_code == 303
    blobs = [p.read_bytes() for p in server.data.rglob("*") if p.is_file()]
    assert not any(b"a place nobody needs" in content for content in blobs)
    bomb = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 100_000
    for content in (bomb.getvalue(), b"<script>alert(1)</script>", b"%PDF-1.7", b"", picture.getvalue()[:300]):
        assert send(content).status_code == 422
    assert staff.get(where).text.count("1 stored") == 1


def test_one_patients_pages_do_not_serve_anothers_records(clinic, client):
    server, _, _, treatment = clinic
    staff = client("physician", at=server)
    other = staff.send_form("/patients", {"family_name": "Other"}, seen_on="/patients/new").headers["location"]
    for path in (
        f"{other}/photographs/compare?one={treatment}&two={treatment}",
        f"{other}/treatments/new?plan={treatment}",
    ):
        assert staff.get(path).status_code == 404
