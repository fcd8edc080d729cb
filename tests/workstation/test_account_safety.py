"""What protects an account once somebody is signed in: asked again, first passwords, signing out everywhere.

Chapters in brackets are those of OWASP ASVS 5.0. No conformance is claimed.
"""

import datetime as dt
import json
import re
from urllib.parse import quote

import pyotp
import pytest
from sqlalchemy import select, update

from colonnade.records import audit, people, signing_in
from colonnade.records.base import now, open_database
from tests.workstation.conftest import PASSWORD, form_token
from tests.workstation.test_api import token_of

NEW = "nine patient herons wade"


@pytest.fixture
def own(new_server):
    return new_server("own", accounts=True)


@pytest.fixture
def records(own):
    database = open_database(own.database)
    yield database
    database.close()


def account_page(one, login):
    return re.search(rf'href="(/accounts/[0-9a-f]{{32}})">Test {login}<', one.get("/accounts").text)[1]


# --- asked again (V7.5, V6) -----------------------------------------------------------------------------------------
def sensitive(administrator):
    """What could lock the owner out or let somebody else in for good: path, form, the page it stands on."""
    viewer = account_page(administrator, "Viewer")
    return [
        ("/account/password", {"new": NEW, "new_again": NEW}, "/account"),
        ("/account/second-factor", {}, "/account"),
        ("/account/second-factor/remove", {}, "/account"),
        ("/account/tokens", {"name": "x", "scopes": "devices.read"}, "/account"),
        ("/accounts", {"login": "mallory", "display_name": "M", "role": "administrator"}, "/accounts"),
        (viewer, {"role": "administrator", "active": "yes"}, viewer),
        (f"{viewer}/password", {}, viewer),
        (f"{viewer}/second-factor/remove", {}, viewer),
    ]


def test_whoever_sits_down_at_an_open_session_cannot_take_it_over(own, client, records):
    """Each sensitive change, with a stolen session: without the password, and with a wrong one."""
    thief = client("administrator", at=own)
    with records.session(write=False) as db:
        before = [(a.login, a.role, a.password_hash, a.totp_secret) for a in people.accounts(db)]
    for path, sent, page in sensitive(thief):
        name = "old" if path == "/account/password" else "own_password"
        assert thief.send_form(path, sent, seen_on=page).status_code == 422, path
        with records.session() as db:  # so that only one failure counts at a time
            db.execute(update(signing_in.LoginAttempt).values(succeeded=True))
        wrong = thief.send_form(path, {**sent, name: "not the password"}, seen_on=page)
        assert wrong.status_code == 422, path
        assert "does not fit" in wrong.text, path
    with records.session(write=False) as db:
        assert [(a.login, a.role, a.password_hash, a.totp_secret) for a in people.accounts(db)] == before
        assert db.query(people.ApiToken).count() == 0
        failed = [e for e in audit.entries(db) if json.loads(e.details) == {"field": "confirm"}]
        assert len(failed) == len(sensitive(thief))


def test_guessing_there_is_throttled_as_guessing_at_the_door(own, client):
    thief = client("viewer", at=own)
    sent = {"new": NEW, "new_again": NEW}
    for n in range(5):
        guess = thief.send_form("/account/password", {**sent, "old": f"guess number {n}"}, seen_on="/account")
        assert guess.status_code == 422
    refused = thief.send_form("/account/password", {**sent, "old": PASSWORD}, seen_on="/account")
    assert refused.status_code == 403
    assert "Too many failed attempts" in refused.text
    assert client(at=own).sign_in("viewer").status_code == 429


def test_with_a_second_factor_a_fresh_code_is_asked_for_too(own, client, records):
    one, elsewhere = client("physician", at=own), client("physician", at=own)
    begun = one.send_form("/account/second-factor", {"own_password": PASSWORD}, seen_on="/account")
    totp = pyotp.TOTP(re.search(r'id="totp-secret">([A-Z2-7]+)<', begun.text)[1])
    code = totp.now()
    assert one.send_form("/account/second-factor/confirm", {"code": code}, seen_on="/account").status_code == 200
    # sessions that were begun with the password alone have ended, but for the one that set it up
    assert elsewhere.get("/account").status_code == 303
    assert one.get("/account").status_code == 200
    new_token = {"name": "x", "scopes": "jobs.run", "own_password": PASSWORD}
    assert 'name="own_code"' in one.get("/account").text
    for given in ({}, {"own_code": code}, {"own_code": "000000"}):
        assert one.send_form("/account/tokens", {**new_token, **given}, seen_on="/account").status_code == 422
    with records.session() as db:
        db.execute(update(people.Account).values(totp_last_step=-1))  # as if the next half minute had come
    assert one.send_form("/account/tokens", {**new_token, "own_code": code}, seen_on="/account").status_code == 200


# --- first passwords (V6.4) -----------------------------------------------------------------------------------------
def first_password(own, client):
    administrator = client("administrator", at=own)
    new = {"login": "late", "display_name": "Late", "role": "physician", "own_password": PASSWORD}
    made = administrator.send_form("/accounts", new, seen_on="/accounts")
    return re.search(r'id="first-password">([^<]+)<', made.text)[1]


def test_a_first_password_is_good_for_choosing_ones_own(own, client):
    first = first_password(own, client)
    one = client(at=own)
    answer = one.send_form("/log-in", {"login": "late", "password": first, "next": "/patients"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    page = one.get("/account").text
    assert "Choose your own password" in page
    for path in ("/patients", "/plans", "/jobs", "/devices", "/patients/new", "/api/v1/patients"):
        assert one.get(path).status_code == 403, path
    assert one.post("/patients", data={"family_name": "X", "form_token": form_token(page)}).status_code == 403
    same = one.send_form("/account/password", {"old": first, "new": first, "new_again": first}, seen_on="/account")
    assert same.status_code == 422
    answer = one.send_form("/account/password", {"old": first, "new": NEW, "new_again": NEW}, seen_on="/account")
    assert answer.status_code == 303
    assert "Choose your own password" not in one.get("/account").text
    assert one.get("/patients").status_code == 200


def test_a_first_password_ends_after_a_week(own, client, records):
    first = first_password(own, client)
    with records.session() as db:
        late = update(people.Account).where(people.Account.login == "late")
        db.execute(late.values(password_changed_at=now() - dt.timedelta(days=7, seconds=5)))
    assert client(at=own).sign_in("late", first).status_code == 401


def test_a_lost_password_ends_sessions_and_tokens(own, client):
    script = {"Authorization": f"Bearer {token_of(own, 'physician')}"}
    one, administrator = client("physician", at=own), client("administrator", at=own)
    assert one.get("/api/v1/patients", headers=script).status_code == 200
    page = account_page(administrator, "Physician")
    reset = administrator.send_form(f"{page}/password", {"own_password": PASSWORD}, seen_on=page)
    assert "Every session and token of this account has ended" in reset.text
    assert one.get("/account").status_code == 303
    assert one.get("/api/v1/patients", headers=script).status_code == 401
    assert client(at=own).sign_in("physician").status_code == 401


# --- signing out (V7.4) ---------------------------------------------------------------------------------------------
def test_signing_out_everywhere_ends_every_session_and_is_written_down(own, client, records):
    here, there, other = client("viewer", at=own), client("viewer", at=own), client("operator", at=own)
    assert here.send_form("/account/sessions/end", seen_on="/account").status_code == 303
    assert (here.get("/account").status_code, there.get("/account").status_code) == (303, 303)
    assert other.get("/account").status_code == 200
    with records.session(write=False) as db:
        last = db.scalars(select(audit.AuditEntry).order_by(audit.AuditEntry.seq.desc()).limit(1)).one()
    assert (last.verb, json.loads(last.details)) == ("log_out", {"everywhere": True})


def test_after_signing_out_the_browser_forgets_the_pages(own, client):
    answer = client("viewer", at=own).send_form("/log-out", seen_on="/account")
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_a_closed_account_is_out_at_once(own, client):
    script = {"Authorization": f"Bearer {token_of(own, 'operator')}"}
    one, administrator = client("operator", at=own), client("administrator", at=own)
    page = account_page(administrator, "Operator")
    assert (
        administrator.send_form(page, {"role": "operator", "own_password": PASSWORD}, seen_on=page).status_code == 303
    )
    assert one.get("/account").status_code == 303
    assert one.get("/api/v1/patients", headers=script).status_code == 401
    assert client(at=own).sign_in("operator").status_code == 401


# --- logs (V16) -----------------------------------------------------------------------------------------------------
INJECTED = 'x\r\n{"level": "error", "event": "forged"}\u2028\x1b[2J'


def test_nothing_that_is_typed_makes_a_line_of_the_log(own, client):
    one = client("operator", at=own)
    token = form_token(one.get("/account").text)
    one.get("/patients", params={"search": INJECTED})
    one.get("/nothing/" + quote(INJECTED))
    one.post("/patients", data={"family_name": INJECTED, "form_token": token})
    one.request("FORGED", "/account")
    client(at=own).sign_in(INJECTED, INJECTED)
    client(at=own).get("/", headers={"User-Agent": 'y {"event": "forged"}', "Referer": "http://forged"})
    content = (own.data / "logs" / "workstation.jsonl").read_bytes()
    assert content.isascii()
    assert b"forged" not in content.lower()
    assert b"\x1b" not in content
    for line in content.decode().split("\n")[:-1]:
        entry = json.loads(line)
        assert set(entry) >= {"time", "level", "event"}
        # one clock, in UTC, whose lines can be put in order
        assert dt.datetime.fromisoformat(entry["time"]).utcoffset() == dt.timedelta(0)
    assert "forged" not in own.text.lower()


def test_every_refusal_and_every_error_has_its_line_and_its_request_id(own, client):
    one = client("viewer", at=own)
    answers = [one.get("/accounts"), one.get("/patients/" + "0" * 32), client(at=own).sign_in("viewer", "wrong guess")]
    lines = [json.loads(x) for x in (own.data / "logs" / "workstation.jsonl").read_text().splitlines()]
    by_id = {line.get("request_id"): line for line in lines}
    for answer in answers:
        line = by_id[answer.headers["x-request-id"]]
        assert line["status"] == answer.status_code
        assert line["level"] == "info"
