"""What tests of several rooms share."""

import pytest

from tests.support.postgresql import cluster, new_postgresql  # noqa: F401 - fixtures of all rooms


@pytest.fixture(scope="session")
def playwright_driver():
    """The one driver of browsers in this process: a second one beside it is refused by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver
