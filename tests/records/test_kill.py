"""SIGKILL during a save, an upload, a backup, an erasure: what was acknowledged is there, nothing half-written shows.

The judge is this process. It knows only what the child said on its pipe, and looks at the database, the files and the
audit log after each kill, while nobody else has them open.
"""

import os
import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from colonnade.records import audit, leaving, plans
from colonnade.records.backup import verify_backup
from colonnade.records.patients import Patient
from colonnade.records.photographs import Photo
from tests.records import clinic
from tests.records.kill_child import content
from tests.records.test_backup import SECRET

ACKNOWLEDGED = (b"saved", b"uploaded", b"backed", b"erased")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def patient(database):
    made = clinic.system(database)
    with database.session() as db:
        clinic.consent(db, audit.SYSTEM, made.id, "photography")
    return made


def _killed(what, database, folder, patient_id, seconds):
    """What the child acknowledged before it was killed, ``seconds`` after it had acknowledged something."""
    address = database.engine.url.render_as_string(hide_password=False)
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.records.kill_child", what, address, str(folder.root), patient_id],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    said, end = b"", time.monotonic() + 120
    while not any(line.startswith(ACKNOWLEDGED) for line in said.split(b"\n")[:-1]):
        assert time.monotonic() < end, "the child acknowledged nothing"
        if select.select([child.stdout], [], [], 1.0)[0]:
            read = os.read(child.stdout.fileno(), 65_536)
            assert read, "the child ended before it was killed"
            said += read
    time.sleep(seconds)
    assert child.poll() is None, "the child ended by itself"
    os.kill(child.pid, signal.SIGKILL)
    said += child.stdout.read()
    child.wait()
    child.stdout.close()
    lines = said.decode().split("\n")
    assert lines[-1] == "", "a line that is not whole was not acknowledged, and cannot be: writes to a pipe are atomic"
    return [line.split() for line in lines[1:-1]]


def _whole(database):
    with database.session(write=False) as db:
        found = audit.verify(db)
        assert found.ok, found.problems


def judge_saves(database, blobs, folder, said):
    acknowledged = max((int(words[1]) for words in said if words[0] == "saved"), default=0)
    drafts = [words[1] for words in said if words[0] == "draft"]
    with database.session(write=False) as db:
        for key in drafts:
            draft = db.get(plans.CaseDraft, key)
            # the one being saved when the kill came may be there or not, whole in both cases
            assert draft.case["n"] in (acknowledged, acknowledged + 1)
            assert draft.revision == draft.case["n"] + 1
            assert len(draft.case.get("text", "x" * 5000)) == 5000
            entries = [e for e in audit.entries(db) if e.object_id == key]
            assert len(entries) == draft.revision, "one entry of the log for each save, no more"
    return acknowledged


def judge_uploads(database, blobs, folder, said):
    acknowledged = {words[2]: int(words[1]) for words in said}
    with database.session(write=False) as db:
        stored = {p.id: p for p in db.query(Photo)}
        assert set(acknowledged) <= set(stored)
        for photo in stored.values():
            # every row that is shown has its whole file, acknowledged or not
            assert blobs.get(photo.blob) == content(int(photo.note))
    assert blobs.damaged() == []
    leaving.settle(database, blobs, folder.erased, older_than_s=0)
    with database.session(write=False) as db:
        assert set(blobs.names()) == leaving.named_blobs(db)
    assert not list(blobs.root.glob("??/.partial-*"))
    return len(acknowledged)


def judge_backups(database, blobs, folder, said):
    acknowledged = {words[1] for words in said}
    shown = {p.name for p in folder.backups.glob("*.colonnade-backup")}
    assert acknowledged <= shown
    for name in shown:
        verify_backup(folder.backups / name, SECRET)
        (folder.backups / name).unlink()
    return len(acknowledged)


def judge_erasures(database, blobs, folder, said):
    leaving.settle(database, blobs, folder.erased, older_than_s=0)
    erased = {words[1]: words[2] for words in said if words[0] == "erased"}
    made = {words[1]: words[2] for words in said if words[0] == "made"}
    with database.session(write=False) as db:
        for key, blob in made.items():
            gone = db.get(Patient, key) is None
            assert gone or key not in erased
            # all or nothing: the person with the file, or neither and a stone
            assert blobs.has(blob) != gone
            assert (db.get(leaving.Tombstone, key) is not None) == gone
            assert (key in set(leaving.erased_ids(folder.erased))) == gone
    return len(erased)


JUDGES = {"saves": judge_saves, "uploads": judge_uploads, "backups": judge_backups, "erasures": judge_erasures}


def _rounds(what, count, database, blobs, folder, patient, seed):
    """Kills at random moments. The child goes on with what the last one left."""
    chance = random.Random(seed)  # noqa: S311
    acknowledged = 0
    for _ in range(count):
        said = _killed(what, database, folder, patient.id, chance.uniform(0, 1.0))
        acknowledged += JUDGES[what](database, blobs, folder, said)
        _whole(database)
    return acknowledged


@pytest.mark.parametrize("what", sorted(JUDGES))
def test_a_killed_process_loses_nothing_that_it_acknowledged(what, database, blobs, folder, patient):
    acknowledged = _rounds(what, 1, database, blobs, folder, patient, seed=what)
    assert acknowledged > 0, "nothing was acknowledged: the test would judge nothing"


@pytest.mark.soak
@pytest.mark.parametrize("what", sorted(JUDGES))
def test_many_kills(what, database, blobs, folder, patient, capsys):
    kills = 20
    acknowledged = _rounds(what, kills, database, blobs, folder, patient, seed=0)
    assert acknowledged > 0
    with capsys.disabled():
        print(f"\n{what} on {database.dialect}: {kills} kills, {acknowledged} acknowledged, none lost")
