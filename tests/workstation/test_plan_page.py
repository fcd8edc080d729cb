"""The plan page in a real browser: what is typed is simulated, drawn, judged, planned; an edit greys the rest."""

import datetime as dt
import json
import re

import pytest
from playwright.sync_api import expect

import colonnade as cn
from colonnade.records import patients
from colonnade.records.audit import SYSTEM
from colonnade.records.base import open_database
from colonnade.records.folder import open_folder
from tests.support.browsing import follow, rested, until
from tests.workstation.conftest import SIZES, form_token, overflow, sign_in, small_targets

#: The first answer waits for the worker's kernels, which a fresh machine compiles [ms].
WARM_UP_MS = 240_000
FRESH = "colonnade-column[state=fresh]"


def explored(page):
    """The page without a patient, with its first column and coverage drawn."""
    sign_in(page, "physician")
    page.goto("/plans/explore")
    page.wait_for_selector(FRESH, timeout=WARM_UP_MS)
    page.wait_for_selector("colonnade-coverage[state=fresh]", timeout=WARM_UP_MS)
    page.wait_for_selector("[data-slot=limits][verdict]")


def depth(page):
    return float(page.locator("colonnade-column").get_attribute("crater-depth-um"))


def drawing(page):
    return page.evaluate("() => document.querySelector('colonnade-column canvas').toDataURL()")


def redrawn(page):
    return int(page.locator("colonnade-plan").get_attribute("redrawn") or 0)


def test_a_slider_moves_numbers_and_drawing(page):
    explored(page)
    before, picture, ablated = (
        depth(page),
        drawing(page),
        page.locator("colonnade-coverage").get_attribute("ablated-surface-pct"),
    )
    converted = page.locator("[data-slot=derived] [data-number=fluence_mean_J_cm2] td")
    expect(converted).to_contain_text(re.compile(r"^88\.4"))  # 10 mJ on 120 µm
    slider = page.get_by_role("slider", name="Energy per microbeam, slider")
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    until(lambda: depth(page) > 1.5 * before and page.locator(FRESH).count() == 1)
    expect(page.locator("#k-energy_mJ")).to_have_value("20")
    expect(converted).to_contain_text(re.compile(r"^176\.8"))
    until(lambda: drawing(page) != picture)
    shown = page.locator("[data-slot=predicted] [data-number=crater_depth_um] td")
    expect(shown).to_contain_text(re.compile(rf"^{depth(page):.0f}\b"))
    until(lambda: page.locator("colonnade-coverage").get_attribute("ablated-surface-pct") != ablated)
    # density changes the coverage and needs no other column
    inputs = page.locator("colonnade-column").get_attribute("inputs")
    page.locator("#k-density_pct").fill("10")
    until(lambda: float(page.locator("colonnade-coverage").get_attribute("ablated-surface-pct")) > 1.8 * float(ablated))
    expect(page.locator("colonnade-column")).to_have_attribute("inputs", inputs)


def test_only_the_newest_settings_are_drawn(page):
    explored(page)
    for value in (15, 25, 35, 45, 12.5):
        page.locator("#k-energy_mJ").fill(str(value))
    until(lambda: page.locator(FRESH).count() == 1 and page.locator("#k-energy_mJ").input_value() == "12.5")
    shot = cn.device("lumenis-ultrapulse-deepfx").shot(energy_mJ=12.5)
    wanted = cn.simulate(shot, cn.skin("cheek")).crater_depth_um
    until(lambda: depth(page) == pytest.approx(wanted))
    page.wait_for_timeout(1500)
    assert depth(page) == pytest.approx(wanted), "an older answer came later and was drawn"


def test_undo_goes_back_and_forth(page):
    explored(page)
    first = depth(page)
    page.locator("#k-energy_mJ").fill("30")
    until(lambda: depth(page) > first + 100)
    page.get_by_role("button", name="Undo").click()
    until(lambda: depth(page) == first)
    expect(page.locator("#k-energy_mJ")).to_have_value("10")
    page.keyboard.press("Control+Shift+Z")
    until(lambda: depth(page) > first + 100)
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()


def test_what_the_device_does_not_offer_is_said_at_the_field(page):
    explored(page)
    page.locator("#k-energy_mJ").fill("70")
    error = page.locator("#k-energy_mJ-error")
    error.wait_for(state="visible")
    expect(error).to_contain_text("2.5 to 50 mJ")
    expect(page.locator("#k-energy_mJ")).to_have_attribute("aria-invalid", "true")
    until(lambda: page.locator("colonnade-column").get_attribute("state") == "failed")
    page.locator("#k-energy_mJ").fill("20")
    error.wait_for(state="hidden")
    page.wait_for_selector(FRESH)


def test_rules_answer_as_the_answers_are_given(page):
    explored(page)
    limits = page.locator("[data-slot=limits]")
    expect(limits).to_have_attribute("verdict", "CONDITIONAL")  # unanswered questions are unknown, never no
    page.get_by_label("Pregnant or breast-feeding?").select_option("yes")
    until(lambda: limits.get_attribute("verdict") == "REFUSED")
    expect(limits).to_contain_text("CI-02")
    page.get_by_label("Pregnant or breast-feeding?").select_option("no")
    until(lambda: limits.get_attribute("verdict") == "CONDITIONAL")


def test_another_device_has_other_knobs_and_the_generic_mark(page):
    explored(page)
    expect(page.locator("[data-slot=device-mark]")).to_contain_text("not commissioned")
    page.locator("#f-device").select_option("deka-smartxide-dot")
    page.wait_for_selector("colonnade-settings[device=deka-smartxide-dot]")
    expect(page.locator("#k-power_W")).to_be_visible()
    page.wait_for_selector(FRESH)


def test_film_of_temperature_by_keyboard(page):
    explored(page)
    page.get_by_role("radio", name="Temperature").focus()
    page.keyboard.press("Space")
    page.wait_for_selector("colonnade-column[frames]")
    last = drawing(page)
    end = float(page.locator("colonnade-column").get_attribute("time-ms"))
    time_slider = page.locator("colonnade-column .film input[type=range]")
    time_slider.focus()
    for _ in range(15):
        page.keyboard.press("ArrowLeft")
    until(lambda: float(page.locator("colonnade-column").get_attribute("time-ms")) < end / 10)
    until(lambda: drawing(page) != last)
    expect(time_slider).to_have_attribute("aria-valuetext", re.compile("ms, "))


def test_region_by_keyboard_and_stamps(page):
    explored(page)
    region = page.locator("colonnade-region")
    page.get_by_label("x of corner 1 [mm]").fill("-15")
    page.keyboard.press("Tab")
    # 20 mm square whose lower left corner moved 5 mm out: a triangle of 5 × 20 / 2 more
    until(lambda: "450" in region.locator(".region-table").inner_text())
    region.locator(".nudge").focus()
    page.keyboard.press("Shift+ArrowRight")
    until(lambda: page.get_by_label("x of corner 1 [mm]").input_value() == "-10")
    page.get_by_role("button", name="Show the stamps").click()
    page.wait_for_selector("colonnade-region[stamps]")
    assert int(region.get_attribute("stamps")) >= 4
    # an edit takes them away: they belong to another region
    region.locator(".nudge").focus()
    page.keyboard.press("ArrowUp")
    until(lambda: region.get_attribute("stamps") == "0")


def test_field_heat_and_block(page):
    explored(page)
    page.get_by_role("button", name="Compute the field").click()
    page.wait_for_selector("colonnade-heatmap[state=fresh]", timeout=WARM_UP_MS)
    heat = page.locator("colonnade-heatmap")
    assert 1600 < int(heat.get_attribute("columns")) < 1900  # 442 /cm² on 4 cm²
    page.get_by_label("Shown").select_option("basal_K")
    heat.locator("canvas").focus()
    page.keyboard.press("ArrowRight")
    expect(heat).to_have_attribute("reading", re.compile(" K$"))
    page.wait_for_selector("colonnade-scene[state=fresh]")
    assert int(page.locator("colonnade-scene").get_attribute("columns")) >= 9
    page.locator("#k-energy_mJ").fill("20")
    page.wait_for_selector("colonnade-heatmap[state=stale]")
    page.wait_for_selector("colonnade-scene[state=stale]")


#: Counts what a page asks of the browser's clock, before any script of the page runs.
COUNTED = """window.asked = 0;
for (const name of ["requestAnimationFrame", "setInterval"]) {
  const real = window[name].bind(window);
  window[name] = (...given) => { window.asked += 1; return real(...given); };
}"""


def at_rest(page):
    """What was drawn so far, and what was asked of the clock."""
    drawn = page.evaluate(
        "[...document.querySelectorAll('[drawings]')].map(e => [e.tagName, e.getAttribute('drawings')])"
    )
    return drawn, page.evaluate("window.asked"), page.evaluate("document.getAnimations().length")


def test_nothing_is_drawn_while_nothing_changes(page):
    """A page that lies open must cost nothing: no frames, no timers, no animations."""
    page.context.add_init_script(COUNTED)
    explored(page)
    page.get_by_role("button", name="Compute the field").click()
    page.wait_for_selector("colonnade-scene canvas[drawings]", timeout=WARM_UP_MS)
    page.wait_for_selector("colonnade-heatmap[drawings]")
    before = rested(page, lambda: at_rest(page))
    assert {name for name, _ in before[0]} >= {"COLONNADE-COLUMN", "COLONNADE-COVERAGE", "COLONNADE-HEATMAP", "CANVAS"}
    assert before[2] == 0
    page.wait_for_timeout(1500)
    assert at_rest(page) == before
    # a turn of the scene is one drawing of the scene and of nothing else
    page.locator("colonnade-scene canvas").focus()
    before = rested(page, lambda: at_rest(page)[0])
    page.keyboard.press("ArrowLeft")
    until(lambda: at_rest(page)[0] != before)
    after = rested(page, lambda: at_rest(page)[0])
    changed = [(int(b[1]), int(a[1])) for b, a in zip(before, after, strict=True) if a != b]
    assert [a - b for b, a in changed] == [1]


def test_a_film_runs_in_sight_only_and_not_for_those_who_want_no_motion(page):
    explored(page)
    page.get_by_role("radio", name="Growth").check(force=True)
    page.wait_for_selector("colonnade-column[frames]")
    column = page.locator("colonnade-column")
    count = lambda: int(column.get_attribute("drawings"))  # noqa: E731
    play = column.get_by_role("button", name="Play")
    play.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("colonnade-column[playing]")
    before = count()
    until(lambda: count() > before)
    # out of sight it waits
    page.evaluate("document.querySelector('footer').scrollIntoView()")
    before = rested(page, count)
    assert column.get_attribute("playing") is not None
    column.scroll_into_view_if_needed()
    until(lambda: count() > before)
    column.get_by_role("button", name="Pause").press("Enter")
    page.wait_for_selector("colonnade-column:not([playing])")
    # single steps by keyboard
    slider = column.get_by_label("Time")
    at = int(slider.input_value())
    column.get_by_role("button", name="One picture on").press("Enter")
    expect(slider).to_have_value(str(at + 1))
    column.get_by_role("button", name="One picture back").press("Enter")
    expect(slider).to_have_value(str(at))
    page.emulate_media(reduced_motion="reduce")
    expect(play).to_be_hidden()
    column.get_by_role("button", name="One picture on").press("Enter")
    expect(slider).to_have_value(str(at + 1))


@pytest.mark.parametrize("path", ["/plans", "/plans/explore"])
def test_page_is_accessible_and_fits(page, axe, picture, path):
    sign_in(page, "physician")
    page.goto(path)
    if path.endswith("explore"):
        page.wait_for_selector("colonnade-coverage[state=fresh]", timeout=WARM_UP_MS)
        page.wait_for_selector("[data-slot=limits][verdict]")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        axe(page)
        picture(page, f"plan{path.replace('/', '-')}-{theme}")
    page.emulate_media(color_scheme="light")
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert overflow(page) <= 0, size
        assert small_targets(page) == [], size
        picture(page, f"plan{path.replace('/', '-')}-{size}")


@pytest.fixture
def patient(server):
    database = open_database(open_folder(server.data).database)
    with database.session() as db:
        made = patients.create_patient(db, SYSTEM, family_name="Synthetic", given_name="Sample").id
    database.close()
    return made


def begin(page, patient, title):
    """A new draft, its page open and listening."""
    sign_in(page, "physician")
    page.goto("/plans")
    page.locator("#patient_id").select_option(patient)
    page.get_by_label("Title").fill(title)
    follow(page.get_by_role("button", name="Begin"))
    page.wait_for_selector("colonnade-plan:not([inert])")


def test_nothing_can_be_typed_before_anybody_listens(page):
    """What was chosen before the script had come was written over by the values of the draft."""
    sign_in(page, "physician")
    held = []
    page.route("**/dist/plan.js*", lambda route: held.append(route))
    page.goto("/plans/explore", wait_until="commit")
    page.wait_for_selector("colonnade-plan[inert]")
    site = page.locator("[data-path='site.id']")
    focused = "e => { e.focus(); return document.activeElement === e; }"
    assert not site.evaluate(focused)
    until(lambda: page.wait_for_timeout(20) or held)
    held[0].continue_()
    page.wait_for_selector("colonnade-plan:not([inert])")
    assert site.evaluate(focused)
    site.select_option("cheek")
    page.wait_for_selector("[data-slot=limits][verdict]")
    expect(site).to_have_value("cheek")


def test_from_draft_to_plan_and_an_edit_voids_it(page, axe, picture, patient):
    begin(page, patient, "Acne scars, left cheek")
    assert page.locator("[data-slot=limits]").get_attribute("verdict") in (None, "INCOMPLETE")
    page.get_by_label("Indication *").select_option("atrophic-acne-scar")
    page.get_by_label("Body site *").select_option("cheek")
    page.get_by_label("Side of the body *").select_option("left")
    page.get_by_label("Fitzpatrick phototype *").select_option("III")
    for question in page.locator("[data-path^='patient.history.']").all():
        question.select_option("no")
    page.get_by_role("radio", name="Judge these").check(force=True)
    until(lambda: page.locator("[data-slot=limits]").get_attribute("verdict") not in (None, "INCOMPLETE"))
    until(
        lambda: (
            "revision" in page.locator("[data-slot=saved]").inner_text()
            and not page.locator("colonnade-plan[edited]").count()
        )
    )
    page.get_by_role("button", name="Make the plan").click()
    expect(page.locator("[data-slot=job]")).to_contain_text("Confirm site and side first")
    page.get_by_label("Site and side confirmed").check()
    expect(page.locator("[data-slot=site-words]")).to_have_text("left Cheek")
    page.get_by_role("button", name="Make the plan").click()
    page.wait_for_selector("[data-slot=job][plan], [data-slot=job][state=failed]", timeout=WARM_UP_MS)
    assert page.locator("[data-slot=job]").get_attribute("state") == "fresh", page.locator(
        "[data-slot=job]"
    ).inner_text()
    draft = page.url
    follow(page.get_by_role("link", name="Open it"))
    page.wait_for_url("**/plans/versions/**")
    assert "generic device, not commissioned" in page.inner_text("main")
    assert re.search(r"Colonnade \d+\.\d+\.\d+", page.locator("footer").inner_text())
    assert "no Pareto front" in page.inner_text("main")  # the settings were given: nothing was searched
    axe(page)
    picture(page, "plan-version-light")
    version = page.url
    page.goto(draft)
    page.wait_for_selector("text=of the draft as it stands")
    page.locator("#k-energy_mJ").fill("12.5")
    until(
        lambda: not page.locator("colonnade-plan[edited]").count() and page.locator("colonnade-plan[revision]").count()
    )
    page.goto(version)
    assert "the plan is out of date" in page.inner_text("main")


def test_saves_follow_each_other(page, patient):
    """An edit during a slow save gave that save up half-way; it had happened, so the next one was refused as stale."""
    begin(page, patient, "Slow")
    saves = []

    def slow_at_first(route):
        saves.append((route, route.fetch()))
        if len(saves) > 1:
            route.fulfill(response=saves[-1][1])

    page.route("**/case", slow_at_first)
    page.locator("[data-path='site.id']").select_option("cheek")
    until(lambda: page.wait_for_timeout(20) or saves)
    page.locator("[data-path='site.side']").select_option("left")
    page.wait_for_timeout(1500)  # beyond the pause after which an edit is saved
    assert len(saves) == 1
    saves[0][0].fulfill(response=saves[0][1])
    until(lambda: page.wait_for_timeout(20) or not page.locator("colonnade-plan[edited]").count())
    assert [answer.status for _, answer in saves] == [200, 200]
    expect(page.locator("[data-slot=saved]")).to_contain_text("Saved")
    page.reload()
    page.wait_for_selector("colonnade-plan:not([inert])")
    expect(page.locator("[data-path='site.side']")).to_have_value("left")


def test_a_draft_begins_with_what_the_record_knows(server, client):
    database = open_database(open_folder(server.data).database)
    with database.session() as db:
        born = dt.date(1990, 5, 17)
        one = patients.create_patient(
            db, SYSTEM, family_name="Synthetic", birth_date=born, phototype="IV", synthetic=True
        )
        condition = patients.add_condition(
            db, SYSTEM, one.id, indication="rolling-acne-scar", site="cheek", side="right", diagnosis="acne scars"
        )
        patients.record_answers(
            db, SYSTEM, one.id, questionnaire="history", version="1", answers={"smoker": "yes", "herpes_history": "no"}
        )
        patient_id, condition_id = one.id, condition.id
    database.close()
    physician = client("physician")
    answer = physician.send_form(
        "/plans", {"patient_id": patient_id, "condition_id": condition_id, "title": "T"}, seen_on="/plans"
    )
    assert answer.status_code == 303
    text = physician.get(answer.headers["location"]).text
    setup = json.loads(re.search(r'data-name="plan">(.*?)</script>', text)[1])
    case = setup["case"]
    assert case["indication"] == {"id": "rolling-acne-scar", "diagnosis": "acne scars"}
    assert case["site"] == {"id": "cheek", "side": "right"}
    assert case["patient"]["phototype"] == "IV"
    assert case["patient"]["history"] == {"smoker": "yes", "herpes_history": "no"}
    assert case["patient"]["age_years"] >= 36
    assert case["synthetic"] is True
    assert "Synthetic" not in json.dumps(case), "a case holds no name"
    assert setup["physician"] == {"name": "Test Physician", "role": "physician"}


def saved(client, role, draft, case, revision):
    one = client(role)
    token = form_token(one.get("/plans").text)
    return one.post(f"{draft}/case", json={"case": case, "revision": revision}, headers={"X-Form-Token": token})


def test_only_a_physician_overrides_and_only_in_their_own_name(client, patient):
    draft = client("physician").send_form("/plans", {"patient_id": patient}, seen_on="/plans").headers["location"]
    reason = {"rule": "CI-04", "reason": "the scar was treated twice before without a keloid"}
    own = {**reason, "name": "Test Physician", "role": "physician"}
    case = {"title": "T", "clinic": {"overrides": [own]}}
    assert saved(client, "operator", draft, case, 1).status_code == 403
    other = {"title": "T", "clinic": {"overrides": [{**own, "name": "Somebody Else"}]}}
    assert saved(client, "physician", draft, other, 1).status_code == 403
    answer = saved(client, "physician", draft, case, 1)
    assert answer.status_code == 200, answer.text
    # what stands stays when somebody else edits the rest
    revision = answer.json()["revision"]
    assert saved(client, "operator", draft, case | {"note": "n"}, revision).status_code == 200
    assert saved(client, "operator", draft, case, revision).status_code == 412


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("column", {}),
        ("column", {"device": "none", "site": "cheek", "settings": {}}),
        ("column", {"device": "lumenis-ultrapulse-deepfx", "site": "cheek", "settings": 7}),
        ("column", {"device": [], "site": {}, "settings": {"energy_mJ": 1e400}}),
        (
            "field",
            {"device": "lumenis-ultrapulse-deepfx", "site": "cheek", "settings": {"density_pct": 5.0}, "region": 3},
        ),
        ("check", {"case": {"schema": 1}}),
        ("check", {"case": []}),
        ("rules", {"case": "text"}),
        ("rules", {}),
        ("scale", {"width": 100, "height": 100, "one": [0], "other": [1, 1], "distance_mm": 3}),
        ("scale", {"width": 1e9, "height": 1e9, "one": [0, 0], "other": [99, 99], "distance_mm": 3}),
        ("derived", {"device": "lumenis-ultrapulse-deepfx", "settings": [1]}),
        ("device", {"device": "../../etc/passwd"}),
    ],
)
def test_nonsense_is_refused_and_never_an_error_of_the_server(client, kind, sent):
    one = client("physician")
    token = form_token(one.get("/plans").text)
    content = json.dumps(sent).replace("Infinity", "1e400")
    answer = one.post(
        f"/live/{kind}",
        content=content,
        headers={"X-Form-Token": token, "Content-Type": "application/json"},
        timeout=300,
    )
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 200:
        assert answer.json()["errors"], "accepted without a complaint"


def test_who_may_not_see_plans_gets_no_pictures(client):
    one = client("auditor")
    token = form_token(one.get("/account").text)
    answer = one.post("/live/derived", json={}, headers={"X-Form-Token": token})
    assert answer.status_code == 403
