"""What people do with the shell, in a real browser: by mouse, by keyboard only, and when they do nothing."""

import re

import pyotp
import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from colonnade.records import jobs, people
from colonnade.records.base import open_database
from colonnade.workstation.demonstration import case
from tests.support.browsing import follow
from tests.workstation.conftest import PASSWORD, sign_in, watched


def enqueue(server, kind, inputs):
    """A job of the physician, as a page would queue it."""
    database = open_database(server.data / "colonnade.db")
    with database.session() as db:
        owner = db.scalars(select(people.Account).where(people.Account.login == "physician")).one()
        job = jobs.enqueue(db, owner.actor(), kind, inputs)
    database.close()
    return job.id


def test_what_watches_the_pages_sees_what_it_should(server, browser):
    """The checks of the ``page`` fixture can fail."""
    context = browser.new_context(base_url=server.address)
    wrong = watched(context)
    one = context.new_page()
    one.goto("/log-in")
    html = '<img src="https://192.0.2.1/x.png"><b style="color:red">x</b>'
    one.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", html)
    one.evaluate("const s = document.createElement('script'); s.textContent = '1'; document.body.append(s)")
    one.evaluate("console.error('broken')")
    one.wait_for_timeout(300)
    context.close()
    for part in ("img-src", "style-src-attr", "script-src-elem", "broken"):
        assert any(part in line for line in wrong), (part, wrong)


def test_the_first_account_from_the_printed_link(page, axe, picture, empty_server):
    page.goto(empty_server.setup_link)
    axe(page)
    picture(page, "first-account")
    page.get_by_label("Your name").fill("Alma <b>Chief</b>")
    page.get_by_label("Name to sign in with").fill("alma")
    page.get_by_label("Password", exact=True).fill("alma alma alma")
    page.get_by_label("The same password again").fill("alma alma alma")
    follow(page.get_by_role("button", name="Make the account"))
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("password")
    assert page.evaluate("document.activeElement.matches('[data-focus]')")
    axe(page)
    picture(page, "first-account-refused")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    follow(page.get_by_role("button", name="Make the account"))
    page.wait_for_url(empty_server.address + "/")
    assert page.locator(".me .name").inner_text().startswith("Alma <b>Chief</b>")
    page.goto(empty_server.address + "/first-account")
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()


def test_everything_is_reached_by_keyboard(page):
    page.goto("/log-in")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    assert skip.evaluate("e => e === document.activeElement && e.getBoundingClientRect().top >= 0")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.get_by_label("Name to sign in with").evaluate("e => e === document.activeElement")
    page.keyboard.type("physician")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/log-in" not in url)
    seen = []
    for _ in range(20):  # the links of the navigation, then who is signed in
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.innerText.trim().split('\\n')[0]"))
        width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        assert width >= 2, f"{seen[-1]} shows no focus"
        if seen[-1] == "Sign out":
            break
    assert seen[:3] == ["Skip to content", "Colonnade", "Today"]
    assert "Sign out" in seen


def test_a_wrong_password_says_so_and_keeps_the_name(page, axe):
    page.goto("/log-in?next=/account")
    page.get_by_label("Name to sign in with").fill("operator")
    page.get_by_label("Password").fill("not the password")
    follow(page.get_by_role("button", name="Sign in"))
    expect(page.get_by_role("alert")).to_contain_text("is not right")
    expect(page.get_by_label("Name to sign in with")).to_have_value("operator")
    axe(page)
    page.get_by_label("Password").fill(PASSWORD)
    follow(page.get_by_role("button", name="Sign in"))
    page.wait_for_url("**/account")


def test_the_second_factor_is_set_up_and_asked_for(page, axe, picture, new_server):
    own = new_server("own", accounts=True)
    page.goto(own.address + "/log-in")
    page.get_by_label("Name to sign in with").fill("operator")
    page.get_by_label("Password").fill(PASSWORD)
    follow(page.get_by_role("button", name="Sign in"))
    page.goto(own.address + "/account")
    page.locator("#own_password-begin").fill(PASSWORD)
    follow(page.get_by_role("button", name="Set it up"))
    secret = page.locator("#totp-secret").inner_text()
    axe(page)
    picture(page, "second-factor")
    box = page.locator(".qr svg").bounding_box()
    assert box["width"] > 150
    assert box["height"] > 150
    page.get_by_role("textbox", name="Code").fill(pyotp.TOTP(secret).now())
    follow(page.get_by_role("button", name="Put it in force"))
    codes = page.locator(".codes li").all_inner_texts()
    assert len(set(codes)) >= 8
    axe(page)
    picture(page, "recovery-codes")
    follow(page.get_by_role("button", name="Sign out", exact=True))
    page.wait_for_url("**/log-in")
    page.get_by_label("Name to sign in with").fill("operator")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code").fill(codes[0])
    follow(page.get_by_role("button", name="Sign in"))
    page.wait_for_url(own.address + "/")


def test_light_and_dark_are_chosen(page, axe):
    sign_in(page, "viewer")
    page.goto("/account")
    for choice, dark in (("Dark", True), ("Light", False)):
        page.get_by_label(choice).check()
        follow(page.get_by_role("button", name="Use it"))
        ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        level = sum(int(n) for n in re.findall(r"\d+", ground)[:3]) / 3
        assert (level < 60) == dark, ground
        axe(page)


def test_a_job_is_followed_cancelled_and_run_again(page, axe, picture, server):
    """The state on the page comes from the job over the event stream; the page is never loaded again."""
    sign_in(page, "physician")
    job = enqueue(server, "plan", {"case": case()})
    page.goto(f"/jobs/{job}")
    page.evaluate("window.loadedOnce = true")
    page.locator("#job-state [data-state=running]").wait_for(timeout=60_000)
    page.locator("#job-state progress").wait_for()
    axe(page)
    picture(page, "job-running")
    expect(page.get_by_role("button", name="Run again")).to_be_hidden()
    page.get_by_role("button", name="Cancel").click()
    page.locator("#job-state [data-state=cancelled]").wait_for(timeout=60_000)
    expect(page.get_by_role("button", name="Run again")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
    axe(page)
    picture(page, "job-cancelled")


def test_the_stream_alone_moves_the_page(page, server):
    sign_in(page, "physician")
    job = enqueue(server, "plan", {"case": {"schema": "colonnade.case/1", "tittle": "a slip"}})
    page.goto(f"/jobs/{job}")
    page.evaluate("window.loadedOnce = true")
    page.locator("#job-state [data-state=failed]").wait_for(timeout=60_000)
    assert page.evaluate("window.loadedOnce") is True
    expect(page.locator("#job-state .notice")).to_contain_text("title")
    expect(page.get_by_role("button", name="Run again")).to_be_visible()


def test_the_form_token_reaches_what_htmx_sends(page):
    """Inheritance is explicit in htmx 4: without ``:inherited`` on the body, children would send no token."""
    sign_in(page, "viewer")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend',"
        ' \'<button id=probe hx-post="/account/stay" hx-swap="none">probe</button>\');'
        " htmx.process(document.querySelector('main'))"
    )
    with page.expect_response("**/account/stay") as answer:
        page.locator("#probe").click()
    assert answer.value.status == 204


def test_somebody_who_goes_away_is_warned_then_signed_out(page, axe, picture):
    page.clock.install()
    sign_in(page, "viewer")
    page.clock.run_for(13 * 60 * 1000)
    dialog = page.get_by_role("dialog", name="Still there?")
    expect(dialog).to_be_hidden()
    page.clock.run_for(90 * 1000)
    expect(dialog).to_be_visible()
    axe(page)
    picture(page, "idle")
    with page.expect_response("**/account/stay") as answer:
        page.get_by_role("button", name="Stay signed in").click()
    assert answer.value.status == 204
    expect(dialog).to_be_hidden()
    page.clock.run_for(16 * 60 * 1000)
    page.wait_for_url("**/log-in?next=**")
    page.goto("/account")
    assert "/log-in" in page.url  # the session has ended on the server too


def test_paper_shows_the_content_only(page):
    sign_in(page, "administrator")
    page.goto("/settings")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("header.top")).to_be_hidden()
    expect(page.get_by_role("button", name="Save")).to_be_hidden()
    expect(page.locator("footer")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).color") == "rgb(0, 0, 0)"


@pytest.mark.parametrize(
    "nasty", ["<img src=x onerror=\"document.title='owned'\">", "{{7*7}}", "<script>document.title='owned'</script>"]
)
def test_what_people_type_never_runs(page, nasty):
    sign_in(page, "administrator")
    page.goto("/accounts")
    page.get_by_label("Name", exact=True).fill(nasty)
    page.get_by_label("Name to sign in with").fill("not a name!")
    page.get_by_label("Your own password").fill(PASSWORD)
    follow(page.get_by_role("button", name="Make the account"))
    page.get_by_role("alert").wait_for()
    expect(page.get_by_label("Name", exact=True)).to_have_value(nasty)
    assert page.title() != "owned"
