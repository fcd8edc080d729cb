"""The region of the plan page: exclusions with margins, soft edges, scale; what was drawn is saved and planned."""

import datetime as dt
import io

import pytest
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import select

from colonnade.case import Case
from colonnade.field.synthetic import synthetic_face
from colonnade.field.zones import drawn_together, region_of
from colonnade.records import patients, photographs, plans
from colonnade.records.audit import SYSTEM, AuditEntry
from colonnade.records.base import get, open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import open_folder
from colonnade.workstation import live_drawing
from tests.support.browsing import until
from tests.workstation.conftest import form_token, sign_in


@pytest.fixture
def draft(server):
    """A draft of a patient with one photograph without a scale."""
    folder = open_folder(server.data)
    out = io.BytesIO()
    image = Image.fromarray(synthetic_face(0.4).photo.pixels)
    image.save(out, "JPEG")
    blob = BlobStore(folder.blobs).put(out.getvalue())
    database = open_database(folder.database)
    with database.session() as db:
        one = patients.create_patient(db, SYSTEM, family_name="Synthetic", synthetic=True).id
        patients.give_consent(
            db, SYSTEM, one, kind="photography", form="f", form_version="1", form_text="synthetic", signed_by="S"
        )
        photo = photographs.record_photo(
            db, SYSTEM, one, blob=blob, media_type="image/jpeg", width_px=image.width, height_px=image.height,
            pose="left", taken_at=dt.datetime.now(dt.UTC),
        ).id  # fmt: skip
        made = plans.create_draft(db, SYSTEM, one, title="Cheek", case={"title": "Cheek", "region": SQUARE}).id
    database.close()
    return made, photo


SQUARE = {"shape": "rectangle", "width_mm": 20.0, "height_mm": 20.0}


def stored(server, key, table=plans.CaseDraft):
    database = open_database(open_folder(server.data).database)
    with database.session(write=False) as db:
        row = get(db, table, key)
        out = (row.case, row.drawing) if table is plans.CaseDraft else row.scale_um_px
    database.close()
    return out


def opened(page, path):
    page.goto(path)
    page.wait_for_selector("colonnade-region[outlines=fresh]")


def test_exclusions_margins_and_feather_by_keyboard(page, axe):
    sign_in(page, "physician")
    opened(page, "/plans/explore")
    region = page.locator("colonnade-region")
    area = lambda: float(region.get_attribute("treated-mm2") or "nan")  # noqa: E731
    assert area() == pytest.approx(400)
    page.get_by_role("button", name="Add round exclusion").press("Enter")
    # a disc of 4 mm with 3 mm all round: 5 mm in radius (π·25 = 78.5; a margin is a polygon of 256 corners)
    until(lambda: area() == pytest.approx(400 - 78.5, abs=0.3))
    expect(region).to_contain_text("1 kept out, 1 with a margin")
    page.get_by_label("Margin round Exclusion 1 [mm]").fill("1")
    page.keyboard.press("Tab")
    until(lambda: area() == pytest.approx(400 - 28.27, abs=0.2))
    page.get_by_label("Diameter [mm]").fill("8")
    page.keyboard.press("Tab")
    until(lambda: area() == pytest.approx(400 - 78.5, abs=0.3))
    page.get_by_label("Feather of Zone 1 [mm]").fill("2")
    page.keyboard.press("Tab")
    until(lambda: "inside the thin line the density is full" in region.inner_text())
    page.wait_for_selector("[data-slot=limits][state=fresh]")
    axe(page)
    # undo takes back one after the other, on the picture and in the table
    undo = page.get_by_role("button", name="Undo")
    undo.click()
    until(lambda: page.get_by_label("Feather of Zone 1 [mm]").input_value() == "0")
    undo.click()
    until(lambda: area() == pytest.approx(400 - 28.27, abs=0.2))
    undo.click()
    until(lambda: page.get_by_label("Margin round Exclusion 1 [mm]").input_value() == "3")
    undo.click()
    until(lambda: region.get_attribute("shapes") == "1")
    until(lambda: area() == pytest.approx(400))
    page.get_by_role("button", name="Redo").click()
    until(lambda: region.get_attribute("shapes") == "2")
    until(lambda: area() == pytest.approx(400 - 78.5, abs=0.3))
    # what cannot be is said, and stays to be corrected
    page.get_by_label("Margin round Exclusion 1 [mm]").fill("40")
    page.keyboard.press("Tab")
    until(lambda: "nothing left to treat" in page.locator(".region-error").inner_text())
    expect(region).to_have_attribute("outlines", "failed")


def test_the_stamps_and_the_field_keep_out_what_is_kept_out(client):
    one = client("physician")
    token = form_token(one.get("/plans").text)
    base = {
        "device": "lumenis-ultrapulse-deepfx",
        "site": "cheek",
        "settings": {"energy_mJ": 10.0, "density_pct": 5.0},
        "region": {"shape": "polygon", "rings_mm": [[[-10, -10], [10, -10], [10, 10], [-10, 10]]]},
    }
    mole = {"name": "mole", "margin_mm": 2.0, "centre_mm": [0.0, 0.0], "diameter_mm": 6.0}

    def columns(**more):
        answer = one.post("/live/stamps", json=base | more, headers={"X-Form-Token": token}, timeout=300)
        assert answer.status_code == 200, answer.text
        return answer.json()

    whole, less = columns(), columns(exclusions=[mole])
    assert whole["area_mm2"] - less["area_mm2"] == pytest.approx(78.54, abs=0.1)  # π·5²
    assert less["columns"] < whole["columns"]
    answer = one.post(
        "/live/drawing", json={"region": base["region"], "exclusions": 3}, headers={"X-Form-Token": token}
    )
    assert answer.status_code == 422


def test_what_is_shown_is_what_a_plan_divides():
    case = Case.load("examples/acne-scar-cheek.toml").plain()
    case["region"] = {"shape": "polygon", "rings_mm": [[[0, 0], [30, 0], [30, 20], [0, 20]]], "feather_mm": 2.0}
    case["exclusions"] = [{"name": "mole", "margin_mm": 1.5, "rings_mm": [[[10, 8], [13, 8], [13, 11]]]}]
    shown = live_drawing.outlines(case)
    (planned,) = drawn_together(Case.parse(case)).values()
    assert shown["zones"][0]["area_mm2"] == pytest.approx(1e6 * region_of(planned).area_m2, rel=1e-9)
    assert shown["zones"][0]["treated_mm"][0][0] == [[round(v, 3) for v in p] for p in planned.rings_mm[0][:-1]]
    assert shown["zones"][0]["full_mm"]


def test_a_drawing_on_a_photograph_comes_back_as_it_was(page, axe, picture, server, draft):
    """Scale, zones, names, exclusions, margins, feather: saved, reopened, the same; the scale is in the record."""
    draft_id, photo_id = draft
    sign_in(page, "physician")
    page.goto(f"/plans/{draft_id}")
    region = page.locator("colonnade-region")
    page.wait_for_selector("colonnade-region[shapes]")
    expect(region).to_contain_text("No scale yet")
    page.get_by_role("button", name="Scale by two points").click()
    box = page.locator(".region-map").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.get_by_label("apart [mm]").fill("30")
    page.locator(".region-map").scroll_into_view_if_needed()
    box = page.locator(".region-map").bounding_box()
    middle = box["y"] + box["height"] / 2
    for share in (0.4, 0.6):
        page.mouse.move(box["x"] + share * box["width"], middle)
        page.mouse.click(box["x"] + share * box["width"], middle)
        page.wait_for_timeout(400)
    page.wait_for_selector("colonnade-region[outlines=fresh]")
    scale = float(region.get_attribute("mm-per-px"))
    assert stored(server, photo_id, photographs.Photo) == pytest.approx(1000 * scale)
    expect(region).to_contain_text("It stands in the photograph’s record")
    page.get_by_label("Name of shape 1").fill("left cheek")
    page.keyboard.press("Tab")
    page.get_by_label("x of corner 1 [mm]").fill("-15")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Add round exclusion").click()
    page.get_by_label("Margin round Exclusion 1 [mm]").fill("1.5")
    page.keyboard.press("Tab")
    page.get_by_label("Feather of left cheek [mm]").fill("1")
    page.keyboard.press("Tab")
    # an exclusion by the mouse: three corners, the last one twice
    page.get_by_role("button", name="Draw exclusion").click()
    page.locator(".region-map").scroll_into_view_if_needed()
    box = page.locator(".region-map").bounding_box()
    for x, y in ((0.45, 0.56), (0.5, 0.56), (0.47, 0.62)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(400)
    page.mouse.click(box["x"] + 0.45 * box["width"], box["y"] + 0.56 * box["height"])
    until(lambda: region.get_attribute("shapes") == "3")
    until(lambda: region.get_attribute("outlines") == "fresh")
    page.wait_for_selector("[data-slot=limits][state=fresh]")
    axe(page)
    picture(page, "plan-region-drawn")
    until(lambda: not page.locator("colonnade-plan[edited]").count())
    case, drawing = stored(server, draft_id)
    assert [z["name"] for z in case["zones"]] == ["left cheek"]
    assert case["zones"][0]["region"]["feather_mm"] == 1
    assert [e["margin_mm"] for e in case["exclusions"]] == [1.5, 3]
    assert len(case["exclusions"][1]["rings_mm"][0]) == 3
    assert len(case["zones"][0]["region"]["rings_mm"]) == 1, "an exclusion is no hole of the zone"
    assert drawing == {"photo_id": photo_id, "mm_per_px": pytest.approx(scale)}
    shapes, treated = (
        page.evaluate("document.querySelector('colonnade-region').drawn"),
        region.get_attribute("treated-mm2"),
    )
    opened(page, f"/plans/{draft_id}")
    assert page.evaluate("document.querySelector('colonnade-region').drawn") == shapes
    expect(region).to_have_attribute("treated-mm2", treated)
    page.wait_for_timeout(1200)
    assert stored(server, draft_id) == (case, drawing), "opening a draft saves nothing"


def test_a_scale_belongs_to_a_photograph_of_the_patient(server, client, draft):
    draft_id, photo_id = draft
    one = client("physician")
    token = form_token(one.get("/plans").text)
    sent = {"photo_id": photo_id, "one": [10, 10], "other": [250, 10], "distance_mm": 30}

    def ask(role, **more):
        who = one if role == "physician" else client(role)
        mine = token if role == "physician" else form_token(who.get("/account").text)
        return who.post(f"/plans/{draft_id}/scale", json=sent | more, headers={"X-Form-Token": mine})

    assert ask("physician", photo_id="0" * 32).status_code == 404
    assert ask("physician", other=[11, 10]).status_code == 422
    assert ask("viewer").status_code == 403
    assert stored(server, photo_id, photographs.Photo) is None
    answer = ask("physician")
    assert answer.status_code == 200, answer.text
    assert stored(server, photo_id, photographs.Photo) == pytest.approx(125.0)
    database = open_database(open_folder(server.data).database)
    with database.session(write=False) as db:
        entry = db.scalars(
            select(AuditEntry).where(AuditEntry.object_id == photo_id, AuditEntry.verb == "change")
        ).one()
        assert "125" in entry.details
    database.close()
