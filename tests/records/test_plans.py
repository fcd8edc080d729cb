"""From draft to time-out: an edit voids what stood on the plan, and only a credentialed physician approves."""

import copy
import dataclasses
import datetime as dt

import pytest

from colonnade.errors import BadInput
from colonnade.records import approvals, audit, patients, plans
from colonnade.records.base import NotAllowed, Stale, get, now
from colonnade.records.blobs import DamagedBlob
from colonnade.records.people import Account
from tests.records.clinic import approved, case, consent, plan, plan_bytes, system

ALL = dict.fromkeys(approvals.TIME_OUT_ITEMS, True)


@pytest.fixture
def draft(database, staff):
    patient = system(database)
    with database.session() as db:
        return plans.create_draft(db, staff.operator, patient.id, title="First session", case=case())


@pytest.fixture
def version(database, blobs, staff, draft):
    with database.session() as db:
        return plans.store_plan(db, blobs, staff.operator, draft.id, 1, plan_bytes())


def _decide(db, blobs, who, version, decision="approved", **given):
    given = {"content_sha256": version.content_sha256} | given
    return approvals.decide(db, blobs, who, version.id, decision, **given)


def _edited():
    other = copy.deepcopy(case())
    other["title"] = "Edited"
    return other


def test_saving_needs_the_revision_that_was_read(database, staff, draft):
    with database.session() as db:
        assert plans.save_draft(db, staff.operator, draft.id, 1, _edited()).revision == 2
    with pytest.raises(Stale), database.session() as db:
        plans.save_draft(db, staff.physician, draft.id, 1, case())
    with database.session() as db:
        assert plans.read_draft(db, staff.viewer, draft.id).case["title"] == "Edited"


def test_a_draft_may_be_incomplete_but_no_plan_is_stored_for_it(database, blobs, staff, draft):
    with database.session() as db:
        plans.save_draft(db, staff.operator, draft.id, 1, {"title": "half"})
    with pytest.raises(BadInput), database.session() as db:
        plans.store_plan(db, blobs, staff.operator, draft.id, 2, plan_bytes())


def test_a_plan_is_bound_to_the_draft_it_was_made_from(database, blobs, staff, draft):
    with database.session() as db:
        version = plans.store_plan(db, blobs, staff.operator, draft.id, 1, plan_bytes())
        assert (version.number, version.content_sha256) == (1, plan().sha256)
        assert plans.store_plan(db, blobs, staff.operator, draft.id, 1, plan_bytes()).number == 2
        _, content = plans.read_plan(db, blobs, staff.viewer, version.id)
        assert content == plan()
        assert [v.number for v in plans.plan_versions(db, draft.id)] == [2, 1]
        with pytest.raises(BadInput):
            plans.store_plan(db, blobs, staff.operator, draft.id, 1, plan_bytes(case_=_edited()))
        with pytest.raises(Stale):
            plans.store_plan(db, blobs, staff.operator, draft.id, 2, plan_bytes())
        for broken in (b"", b"{}", b"[]", b"\xff", b"[" * 100_000):
            with pytest.raises(BadInput):
                plans.store_plan(db, blobs, staff.operator, draft.id, 1, broken)


def test_only_a_credentialed_physician_approves(database, blobs, staff, version):
    for role in ("viewer", "operator", "researcher", "administrator", "auditor"):
        # the account decides, whatever the caller claims of it
        claimed = dataclasses.replace(getattr(staff, role), role="physician", credentialed=True)
        for decision in ("approved", "rejected"):
            with pytest.raises(NotAllowed), database.session() as db:
                _decide(db, blobs, claimed, version, decision)
    with database.session() as db:
        get(db, Account, staff.physician.id).credentialed = False
    with pytest.raises(NotAllowed), database.session() as db:
        _decide(db, blobs, staff.physician, version)
    with database.session() as db:
        account = get(db, Account, staff.physician.id)
        account.credentialed, account.active = True, False
    with pytest.raises(NotAllowed), database.session() as db:
        _decide(db, blobs, staff.physician, version)
    with database.session() as db:
        get(db, Account, staff.physician.id).active = True
        row = _decide(db, blobs, staff.physician, version, comment="go on")
        assert (row.name, row.role, row.content_sha256) == ("Test Physician", "physician", version.content_sha256)
        assert approvals.approval_in_force(db, version).id == row.id


def test_review_is_no_approval(database, blobs, staff, version):
    with database.session() as db:
        _decide(db, blobs, staff.operator, version, "reviewed")
        assert approvals.approval_in_force(db, version) is None
    for role in ("viewer", "researcher", "administrator", "auditor"):
        with pytest.raises(NotAllowed), database.session() as db:
            _decide(db, blobs, getattr(staff, role), version, "reviewed")


def test_the_two_person_rule(database, blobs, staff, draft, version):
    with database.session() as db:
        own = plans.store_plan(db, blobs, staff.physician, draft.id, 1, plan_bytes())
    with pytest.raises(NotAllowed, match="two-person"), database.session() as db:
        _decide(db, blobs, staff.physician, own, two_person=True)
    with database.session() as db:
        assert _decide(db, blobs, staff.physician, version, two_person=True)
        assert _decide(db, blobs, staff.physician, own)


def test_an_approval_is_of_what_was_shown(database, blobs, staff, version):
    with pytest.raises(Stale), database.session() as db:
        _decide(db, blobs, staff.physician, version, content_sha256="0" * 64)


def test_a_refused_plan_is_not_approved(database, blobs, staff, draft):
    with database.session() as db:
        refused = plans.store_plan(db, blobs, staff.operator, draft.id, 1, plan_bytes(verdict="REFUSED"))
    with pytest.raises(BadInput, match="REFUSED"), database.session() as db:
        _decide(db, blobs, staff.physician, refused)
    with database.session() as db:
        assert _decide(db, blobs, staff.physician, refused, "rejected")


def test_a_damaged_plan_is_not_approved(database, blobs, staff, version):
    path = next(blobs.root.glob(f"*/{version.plan_blob}"))
    path.write_bytes(path.read_bytes().replace(b"Synthetic plan", b"Synthetic PLAN"))
    with pytest.raises(DamagedBlob), database.session() as db:
        _decide(db, blobs, staff.physician, version)


def test_any_edit_of_the_case_voids_approval_and_time_out(database, blobs, staff, draft):
    with database.session() as db:
        consent(db, staff.physician, draft.patient_id, "treatment")
        version = approved(db, blobs, staff, draft)
        approvals.record_time_out(db, staff.operator, version.id, items=ALL)
        plans.save_draft(db, staff.operator, draft.id, 1, case(), title="Another title")
        assert approvals.approval_in_force(db, version), "the title of the draft is no part of what was approved"
    with database.session() as db:
        plans.save_draft(db, staff.operator, draft.id, 2, _edited())
    with database.session() as db:
        version = get(db, plans.PlanVersion, version.id)
        assert version.outdated_at is not None
        assert approvals.approval_in_force(db, version) is None
        assert approvals.time_out_in_force(db, version) is None
        assert [e.object_type for e in audit.entries(db) if e.verb == "void"] == ["approvals", "time-outs"]
        # back again is another revision: what was voided stays void
        plans.save_draft(db, staff.operator, draft.id, 3, case())
        assert approvals.approval_in_force(db, version) is None
    with pytest.raises(Stale), database.session() as db:
        _decide(db, blobs, staff.physician, version)


def test_a_rejection_voids_the_approval(database, blobs, staff, version):
    with database.session() as db:
        _decide(db, blobs, staff.physician, version)
        _decide(db, blobs, staff.physician, version, "rejected", comment="the other side")
        assert approvals.approval_in_force(db, version) is None


def test_site_and_side_are_confirmed_until_the_case_changes(database, staff, draft):
    with database.session() as db:
        row = plans.confirm_site(db, staff.operator, draft.id, 1)
        assert row.site_confirmed_by == staff.operator.id
        with pytest.raises(Stale):
            plans.confirm_site(db, staff.operator, draft.id, 2)
        row = plans.save_draft(db, staff.operator, draft.id, 1, case(), drawing={"photo": "p", "rings_px": []})
        assert row.site_confirmed_at is not None
        row = plans.save_draft(db, staff.operator, draft.id, 2, _edited())
        assert row.site_confirmed_at is None


def test_the_time_out_needs_every_item_an_approval_and_a_consent(database, blobs, staff, draft, version):
    with database.session() as db:
        with pytest.raises(NotAllowed, match="approv"):
            approvals.record_time_out(db, staff.operator, version.id, items=ALL)
        _decide(db, blobs, staff.physician, version)
        with pytest.raises(NotAllowed, match="consent"):
            approvals.record_time_out(db, staff.operator, version.id, items=ALL)
        given = consent(db, staff.physician, draft.patient_id, "treatment")
        for name in ALL:
            for answer in (False, None, 1, "yes"):
                with pytest.raises(BadInput, match=name):
                    approvals.record_time_out(db, staff.operator, version.id, items=ALL | {name: answer})
        with pytest.raises(BadInput):
            approvals.record_time_out(db, staff.operator, version.id, items=ALL | {"weather": True})
        done = approvals.record_time_out(db, staff.operator, version.id, items=ALL, present=["Test Operator"])
        assert approvals.time_out_in_force(db, version).id == done.id
        assert approvals.time_out_in_force(db, version, at=now() + dt.timedelta(hours=13)) is None
        patients.revoke_consent(db, staff.physician, given.id)
        with pytest.raises(NotAllowed, match="consent"):
            approvals.record_time_out(db, staff.operator, version.id, items=ALL)


def test_the_condition_must_be_the_patients_own(database, staff, draft):
    from colonnade.records.base import NotFound

    other = system(database, family_name="Other")
    with database.session() as db:
        theirs = patients.add_condition(db, staff.physician, other.id, indication="scar", site="cheek", side="left")
        with pytest.raises(NotFound):
            plans.create_draft(db, staff.operator, draft.patient_id, title="x", case=case(), condition_id=theirs.id)
