"""The demonstration clinic: whole, synthetic throughout, and marked on every page."""

import json

import pytest
from sqlalchemy import select

from colonnade.case import Case
from colonnade.records import approvals, followup, patients, people, plans
from colonnade.records.audit import SYSTEM, verify
from colonnade.records.base import open_database
from colonnade.workstation import demonstration
from colonnade.workstation.configuration import DEMONSTRATION_MARK
from tests.records.clinic import plan as stored_plan
from tests.workstation.conftest import RunningServer


def test_its_case_is_one():
    assert Case.parse(demonstration.case(), origin="demonstration").synthetic


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    """Made as by ``--demonstration``, but around a plan that nobody computed: planning has tests of its own."""
    data = tmp_path_factory.mktemp("demonstration") / "clinic"
    said = []
    with pytest.MonkeyPatch.context() as patch:
        case = Case.parse(demonstration.case(), origin="demonstration").plain()
        patch.setattr(demonstration, "_plan", lambda: stored_plan(case))
        demonstration.prepare(data, note=said.append)
        demonstration.prepare(data, note=said.append)  # the second time there is nothing to do
    assert len(said) == 1
    return data


def test_everybody_in_it_is_synthetic_and_every_stage_is_there(clinic):
    database = open_database(clinic / "colonnade.db")
    with database.session() as db:
        everybody = db.scalars(select(patients.Patient)).all()
        assert len(everybody) == 6
        assert all(p.synthetic for p in everybody)
        tiers = {line.tier for line in followup.inbox(db, SYSTEM)}
        assert "S" in tiers or "E" in tiers
        approved = [approvals.approval_in_force(db, v) for v in db.scalars(select(plans.PlanVersion))]
        assert len(approved) == 3
        assert all(approved)
        assert len(people.accounts(db)) == 6
    with database.session(write=False) as db:
        assert verify(db).ok
    database.close()
    assert (clinic / DEMONSTRATION_MARK).exists()
    assert json.loads((clinic / "configuration.json").read_text())["clinic_name"] == "Demonstration clinic"


def test_every_page_says_that_it_is_a_demonstration(clinic, client):
    running = RunningServer(clinic)
    try:
        stranger = client(at=running)
        pages = [stranger.get("/log-in")]
        assert demonstration.password("physician") in pages[0].text
        for role in ("physician", "administrator", "auditor"):
            one = client(at=running)
            assert one.sign_in(role, demonstration.password(role)).status_code == 303
            pages += [one.get(path) for path in ("/", "/account", "/accounts", "/audit", "/nothing")]
        for answer in pages:
            assert "Demonstration clinic: every person, photograph and record here is synthetic." in answer.text
    finally:
        running.stop()


def test_an_ordinary_clinic_is_not_marked_and_publishes_no_password(client):
    text = client().get("/log-in").text
    assert "Demonstration" not in text
    assert "demonstration-" not in text


def test_an_interrupted_making_leaves_nothing(tmp_path, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(demonstration, "_plan", interrupted)
    with pytest.raises(KeyboardInterrupt):
        demonstration.prepare(tmp_path / "clinic", note=print)
    assert [*tmp_path.iterdir()] == []
