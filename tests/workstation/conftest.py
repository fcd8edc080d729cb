"""A real server on a temporary data folder, a real browser, and what every page must keep.

``server``    one for the whole session, with an account for each role (password ``PASSWORD``)
``new_server`` a function that starts further ones; ``empty_server`` one without any account
``client``    a function: an HTTP client that is signed in with a role
``page``      a browser page; at the end of the test it must have asked nobody else for anything, broken no content
              policy and written no error to the console
``axe``       a function: no finding for the WCAG 2.2 A and AA tags, or the test fails with the findings
``picture``   a function: a screenshot in a temporary folder, to be looked at
"""

import os
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe

from colonnade.records.base import open_database
from colonnade.records.folder import open_folder
from tests.records.clinic import PASSWORD, staff
from tests.support.browsing import PATIENCE_MS, follow
from tests.support.forking import Forked

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
#: Sizes that pages are looked at in: a desk, a tablet, and 1280 px at 400 % (WCAG 1.4.10).
SIZES = {"desk": (1280, 800), "tablet": (820, 1180), "zoomed": (320, 256)}
#: Generous: on a busy machine the imports alone took more than a minute.
STARTS_WITHIN_S = 180
#: What stops when it is asked to stops within this time on a busy machine too.
STOPS_WITHIN_S = 120


class RunningServer:
    """A server process, its address, and what it printed."""

    def __init__(
        self, data: Path, *options: str, demonstration: bool = False, database: str = "", verify=True,
        prelude: str = "", installed: bool = False,
    ) -> None:  # fmt: skip
        self.data, self.verify = data, verify
        #: What ``open_database`` takes: a PostgreSQL address, or the file in the folder.
        self.database = database or data / "colonnade.db"
        if database:
            options = (*options, "--database", database)
        words = ["serve", "--no-browser", "--port", "0", "--data", str(data), "--workers", "1", *options]
        if demonstration:
            words.append("--demonstration")
        self.printed = data.parent / f"{data.name}-{time.monotonic_ns()}.printed"
        if installed:
            with self.printed.open("w") as out:
                command = [Path(sys.executable).with_name("colonnade"), *words]
                self.process = subprocess.Popen(command, stdout=out, stderr=out)
        else:
            self.process = Forked(words, self.printed, prelude=prelude)
        self.address = self._wait()

    def _wait(self) -> str:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < deadline:
            found = re.search(r"workstation on (\S+)", self.text)
            if found:
                while time.monotonic() < deadline:
                    try:
                        if httpx2.get(f"{found[1]}/readyz", verify=self.verify).status_code == 200:
                            return found[1]
                    except httpx2.TransportError:
                        time.sleep(0.05)
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.text}")

    @property
    def text(self) -> str:
        """Everything it printed so far."""
        return self.printed.read_text() if self.printed.exists() else ""

    @property
    def setup_link(self) -> str:
        """The link to the first account."""
        return re.search(r"http\S+first-account\S+", self.text)[0]

    def stop(self) -> int:
        """Ctrl-C; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=STOPS_WITHIN_S)

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait(timeout=STOPS_WITHIN_S)


def fill_accounts(data: Path, address: str = "") -> None:
    """One account for each role, the physician credentialed; the login is the role."""
    database = open_database(address or open_folder(data).database)
    database.upgrade()
    staff(database)
    database.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    data = tmp_path_factory.mktemp("clinic") / "data"
    fill_accounts(data)
    running = RunningServer(data)
    yield running
    assert running.stop() == 0, running.text
    assert "Traceback" not in running.text


@pytest.fixture
def new_server(tmp_path):
    """Start a server: ``new_server("name", accounts=True)``; all are stopped at the end."""
    started = []

    def start(name="data", *options, accounts=False, **more):
        if accounts:
            fill_accounts(tmp_path / name)
        started.append(RunningServer(tmp_path / name, *options, **more))
        return started[-1]

    yield start
    for running in started:
        running.stop()


@pytest.fixture
def empty_server(new_server):
    return new_server()


def form_token(html: str) -> str:
    """The token that a page's forms carry."""
    return re.search(r'name="form_token" value="([0-9a-f]{64})"', html)[1]


class _Forms(HTMLParser):
    """The values that a browser would send with each form of a page, untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict] = {}
        self.open: dict | None = None
        self.select = self.area = ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "form":
            self.open = self.forms.setdefault(given.get("action") or "", {})
        if self.open is None or (not name and tag != "option"):
            # a button may send the same fields elsewhere
            if tag == "button" and self.open is not None and given.get("formaction"):
                self.forms[given["formaction"]] = self.open
            return
        if tag == "input" and given.get("type") in ("checkbox", "radio"):
            self.open.setdefault(name, given.get("value", "on") if "checked" in given else "")
        elif tag == "input" and given.get("type") != "file":
            self.open[name] = given.get("value") or ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select:
            if "selected" in given or self.select not in self.open:
                self.open[self.select] = given.get("value", "")
        elif tag == "textarea":
            self.area, self.open[name] = name, ""

    def handle_data(self, data):
        if self.area:
            self.open[self.area] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""


def form_fields(html: str, action: str) -> dict:
    """The fields of the form for ``action``."""
    parser = _Forms()
    parser.feed(html)
    assert action in parser.forms, f"no form for {action}, but for {sorted(parser.forms)}"
    return parser.forms[action]


class Client(httpx2.Client):
    """A browser without a screen: keeps cookies, says where it comes from, puts the form token into its forms."""

    def __init__(self, address: str, *, verify=True, **headers: str) -> None:
        said = {"Origin": address, "Sec-Fetch-Site": "same-origin", **headers}
        super().__init__(base_url=address, headers=said, timeout=PATIENCE_MS / 1e3, verify=verify)

    def send_form(self, path: str, data: dict | None = None, *, seen_on: str = "/log-in", **more):
        """Post a form as the page ``seen_on`` would."""
        token = form_token(self.get(seen_on).text)
        return self.post(path, data={**(data or {}), "form_token": token}, **more)

    def fill(self, seen_on: str, action: str, changes: dict | None = None, **more):
        """Send the form that the page ``seen_on`` shows for ``action``, with its values but for the ``changes``."""
        answer = self.get(seen_on)
        assert answer.status_code == 200, answer.text[:2000]
        fields = form_fields(answer.text, action)
        assert set(changes or ()) <= set(fields), f"the form has no {set(changes or ()) - set(fields)}"
        return self.post(action, data={**fields, **(changes or {})}, **more)

    def sign_in(self, login: str, password: str = PASSWORD, **more):
        """Sign in; gives the answer."""
        return self.send_form("/log-in", {"login": login, "password": password, **more})


@pytest.fixture
def client(server):
    """``client("physician")``: signed in; ``client()``: a stranger."""
    opened = []

    def connect(role="", at=None):
        running = at or server
        one = Client(running.address, verify=running.verify)
        opened.append(one)
        if role:
            assert one.sign_in(role).status_code == 303
        return one

    yield connect
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def browser(playwright_driver):
    chromium = playwright_driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    yield chromium
    chromium.close()


@pytest.fixture
def page(server, browser):
    """A page at the desk size whose every request and message is watched."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=server.address)
    wrong = watched(context)
    one = context.new_page()
    yield one
    one.wait_for_timeout(50)
    context.close()
    assert wrong == []


@pytest.fixture
def watched_page(browser):
    """``watched_page(server)``: the same on another server."""
    opened = []

    def open_page(server):
        context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=server.address)
        opened.append((context, watched(context)))
        return context.new_page()

    yield open_page
    for context, wrong in opened:
        context.pages[0].wait_for_timeout(50)
        context.close()
        assert wrong == []


def watched(context):
    """A list that fills with whatever a page of this context does that none should; and patience for its pages."""
    wrong = []
    context.set_default_timeout(PATIENCE_MS)

    def message(m):
        if m.type in ("error", "warning") and not _expected(m):
            wrong.append(f"console {m.type}: {m.text}")

    context.on("request", lambda r: None if _local(r.url) else wrong.append(f"asked {r.url}"))
    context.on("console", message)
    context.on("weberror", lambda e: wrong.append(f"script: {e.error}"))
    context.add_init_script(
        "document.addEventListener('securitypolicyviolation',"
        " e => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI));"
    )
    return wrong


def _local(url: str) -> bool:
    return re.match(r"(https?://(127\.0\.0\.1|localhost|\[::1\])[:/]|data:|blob:|about:)", url) is not None


def _expected(message) -> bool:
    """Chromium reports every 4xx answer as an error on the console; tests of refusals ask for such answers. Without a
    graphics card its WebGL in software warns that reading pixels back is slow; and OpenLayers measures which way of
    reading pixels is the faster one, on which the slower one is warned of."""
    refused = message.text.startswith("Failed to load resource: the server responded with a status of 4")
    return refused or any(words in message.text for words in ("GPU stall due to ReadPixels", "willReadFrequently"))


def sign_in(page, role, password=PASSWORD):
    """Sign in by the form, as a person would."""
    page.goto("/log-in")
    page.get_by_label("Name to sign in with").fill(role)
    page.get_by_label("Password").fill(password)
    follow(page.get_by_role("button", name="Sign in"))
    assert "/log-in" not in page.url


@pytest.fixture(scope="session")
def axe():
    def check(page, *, leave_out=()):
        found = Axe().run(page, options={"runOnly": WCAG})
        wrong = [v for v in found.response["violations"] if v["id"] not in leave_out]
        lines = [
            f"{v['id']} ({v['impact']}): {v['help']}\n    "
            + "\n    ".join(n["html"][:200] + " " + "; ".join(a["message"] for a in n["any"]) for n in v["nodes"][:5])
            for v in wrong
        ]
        assert not lines, f"{page.url}\n" + "\n".join(lines)
        assert found.response["passes"], "axe looked at nothing"

    return check


@pytest.fixture(scope="session")
def picture(tmp_path_factory):
    """``picture(page, "name")``; COLONNADE_PICTURES names a folder that stays."""
    folder = Path(os.environ.get("COLONNADE_PICTURES") or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(exist_ok=True)

    def take(page, name):
        path = folder / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return take


def small_targets(page, least=24):
    """Visible controls smaller than ``least`` CSS pixels (WCAG 2.5.8); links within a sentence are excepted by it."""
    return page.evaluate(
        """least => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary')]
          .filter(e => e.checkVisibility() && !(e.tagName === 'A' && getComputedStyle(e).display === 'inline'))
          .map(e => [e.outerHTML.slice(0, 120), e.getBoundingClientRect()])
          .filter(([, r]) => r.width > 1 && (r.width < least || r.height < least))
          .map(([html, r]) => `${html} ${Math.round(r.width)}x${Math.round(r.height)}`)""",
        least,
    )


def overflow(page):
    """How many CSS pixels the page is wider than its window: more than 0 means scrolling in two directions."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
