"""Jobs as rows: states, idempotency, recovery."""

import itertools

import pytest

from colonnade.errors import BadInput
from colonnade.records import audit, jobs
from colonnade.records.audit import SYSTEM, Actor
from colonnade.records.base import NotFound, Stale

ANNA, BEN = Actor("anna", "physician"), Actor("ben", "operator")
SERVER = "5e" * 16


def test_a_job_runs_and_is_done(database):
    with database.session() as db:
        job = jobs.enqueue(db, ANNA, "plan", {"draft": "d1", "revision": 3}, patient_id="p1")
        assert [j.id for j in jobs.waiting(db)] == [job.id]
        jobs.claim(db, job.id, SERVER)
        assert jobs.report(db, job.id, 0.5, "searching") == "running"
        assert jobs.report(db, job.id, 7.0) == "running"
        assert db.get(jobs.Job, job.id).progress == 1.0
        jobs.report(db, job.id, float("nan"))
        assert db.get(jobs.Job, job.id).progress == 1.0
        done = jobs.finish(db, job.id, "a" * 64)
        assert (done.state, done.progress, done.result_sha256) == ("done", 1.0, "a" * 64)
        assert done.ended_at >= done.started_at >= done.created_at
        assert jobs.waiting(db) == []


ALLOWED = {
    ("queued", "running"), ("queued", "cancelled"), ("running", "cancelling"), ("running", "done"),
    ("running", "failed"), ("running", "interrupted"), ("cancelling", "cancelled"), ("cancelling", "done"),
    ("cancelling", "failed"), ("cancelling", "interrupted"),
}  # fmt: skip
STATES = ("queued", "running", "cancelling", "cancelled", "failed", "interrupted", "done")


@pytest.mark.parametrize(("before", "after"), list(itertools.product(STATES, STATES)))
def test_no_other_change_of_state(sqlite, before, after):
    with sqlite.session() as db:
        job = jobs.enqueue(db, ANNA, "plan", {})
        job.state = before
        if (before, after) in ALLOWED:
            assert jobs.move(db, job.id, after).state == after
        else:
            with pytest.raises(Stale):
                jobs.move(db, job.id, after)
            assert job.state == before


def test_a_key_names_one_job_of_one_account(database):
    with database.session() as db:
        first = jobs.enqueue(db, ANNA, "plan", {"a": 1}, idempotency_key="k")
        assert jobs.enqueue(db, ANNA, "plan", {"a": 1}, idempotency_key="k").id == first.id
        assert jobs.enqueue(db, BEN, "plan", {"a": 1}, idempotency_key="k").id != first.id
        assert jobs.enqueue(db, ANNA, "plan", {"a": 1}).id != first.id
        with pytest.raises(BadInput):
            jobs.enqueue(db, ANNA, "plan", {"a": 2}, idempotency_key="k")


def test_cancelling(database):
    with database.session() as db:
        waiting, running, ended = (jobs.enqueue(db, ANNA, "plan", {"n": n}) for n in range(3))
        jobs.claim(db, running.id, SERVER)
        jobs.claim(db, ended.id, SERVER)
        jobs.fail(db, ended.id, "it broke")
        assert jobs.cancel(db, BEN, waiting.id).state == "cancelled"
        assert jobs.cancel(db, BEN, running.id).state == "cancelling"
        assert jobs.cancel(db, BEN, running.id).state == "cancelling"
        assert jobs.report(db, running.id, 0.9) == "cancelling"
        assert jobs.cancel(db, BEN, ended.id).state == "failed"


def test_what_ran_when_the_server_ended_is_interrupted_and_can_be_rerun(database):
    with database.session() as db:
        made = [jobs.enqueue(db, ANNA, "plan", {"n": n}, patient_id="p1") for n in range(3)]
        jobs.claim(db, made[0].id, SERVER)
        jobs.claim(db, made[1].id, SERVER)
        jobs.cancel(db, ANNA, made[1].id)
    with database.session() as db:
        assert set(jobs.interrupt_orphans(db)) == {made[0].id, made[1].id}
        assert jobs.interrupt_orphans(db) == []
        assert [j.id for j in jobs.waiting(db)] == [made[2].id]
        again = jobs.rerun(db, ANNA, made[0].id)
        assert (again.state, again.inputs, again.rerun_of) == ("queued", {"n": 0}, made[0].id)
        with pytest.raises(BadInput):
            jobs.rerun(db, ANNA, made[2].id)
        with pytest.raises(NotFound):
            jobs.cancel(db, SYSTEM, "0" * 32)
        assert audit.verify(db).ok


def test_inputs_that_are_no_numbers_are_refused(database):
    with pytest.raises(ValueError, match="JSON"), database.session() as db:
        jobs.enqueue(db, ANNA, "plan", {"a": float("nan")})
