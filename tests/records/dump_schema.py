"""Writes what a database of today's schema looks like into tests/records/schemas, once per released schema.

    .venv/bin/python -m pytest tests/records/dump_schema.py -p no:cacheprovider

Run it when a schema is released, and commit the two files: every later version is tested to upgrade them. Dumps that
are there are never written again.
"""

import sqlite3
import subprocess
from pathlib import Path

from colonnade.records.migrations import revisions
from tests.records import clinic

SCHEMAS = Path(__file__).parent / "schemas"


def test_write_the_dumps_that_are_missing(dialect, database, blobs, staff, cluster):
    path = SCHEMAS / f"{revisions()[-1]}.{dialect}.sql"
    if path.exists():
        return
    clinic.journey(database, blobs, staff)
    url = database.engine.url
    database.close()
    if dialect == "sqlite":
        lines = list(sqlite3.connect(url.database).iterdump())
    else:
        program = str(cluster["programs"] / "pg_dump")
        words = [program, "-h", str(cluster["folder"]), "-U", cluster["user"], "--inserts", "--no-owner", url.database]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        # newer versions add commands that older ones do not know
        lines = [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict", "--"))]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(line for line in lines if line.strip()) + "\n", encoding="utf-8")
