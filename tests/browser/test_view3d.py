"""The three-dimensional page in a browser: drawn, turned by mouse and keys, alone in the world, readable without it."""

import base64
import io
import shutil

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

from colonnade import DISCLAIMER, BadInput
from colonnade.field import Scan, divide, pattern, polygon, surface, treat
from colonnade.field.synthetic import synthetic_head
from colonnade.reporting.view3d import Placed, view3d
from tests.support.browsing import rested, until
from tests.synthetic import column

CHEEK = [(25, -45), (50, -40), (55, -5), (30, -5), (22, -25)]
TITLE = '<b>"Columns"</b> & </script>'
LESION = column(taper=0.6)
LAID = pattern("hexagonal", density_pct=5, spot_um=120)
DRAWN = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-sandbox")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    flat = divide(
        polygon([[[0, 0], [20, 0], [24, 15], [3, 18]]], name="cheek"),
        exclusions={"mole": (polygon([[[9, 8], [11, 8], [11, 10], [9, 10]]]), 1.0)},
    )["cheek"]
    head = synthetic_head(4)
    cheek = surface.lay_flat(head, CHEEK, name="left cheek", side="left")
    laid = {"rate_Hz": 300, "scan": Scan("hexagon", 8), "order": "optimised"}
    made = {
        "flat": view3d(
            [Placed(treat(LESION, LAID, region=flat, **laid))], LESION, title='<b>"Columns"</b> & </script>'
        ),
        "head": view3d(
            [Placed(treat(LESION, LAID, region=cheek.area, **laid), "left cheek", cheek)], LESION, scan=head
        ),
    }
    for name, text in made.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def browser(playwright_driver):
    found = shutil.which("chromium") or shutil.which("google-chrome")
    assert found, "a Chromium is needed (scripts/debian-packages)"
    opened = playwright_driver.chromium.launch(executable_path=found, args=list(DRAWN))
    yield opened
    opened.close()


@pytest.fixture(params=["flat", "head"])
def page(request, browser, pages):
    opened = browser.new_page(viewport={"width": 900, "height": 600})
    said, asked = [], []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda made: asked.append(made.url))
    opened.goto((pages / f"{request.param}.html").as_uri())
    opened.wait_for_selector("body[data-ready=yes]", timeout=60_000)
    yield opened
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert sum(url.startswith("file:") for url in asked) == 1
    opened.close()


def drawings(page):
    """How often it was drawn, once that has not changed for 0.3 s."""
    return rested(page, lambda: int(page.locator("#picture").get_attribute("drawings")), quiet_ms=300)


def seen(page):
    """The picture itself, without what is written over it: (height, width, 3)."""
    drawings(page)
    data = page.evaluate("document.getElementById('picture').toDataURL('image/png').split(',')[1]")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"), dtype=np.int16)


def changed(page, do):
    """The picture after an action that draws it anew."""
    before = drawings(page)
    do()
    until(lambda: drawings(page) > before)
    return seen(page)


def share(picture, other=(255, 255, 255)):
    return float((np.abs(picture - np.asarray(other)).max(axis=2) > 8).mean())


def test_skin_and_field_are_drawn_and_differ(page):
    skin = seen(page)
    assert share(skin) > 0.1
    assert len(np.unique(skin.reshape(-1, 3), axis=0)) > 30
    field = changed(page, lambda: page.check("input[value=field]"))
    assert share(field) > 0.05
    assert share(skin, field) > 0.05
    assert page.locator("#overlay .bar").inner_text().endswith("mm")
    expect(page.locator("#low")).to_have_text("0 s")


def test_keys_mouse_and_sliders_move_it(page):
    first = seen(page)
    page.focus("#picture")
    turned = changed(page, lambda: page.keyboard.press("ArrowLeft"))
    assert share(first, turned) > 0.01
    bar = page.locator("#overlay .bar").bounding_box()["width"], page.locator("#overlay .bar").inner_text()
    changed(page, lambda: page.keyboard.press("+"))
    assert bar != (page.locator("#overlay .bar").bounding_box()["width"], page.locator("#overlay .bar").inner_text())
    assert share(first, changed(page, lambda: page.keyboard.press("Home"))) == 0
    box = page.locator("#picture").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 380, box["y"] + 230, steps=4)
    page.mouse.up()
    assert share(first, seen(page)) > 0.01
    front = changed(page, lambda: page.click("button[data-view=front]"))
    assert share(front, changed(page, lambda: page.fill("#cut", "80"))) > 0.001
    changed(page, lambda: page.uncheck("input[data-zone=crater]"))
    assert share(front, changed(page, lambda: page.check("input[data-zone=heated]"))) > 0.01


def test_it_is_drawn_once_for_each_change_and_never_without(page):
    """Where no graphics card helps, a drawing costs most of a second: none may be made for nothing."""
    first = drawings(page)
    assert drawings(page) == first
    page.focus("#picture")
    changed(page, lambda: page.keyboard.press("ArrowLeft"))
    assert drawings(page) == first + 1
    changed(page, lambda: page.fill("#cut", "80"))
    assert drawings(page) == first + 2


def test_it_can_be_read_without_the_picture(page):
    words = page.inner_text("body")
    assert DISCLAIMER in words
    assert "600 µm" in words  # the column's crater depth
    assert "columns" in words
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert found == []


def test_the_title_is_text(browser, pages):
    page = browser.new_page()
    page.goto((pages / "flat.html").as_uri())
    assert page.inner_text("h1") == TITLE
    page.close()


def test_fields_without_their_scan_are_refused():
    made = treat(LESION, LAID, region=polygon([[[0, 0], [8, 0], [8, 8]]]), rate_Hz=300)
    for asked in (([], None), ([Placed(made)], synthetic_head(2))):
        with pytest.raises(BadInput, match="three-dimensional view"):
            view3d(asked[0], LESION, scan=asked[1])
