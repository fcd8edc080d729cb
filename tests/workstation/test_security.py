"""Who may do what, and what an attacker tries, against a real server.

Chapters in brackets are those of OWASP ASVS 5.0. No conformance is claimed.
"""

import contextlib
import datetime as dt
import http.client
import json
import re
import uuid
from pathlib import Path

import httpx2
import pyotp
import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from colonnade.errors import BadInput
from colonnade.records import audit, jobs, people
from colonnade.records.base import NotAllowed, NotFound, Stale, now, open_database
from colonnade.records.blobs import DamagedBlob
from colonnade.records.credentials import token_hash
from colonnade.records.folder import StorageTrouble, open_folder
from colonnade.workstation.app import create_app
from colonnade.workstation.configuration import Settings
from colonnade.workstation.permissions import routes as routes_of
from colonnade.workstation.permissions import undeclared
from colonnade.workstation.roles import OPEN, OWN, PERMISSIONS, ROLES, allowed
from colonnade.workstation.signing_in import safe_next
from tests.workstation.conftest import PASSWORD, form_token

NASTY = '"><script>document.title="owned"</script><img src=x onerror=alert(1)>{{7*7}}'


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = open_folder(tmp_path_factory.mktemp("app") / "data")
    database = open_database(folder.database)
    database.upgrade()
    yield create_app(Settings(data=folder.root), database, folder)
    database.close()


@pytest.fixture
def database(server):
    one = open_database(server.data / "colonnade.db")
    yield one
    one.close()


# --- authorisation (V8) ----------------------------------------------------------------------------------------------
def test_every_route_declares_exactly_one_permission(app):
    found = dict(routes_with_permission(app))
    assert undeclared(app) == []
    assert len(found) > 20
    assert set(found.values()) <= set(PERMISSIONS)


def test_a_route_without_a_permission_keeps_the_application_from_starting(app, monkeypatch):
    router = APIRouter()
    router.add_api_route("/forgotten", lambda: None)
    monkeypatch.setattr("colonnade.workstation.app.ROUTERS", (router,))
    with pytest.raises(RuntimeError, match="/forgotten"):
        create_app(app.state.settings, app.state.database, app.state.folder)


def test_the_table_gives_no_permission_that_is_not_defined_and_no_role_everything():
    for role, permissions in ROLES.items():
        assert permissions <= set(PERMISSIONS), role
        assert permissions != set(PERMISSIONS), role
        assert OWN in permissions
        assert OPEN not in permissions
    assert allowed("nobody", credentialed=True) == frozenset()


def test_only_a_credentialed_physician_may_approve():
    may = {(role, c) for role in ROLES for c in (True, False) if "plans.approve" in allowed(role, credentialed=c)}
    assert may == {("physician", True)}


def test_researcher_auditor_and_administrator_do_not_see_names():
    for role in ("researcher", "auditor", "administrator"):
        assert "patients.read" not in ROLES[role]


def routes_with_permission(app):
    for route, permissions in routes_of(app):
        for method in sorted(route.methods - {"HEAD"}):
            yield (method, route.path), permissions[0]


def address(path):
    """A path with random ids: nothing has them, so an allowed request changes nothing and ends in 404 or 422."""
    path = path.replace("{name:path}", "tokens.css")
    return re.sub(r"\{[^}]+\}", uuid.uuid4().hex, path)


#: What ends the session that asks; each is tried with a session of its own.
ENDS_SESSION = {"/log-out", "/account/sessions/end"}
STREAMS = {"/jobs/{job_id}/events", "/jobs/{job_id}/events.json"}


@pytest.mark.parametrize("role", ["", *ROLES])
def test_role_by_route(app, client, role):
    """Every route of the application, as every role: refused exactly where the table does not allow it."""
    one = client(role)
    may = allowed(role, credentialed=role == "physician") | {OPEN} if role else {OPEN}
    seen_on = "/account" if role else "/log-in"
    token = form_token(one.get(seen_on).text)
    wrong = []
    # what ends every session of the account comes last
    for (method, path), permission in sorted(routes_with_permission(app), key=lambda r: r[0][1] in ENDS_SESSION):
        asker = client(role) if path in ENDS_SESSION and role else one
        with_token = token if asker is one else form_token(asker.get(seen_on).text)
        if method == "GET":
            answer = asker.get(address(path))
        else:
            answer = asker.request(method, address(path), data={"form_token": with_token})
        if permission in may:
            right = answer.status_code not in (401, 403) and answer.status_code < 500
            right = right and not answer.headers.get("location", "").startswith("/log-in?")
            if role == "" and path == "/log-in":
                right = answer.status_code in (200, 422)
        elif role:
            right = answer.status_code == 403
        else:
            right = answer.status_code == 401 or answer.headers.get("location", "").startswith("/log-in?")
        if not right:
            wrong.append(f"{method} {path} ({permission}): {answer.status_code} {answer.headers.get('location', '')}")
    assert wrong == []


def test_a_refusal_is_written_into_the_audit_log(client, database):
    assert client("viewer").get("/accounts").status_code == 403
    with database.session(write=False) as db:
        last = db.scalars(select(audit.AuditEntry).order_by(audit.AuditEntry.seq.desc()).limit(1)).one()
    assert (last.verb, last.role) == ("refused", "viewer")
    assert json.loads(last.details) == {"permission": "accounts.manage"}


@pytest.mark.parametrize("role", [r for r in ROLES if r != "physician"])
def test_a_job_of_somebody_else_does_not_exist(client, database, role):
    """Owner matrix: every address of a job, as an account that does not own it."""
    with database.session() as db:
        owner = db.scalars(select(people.Account).where(people.Account.login == "physician")).one()
        job = jobs.enqueue(db, owner.actor(), "plan", {"case": {}})
        jobs.cancel(db, owner.actor(), job.id)
    stranger, own = client(role), client("physician")
    never = (403, 404)
    for path in ("", "/result", "/events", "/events.json"):
        assert stranger.get(f"/jobs/{job.id}{path}").status_code in never, path
    for path in ("/cancel", "/rerun"):
        answer = stranger.send_form(f"/jobs/{job.id}{path}", seen_on="/account")
        assert answer.status_code in never, path
    assert own.get(f"/jobs/{job.id}").status_code == 200
    assert job.id not in stranger.get("/jobs").text


def test_a_token_of_somebody_else_cannot_be_revoked(client, database):
    with database.session() as db:
        owner = db.scalars(select(people.Account).where(people.Account.login == "physician")).one()
        _, row = people.create_token(db, owner.actor(), owner.id, name="mine", scopes=["plans.read"])
    answer = client("operator").send_form(f"/account/tokens/{row.id}/revoke", seen_on="/account")
    assert answer.status_code == 404
    with database.session(write=False) as db:
        assert db.get(people.ApiToken, row.id).revoked_at is None


def test_a_token_is_no_stronger_than_its_scopes_and_ends(client, server, database):
    with database.session() as db:
        owner = db.scalars(select(people.Account).where(people.Account.login == "physician")).one()
        token, row = people.create_token(db, owner.actor(), owner.id, name="jobs", scopes=["jobs.run"])
    script = {"Authorization": f"Bearer {token}"}
    assert httpx2.get(f"{server.address}/jobs", headers=script).status_code == 200
    assert httpx2.get(f"{server.address}/account", headers=script).status_code == 403
    with database.session() as db:
        people.revoke_token(db, owner.actor(), row.id)
    assert httpx2.get(f"{server.address}/jobs", headers=script).status_code == 303
    assert httpx2.get(f"{server.address}/jobs", headers={"Authorization": "Bearer"}).status_code == 303


# --- sessions (V7) ---------------------------------------------------------------------------------------------------
def cookie_of(one):
    return next(iter(one.cookies.jar)).value


def test_signing_in_changes_the_session_id_and_only_its_hash_is_stored(client, database):
    one = client()
    one.get("/log-in")
    before = cookie_of(one)
    one.sign_in("viewer")
    after = cookie_of(one)
    assert before != after
    with database.session(write=False) as db:
        stored = set(db.scalars(select(people.SignedIn.id_hash)))
    assert token_hash(after) in stored
    assert after not in stored


def test_a_session_id_chosen_by_somebody_else_is_not_taken_over(client, server):
    one = client()
    name = next(iter(c.name for c in one.cookies.jar), None) or f"colonnade-{server.address.rpartition(':')[2]}"
    one.cookies.set(name, "A" * 43, domain="127.0.0.1")
    one.sign_in("viewer")
    thief = client()
    thief.cookies.set(name, "A" * 43, domain="127.0.0.1")
    assert thief.get("/account").status_code == 303


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(client):
    header = client().get("/log-in").headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in header.split(";")}


def test_behind_tls_the_cookie_is_host_bound():
    settings = Settings(data=Path("unused"), behind_proxy=True)
    assert settings.cookie.startswith("__Host-")
    assert settings.secure


def test_after_signing_out_the_old_cookie_opens_nothing(client):
    one, thief = client("viewer"), client()
    stolen = next(iter(one.cookies.jar))
    thief.cookies.set(stolen.name, stolen.value, domain="127.0.0.1")
    assert thief.get("/account").status_code == 200
    one.send_form("/log-out", seen_on="/account")
    assert thief.get("/account").status_code == 303


@pytest.mark.parametrize(
    ("column", "age"),
    [("last_seen_at", dt.timedelta(minutes=15, seconds=5)), ("created_at", dt.timedelta(hours=12, seconds=5))],
)
def test_a_session_ends_by_idleness_and_by_age(client, database, column, age):
    one = client("viewer")
    assert one.get("/account").status_code == 200
    with database.session() as db:
        mine = people.SignedIn.id_hash == token_hash(cookie_of(one))
        db.execute(update(people.SignedIn).where(mine).values({column: now() - age}))
    assert one.get("/account").status_code == 303


def test_changing_the_password_ends_every_other_session(new_server, client):
    own = new_server("own", accounts=True)
    here, there = client("viewer", at=own), client("viewer", at=own)
    before = cookie_of(here)
    new = "nine patient herons wade"
    wrong = here.send_form(
        "/account/password", {"old": "not it at all", "new": new, "new_again": new}, seen_on="/account"
    )
    assert wrong.status_code == 422
    assert there.get("/account").status_code == 200
    answer = here.send_form("/account/password", {"old": PASSWORD, "new": new, "new_again": new}, seen_on="/account")
    assert answer.status_code == 303
    assert cookie_of(here) != before
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303
    assert client(at=own).sign_in("viewer").status_code == 401
    assert client(at=own).sign_in("viewer", new).status_code == 303


def test_changed_rights_end_the_sessions(new_server, client):
    own = new_server("own", accounts=True)
    viewer, administrator = client("viewer", at=own), client("administrator", at=own)
    listed = administrator.get("/accounts").text
    link = re.search(r'href="(/accounts/[0-9a-f]{32})">Test Viewer', listed)[1]
    answer = administrator.send_form(link, {"role": "auditor", "active": "yes", "own_password": PASSWORD}, seen_on=link)
    assert answer.status_code == 303
    assert viewer.get("/account").status_code == 303
    assert client("viewer", at=own).get("/audit").status_code == 200


# --- authentication (V6) ---------------------------------------------------------------------------------------------
def test_brute_force_is_throttled_by_account_even_with_the_right_password(new_server, client):
    own = new_server("own", accounts=True)
    one = client(at=own)
    codes = [one.sign_in("viewer", f"guess number {i} of many").status_code for i in range(5)]
    assert codes == [401] * 5
    assert one.sign_in("viewer").status_code == 429
    assert one.sign_in("operator").status_code == 303


def test_brute_force_is_throttled_by_address_over_many_names(new_server, client):
    own = new_server("own", accounts=True)
    one = client(at=own)
    codes = [one.sign_in(f"name{i}", "guess of a password").status_code for i in range(31)]
    assert codes == [401] * 30 + [429]
    assert one.sign_in("operator").status_code == 429


def test_a_name_that_does_not_exist_gets_the_same_answer(new_server, client):
    own = new_server("own", accounts=True)
    pages = []
    for login in ("viewer", "nobody"):
        text = client(at=own).sign_in(login, "not the password").text
        pages.append(re.sub(r"[0-9a-f]{64}", "", text).replace(login, ""))
    assert pages[0] == pages[1]


def test_the_second_factor_is_asked_for_used_once_and_recovered(new_server, client):
    own = new_server("own", accounts=True)
    one = client("physician", at=own)
    begun = one.send_form("/account/second-factor", {"own_password": PASSWORD}, seen_on="/account")
    secret = re.search(r'id="totp-secret">([A-Z2-7]+)<', begun.text)[1]
    code = pyotp.TOTP(secret).now()
    assert client(at=own).sign_in("physician").status_code == 303  # not in force before it is confirmed
    done = one.send_form("/account/second-factor/confirm", {"code": code}, seen_on="/account")
    assert done.status_code == 200
    recovery = re.findall(r"<li>([0-9a-z]{4,}[0-9a-z-]*)</li>", done.text)
    assert len(recovery) >= 8
    fresh = client(at=own)
    assert fresh.sign_in("physician").status_code == 401
    assert fresh.sign_in("physician", code=code).status_code == 401  # it was used to confirm
    assert fresh.sign_in("physician", code=recovery[0]).status_code == 303
    assert client(at=own).sign_in("physician", code=recovery[0]).status_code == 401
    assert secret not in one.get("/account").text


def test_the_first_account_needs_the_token_from_the_console(empty_server, client):
    one = client(at=empty_server)
    given = {"login": "chief", "display_name": "Chief", "password": PASSWORD, "password_again": PASSWORD}
    refused = one.send_form("/first-account", {**given, "token": "guess"}, seen_on="/first-account")
    assert refused.status_code == 422
    token = empty_server.setup_link.partition("token=")[2]
    weak = one.send_form(
        "/first-account", {**given, "token": token, "password": "short", "password_again": "short"},
        seen_on="/first-account",
    )  # fmt: skip
    assert weak.status_code == 422
    made = one.send_form("/first-account", {**given, "token": token}, seen_on="/first-account")
    assert made.status_code == 303
    assert "administrator" in one.get("/account").text
    again = one.post(
        "/first-account", data={**given, "token": token, "form_token": form_token(one.get("/account").text)}
    )
    assert again.status_code == 404
    assert token not in (empty_server.data / "logs" / "workstation.jsonl").read_text()


def test_nobody_removes_the_last_administrator(new_server, client):
    own = new_server("own", accounts=True)
    one = client("administrator", at=own)
    link = re.search(r'href="(/accounts/[0-9a-f]{32})">Test Administrator', one.get("/accounts").text)[1]
    answer = one.send_form(link, {"role": "viewer", "active": "yes", "own_password": PASSWORD}, seen_on=link)
    assert answer.status_code == 422
    assert "at least one active administrator" in answer.text
    assert one.get("/accounts").status_code == 200


# --- requests from elsewhere (V3, V4) --------------------------------------------------------------------------------
def test_a_form_without_the_token_of_its_session_is_refused(client):
    one, other = client("viewer"), client("operator")
    token, foreign = form_token(one.get("/account").text), form_token(other.get("/account").text)
    for given in ({}, {"form_token": ""}, {"form_token": foreign}, {"form_token": token[:-1]}):
        assert one.post("/account/appearance", data={"theme": "dark", **given}).status_code == 403
    assert one.post("/account/appearance", data={"theme": "dark", "form_token": token}).status_code == 303
    assert one.post("/account/stay", headers={"X-Form-Token": token}).status_code == 204
    assert one.post("/account/stay", headers={"X-Form-Token": foreign}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": ""},
        {"Origin": "null", "Sec-Fetch-Site": ""},
        {"Origin": "", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "", "Sec-Fetch-Site": "same-site"},
        {"Origin": "", "Sec-Fetch-Site": ""},
        {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": ""},
    ],
    ids=str,
)
def test_a_change_asked_for_by_another_site_is_refused(client, headers):
    """Even with the right form token: each of the two defences stands alone. An empty value leaves the header out."""
    one = client("viewer")
    token = form_token(one.get("/account").text)
    for name in ("Origin", "Sec-Fetch-Site"):
        del one.headers[name]
    given = {name: value for name, value in headers.items() if value}
    assert one.post("/account/stay", headers={**given, "X-Form-Token": token}).status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "127.0.0.1@evil.example"]
)
def test_a_foreign_host_name_is_refused(server, host):
    """DNS rebinding: a page elsewhere points its own name at this server."""
    for path in ("/", "/log-in", "/healthz", "/static/tokens.css"):
        assert httpx2.get(server.address + path, headers={"Host": host}).status_code == 400, path


def test_own_names_are_answered(server):
    port = server.address.rpartition(":")[2]
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", "LOCALHOST", f"[::1]:{port}"):
        assert httpx2.get(f"{server.address}/healthz", headers={"Host": host}).status_code == 200, host


def test_every_answer_carries_the_security_headers(client, server):
    one = client("physician")
    answers = [
        one.get("/"), one.get("/nothing"), one.get("/accounts"), client().get("/log-in"), one.get("/static/tokens.css"),
        one.get("/healthz"), one.post("/account/stay"), one.get("/jobs/" + "0" * 32), one.get("/audit?before=x"),
        one.post("/nothing"), httpx2.get(server.address, headers={"Host": "evil.example"}),
    ]  # fmt: skip
    for answer in answers:
        headers = answer.headers
        policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert re.fullmatch(r"[0-9a-f]{32}", headers["x-request-id"])
        assert "server" not in headers


def test_only_what_is_named_by_its_hash_may_be_kept(client):
    one = client("physician")
    links = re.findall(r'(?:href|src)="(/static/[^"]+)"', one.get("/").text)
    assert len(links) >= 5
    for link in links:
        assert "immutable" in one.get(link).headers["cache-control"], link


def test_an_answer_that_breaks_says_nothing_about_itself(app, monkeypatch):
    """An unforeseen error: headers are there, the text of the error is not."""

    def broken(_db):
        raise RuntimeError("the patient's name is Ada")

    monkeypatch.setattr(people, "any_account", broken)
    answer = TestClient(app, base_url="http://localhost").get("/first-account")
    assert answer.status_code == 500
    assert "Ada" not in answer.text
    assert "RuntimeError" not in answer.text
    assert answer.headers["content-security-policy"]


def test_methods_and_types_that_nobody_offers_are_refused(client):
    one = client("physician")
    token = {"X-Form-Token": form_token(one.get("/account").text)}
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"):
        assert one.request(method, "/account", headers=token).status_code in (404, 405), method
    for override in ("X-HTTP-Method-Override", "X-Method-Override"):
        assert one.get("/account/stay", headers={override: "POST"}).status_code in (404, 405)
    given = b'{"theme": "dark"}'
    answer = one.post("/account/appearance", content=given, headers={**token, "Content-Type": "application/json"})
    assert answer.status_code == 422


# --- input (V1, V2, V5) ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [3 * 1024 * 1024])
def test_a_body_beyond_the_limit_is_refused(client, size):
    one = client("physician")
    token = form_token(one.get("/account").text)
    answer = one.post("/account/appearance", data={"theme": "x" * size, "form_token": token})
    assert answer.status_code == 413

    def pieces():
        yield b'--b\r\nContent-Disposition: form-data; name="f"; filename="f.bin"\r\n\r\n'
        for _ in range(size // 65_536):
            yield b"x" * 65_536
        yield b"\r\n--b--\r\n"

    # without a Content-Length the bytes themselves are counted
    answer = one.post(
        "/account/appearance", content=pieces(), headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 413


def test_a_form_with_too_many_fields_is_refused(client):
    one = client("physician")
    token = form_token(one.get("/account").text)
    files = [("f", (f"{i}.txt", b"x")) for i in range(1200)]
    answer = one.post("/account/appearance", data={"theme": "dark", "form_token": token}, files=files)
    assert answer.status_code in (400, 413, 422)


@pytest.mark.parametrize(
    "path",
    [
        "../app.py", "..%2fapp.py", "%2e%2e/app.py", "..%5capp.py", "dist/../../app.py", "/etc/passwd", "//etc/passwd",
        "dist/%2e%2e/%2e%2e/roles.py", "tokens.css%00.js", "dist", "", ".",
    ],
)  # fmt: skip
def test_no_path_climbs_out_of_the_static_files(server, path):
    host, port = server.address.removeprefix("http://").split(":")
    raw = http.client.HTTPConnection(host, int(port))  # sends the path as it is
    with contextlib.closing(raw):
        raw.request("GET", f"/static/{path}")
        answer = raw.getresponse()
        assert answer.status == 404
        assert b"import" not in answer.read()


@pytest.mark.parametrize(
    ("given", "goes_to"),
    [
        ("/jobs?x=1", "/jobs?x=1"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"), ("", "/"), ("/\tx", "/"), ("\\\\evil", "/"),
    ],
)  # fmt: skip
def test_after_signing_in_one_stays_here(given, goes_to):
    assert safe_next(given) == goes_to


def test_what_people_type_is_text_and_nothing_else(new_server, client):
    own = new_server("own", accounts=True)
    one = client("administrator", at=own)
    made = one.send_form(
        "/accounts", {"login": "mallory", "display_name": NASTY, "role": "viewer", "own_password": PASSWORD},
        seen_on="/accounts",
    )  # fmt: skip
    assert made.status_code == 200
    saved = one.send_form("/settings", {"clinic_name": NASTY[:100]}, seen_on="/settings")
    assert saved.status_code == 303
    nasty = {"login": NASTY, "display_name": NASTY, "role": NASTY, "own_password": PASSWORD}
    refused = one.send_form("/accounts", nasty, seen_on="/accounts")
    assert refused.status_code == 422
    pages = [refused.text, one.get("/accounts").text, one.get("/settings").text, client(at=own).get("/log-in").text]
    pages.append(client(at=own).get("/log-in", params={"next": f"/{NASTY}"}).text)
    pages.append(client(at=own).sign_in(NASTY, NASTY).text)
    for text in pages:
        assert "<script>document" not in text
        assert "<img src=x" not in text
        assert "49" not in re.findall(r"onerror=alert\(1\)&gt;(\S+)", text)


def test_the_audit_log_takes_no_sentence(database):
    with database.session() as db, pytest.raises(ValueError, match="code words"):
        audit.append(db, audit.SYSTEM, "read", "patient", NASTY)


# --- logs (V14, V16) -------------------------------------------------------------------------------------------------
def test_the_log_names_nobody(client, server):
    one = client("physician")
    one.get("/jobs?search=Ada+Example&token=secret-in-a-query")
    one.get("/jobs/" + "f" * 32)
    one.get("/made/up/path/Ada")
    client().sign_in("ada@example.org", "a password in the log")
    lines = (server.data / "logs" / "workstation.jsonl").read_text().splitlines()
    assert len(lines) > 5
    for line in lines:
        entry = json.loads(line)
        assert set(entry) <= {
            "time",
            "level",
            "event",
            "request_id",
            "method",
            "route",
            "status",
            "took_ms",
            "error",
            "where",
        }
    text = "\n".join(lines)
    for word in ("Ada", "ada@", "secret", "search=", "Test Physician", "f" * 32, cookie_of(one), "127.0.0.1", "httpx"):
        assert word not in text, word
    assert '"route": "/jobs/{job_id}"' in text


def test_signing_in_and_out_are_in_the_audit_log(client, database):
    one = client("viewer")
    one.send_form("/log-out", seen_on="/account")
    client().sign_in("viewer", "wrong password here")
    with database.session(write=False) as db:
        last = [e.verb for e in db.scalars(select(audit.AuditEntry).order_by(audit.AuditEntry.seq.desc()).limit(6))]
        assert audit.verify(db).ok
    assert {"log_in", "log_out", "log_in_failed"} <= set(last)


def test_nothing_in_a_fresh_folder_can_be_signed_into(empty_server, client):
    """No default accounts (V13)."""
    for login in ("admin", "administrator", "root", "physician", "demo"):
        for password in ("admin", "password", "demonstration-physician-2026", ""):
            token = form_token(client(at=empty_server).get("/first-account").text)
            assert token
            one = client(at=empty_server)
            answer = one.send_form("/log-in", {"login": login, "password": password}, seen_on="/first-account")
            assert answer.status_code in (401, 422, 429)


# --- errors as whoever asked can read them ---------------------------------------------------------------------------
def test_a_refusal_is_a_page_a_fragment_or_a_problem(client):
    one = client("viewer")
    whole = one.get("/accounts")
    part = one.get("/accounts", headers={"HX-Request": "true"})
    assert whole.text.startswith("<!doctype html>")
    assert part.text.lstrip().startswith('<div class="error-summary" role="alert"')
    assert whole.status_code == part.status_code == 403
    api = one.get("/api/v1/nothing-here")
    assert api.status_code == 404
    assert api.headers["content-type"] == "application/problem+json"
    assert api.json()["status"] == 404


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (StorageTrouble("saving: the disk is full. Nothing was saved. Make room and try again."), 507, "disk is full"),
        (StorageTrouble("saving: the data folder is read-only. Nothing was saved."), 507, "read-only"),
        (DamagedBlob("file abc is not what was stored"), 500, "restore a backup"),
        (NotFound("patient x does not exist"), 404, "Not found"),
        (Stale("draft was edited"), 409, "Somebody else changed this"),
        (NotAllowed("no consent is in force"), 403, "No consent is in force"),
        (BadInput("dose", given="9", allowed="1 to 8", todo="Lower it."), 422, "1 to 8"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_records_refuse_is_said_clearly(app, monkeypatch, error, status, said):
    def refusing(_db):
        raise error

    monkeypatch.setattr(people, "any_account", refusing)
    answer = TestClient(app, base_url="http://localhost").get("/first-account")
    assert answer.status_code == status
    assert said in answer.text
