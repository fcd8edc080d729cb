"""A process with a small disk, or without the right to write; it says what happened in the words a person would see."""

import json
import os
import resource
import signal
import sys

from colonnade.errors import BadInput
from colonnade.records.audit import SYSTEM
from colonnade.records.backup import backup
from colonnade.records.base import open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import StorageTrouble, open_folder
from colonnade.records.patients import create_patient
from tests.records.test_backup import CHEAP, SECRET


def _say(**given):
    print(json.dumps(given), flush=True)


def _attempt(name, call):
    try:
        call()
    except (StorageTrouble, BadInput) as error:
        _say(attempt=name, kind=type(error).__name__, words=str(error))
    else:
        _say(attempt=name, kind="done", words="")


def main():
    how, root = sys.argv[1:]
    if how == "nobody":
        os.setgid(65_534)
        os.setuid(65_534)
        _attempt("open", lambda: open_folder(root))
        _attempt("database", lambda: open_database(f"{root}/colonnade.db"))
        return
    folder = open_folder(root)
    database, blobs = open_database(folder.database), BlobStore(folder.blobs)
    if how == "small-files":
        # beyond this a write fails with EFBIG, as it would with a quota
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limit = folder.database.stat().st_size + 100_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    _attempt("blob", lambda: blobs.put(os.urandom(3_000_000)))

    def fill():
        # many small saves, as a clinic makes them, until the disk takes no more
        for number in range(5_000):
            with database.session() as db:
                create_patient(db, SYSTEM, family_name=f"P{number}", note="x" * 4000)
            _say(acknowledged=f"P{number}")

    _attempt("save", fill)
    if how == "full":
        _attempt("backup", lambda: backup(database, blobs, SYSTEM, folder.backups / "b", SECRET, cost=CHEAP))


if __name__ == "__main__":
    main()
