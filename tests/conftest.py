"""What tests of several rooms share."""

import pytest


@pytest.fixture(scope="session")
def playwright_driver():
    """The one driver of browsers in this process: a second one beside it is refused by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver
