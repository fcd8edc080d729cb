"""A process that saves, uploads or backs up until it is killed. It writes a line to the witness's pipe when, and only
when, the call has returned: what it says is acknowledged.
"""

import hashlib
import os
import secrets
import sys
from pathlib import Path

from colonnade.records import patients, plans
from colonnade.records.audit import SYSTEM
from colonnade.records.backup import backup
from colonnade.records.base import get, now, open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import DataFolder
from colonnade.records.photographs import record_photo
from tests.records.test_backup import CHEAP, SECRET


def content(number):
    """A "photograph" of 300 kB that its number determines."""
    return hashlib.shake_256(str(number).encode()).digest(300_000)


def saves(database, folder, patient_id, say):
    with database.session() as db:
        draft = plans.create_draft(db, SYSTEM, patient_id, title="killed", case={"n": 0})
    say(f"draft {draft.id}")
    for number in range(1, 1_000_000):
        with database.session() as db:
            revision = get(db, plans.CaseDraft, draft.id).revision
            plans.save_draft(db, SYSTEM, draft.id, revision, {"n": number, "text": "x" * 5000})
        say(f"saved {number}")


def uploads(database, folder, patient_id, say):
    blobs = BlobStore(folder.blobs)
    for number in range(1_000_000):
        blob = blobs.put(content(number))
        with database.session() as db:
            row = record_photo(
                db, SYSTEM, patient_id, blob=blob, media_type="image/png", width_px=4, height_px=4, pose="front",
                taken_at=now(), note=str(number),
            )  # fmt: skip
        say(f"uploaded {number} {row.id}")


def backups(database, folder, patient_id, say):
    blobs = BlobStore(folder.blobs)
    for number in range(1_000_000):
        path = folder.backups / f"{number}.colonnade-backup"
        backup(database, blobs, SYSTEM, path, SECRET, cost=CHEAP)
        say(f"backed {path.name}")


def erasures(database, folder, patient_id, say):
    from colonnade.records.leaving import erase_patient

    blobs = BlobStore(folder.blobs)
    # pictures that no earlier round stored: a survivor of that round would rightly keep the file of an erased one
    first = secrets.randbelow(10**9)
    for number in range(first, first + 1_000_000):
        with database.session() as db:
            made = patients.create_patient(db, SYSTEM, family_name=f"Victim{number}")
            patients.give_consent(
                db, SYSTEM, made.id, kind="photography", form="f", form_version="1", form_text="I agree.", signed_by="V"
            )
        blob = blobs.put(content(number))
        with database.session() as db:
            record_photo(
                db, SYSTEM, made.id, blob=blob, media_type="image/png", width_px=4, height_px=4, pose="front",
                taken_at=now(),
            )  # fmt: skip
        say(f"made {made.id} {blob}")
        erase_patient(database, blobs, SYSTEM, made.id, reason="asked for", register=folder.erased)
        say(f"erased {made.id} {blob}")


def main():
    what, address, root, patient_id = sys.argv[1:]

    def say(text):
        os.write(1, f"{text}\n".encode())

    database = open_database(address)
    say("ready")
    {"saves": saves, "uploads": uploads, "backups": backups, "erasures": erasures}[what](
        database, DataFolder(Path(root)), patient_id, say
    )


if __name__ == "__main__":
    main()
