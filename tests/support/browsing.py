"""Patience with a browser: what a test reads is of the page it means, however slow the machine is.

A value that a page shows is asked for by ``expect``, which asks again until it is there; a value read once
(``inner_text``, ``count``) belongs after something that was waited for.
"""

import time

from playwright.sync_api import expect

#: Nothing in a browser measures time: a machine that does ten other things must not fail a test.
PATIENCE_MS = 120_000
expect.set_options(timeout=PATIENCE_MS)


def follow(link):
    """Click a link, or the button of a form, and wait for the page that it leads to: what is read next is of that page,
    whole, on a slow machine too."""
    with link.page.expect_navigation():
        link.click()


def until(check, within_s=300.0):
    """Poll: the content policy of the page forbids the evaluated predicates of the browser driver."""
    deadline = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def rested(page, look, quiet_ms=1500):
    """What ``look`` gives once it has not changed for ``quiet_ms``: how long a page takes to get there is not asked."""
    seen = []

    def the_same_again():
        seen.append(look())
        page.wait_for_timeout(quiet_ms)
        return look() == seen[-1]

    until(the_same_again)
    return seen[-1]
