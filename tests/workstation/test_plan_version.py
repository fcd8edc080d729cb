"""A saved plan in the browser: its field as map and film, the settings it was chosen from, two plans side by side."""

import io
import json
import re
import zipfile

import pytest
from playwright.sync_api import expect

from colonnade.case import Case
from colonnade.errors import BadInput
from colonnade.planning import plan as make_plan
from colonnade.records import audit, jobs, patients, plans
from colonnade.records.audit import SYSTEM
from colonnade.records.base import get, open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import open_folder
from colonnade.workstation.pages.plan_papers import feed
from colonnade.workstation.work_papers import PAPERS
from tests.support.browsing import until
from tests.workstation.conftest import SIZES, form_token, overflow, sign_in, small_targets
from tests.workstation.test_journey import keep_plan
from tests.workstation.test_plan_page import WARM_UP_MS


@pytest.fixture(scope="module")
def searched():
    """The bundled case on one square centimetre: its settings are searched for, so that it holds a trade."""
    data = Case.load("examples/acne-scar-cheek.toml").plain()
    data["region"] |= {"width_mm": 10.0, "height_mm": 10.0}
    assert data["settings"] is None
    return data, make_plan(Case.parse(data))


@pytest.fixture(scope="module")
def version(server, searched):
    """The same kept for a patient: the id of the plan version."""
    database = open_database(open_folder(server.data).database)
    with database.session() as db:
        patient = patients.create_patient(db, SYSTEM, family_name="Synthetic", synthetic=True).id
    database.close()
    return keep_plan(server, patient, *searched)


@pytest.fixture
def opened(page, version):
    sign_in(page, "physician")
    page.goto(f"/plans/versions/{version}")
    page.wait_for_selector("colonnade-front[picked]")
    return page


def test_the_field_is_computed_as_a_job_and_shown_as_map_and_film(opened, axe, picture, version, client):
    page = opened
    heat = page.locator("colonnade-heatmap")
    page.get_by_role("button", name="Compute field map and heat film").press("Enter")
    page.get_by_role("button", name="Cancel").press("Enter")
    page.wait_for_selector(".field-job[job-state=cancelled]", timeout=WARM_UP_MS)
    expect(heat).to_contain_text("cancelled")
    page.reload()
    page.get_by_role("button", name="Compute field map and heat film").press("Enter")
    page.wait_for_selector(".field-job progress")
    page.wait_for_selector("colonnade-heatmap[state=fresh]", timeout=WARM_UP_MS)
    expect(heat).to_have_attribute("shown", "hit_pct")
    assert int(heat.get_attribute("columns")) > 200
    axe(page)
    picture(page, "plan-version-map")
    heat.get_by_label("Shown").select_option("basal_K")
    slider = heat.get_by_label("Time")
    warmest = int(slider.input_value())
    # it opens at the end of the firing
    expect(slider).to_have_attribute("aria-valuetext", re.compile("s, firing$"))
    heat.get_by_role("button", name="One picture on").press("Enter")
    expect(slider).to_have_value(str(warmest + 1))
    expect(slider).to_have_attribute("aria-valuetext", re.compile("s, cooling$"))
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("s, firing$"))
    heat.get_by_role("button", name="Play").press("Enter")
    until(lambda: int(slider.input_value()) > 2)
    heat.get_by_role("button", name="Pause").press("Enter")
    heat.locator("canvas").focus()
    page.keyboard.press("ArrowRight")
    expect(heat).to_have_attribute("reading", re.compile(" K$"))
    axe(page)
    picture(page, "plan-version-film")
    # whoever may see the plan sees what was computed, and nobody else
    path = f"/plans/versions/{version}/field/0"
    assert client("viewer").get(path).content[:4] == b"CNF1"
    assert client("auditor").get(path).status_code == 403
    assert client("viewer").get(f"/plans/versions/{version}/field/7").status_code == 404
    page.reload()
    page.wait_for_selector("colonnade-heatmap[state=fresh]")


def test_the_papers_are_made_as_a_job_and_taken_out_one_by_one(opened, axe, picture, server, version, client):
    page = opened
    page.get_by_role("button", name="Make the papers").press("Enter")
    page.wait_for_selector("colonnade-papers progress")
    plan = page.get_by_role("link", name="The plan (PDF)", exact=True)
    plan.wait_for(timeout=WARM_UP_MS)
    expect(page.get_by_role("button", name="Make the papers")).to_have_count(0)
    axe(page)
    picture(page, "plan-version-papers")
    path = f"/plans/versions/{version}/papers"
    one, links = client("viewer"), page.locator("colonnade-papers a").all()
    papers = [one.get(link.get_attribute("href")) for link in links]
    assert len(papers) == len(PAPERS) + 1, "this plan asks for a test spot, so that no paper is missing"
    assert all(p.content.startswith(b"%PDF") for p in papers[:-1])
    archive = zipfile.ZipFile(io.BytesIO(papers[-1].content))
    assert {"report.pdf", "report.html", "consent.pdf", "checklist.pdf", "emergency.pdf"} < set(archive.namelist())
    assert archive.read("report.pdf") == papers[0].content
    database = open_database(open_folder(server.data).database)
    with database.session(write=False) as db:
        row = get(db, plans.PlanVersion, version)
        assert plans.parse_plan(archive.read("plan.json")).sha256 == row.content_sha256
        left = [e for e in audit.entries(db, patient_id=row.patient_id) if e.verb == "export"]
    database.close()
    assert [json.loads(e.details)["document"] for e in left] == [
        link.get_attribute("href").split("/")[-1] for link in links
    ]
    assert client("auditor").get(f"{path}/report.pdf").status_code == 403
    for name in ("report.html", "nothing.pdf", "..%2Fplan.json"):
        assert one.get(f"{path}/{name}").status_code == 404, name


def test_papers_are_made_of_a_plan_of_the_same_patient_and_only_from_its_page(server, version, client):
    one = client("physician")
    token = form_token(one.get("/plans").text)
    sent = {"kind": "papers", "inputs": {"plan_id": version}}
    answer = one.post("/api/v1/jobs", json=sent, headers={"X-Form-Token": token})
    assert answer.status_code == 422
    assert "papers" in answer.json()["errors"][0]["given"]
    folder = open_folder(server.data)
    database = open_database(folder.database)
    stranger = jobs.Job(kind="papers", inputs={"plan_id": version}, patient_id="")
    with pytest.raises(BadInput, match="does not exist"):
        feed(database, BlobStore(folder.blobs), stranger)
    database.close()


def test_pictures_of_another_field_are_refused(searched, tmp_path):
    from colonnade.workstation.work_field import inputs_of, pictures

    inputs = inputs_of(searched[1], 0)
    inputs["zones"][0]["crater_depth_um"] *= 1.05
    with pytest.raises(BadInput, match="laid again"):
        pictures(inputs, lambda stage, done, text: None, tmp_path)


def test_a_setting_of_the_trade_goes_into_the_draft(opened, axe, picture, server, version, searched):
    page = opened
    front = page.locator("colonnade-front")
    first = front.get_attribute("picked")
    points = searched[1].zones[0].trade.points
    assert points[int(first)].status == "chosen"
    expect(front).to_contain_text("chosen by this plan")
    canvas = front.locator("canvas.figure-canvas")
    canvas.focus()
    page.keyboard.press("Home")
    until(lambda: front.get_attribute("picked") != first)
    page.keyboard.press("ArrowRight")
    picked = points[int(front.get_attribute("picked"))]
    assert picked.status != "refused"
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        axe(page)
        picture(page, f"plan-version-front-{theme}")
    page.emulate_media(color_scheme="light")
    # by mouse: the place of a point is that of the nearest symbol
    box = canvas.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    # by the table, for those who do neither
    front.get_by_text(re.compile(r"settings as a table")).click()
    index = next(k for k, p in enumerate(points) if p.status == "runner-up" or p.status == "front")
    front.locator("tbody button").nth(index).press("Enter")
    expect(front).to_have_attribute("picked", str(index))
    axe(page)
    refused = [k for k, p in enumerate(points) if p.status == "refused"]
    if refused:
        front.locator("tbody button").nth(refused[0]).press("Enter")
        expect(front.get_by_role("button", name="Put these settings into the draft")).to_be_disabled()
        front.locator("tbody button").nth(index).press("Enter")
    front.get_by_role("button", name="Put these settings into the draft").press("Enter")
    page.wait_for_url(re.compile(r"/plans/[0-9a-f]{32}$"))
    page.wait_for_selector("colonnade-settings[device]")
    expect(page.locator("input[name=given][value=yes]")).to_be_checked()
    for name, value in points[index].panel.items():
        assert float(page.locator(f"#k-{name}").input_value()) == pytest.approx(value)
    database = open_database(open_folder(server.data).database)
    with database.session(write=False) as db:
        row = get(db, plans.PlanVersion, version)
        assert row.outdated_at is not None
        assert get(db, plans.CaseDraft, row.draft_id).case["settings"] == points[index].panel
    database.close()


def test_what_was_refused_or_is_not_there_is_not_taken(client, version, searched):
    one = client("physician")
    path = f"/plans/versions/{version}"
    token = form_token(one.get("/plans").text)
    sent = {"form_token": token, "zone": 0, "point": 10**6, "revision": 1}
    assert one.post(f"{path}/take", data=sent).status_code == 404
    points = searched[1].zones[0].trade.points
    refused = next((k for k, p in enumerate(points) if p.status == "refused"), None)
    if refused is not None:
        assert one.post(f"{path}/take", data=sent | {"point": refused}).status_code == 422
    allowed = next(k for k, p in enumerate(points) if p.status != "refused")
    assert one.post(f"{path}/take", data=sent | {"point": allowed, "revision": 999}).status_code in (409, 412)
    viewer = client("viewer")
    sent["form_token"] = form_token(viewer.get("/account").text)
    assert viewer.post(f"{path}/take", data=sent).status_code == 403


@pytest.mark.parametrize("what", ["version", "compare"])
def test_it_fits_every_window_and_paper(opened, axe, picture, server, version, searched, what):
    page = opened
    if what == "compare":
        data, _ = searched
        other = Case.parse(data | {"settings": {"energy_mJ": 10.0, "density_pct": 10.0, "passes": 1}})
        database = open_database(open_folder(server.data).database)
        with database.session(write=False) as db:
            patient = get(db, plans.PlanVersion, version).patient_id
        database.close()
        second = keep_plan(server, patient, other.plain(), make_plan(other))
        page.goto(f"/plans/compare?plan={version}&plan={second}")
        assert page.locator("tr.differs").count() > 3
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        axe(page)
        picture(page, f"plan-{what}-{theme}")
    page.emulate_media(color_scheme="light")
    for size, (width, height) in (SIZES | {"phone": (360, 740)}).items():
        page.set_viewport_size({"width": width, "height": height})
        assert overflow(page) <= 0, size
        assert small_targets(page) == [], size
        picture(page, f"plan-{what}-{size}")
    folded = page.locator(".finding:not([open]) p")
    assert not any(f.is_visible() for f in folded.all())
    page.set_viewport_size({"width": SIZES["tablet"][0], "height": SIZES["tablet"][1]})
    page.emulate_media(media="print")
    # what the rules said was missing on paper
    assert all(f.is_visible() for f in folded.all())
    assert folded.count() or what == "compare"
    picture(page, f"plan-{what}-print")
