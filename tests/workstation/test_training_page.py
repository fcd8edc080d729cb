"""The training page in a real browser: a small plan rehearsed from the key to the summary, with what goes wrong."""

import re

import pytest
from playwright.sync_api import expect

from colonnade.workstation.training_session import BOUNCE_S
from tests.support.browsing import PATIENCE_MS, follow, until
from tests.workstation.conftest import SIZES, overflow, sign_in, small_targets
from tests.workstation.rehearsal import stored

#: A stamp of 64 columns at 2 Hz and ten times the speed lasts 3.2 s: long enough to be interrupted on a busy machine.
RATE_HZ, SPEED = 2.0, "10"
PAGE = "colonnade-training"


def begun(page, server, **given):
    """A rehearsal, switched on, in standby."""
    plan_id, _ = stored(server.data, rate_Hz=RATE_HZ, **given)
    sign_in(page, "operator")
    page.goto(f"/plans/versions/{plan_id}")
    follow(page.get_by_role("link", name="Rehearse on the virtual laser"))
    page.get_by_label("Speed of the machine's clock").select_option(SPEED)
    follow(page.get_by_role("button", name="Start the machine"))
    page.wait_for_selector(f"{PAGE}[step=key_on]")
    page.get_by_role("button", name="Key switch").click()
    page.wait_for_selector(f"{PAGE}[step=time_out]")


def said(page):
    """The lines of the log, the newest first."""
    return page.locator("[data-slot=log] li").all_inner_texts()


def fired(page):
    return int(page.locator("[data-slot=fired]").inner_text())


def middle(page, locator):
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def looked_at(page, axe, picture, name):
    """Accessible in light and dark, within every window, every target large enough."""
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        # Chromium may keep colours of the other theme where it thinks that nothing changed: everything is styled anew
        page.evaluate(
            "() => { const d = document.documentElement; d.hidden = true; d.offsetHeight; d.hidden = false; }"
        )
        axe(page)
        picture(page, f"training-{name}-{theme}")
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert overflow(page) <= 0, size
        assert small_targets(page) == [], size
        picture(page, f"training-{name}-{size}")
    page.set_viewport_size({"width": 1280, "height": 800})


@pytest.mark.soak  # half a minute; what it does is tested over HTTP in test_training.py in every run
def test_a_whole_rehearsal(page, server, axe, picture):
    page.emulate_media(reduced_motion="reduce")
    begun(page, server)
    assert "Virtual laser: no patient was treated." in page.inner_text("main")
    expect(page.locator(".training-statement")).to_contain_text("it never drives a laser")
    assert "approved by Test Physician" in page.inner_text(".training-badges")
    # what the machine has loaded stands beside what was planned
    row = page.locator(".training-settings tr", has_text="Energy per microbeam")
    assert "10 mJ" in row.inner_text()
    assert "9.99 mJ" in row.inner_text()

    # the time-out comes first, and the keyboard does it
    page.get_by_role("button", name="Ready").click()
    page.wait_for_selector("[data-slot=trouble]:visible")
    assert "time-out comes first" in page.inner_text("[data-slot=trouble]")
    boxes = page.locator("input[data-item]")
    boxes.first.focus()
    for number in range(boxes.count()):
        page.keyboard.press("Space")
        page.wait_for_selector(f"text={number + 1} of 13 confirmed")
        page.keyboard.press("Tab")
    looked_at(page, axe, picture, "standby")
    page.get_by_role("button", name="Ready").click()
    page.wait_for_selector(f"{PAGE}[step=press]")

    # the foot comes off in mid-stamp: the stamp ends
    foot = page.locator(".footswitch")
    page.mouse.move(*middle(page, foot))
    page.mouse.down()
    page.wait_for_selector(f"{PAGE}[machine=firing]")
    while fired(page) < 3:
        page.wait_for_timeout(10)
    page.mouse.up()
    page.wait_for_selector(f"{PAGE}[step=decide][machine=paused]")
    before = fired(page)
    assert 3 <= before < 64
    expect(page.get_by_label("Skip the rest of the stamp")).to_be_checked()
    looked_at(page, axe, picture, "interrupted")

    # going on without the confirmation is refused, by the server
    page.get_by_label("Go on with the stamp").check()
    page.get_by_role("button", name="Decide").click()
    page.wait_for_selector("[data-slot=trouble]:visible")
    assert "has not moved" in page.inner_text("[data-slot=trouble]")

    # whoever comes back finds everything as it was
    lines = said(page)
    page.reload()
    page.wait_for_selector(f"{PAGE}[step=decide][machine=paused]")
    assert fired(page) == before
    expect(page.locator(PAGE)).to_have_attribute("stamps", "IPPP")
    assert said(page) == lines
    expect(page.get_by_label("Skip the rest of the stamp")).to_be_checked()
    expect(page.get_by_text("13 of 13 confirmed")).to_be_visible()
    page.get_by_role("button", name="Decide").click()
    page.wait_for_selector(f"{PAGE}[step=ready]")
    expect(page.locator(PAGE)).to_have_attribute("stamps", "SPPP")

    # a double click is one press, and a short one
    page.get_by_role("button", name="Ready").click()
    page.wait_for_selector(f"{PAGE}[step=press]")
    page.mouse.move(*middle(page, page.locator(".footswitch")))
    page.mouse.down()
    page.wait_for_selector(f"{PAGE}[machine=firing]")  # a press whose release overtook it would fire nothing
    page.mouse.up()
    page.mouse.down()
    page.mouse.up()
    page.wait_for_selector(f"{PAGE}[step=decide]")
    page.wait_for_timeout(300)
    expect(page.locator(PAGE)).to_have_attribute("stamps", "SIPP")
    assert sum("interrupted" in text for text in said(page)) == 2
    assert sum(re.search("Footswitch pressed", text) is not None for text in said(page)) == 2
    page.get_by_role("button", name="Decide").click()
    page.wait_for_selector(f"{PAGE}[step=ready]")

    # held with the space bar; the emergency stop ends everything, and only the key leaves it
    page.get_by_role("button", name="Ready").click()
    page.wait_for_selector(f"{PAGE}[step=press]")
    page.wait_for_timeout(1e3 * BOUNCE_S)
    page.locator(".footswitch").focus()
    page.keyboard.down("Space")
    page.wait_for_selector(f"{PAGE}[machine=firing]")
    page.keyboard.press("Escape")
    page.wait_for_selector(f"{PAGE}[step=release_stop][machine=fault]")
    page.keyboard.up("Space")
    while "Footswitch released" not in said(page)[0]:
        page.wait_for_timeout(20)
    stopped = fired(page)
    looked_at(page, axe, picture, "stopped")
    page.get_by_role("button", name="Emergency stop").click()
    page.wait_for_selector(f"{PAGE}[step=key_off]")
    page.get_by_role("button", name="Key switch").click()
    page.wait_for_selector(f"{PAGE}[step=key_on]")
    assert fired(page) == stopped

    # the summary
    follow(page.get_by_role("button", name="End and sum up"))
    page.wait_for_selector("colonnade-training-map[state=fresh]")
    text = page.inner_text("main")
    assert "TRAINING RECORD" in text
    assert "Virtual laser: no patient was treated." in text
    assert "Not as planned" in text
    assert f"{stopped}\n / 256" in text or f"{stopped} / 256" in text
    assert "EMERGENCY STOP pressed" in page.inner_text("colonnade-training-log")
    looked_at(page, axe, picture, "record")
    with page.expect_download() as got:
        page.get_by_role("link", name="Training record (JSON)").click()
    assert got.value.suggested_filename.startswith("TRAINING-")
    page.goto("/training")
    assert "not as planned" in page.inner_text("main")
    looked_at(page, axe, picture, "list")
    page.goto("/treatments")
    assert "Synthetic rehearsal" not in page.inner_text("main")


@pytest.mark.soak
def test_a_finger_on_a_tablet_and_a_power_cut(browser, server, page):
    """Touch holds the pedal; the instructor cuts the power; the machine goes on with its journal."""
    begun(page, server)
    page.set_viewport_size(dict(zip(("width", "height"), SIZES["tablet"], strict=True)))
    for box in page.locator("input[data-item]").all():
        box.click()
    page.wait_for_selector(f"{PAGE}[step=ready]")
    page.get_by_role("button", name="Ready").click()
    page.wait_for_selector(f"{PAGE}[step=press]")
    finger = page.context.new_cdp_session(page)
    x, y = middle(page, page.locator(".footswitch"))
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    page.wait_for_selector(f"{PAGE}[machine=firing]")
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_selector(f"{PAGE}[step=decide]")
    page.get_by_role("button", name="Decide").click()
    page.wait_for_selector(f"{PAGE}[step=ready]")
    page.get_by_text("Instructor: set off a fault").click()
    page.get_by_role("button", name="Power cut").click()
    page.get_by_role("button", name="Ready").click()
    page.wait_for_selector(f"{PAGE}[step=press]")
    page.wait_for_timeout(1e3 * BOUNCE_S)  # a person is slower than this test: a press so soon would be a bounce
    x, y = middle(page, page.locator(".footswitch"))
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    page.wait_for_selector(f"{PAGE}[step=gone]")
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("[data-slot=unknown]")).to_have_text("1")
    expect(page.get_by_role("button", name="Key switch")).to_be_disabled()
    page.get_by_role("button", name="Start the machine again").click()
    page.wait_for_selector(f"{PAGE}[step=key_on]")
    expect(page.locator("[data-slot=unknown]")).to_have_text("1")
    follow(page.get_by_role("button", name="End and sum up"))
    assert "/training/records/" in page.url
    assert "goes on with its journal" in page.inner_text("colonnade-training-log")


@pytest.mark.soak
def test_whoever_may_not_press_watches(page, server, client):
    begun(page, server, approve=False)
    expect(page.locator(".training-badges .danger")).to_have_text("not approved")
    place = page.url
    watching = page.context.browser.new_context(base_url=server.address)
    watching.set_default_timeout(PATIENCE_MS)
    other = watching.new_page()
    sign_in(other, "viewer")
    other.goto(place)
    other.wait_for_selector(f"{PAGE}[step=time_out]")
    expect(other.locator("colonnade-training button:enabled")).to_have_count(0)
    expect(other.locator("input[data-item]:enabled")).to_have_count(0)
    page.get_by_label("The patient's eyes are shielded").check()
    other.wait_for_selector("text=1 of 13 confirmed")
    watching.close()
    follow(page.get_by_role("button", name="End and sum up"))
    assert "/training/records/" in page.url


def test_a_tick_stands_until_the_server_has_shown_it(page, server):
    """A frame from before the click took the tick away again; a tick that was refused must not stand."""
    begun(page, server)
    held = []
    page.route("**/press", lambda route: held.append(route))
    box = page.get_by_label("The patient's eyes are shielded")
    clock = page.locator("[data-slot=clock]").inner_text()
    box.check()
    until(lambda: page.wait_for_timeout(20) or held)
    expect(page.locator("[data-slot=clock]")).not_to_have_text(clock)  # a frame came, which knows nothing of it
    expect(box).to_be_checked()
    held[0].continue_()
    page.wait_for_selector("text=1 of 13 confirmed")
    expect(box).to_be_checked()
    page.unroute("**/press")
    page.route("**/press", lambda route: route.fulfill(status=409, json={"title": "not now"}))
    box.uncheck()
    page.wait_for_selector("[data-slot=trouble]:visible")
    expect(box).to_be_checked()
    page.unroute("**/press")
    follow(page.get_by_role("button", name="End and sum up"))
