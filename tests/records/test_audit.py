"""The audit log: append-only on both databases, and any tampering shows."""

import datetime as dt
import itertools
import json
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from colonnade.records import audit
from colonnade.records.audit import SYSTEM, Actor, AuditEntry, Head, append, entries, head, logged, verify
from colonnade.records.base import now
from colonnade.records.folder import StorageTrouble

ENTRIES = 12


@pytest.fixture
def filled(database):
    with database.session() as db:
        for number in range(ENTRIES):
            append(db, SYSTEM, "read", "patients", f"p{number}", patient_id=f"p{number % 3}", details={"n": number})
    return database


def _without_triggers(database, *statements):
    """What somebody with the database's password can do."""
    with database.engine.begin() as connection:
        if database.dialect == "sqlite":
            for name in ("audit_no_update", "audit_no_delete", "audit_next_only"):
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER ALL"))
        for statement in statements:
            connection.execute(text(statement))


def _verified(database, *heads):
    with database.session(write=False) as db:
        return verify(db, heads)


def test_a_whole_chain_is_whole(filled):
    found = _verified(filled)
    assert found.ok
    assert found.entries == ENTRIES
    assert _verified(filled, found.head, Head(0, audit.GENESIS)).heads_checked == 2
    assert _verified(filled, found.head).ok


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET actor_id = 'somebody' WHERE seq = 3",
        "DELETE FROM audit_entries WHERE seq = 12",
        "DELETE FROM audit_entries",
        # out of turn, or in turn without naming the hash before
        "INSERT INTO audit_entries SELECT 99, at, actor_id, role, verb, object_type, object_id, patient_id, request_id,"
        " details, prev_hash, hash FROM audit_entries WHERE seq = 12",
        "INSERT INTO audit_entries SELECT 13, at, actor_id, role, verb, object_type, object_id, patient_id, request_id,"
        " details, prev_hash, hash FROM audit_entries WHERE seq = 3",
    ],
)
def test_the_database_refuses_changes(filled, statement):
    with pytest.raises(DBAPIError, match="append-only"), filled.session() as db:
        db.execute(text(statement))
    assert _verified(filled).ok


def test_a_row_cannot_be_replaced_in_sqlite(sqlite):
    with sqlite.session() as db:
        append(db, SYSTEM, "read", "patients", "a")
        append(db, SYSTEM, "read", "patients", "b")
    with pytest.raises(DBAPIError, match="append-only"), sqlite.session() as db:
        db.execute(text("INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries WHERE seq = 1"))


def test_a_table_cannot_be_truncated_in_postgresql(postgresql):
    with pytest.raises(DBAPIError, match="append-only"), postgresql.session() as db:
        db.execute(text("TRUNCATE audit_entries"))


COLUMNS = [c.name for c in AuditEntry.__table__.columns if c.name not in ("seq", "at")]


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("seq", [1, 7, ENTRIES])
def test_any_changed_field_shows(filled, column, seq):
    _without_triggers(filled, f"UPDATE audit_entries SET {column} = 'tampered' WHERE seq = {seq}")  # noqa: S608
    assert not _verified(filled).ok


def test_a_changed_moment_shows(filled):
    _without_triggers(filled, "UPDATE audit_entries SET at = '2020-01-01 00:00:00.000000' WHERE seq = 7")
    assert not _verified(filled).ok


@pytest.mark.parametrize(
    ("name", "statements"),
    [
        ("deleted", ["DELETE FROM audit_entries WHERE seq = 5"]),
        ("first deleted", ["DELETE FROM audit_entries WHERE seq = 1"]),
        (
            "deleted and renumbered",
            [
                "DELETE FROM audit_entries WHERE seq = 5",
                *(f"UPDATE audit_entries SET seq = {n - 1} WHERE seq = {n}" for n in range(6, 13)),  # noqa: S608
            ],
        ),
        (
            "two swapped",
            [
                "UPDATE audit_entries SET seq = 900 WHERE seq = 5",
                "UPDATE audit_entries SET seq = 5 WHERE seq = 6",
                "UPDATE audit_entries SET seq = 6 WHERE seq = 900",
            ],
        ),
        (
            "doubled at the end",
            [
                "INSERT INTO audit_entries SELECT 13, at, actor_id, role, verb, object_type, object_id, patient_id,"
                " request_id, details, prev_hash, hash FROM audit_entries WHERE seq = 12"
            ],
        ),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)  # fmt: skip
def test_deleted_moved_and_doubled_entries_show(filled, name, statements):
    _without_triggers(filled, *statements)
    assert not _verified(filled).ok, name


def test_a_cut_tail_shows_against_a_recorded_head(filled):
    head = _verified(filled).head
    _without_triggers(filled, "DELETE FROM audit_entries WHERE seq > 9")
    assert _verified(filled).ok, "a shorter chain is a whole chain: nothing in it says that there was more"
    found = _verified(filled, head)
    assert not found.ok
    assert "tail is missing" in found.problems[0]


def test_an_emptied_log_shows_against_a_recorded_head(filled):
    head = _verified(filled).head
    _without_triggers(filled, "DELETE FROM audit_entries")
    assert not _verified(filled, head).ok


def test_a_chain_written_anew_shows_against_a_recorded_head(filled):
    """Somebody changes an entry and computes every hash after it: the chain is whole, and not the one recorded."""
    head = _verified(filled).head
    _without_triggers(filled)
    with filled.session() as db:
        rows = db.query(AuditEntry).order_by(AuditEntry.seq).all()
        rows[4].actor_id = "somebody"
        for before, row in itertools.pairwise(rows[3:]):
            row.prev_hash = before.hash
            row.hash = audit._hash(row.plain())
    assert _verified(filled).ok
    assert not _verified(filled, head).ok


def test_entries_hold_no_free_text(database):
    sentences = ("Ada Example", "a sentence", "line\nbreak", "ö", "x" * 81)
    for bad in sentences:
        for given in (
            {"object_id": bad},
            {"patient_id": bad},
            {"details": {"reason": bad}},
            {"details": {bad: 1}},
        ):
            with pytest.raises(ValueError, match="audit"), database.session() as db:
                append(db, SYSTEM, "read", "patients", **given)
        with pytest.raises(ValueError, match="audit"), database.session() as db:
            append(db, Actor(bad, "system"), "read", "patients")
    with pytest.raises(ValueError, match="verb"), database.session() as db:
        append(db, SYSTEM, "peek", "patients")
    assert _verified(database).entries == 0


def test_the_deed_and_its_entry_stand_or_fall_together(database):
    from colonnade.records import patients
    from colonnade.records.patients import Patient

    def fail():
        with database.session() as db:
            patients.create_patient(db, SYSTEM, family_name="Example")
            raise RuntimeError("the power fails")

    with pytest.raises(RuntimeError):
        fail()
    with database.session() as db:
        assert db.query(Patient).count() == 0
    assert _verified(database).entries == 0


def test_what_was_read_is_appended_when_the_reading_is_over(database):
    with logged(database) as db:
        for number in range(3):
            append(db, Actor("reader", "viewer"), "read", "patients", str(number))
        assert head(db).seq == 0
    with database.session(write=False) as db:
        assert [(e.actor_id, e.object_id) for e in entries(db)] == [("reader", str(n)) for n in range(3)]
    assert _verified(database).ok


def test_whoever_only_reads_keeps_no_writer_waiting_and_sees_one_state(database):
    from colonnade.records import patients
    from colonnade.records.patients import Patient

    with logged(database) as reader:
        append(reader, Actor("reader", "viewer"), "list", "patients")
        assert reader.query(Patient).count() == 0
        with database.session() as writer:
            patients.create_patient(writer, SYSTEM, family_name="Example")
        assert reader.query(Patient).count() == 0, "the state moved under the reader"
    with database.session(write=False) as db:
        assert [e.verb for e in entries(db)] == ["create", "list"]


def test_whoever_only_reads_cannot_write(database):
    from colonnade.records import patients
    from colonnade.records.patients import Patient

    with pytest.raises(DBAPIError), logged(database) as db:
        patients.create_patient(db, SYSTEM, family_name="Example")
    with pytest.raises(DBAPIError), logged(database) as db:
        db.add(Patient(pseudonym="x", family_name="Example", created_at=now()))
    assert _verified(database).entries == 0


def test_without_its_entry_a_reading_fails(database, monkeypatch):
    def refuse(_db, _deeds):
        raise StorageTrouble("saving: the disk is full")

    monkeypatch.setattr(audit, "_chain", refuse)
    with pytest.raises(StorageTrouble), logged(database) as db:
        append(db, SYSTEM, "read", "patients")
    with logged(database) as db:
        assert db.query(AuditEntry).count() == 0, "nothing was noted, so nothing is in the way"


def test_a_reading_that_failed_leaves_no_entry(database):
    def page():
        with logged(database) as db:
            append(db, SYSTEM, "read", "patients")
            raise RuntimeError("the page is broken")

    with pytest.raises(RuntimeError, match="broken"):
        page()
    assert _verified(database).entries == 0


def test_an_entry_of_a_reading_holds_no_free_text_either(database):
    with pytest.raises(ValueError, match="code words"), logged(database) as db:
        append(db, SYSTEM, "read", "patients", "Ada Example")


def test_many_writers_make_one_chain(database):
    failed = []

    def write(name):
        try:
            for number in range(15):
                with database.session() as db:
                    append(db, Actor(name, "system"), "read", "patients", str(number))
        except BaseException as error:  # a thread's error must reach the test
            failed.append(error)

    threads = [threading.Thread(target=write, args=(f"writer-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    found = _verified(database)
    assert found.ok
    assert found.entries == 60


def test_an_export_is_verified_without_the_database(filled):
    with filled.session(write=False) as db:
        lines = list(audit.export(db))
    assert json.loads(lines[0])["format"] == audit.FORMAT
    assert audit.verify_export(lines).ok
    assert audit.verify_export(lines).head == _verified(filled).head
    for number in range(1, len(lines)):
        without = lines[:number] + lines[number + 1 :]
        # without the last line the export is a shorter chain, which only its head tells
        assert audit.verify_export(without).ok == (number == len(lines) - 1)
        changed = lines.copy()
        changed[number] = changed[number].replace('"role": "system"', '"role": "viewer"')
        assert not audit.verify_export(changed).ok
    with pytest.raises(ValueError, match="not an exported"):
        audit.verify_export(["{}"])


def test_entries_of_one_patient(filled):
    with filled.session(write=False) as db:
        mine = list(audit.entries(db, patient_id="p1"))
        assert [e.seq for e in mine] == [2, 5, 8, 11]
        assert all(e.at.tzinfo is dt.UTC for e in mine)
        assert [e.seq for e in audit.entries(db, after=10)] == [11, 12]


@pytest.mark.parametrize("words", ["", "12", "12:zz", "x:" + "0" * 64, "1:" + "0" * 63])
def test_a_head_is_read_strictly(words):
    with pytest.raises(ValueError, match="head"):
        Head.parse(words)


def test_a_head_reads_what_it_writes():
    head = Head(812, "5" * 64)
    assert Head.parse(str(head)) == head
