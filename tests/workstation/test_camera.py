"""The camera of the clinic's own machine: live under an earlier photograph, taken, stored; and how it can refuse."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import func, select

from colonnade.field.synthetic import synthetic_face
from colonnade.records import patients, photographs
from colonnade.records.base import now, open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import open_folder
from colonnade.records.people import Account
from tests.records.clinic import consent
from tests.support.browsing import follow
from tests.workstation.conftest import overflow, sign_in, watched


@pytest.fixture
def patient(server):
    """Somebody with the consent and one photograph from the front and one close-up."""
    folder = open_folder(server.data)
    database, blobs = open_database(folder.database), BlobStore(folder.blobs)
    out = io.BytesIO()
    Image.fromarray(synthetic_face(0.4).photo.pixels).save(out, "JPEG")
    with database.session() as db:
        nurse = db.scalars(select(Account).where(Account.login == "operator")).one().actor()
        one = patients.create_patient(db, nurse, family_name="Camera", given_name="Synthetic", phototype="II")
        consent(db, nurse, one.id, "photography")
        for pose in ("front", "close_up"):
            photographs.record_photo(
                db, nurse, one.id, blob=blobs.put(out.getvalue()), media_type="image/jpeg", width_px=10, height_px=10,
                pose=pose, taken_at=now(),
            )  # fmt: skip
        made = one.id
    yield made
    database.close()


def stored(server, patient_id):
    database = open_database(server.data / "colonnade.db")
    with database.session(write=False) as db:
        table = photographs.Photo
        count = db.scalar(select(func.count()).where(table.patient_id == patient_id))
        last = db.scalars(select(table).where(table.patient_id == patient_id).order_by(table.added_at.desc())).first()
    database.close()
    return count, last


@pytest.fixture
def open_page(playwright_driver, server):
    """``open_page("--flag", …)``: a watched page of a browser of its own, with a camera or without."""
    opened = []

    def start(*flags):
        browser = playwright_driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", *flags])
        context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=server.address)
        opened.append((browser, context, watched(context)))
        return context.new_page()

    yield start
    for browser, context, wrong in opened:
        context.close()
        browser.close()
        assert wrong == []


def test_a_photograph_is_taken_live_under_an_earlier_one(open_page, server, patient, axe, picture):
    page = open_page("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    sign_in(page, "operator")
    page.goto(f"/patients/{patient}/photographs")
    ghost = page.locator("colonnade-ghost")
    expect(ghost).to_have_attribute("data-state", "none+none")
    page.get_by_role("button", name="Use the camera of this machine").click()
    # the latest earlier photograph of the chosen pose lies over the live picture, see-through
    page.locator("colonnade-ghost[data-state='live+ghost']").wait_for()
    assert ghost.locator("video").evaluate("e => e.videoWidth") > 0
    expect(page.locator("#ghost option:checked")).to_contain_text("front")
    over = ghost.locator("img[data-part=ghost]")
    expect(over).to_be_visible()
    # inside the frame of the camera, though it is upright and the camera's picture is not
    assert over.bounding_box() == pytest.approx(ghost.locator("video").bounding_box(), abs=1)
    assert over.evaluate("e => getComputedStyle(e).opacity") == "0.5"
    page.locator("#ghost-strength").fill("20")
    assert over.evaluate("e => getComputedStyle(e).opacity") == "0.2"
    # another pose, another earlier photograph; a pose never taken before has none
    page.locator("#pose-close_up").check()
    expect(page.locator("#ghost option:checked")).to_contain_text("close up")
    axe(page)
    picture(page, "camera-live")
    assert overflow(page) <= 0
    page.get_by_role("button", name="Take the photograph").click()
    page.get_by_text("Taken. Look at it").wait_for()
    expect(ghost).to_have_attribute("data-state", "new+ghost")
    # the camera is off once the picture is taken
    assert page.evaluate("document.querySelector('colonnade-ghost video').srcObject") is None
    picture(page, "camera-taken")
    before, _ = stored(server, patient)
    follow(page.get_by_role("button", name="Store"))
    after, row = stored(server, patient)
    assert after == before + 1
    assert row.pose == "close_up"
    assert min(row.width_px, row.height_px) > 100


def test_no_camera_is_said(open_page, patient):
    page = open_page()
    sign_in(page, "operator")
    page.context.grant_permissions(["camera"])
    page.goto(f"/patients/{patient}/photographs")
    page.get_by_role("button", name="Use the camera of this machine").click()
    page.get_by_text("No camera was found on this machine.").wait_for()
    expect(page.get_by_role("button", name="Take the photograph")).to_have_count(0)
    # choosing a file goes on as before
    expect(page.get_by_label("Photograph", exact=True)).to_be_enabled()


def test_a_refused_camera_is_said(open_page, patient):
    page = open_page("--use-fake-device-for-media-stream", "--deny-permission-prompts")
    sign_in(page, "operator")
    page.goto(f"/patients/{patient}/photographs")
    page.get_by_role("button", name="Use the camera of this machine").click()
    page.get_by_text("The browser was not allowed to use the camera.").wait_for()


def test_only_the_page_of_photographs_may_ask_for_a_camera(client, patient):
    one = client("operator")
    allowed = one.get(f"/patients/{patient}/photographs").headers["permissions-policy"]
    assert "camera=(self)" in allowed
    assert "microphone=()" in allowed
    for path in ("/", f"/patients/{patient}", "/log-in", "/nothing-here"):
        assert "camera=()" in one.get(path).headers["permissions-policy"], path
