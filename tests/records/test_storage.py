"""A full disk and a read-only folder: a clear sentence, nothing half-written, everything acknowledged still there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from colonnade.records import audit
from colonnade.records.base import open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import DataFolder
from colonnade.records.patients import Patient

ROOT = Path(__file__).parents[2]


def _run(how, root):
    done = subprocess.run(
        [sys.executable, "-m", "tests.records.storage_child", how, str(root)],
        capture_output=True, text=True, cwd=ROOT, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def _judge(root, said):
    acknowledged = [line["acknowledged"] for line in said if "acknowledged" in line]
    folder = DataFolder(root)
    database = open_database(folder.database)
    try:
        with database.session() as db:
            stored = {p.family_name for p in db.query(Patient)}
            assert stored == set(acknowledged), "what was acknowledged, all of it, and nothing else"
            assert audit.verify(db).ok
            assert db.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    finally:
        database.close()
    blobs = BlobStore(folder.blobs)
    assert list(blobs.names()) == []
    assert not list(folder.root.rglob(".partial-*"))
    return acknowledged


@pytest.fixture
def prepared(upgraded, folder):
    upgraded("sqlite", folder.root)
    return folder.root


def test_files_that_may_not_grow(prepared):
    """What a quota does, by the limit of the process on the size of a file."""
    said = _run("small-files", prepared)
    attempts = {line["attempt"]: line for line in said if "attempt" in line}
    assert attempts["blob"]["kind"] == attempts["save"]["kind"] == "StorageTrouble"
    assert "the disk is full. Nothing was saved." in attempts["blob"]["words"]
    assert "Nothing was saved." in attempts["save"]["words"]
    assert len(_judge(prepared, said)) >= 1


@pytest.fixture
def small_disk(tmp_path):
    """A file system of a few megabytes, where this process may mount one; else a folder and None."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = os.getuid() == 0 and (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True, check=False
        ).returncode
        == 0
    )
    yield place if mounted else None
    if mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk(small_disk, prepared):
    if small_disk is None:
        # without the right to mount, the limit on files stands in, which the test above judges as well
        assert _run("small-files", prepared)
        return
    shutil.copytree(prepared, small_disk / "data")
    said = _run("full", small_disk / "data")
    attempts = {line["attempt"]: line for line in said if "attempt" in line}
    for name in ("blob", "save", "backup"):
        assert attempts[name]["kind"] == "StorageTrouble", attempts[name]
        assert "the disk is full. Nothing was saved. Make room and try again." in attempts[name]["words"]
    acknowledged = _judge(small_disk / "data", said)
    assert len(acknowledged) >= 1
    assert list((small_disk / "data" / "backups").iterdir()) == []


def test_a_folder_that_may_not_be_written(tmp_path, prepared):
    """As another user where this process is root, whom permissions do not hold."""
    place = tmp_path / "closed"
    shutil.copytree(prepared, place)
    for path in (place, *place.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    for path in (tmp_path, *tmp_path.parents):
        # the child must reach the folder to be refused by it
        if path != Path("/") and os.getuid() == 0 and path.stat().st_uid == 0 and "pytest" in str(path):
            path.chmod(path.stat().st_mode | 0o055)
    said = _run("nobody", place) if os.getuid() == 0 else _as_myself(place)
    assert said[0]["kind"] == "BadInput"
    assert "data folder" in said[0]["words"]
    assert "read-only" in said[0]["words"]


def _as_myself(place):
    from colonnade.errors import BadInput
    from colonnade.records.folder import open_folder

    with pytest.raises(BadInput) as refused:
        open_folder(place)
    return [{"kind": "BadInput", "words": str(refused.value)}]
