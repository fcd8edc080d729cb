"""The whole way in the browser: from an empty data folder to a check-in that somebody reviewed."""

import datetime as dt
import io
import json
import re

import pytest
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import select

from colonnade.case import Case
from colonnade.field.synthetic import synthetic_face
from colonnade.planning import plan as make_plan
from colonnade.records import plans
from colonnade.records.base import open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import open_folder
from colonnade.records.people import Account
from tests.support.browsing import follow
from tests.workstation.conftest import SIZES, overflow, sign_in, small_targets

TODAY = dt.datetime.now().astimezone().date()


@pytest.fixture(scope="module")
def small_plan():
    """A plan of the bundled case on one square centimetre: made by the library, as a job makes it."""
    data = Case.load("examples/acne-scar-cheek.toml").plain()
    data["region"] |= {"width_mm": 10.0, "height_mm": 10.0}
    return data, make_plan(Case.parse(data))


def look(page, axe, picture, name):
    """What holds for every page: accessible in both themes, no sideways scrolling, targets large enough."""
    wrong = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        try:
            axe(page)
        except AssertionError as error:
            wrong.append(f"{name}, {theme}: {error}")
        picture(page, f"journey-{name}-{theme}")
    page.emulate_media(color_scheme="light")
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        wrong += [f"{name}, {size}: {overflow(page)} px too wide"] if overflow(page) > 0 else []
        wrong += [f"{name}, {size}: {small}" for small in small_targets(page)]
    page.set_viewport_size({"width": 820, "height": 1180})
    picture(page, f"journey-{name}-tablet")
    page.set_viewport_size({"width": 1280, "height": 800})
    return wrong


def photograph():
    """A synthetic face as a JPEG with EXIF data, which must not survive."""
    out = io.BytesIO()
    image = Image.fromarray(synthetic_face(0.4).photo.pixels)
    exif = image.getexif()
    exif[0x010E] = "a place that nobody needs to know"
    image.save(out, "JPEG", exif=exif)
    return {"name": "face.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def keep_plan(server, patient_id, case, plan):
    """What the plan page does when its job is done: a draft and the plan made from it. Gives the id of the plan."""
    folder = open_folder(server.data)
    database = open_database(folder.database)
    with database.session() as db:
        maker = db.scalars(select(Account).where(Account.login == "operator")).one().actor()
        draft = plans.create_draft(db, maker, patient_id, title=plan.title, case=case)
        content = json.dumps(plan.plain()).encode()
        row = plans.store_plan(db, BlobStore(folder.blobs), maker, draft.id, draft.revision, content).id
    database.close()
    return row


def choose(page, label, value):
    page.get_by_label(label, exact=True).select_option(value)


def press(page, name):
    follow(page.get_by_role("button", name=name, exact=True))


def test_from_nothing_to_a_reviewed_check_in(new_server, watched_page, axe, picture, small_plan):
    case, plan = small_plan
    server = new_server(accounts=True)
    page = watched_page(server)
    wrong: list[str] = []

    # the operator: a patient, what is to be treated, consents, history, photographs
    sign_in(page, "operator")
    page.goto("/patients")
    wrong += look(page, axe, picture, "patients-empty")
    follow(page.get_by_role("link", name="New patient"))
    wrong += look(page, axe, picture, "patient-form")
    page.get_by_label("Family name").fill("Example")
    page.get_by_label("Given name").fill("Synthetic")
    page.get_by_label("Date of birth").fill("1990-05-17")
    choose(page, "Fitzpatrick phototype", "III")
    press(page, "Save")
    page.wait_for_url(re.compile(r"/patients/[0-9a-f]{32}$"))
    patient = page.url
    patient_id = patient.rsplit("/", 1)[1]
    page.get_by_text("Add a condition").click()
    choose(page, "Indication", "atrophic-acne-scar")
    choose(page, "Body site", "cheek")
    choose(page, "Side of the body", "left")
    press(page, "Add")
    expect(page.get_by_role("row", name=re.compile("Atrophic acne scars"))).to_have_count(1)
    wrong += look(page, axe, picture, "patient")

    page.goto(f"{patient}/photographs")
    expect(page.get_by_text("No consent to photographs is in force")).to_be_visible()
    page.goto(f"{patient}/consents")
    wrong += look(page, axe, picture, "consents")
    for kind in ("treatment", "photography"):
        section = page.locator("section", has=page.locator(f"#form-{kind}"))
        section.get_by_label("Signed by").fill("Synthetic Example")
        follow(section.get_by_role("button", name="Record the signature on paper"))
    expect(page.get_by_text("in force", exact=True)).to_have_count(2)

    page.goto(f"{patient}/history")
    wrong += look(page, axe, picture, "history")
    page.locator("#herpes_history-yes").check()
    page.locator("#pregnant_or_lactating-no").check()
    press(page, "Save the answers")
    expect(page.locator(".patient").get_by_text("Herpes simplex")).to_be_visible()

    page.goto(f"{patient}/photographs")
    for pose in ("front", "left", "close_up"):
        page.locator(f"#pose-{pose}").check()
        page.get_by_label("Photograph", exact=True).set_input_files(photograph())
        press(page, "Store")
    expect(page.locator(".gallery img")).to_have_count(3)
    expect(page.get_by_text("Still missing today")).to_have_count(0)
    wrong += look(page, axe, picture, "photographs")
    follow(page.get_by_role("button", name="Compare"))
    expect(page.locator("#comparable")).to_contain_text("moved onto the earlier one by")
    wrong += look(page, axe, picture, "compared")

    page.goto(f"{patient}/test-spots")
    choose(page, "Body site", "cheek")
    choose(page, "Side of the body", "left")
    page.get_by_label("Made on").fill((TODAY - dt.timedelta(days=30)).isoformat())
    page.get_by_label("To be read on").fill((TODAY - dt.timedelta(days=2)).isoformat())
    page.get_by_label("Energy per microbeam").fill("10")
    follow(page.locator("section", has=page.locator("#new-spot")).get_by_role("button", name="Record"))
    wrong += look(page, axe, picture, "test-spots")
    page.get_by_label("What was seen").select_option("healed, no colour change")
    follow(page.locator("section:has(form[action$='/read'])").get_by_role("button", name="Record"))
    expect(page.get_by_text("healed, no colour change").first).to_be_visible()

    page.goto("/devices")
    choose(page, "Profile", plan.device_id)
    page.get_by_label("Name in the house").fill("Room 1")
    page.get_by_label("Serial number").last.fill("SYN-0001")
    follow(page.locator("section", has=page.locator("#new-unit")).get_by_role("button", name="Add"))
    wrong += look(page, axe, picture, "devices")

    # the plan: made by the operator, approved by the physician, who cannot approve what changed
    plan_id = keep_plan(server, patient_id, case, plan)
    page.goto(f"/reviews/{plan_id}")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    wrong += look(page, axe, picture, "review-operator")
    press(page, "Sign out")
    sign_in(page, "physician")
    page.goto(f"/reviews/{plan_id}")
    page.get_by_label("Comment (optional)").fill("Synthetic approval")
    press(page, "Approve")
    expect(page.get_by_text("The plan must be approved first.")).to_have_count(0)
    # the browser itself asks for the names
    page.get_by_role("button", name="Everything is confirmed", exact=True).click()
    assert page.locator("#present:invalid").count() == 1
    page.get_by_label("Present, one name a line").fill("Test physician")
    press(page, "Everything is confirmed")
    expect(page.get_by_role("alert")).to_contain_text("not confirmed")
    for box in page.locator("input[name^='item-']").all():
        box.check()
    page.get_by_label("Present, one name a line").fill("Test physician\nTest operator")
    press(page, "Everything is confirmed")
    wrong += look(page, axe, picture, "review-approved")

    # the treatment: one number differs from the plan and is written down
    follow(page.get_by_role("link", name="Record the treatment"))
    wrong += look(page, axe, picture, "treatment-form")
    energy = page.locator("[name$='-energy_mJ']").first
    energy.fill(str(float(energy.input_value()) + 1))
    press(page, "Record")
    page.wait_for_url(re.compile(r"/treatments/[0-9a-f]{32}$"))
    treatment = page.url
    expect(page.get_by_text(re.compile("energy_mJ: planned")).first).to_be_visible()
    press(page, "Sign the record")
    expect(page.get_by_role("alert")).to_contain_text("adverse", ignore_case=True)
    page.goto(treatment)
    choose(page, "What happened", "none")
    press(page, "Record the answer")
    press(page, "Sign the record")
    expect(page.get_by_text("signed", exact=True)).to_be_visible()
    wrong += look(page, axe, picture, "treatment")
    with page.expect_download() as leaflet:
        page.get_by_role("button", name="Leaflet (PDF)", exact=True).click()
    assert leaflet.value.path().read_bytes().startswith(b"%PDF")
    with page.expect_download() as calendar:
        page.get_by_role("button", name="Calendar (.ics)", exact=True).click()
    assert calendar.value.path().read_bytes().startswith(b"BEGIN:VCALENDAR")

    # follow-up: a check-in by telephone that must not wait, its review, the outcome beside the prediction
    follow(page.get_by_role("link", name="Enter one"))
    wrong += look(page, axe, picture, "check-in-staff")
    page.locator("#fever").select_option("yes")
    page.locator("#s-pus").check()
    press(page, "Store and judge")
    assert page.locator("#tier").get_attribute("data-tier") in ("E", "S")
    wrong += look(page, axe, picture, "check-in")
    page.goto("/follow-up")
    expect(page.get_by_role("row", name=re.compile("Example"))).to_have_count(1)
    wrong += look(page, axe, picture, "follow-up")
    follow(page.get_by_role("link", name="check-in", exact=True))
    page.get_by_label("The patient was spoken to or seen").check()
    press(page, "I looked at it")
    expect(page.get_by_text("Nothing waits.")).to_be_visible()
    page.goto(f"{treatment}/healing")
    wrong += look(page, axe, picture, "healing")
    page.goto("/statistics")
    wrong += look(page, axe, picture, "statistics")
    page.goto("/treatments")
    wrong += look(page, axe, picture, "treatments")
    assert wrong == []
