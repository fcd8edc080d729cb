"""The job runner: real processes, a real database; what is said about a job is what happened to it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from colonnade.errors import BadInput
from colonnade.records import jobs
from colonnade.records.audit import Actor
from colonnade.records.base import open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import open_folder
from colonnade.workstation import jobs as running
from colonnade.workstation.jobs import JobRunner
from tests.workstation.job_functions import KINDS

WHO = Actor("a" * 32, "physician")
#: Spawning loads the interpreter anew, on a machine that others use as well.
PATIENCE_S = 60


@pytest.fixture
def folder(tmp_path):
    return open_folder(tmp_path / "data")


@pytest.fixture
def database(folder):
    one = open_database(folder.database)
    one.upgrade()
    yield one
    one.close()


@pytest.fixture
def store(folder):
    return BlobStore(folder.runs)


@pytest.fixture
def runner(database, store, folder):
    one = JobRunner(database, store, folder.runs / "unfinished", workers=1, kinds=KINDS)
    one.start()
    yield one
    one.stop()
    assert not one.alive


def until(runner, job, *states, at_least=0.0):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        at = runner.snapshot(job.id)
        if at.state in states and at.progress >= at_least:
            return at
        assert not at.ended or at.state in states, at
        time.sleep(0.02)
    raise AssertionError(f"still {at}")


def test_a_job_ends_with_its_result_stored_by_its_hash(runner, store):
    job = runner.submit(WHO, "count", {"to": 5})
    assert job.state == "queued"
    at = until(runner, job, "done")
    assert json.loads(store.get(at.result_sha256)) == {"counted": 5}
    assert at.progress == 1.0
    assert at.ended


def test_a_job_may_write_its_result_as_a_file_and_leaves_no_scratch(runner, store):
    at = until(runner, runner.submit(WHO, "file", {"bytes": 100_000}), "done")
    assert store.get(at.result_sha256).startswith(b"\x89HDF")
    assert not [*runner.folder.iterdir()]


def test_refused_input_says_given_allowed_to_do(runner):
    at = until(runner, runner.submit(WHO, "refuse", {}), "failed")
    assert json.loads(at.error) == {"what": "case", "given": "nothing", "allowed": "a case", "todo": "Give one."}


def test_a_defect_is_called_one(runner):
    at = until(runner, runner.submit(WHO, "break", {"by": 0}), "failed")
    assert "ZeroDivisionError" in json.loads(at.error)["given"]
    assert "defect" in json.loads(at.error)["allowed"]


def test_a_process_that_vanishes_is_a_failure(runner):
    at = until(runner, runner.submit(WHO, "vanish", {}), "failed")
    assert "exit code 3" in json.loads(at.error)["given"]


def test_an_unknown_kind_is_refused_before_it_is_queued(runner, database):
    with pytest.raises(BadInput, match="brew"):
        runner.submit(WHO, "brew", {})
    with database.session(write=False) as db:
        assert jobs.waiting(db) == []


def test_cancel_is_heard_between_steps(runner):
    job = runner.submit(WHO, "count", {"to": 100_000})
    until(runner, job, "running", at_least=1e-6)
    assert runner.cancel(WHO, job.id).state == "cancelling"
    at = until(runner, job, "cancelling", "cancelled")
    at = until(runner, job, "cancelled")
    assert at.result_sha256 == ""


def test_a_process_that_does_not_listen_is_ended(runner, tmp_path, monkeypatch):
    monkeypatch.setattr(running, "CANCEL_GRACE_S", 0.2)
    job = runner.submit(WHO, "deaf", {"pid_file": str(tmp_path / "pid")})
    until(runner, job, "running", at_least=0.5)
    runner.cancel(WHO, job.id)
    until_cancelled(runner, job)
    assert gone(int((tmp_path / "pid").read_text()))


def until_cancelled(runner, job):
    deadline = time.monotonic() + PATIENCE_S
    while runner.snapshot(job.id).state != "cancelled":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def gone(pid):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_a_queued_job_is_cancelled_without_ever_running(runner):
    first = runner.submit(WHO, "count", {"to": 100_000})
    second = runner.submit(WHO, "count", {"to": 3})
    until(runner, first, "running")
    assert runner.cancel(WHO, second.id).state == "cancelled"
    runner.cancel(WHO, first.id)
    until_cancelled(runner, first)
    assert runner.snapshot(second.id).elapsed_s == 0.0


def test_no_more_jobs_than_workers(runner):
    made = [runner.submit(WHO, "count", {"to": 20}) for _ in range(3)]
    most, deadline = 0, time.monotonic() + PATIENCE_S
    while not all((at := runner.snapshot(job.id)).ended for job in made):
        # one question for all: between two, one job may end and the next begin
        with runner.database.session(write=False) as db:
            most = max(most, db.scalar(select(func.count()).where(jobs.Job.state == "running")))
        assert time.monotonic() < deadline, at
        time.sleep(0.01)
    assert most == 1


def test_the_same_key_is_the_same_job(runner):
    one = runner.submit(WHO, "count", {"to": 2}, idempotency_key="k")
    assert runner.submit(WHO, "count", {"to": 2}, idempotency_key="k").id == one.id
    until(runner, one, "done")


def test_stopping_interrupts_what_runs_and_leaves_what_waits(database, store, folder):
    one = JobRunner(database, store, folder.runs / "unfinished", workers=1, kinds=KINDS)
    one.start()
    first, second = (one.submit(WHO, "count", {"to": 100_000}) for _ in range(2))
    until(one, first, "running", at_least=1e-6)
    one.stop()
    with database.session(write=False) as db:
        assert db.get(jobs.Job, first.id).state == "interrupted"
        assert db.get(jobs.Job, second.id).state == "queued"


def test_a_killed_server_takes_its_processes_along_and_the_job_can_be_run_again(database, store, folder, tmp_path):
    """Another process is the server; this one knows what it acknowledged."""
    pid_file, said = tmp_path / "pid", tmp_path / "said"
    code = f"""
import time
from pathlib import Path
from colonnade.records.audit import Actor
from colonnade.records.base import open_database
from colonnade.records.blobs import BlobStore
from colonnade.workstation.jobs import JobRunner
from tests.workstation.job_functions import KINDS
if __name__ == "__main__":
    runner = JobRunner(open_database({str(folder.database)!r}), BlobStore(Path({str(folder.runs)!r})),
                       Path({str(folder.runs / "unfinished")!r}), workers=1, kinds=KINDS)
    runner.start()
    job = runner.submit(Actor("a" * 32, "physician"), "deaf", {{"pid_file": {str(pid_file)!r}}})
    Path({str(said)!r}).write_text(job.id)
    time.sleep(600)
"""
    script = tmp_path / "server.py"
    script.write_text(code)
    server = subprocess.Popen([sys.executable, script], env={**os.environ, "PYTHONPATH": os.getcwd()})
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not (pid_file.exists() and pid_file.read_text()) and time.monotonic() < deadline:
            time.sleep(0.02)
        child = int(pid_file.read_text())
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()
    assert gone(child)
    again = JobRunner(database, store, folder.runs / "unfinished", workers=1, kinds=KINDS)
    again.start()
    try:
        assert again.snapshot(said.read_text()).state == "interrupted"
        with database.session() as db:
            db.get(jobs.Job, said.read_text()).kind = "count"
            db.get(jobs.Job, said.read_text()).inputs = {"to": 2}
        rerun = again.rerun(WHO, said.read_text())
        assert rerun.rerun_of == said.read_text()
        until(again, rerun, "done")
    finally:
        again.stop()


def test_watching_gives_the_state_at_once_then_every_change_then_ends(runner):
    job = runner.submit(WHO, "count", {"to": 30})

    async def watch():
        return [at async for at in runner.watch(job.id) if at is not None]

    seen = run_apart(watch)
    assert seen[0].state in ("queued", "running")
    assert seen[-1].state == "done"
    shares = [at.progress for at in seen]
    assert shares == sorted(shares)
    assert len({at.progress for at in seen}) > 5
    assert run_apart(watch)[0].state == "done"


def test_a_silent_job_still_beats(runner, monkeypatch, tmp_path):
    monkeypatch.setattr(running, "HEARTBEAT_S", 0.05)
    job = runner.submit(WHO, "deaf", {"pid_file": str(tmp_path / "pid")})
    until(runner, job, "running", at_least=0.5)

    async def first_beat():
        async for at in runner.watch(job.id):
            if at is None:
                return True

    assert run_apart(first_beat)


def run_apart(make):
    """Run ``make()`` in a loop of its own thread: the browser driver of other tests keeps one in this thread."""

    async def patiently():
        return await asyncio.wait_for(make(), PATIENCE_S)

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, patiently()).result()
