"""The API: a true document, errors in one shape, nothing overwritten unseen, tokens no stronger than they say."""

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select

from colonnade.records import people
from colonnade.records.base import open_database
from colonnade.workstation.roles import PERMISSIONS
from tests.workstation.conftest import RunningServer, fill_accounts

V1 = "/api/v1"
#: Generated requests for each operation: 15 operations in about a minute; `make soak` asks 20 times as many.
EXAMPLES = 8


def token_of(server, login, scopes=None):
    """A token of the account with these scopes, or with all that its role may have."""
    database = open_database(server.database)
    with database.session() as db:
        account = db.scalars(select(people.Account).where(people.Account.login == login)).one()
        wanted = [p for p in PERMISSIONS if p != "open"] if scopes is None else scopes
        token, _ = people.create_token(db, account.actor(), account.id, name="test", scopes=wanted, days=1)
    database.close()
    return token


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)])
def server(request, tmp_path_factory):
    """In the place of the server that other modules share: one on each kind of database."""
    address = request.getfixturevalue("new_postgresql")() if request.param == "postgresql" else ""
    data = tmp_path_factory.mktemp("api") / "data"
    fill_accounts(data, address)
    running = RunningServer(data, database=address)
    yield running
    assert running.stop() == 0, running.text
    assert "Traceback" not in running.text


@pytest.fixture(scope="module")
def api(server):
    """A function: a client with a token."""
    opened = []

    def connect(login="physician", scopes=None):
        headers = {"Authorization": f"Bearer {token_of(server, login, scopes)}"}
        opened.append(httpx2.Client(base_url=server.address, headers=headers, timeout=30))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


def check_whole_api(server, api, examples):
    client = api()
    document = client.get(f"{V1}/openapi.json").json()
    assert len(document["paths"]) >= 10
    assert all(path.startswith(V1) for path in document["paths"])
    schema = schemathesis.openapi.from_dict(document)
    headers = {"Authorization": client.headers["Authorization"]}
    seen = set()
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=examples, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), derandomize=True,
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def ask(case):
            if case.path.endswith("/jobs") and case.method.upper() == "POST":
                # a generated job would run; the refusal of unknown kinds is what is asked here
                case.body = {"kind": "no such kind", "inputs": {}}
            response = case.call(base_url=server.address, headers=headers)
            assert response.status_code < 500, (case.method, case.path, response.text[:400])
            case.validate_response(
                response, checks=[status_code_conformance, content_type_conformance, response_schema_conformance]
            )
            seen.add((case.method, case.path))

        ask()
    assert len(seen) >= 15
    assert "Traceback" not in server.text


def test_the_document_is_true_and_nothing_generated_breaks_the_server(server, api):
    check_whole_api(server, api, EXAMPLES)


@pytest.mark.soak
def test_many_more_generated_requests(server, api):
    check_whole_api(server, api, 20 * EXAMPLES)


def test_errors_have_one_shape_and_say_what_to_do(api):
    client = api()
    for answer in (
        client.get(f"{V1}/patients/{'0' * 32}"),
        client.get(f"{V1}/library/lasers"),
        client.post(f"{V1}/patients", json={"family_name": ""}),
        client.post(f"{V1}/jobs", json={"kind": "plann", "inputs": {}}),
        client.get(f"{V1}/nothing"),
        httpx2.get(str(client.base_url).rstrip("/") + f"{V1}/patients"),
    ):
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert body["status"] == answer.status_code
        assert body["title"]
        assert body["detail"]


def test_nothing_is_overwritten_unseen(api):
    client = api()
    made = client.post(f"{V1}/patients", json={"family_name": "Synthetic"})
    assert made.status_code == 201
    where, tag = made.headers["location"], made.headers["etag"]
    assert client.put(where, json={"family_name": "A"}).status_code == 428
    assert client.put(where, json={"family_name": "A"}, headers={"If-Match": '"77"'}).status_code == 412
    first = client.put(where, json={"family_name": "A"}, headers={"If-Match": tag})
    assert first.status_code == 200
    assert first.headers["etag"] != tag
    assert client.put(where, json={"family_name": "B"}, headers={"If-Match": tag}).status_code == 412
    assert client.get(where).json()["family_name"] == "A"


def test_a_request_sent_twice_makes_one_record(api):
    client = api()
    headers = {"Idempotency-Key": "twice-1"}
    one = client.post(f"{V1}/patients", json={"family_name": "Twice"}, headers=headers)
    two = client.post(f"{V1}/patients", json={"family_name": "Twice"}, headers=headers)
    assert one.json()["id"] == two.json()["id"]
    other = client.post(f"{V1}/patients", json={"family_name": "Other"}, headers=headers)
    assert other.status_code == 422


def test_pages_of_a_list_follow_each_other(api):
    client = api()
    for n in range(55):
        client.post(f"{V1}/patients", json={"family_name": f"Listed {n:02d}"})
    seen, cursor = [], ""
    while True:
        page = client.get(f"{V1}/patients", params={"cursor": cursor}).json()
        seen += [p["id"] for p in page["patients"]]
        cursor = page["next"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) >= 55
    assert client.get(f"{V1}/patients", params={"cursor": "bm9uc2Vuc2U"}).status_code == 422


def test_a_token_is_never_stronger_than_its_scopes_or_its_account(api):
    narrow = api("physician", ["plans.read"])
    assert narrow.get(f"{V1}/patients").status_code == 403
    assert narrow.get(f"{V1}/drafts/{'0' * 32}").status_code == 404
    researcher = api("researcher")
    assert researcher.get(f"{V1}/patients").status_code == 403
    assert (
        httpx2.get(
            str(narrow.base_url).rstrip("/") + f"{V1}/patients", headers={"Authorization": "Bearer col_x"}
        ).status_code
        == 401
    )


def test_an_edit_of_a_draft_moves_its_etag_and_keeps_its_plans_in_view(api):
    client = api()
    patient = client.post(f"{V1}/patients", json={"family_name": "Drafted"}).json()["id"]
    made = client.post(f"{V1}/patients/{patient}/drafts", json={"title": "One", "case": {"title": "One"}})
    assert made.status_code == 201
    where = made.headers["location"]
    again = client.put(
        where, json={"title": "One", "case": {"title": "Two"}}, headers={"If-Match": made.headers["etag"]}
    )
    assert again.status_code == 200
    assert again.json()["case"] == {"title": "Two"}
    assert client.get(f"{where}/plans").json() == []
