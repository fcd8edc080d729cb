"""Every page of the shell in a real browser: accessible, within its window, calm on the console, and its screenshot."""

import pytest

from tests.workstation.conftest import SIZES, overflow, sign_in, small_targets

PAGES = [
    ("physician", "/"),
    ("physician", "/jobs"),
    ("physician", "/account"),
    ("administrator", "/"),
    ("administrator", "/accounts"),
    ("administrator", "/settings"),
    ("administrator", "/erasures"),
    ("administrator", "/jobs/everybody"),
    ("auditor", "/audit"),
    ("viewer", "/nothing-here"),
    ("", "/log-in"),
]


@pytest.mark.parametrize(("role", "path"), PAGES, ids=[f"{r or 'stranger'}{p}" for r, p in PAGES])
def test_page(page, axe, picture, role, path):
    if role:
        sign_in(page, role)
    name = f"{role or 'stranger'}{path.replace('/', '-')}"
    answer = page.goto(path)
    assert answer.status == (404 if path == "/nothing-here" else 200)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        axe(page)
        picture(page, f"{name}-{theme}")
    page.emulate_media(color_scheme="light")
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert overflow(page) <= 0, size
        assert small_targets(page) == [], size
        if size != "desk":
            picture(page, f"{name}-{size}")
    assert page.locator("footer").inner_text().startswith("Colonnade is research and education software")
