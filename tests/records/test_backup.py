"""Backup, restore, export and erasure: the drill, and every way in which a file can be damaged."""

import io
import json
import os
import stat
import zipfile

import pytest
from sqlalchemy import func, select

from colonnade.errors import BadInput
from colonnade.records import audit, jobs, leaving, patients, signing_in
from colonnade.records.backup import NOT_KEPT, backup, backup_name, newest, recorded_heads, restore, verify_backup
from colonnade.records.base import NotAllowed, NotFound, open_database
from colonnade.records.blobs import BlobStore, DamagedBlob
from colonnade.records.folder import open_folder
from colonnade.records.people import Account, SignedIn
from colonnade.records.rows import Base
from colonnade.records.sealed import COST, Damaged, SealedReader, SealedWriter
from tests.records import clinic
from tests.records.clinic import PASSWORD, TODAY

SECRET = "five unrelated words are kept"  # noqa: S105
#: scrypt as cheap as it gets: what it costs is tested once
CHEAP = {"n": 2, "r": 8, "p": 1}
SETTINGS = {"configuration.json": b'{"clinic_name": "Example \xc3\xa9"}\n'}


def _counts(database):
    with database.session(write=False) as db:
        return {t.name: db.scalar(select(func.count()).select_from(t)) for t in Base.metadata.sorted_tables}


@pytest.fixture
def filled(database, blobs, staff):
    database.made = [clinic.journey(database, blobs, staff, family_name=f"Example{n}") for n in range(3)]
    return database


@pytest.fixture
def made(filled, blobs, staff, folder):
    """A backup: its path and contents."""
    path = folder.backups / backup_name()
    return path, backup(filled, blobs, staff.administrator, path, SECRET, cost=CHEAP, extras=SETTINGS)


@pytest.fixture
def empty(tmp_path, request, dialect):
    """Where to restore: a new folder, and with PostgreSQL a new database."""
    folder = open_folder(tmp_path / "restored")
    where = folder.database if dialect == "sqlite" else request.getfixturevalue("new_postgresql")()
    database = open_database(where)
    yield database, BlobStore(folder.blobs), folder
    database.close()


def test_the_restore_drill(filled, blobs, staff, made, empty):
    """Backup, wipe, restore, verify the chain, every count equal."""
    path, contents = made
    before, files = _counts(filled), {n: blobs.get(n) for n in blobs.names()}
    with filled.session(write=False) as db:
        head = audit.head(db)
    assert contents.head == head
    # wipe: another folder, another database; nothing of the first is used below
    filled.close()
    database, store, folder = empty
    settings = {}
    done = restore(database, store, staff.administrator, path, SECRET, register=folder.erased, extras=settings)
    assert settings == SETTINGS
    assert done.extras == contents.extras == tuple(SETTINGS)
    assert done.rows == {k: v for k, v in before.items() if k not in NOT_KEPT}
    after = _counts(database)
    # the restore itself is an entry of the log
    assert after == before | {"audit_entries": before["audit_entries"] + 1} | dict.fromkeys(NOT_KEPT, 0)
    assert {n: store.get(n) for n in store.names()} == files
    with database.session() as db:
        found = audit.verify(db, [head])
        assert found.ok
        assert found.heads_checked == 1
        assert [p.family_name for p in patients.list_patients(db, staff.viewer)] == ["Example0", "Example1", "Example2"]
        assert [e.verb for e in audit.entries(db, after=head.seq)] == ["restore", "list"]
    assert signing_in.sign_in(database, login="physician", password=PASSWORD) is not None


def test_every_value_is_restored(filled, staff, made, empty):
    with filled.session(write=False) as db:
        before = {t.name: [tuple(r) for r in db.execute(select(t).order_by(*t.primary_key))] for t in _kept()}
    database, store, _ = empty
    restore(database, store, staff.administrator, made[0], SECRET)
    with database.session(write=False) as db:
        after = {t.name: [tuple(r) for r in db.execute(select(t).order_by(*t.primary_key))] for t in _kept()}
    after["audit_entries"].pop()
    assert after == before
    assert sum(map(len, before.values())) > 60


def _kept():
    return [t for t in Base.metadata.sorted_tables if t.name not in NOT_KEPT]


def test_from_one_database_to_the_other(filled, blobs, staff, made, tmp_path, new_postgresql, dialect):
    folder = open_folder(tmp_path / "other")
    other = open_database(folder.database if dialect == "postgresql" else new_postgresql())
    try:
        restore(other, BlobStore(folder.blobs), staff.administrator, made[0], SECRET)
        after = _counts(other)
        assert after["audit_entries"] == made[1].rows["audit_entries"] + 1
        assert {k: v for k, v in after.items() if k not in (*NOT_KEPT, "audit_entries")} == {
            k: v for k, v in made[1].rows.items() if k != "audit_entries"
        }
        with other.session() as db:
            assert audit.verify(db, [made[1].head]).ok
    finally:
        other.close()


def test_a_backup_is_sealed_for_its_owner_and_names_its_head(filled, made, folder):
    path, contents = made
    data = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for told in (b"Example0", b"Ada", b"family_name", b"argon2"):
        assert told not in data
    header = json.loads(data.partition(b"\n")[0])
    assert header["audit_head"] == str(contents.head)
    assert list(recorded_heads(folder.backups)) == [(path, contents.head)]
    assert newest(folder.backups) == path
    assert verify_backup(path, SECRET) == contents
    (folder.backups / "broken.colonnade-backup").write_bytes(b"{")
    assert len(list(recorded_heads(folder.backups))) == 1


def test_a_backup_is_never_written_over_and_leaves_nothing_half(filled, blobs, staff, made, folder):
    path, _ = made
    with pytest.raises(BadInput):
        backup(filled, blobs, staff.administrator, path, SECRET, cost=CHEAP)
    with pytest.raises(BadInput, match="passphrase"):
        backup(filled, blobs, staff.administrator, folder.backups / "short", "short", cost=CHEAP)
    victim = next(blobs.root.glob("??/*"))
    victim.write_bytes(victim.read_bytes()[:-1])
    with pytest.raises(DamagedBlob):
        backup(filled, blobs, staff.administrator, folder.backups / "b", SECRET, cost=CHEAP)
    assert list(folder.backups.iterdir()) == [path]


def test_the_wrong_passphrase_opens_nothing(made, empty, staff):
    with pytest.raises(Damaged, match="passphrase"):
        verify_backup(made[0], SECRET + "x")
    database, store, _ = empty
    with pytest.raises(Damaged):
        restore(database, store, staff.administrator, made[0], SECRET + "x")
    assert database.revision() is None
    assert list(store.names()) == []


def test_nothing_is_restored_over_records(filled, blobs, staff, made):
    before = _counts(filled)
    with pytest.raises(BadInput, match="empty"):
        restore(filled, blobs, staff.administrator, made[0], SECRET)
    assert _counts(filled) == before


@pytest.fixture
def small(sqlite, folder):
    """A backup of a nearly empty database."""
    clinic.system(sqlite)
    path = folder.backups / "small"
    backup(sqlite, BlobStore(folder.blobs), audit.SYSTEM, path, SECRET, cost=CHEAP)
    return path


def test_a_backup_cut_off_at_any_byte_is_noticed(small):
    """Every length of the first line and of the end, and every 97th in between: the pieces are verified as a whole."""
    whole = small.read_bytes()
    lengths = {
        *range(len(whole.partition(b"\n")[0]) + 40),
        *range(0, len(whole), 97),
        *range(len(whole) - 40, len(whole)),
    }
    for length in sorted(lengths):
        small.write_bytes(whole[:length])
        with pytest.raises(Damaged):
            verify_backup(small, SECRET)
    small.write_bytes(whole + b"x")
    with pytest.raises(Damaged):
        verify_backup(small, SECRET)


def test_any_changed_byte_of_a_backup_is_noticed(small):
    whole = small.read_bytes()
    places = {*range(len(whole.partition(b"\n")[0]) + 60), *range(0, len(whole), 101)}
    for at in sorted(places):
        small.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(Damaged):
            verify_backup(small, SECRET)


def _sealed(plain, *, pieces=1):
    out = io.BytesIO()
    writer = SealedWriter(out, SECRET, {"format": "x"}, cost=CHEAP)
    for _ in range(pieces):
        writer.write(plain)
    writer.close()
    return out.getvalue()


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_a_sealed_stream_reads_what_was_written(size):
    plain = os.urandom(size)
    reader = SealedReader(io.BytesIO(_sealed(plain)), SECRET)
    assert reader.read(7) + reader.read(0) + reader.read() == plain
    assert reader.read() == b""


def test_pieces_cannot_be_moved_dropped_or_taken_from_another_file():
    plain = os.urandom(1 << 20)
    first, second = _sealed(plain, pieces=3), _sealed(plain, pieces=3)
    line, _, body = first.partition(b"\n")
    piece = 4 + (1 << 20) + 16
    cut = [body[i : i + piece] for i in range(0, len(body), piece)]
    assert len(cut) == 3
    other = second.partition(b"\n")[2][:piece]
    for wrong in (
        [cut[1], cut[0], cut[2]],
        [cut[0], cut[2]],
        [cut[0], cut[1]],
        [cut[0], cut[0], cut[1], cut[2]],
        [other, cut[1], cut[2]],
        [*cut, cut[2]],
    ):
        with pytest.raises(Damaged):
            SealedReader(io.BytesIO(line + b"\n" + b"".join(wrong)), SECRET).read()
    assert SealedReader(io.BytesIO(first), SECRET).read() == plain * 3


@pytest.mark.parametrize("change", [{"n": 1 << 30}, {"n": 3}, {"n": 0}, {"r": 1 << 20}, {"p": 1 << 20}, {"n": "2"}])
def test_a_header_cannot_ask_for_all_the_memory(change):
    line, _, body = _sealed(b"x").partition(b"\n")
    header = json.loads(line)
    header["scrypt"] |= change
    with pytest.raises(Damaged):
        SealedReader(io.BytesIO(json.dumps(header).encode() + b"\n" + body), SECRET)


def test_a_guess_at_the_passphrase_is_dear():
    assert COST["n"] * COST["r"] * 128 == 128 << 20, "bytes of memory that each guess takes"


# --- export ---------------------------------------------------------------------------------------------------------
def test_an_export_holds_everything_about_one_patient_and_nothing_of_another(filled, blobs, staff):
    mine, other = filled.made[0], filled.made[1]
    with filled.session() as db:
        archive = zipfile.ZipFile(io.BytesIO(leaving.export_patient(db, blobs, staff.administrator, mine.patient.id)))
        assert list(audit.entries(db, patient_id=mine.patient.id))[-1].verb == "export"
    document = json.loads(archive.read("patient.json"))
    tables = document["tables"]
    assert tables["patients"][0]["family_name"] == "Example0"
    assert document["files_damaged_or_missing"] == []
    held = {name for name, rows in tables.items() if rows}
    assert {
        "conditions", "consents", "questionnaire_answers", "photos", "test_spots", "case_drafts", "plan_versions",
        "approvals", "treatments", "treatment_passes", "adverse_events", "check_ins", "recalls",
    } <= held  # fmt: skip
    assert archive.read(f"files/{mine.photo.blob}.png").startswith(b"\x89PNG")
    log = [json.loads(line) for line in archive.read("access-log.jsonl").splitlines()]
    assert {e["patient_id"] for e in log} == {mine.patient.id}
    text = archive.read("patient.json").decode() + archive.read("access-log.jsonl").decode()
    for told in (other.patient.id, "Example1", "token_hash", "password"):
        assert told not in text


def test_an_export_goes_on_past_a_damaged_file_and_says_so(filled, blobs, staff):
    mine = filled.made[0]
    path = next(blobs.root.glob(f"*/{mine.photo.blob}"))
    path.write_bytes(b"")
    with filled.session() as db:
        archive = zipfile.ZipFile(io.BytesIO(leaving.export_patient(db, blobs, staff.administrator, mine.patient.id)))
    assert json.loads(archive.read("patient.json"))["files_damaged_or_missing"] == [mine.photo.blob]


# --- erasure --------------------------------------------------------------------------------------------------------
def test_every_table_is_a_patients_or_the_clinics():
    """A table that is forgotten here would be forgotten by an erasure."""
    clinics = {
        "accounts", "recovery_codes", "sessions", "api_tokens", "login_attempts", "audit_entries", "device_units",
        "handpieces", "device_events", "product_lots", "laser_safety_log", "tombstones", "idempotency_keys",
        "data_folders",
    }  # fmt: skip
    training = {"document_blob", "shots_blob", "log_blob"}
    owned = {t.name for t in leaving.owned_tables()}
    assert owned | clinics == set(Base.metadata.tables)
    assert not owned & clinics
    named = {c for t in Base.metadata.tables.values() for c in leaving.blob_columns(t)}
    assert named == {"blob", "plan_blob", "signature_blob", "delivered_blob", "care_plan_blob", *training}


def test_erasure_leaves_a_tombstone_and_a_whole_chain(filled, blobs, staff, folder, dialect):
    mine, other = filled.made[0], filled.made[1]
    before, files = _counts(filled), set(blobs.names())
    stone = leaving.erase_patient(
        filled, blobs, staff.administrator, mine.patient.id, reason="asked for", register=folder.erased
    )
    after = _counts(filled)
    assert stone.rows == sum(before.values()) - sum(after.values()) + 2, "the stone and its entry were added"
    assert after["patients"] == 2
    assert after["tombstones"] == 1
    # the plan is the same for all three, so its file stays; the photograph is this patient's own
    assert files - set(blobs.names()) == {mine.photo.blob}
    assert stone.files == 1
    with filled.session() as db:
        assert audit.verify(db).ok
        last = list(audit.entries(db))[-1]
        assert (last.verb, last.patient_id) == ("erase", mine.patient.id)
        with pytest.raises(NotFound):
            patients.read_patient(db, staff.viewer, mine.patient.id)
        assert patients.read_patient(db, staff.viewer, other.patient.id).family_name == "Example1"
    assert list(leaving.erased_ids(folder.erased)) == [mine.patient.id]
    if dialect == "sqlite":
        filled.close()
        held = b"".join(p.read_bytes() for p in folder.root.rglob("*") if p.is_file())
        for told in (mine.patient.pseudonym.encode(), b"Example0", mine.photo.id.encode()):
            assert (told in held) == (told == mine.photo.id.encode()), "only ids stay, in the audit log"


def test_what_jobs_made_of_a_patient_goes_with_the_patient(filled, blobs, staff, folder):
    """Results stand in another folder than the record's files, and were left there."""
    results = BlobStore(folder.runs)
    mine, other = (one.patient.id for one in filled.made[:2])
    names = {}
    with filled.session() as db:
        for key, patient in (("mine", mine), ("both", mine), ("both", other), ("other", other)):
            names[key] = results.put(key.encode())
            jobs.enqueue(db, staff.physician, "plan", {"n": key}, patient_id=patient).result_sha256 = names[key]
    orphan = results.put(b"of a job that is gone")
    leaving.erase_patient(filled, blobs, staff.administrator, mine, reason="asked for", results=results)
    assert set(results.names()) == {names["both"], names["other"], orphan}
    assert leaving.settle(filled, blobs, folder.erased, results=results) == 0, "a young one may wait for its job"
    leaving.settle(filled, blobs, folder.erased, results=results, older_than_s=0)
    assert set(results.names()) == {names["both"], names["other"]}


def test_a_hold_and_a_duty_to_keep_stand_against_erasure(filled, blobs, staff):
    mine = filled.made[0].patient
    for number, held in enumerate(({"legal_hold": True}, {"legal_hold": False, "retain_until": TODAY})):
        with filled.session() as db:
            patients.edit_patient(db, staff.administrator, mine.id, number + 1, **held)
        with pytest.raises(NotAllowed):
            leaving.erase_patient(filled, blobs, staff.administrator, mine.id, reason="asked for")
    with filled.session() as db:
        patients.edit_patient(db, staff.administrator, mine.id, 3, retain_until=None)
    with pytest.raises(BadInput):
        leaving.erase_patient(filled, blobs, staff.administrator, mine.id, reason=" ")
    with pytest.raises(NotFound):
        leaving.erase_patient(filled, blobs, staff.administrator, "0" * 32, reason="asked for")
    assert _counts(filled)["patients"] == 3


def test_an_older_backup_does_not_bring_an_erased_patient_back(filled, blobs, staff, made, folder, empty):
    mine = filled.made[0].patient
    leaving.erase_patient(filled, blobs, staff.administrator, mine.id, reason="asked for", register=folder.erased)
    database, store, _ = empty
    restore(database, store, staff.administrator, made[0], SECRET, register=folder.erased)
    with database.session() as db:
        assert {p.id for p in db.query(patients.Patient)} == {m.patient.id for m in filled.made[1:]}
        assert db.get(leaving.Tombstone, mine.id)
        assert audit.verify(db, [made[1].head]).ok
    assert filled.made[0].photo.blob not in set(store.names())


def test_what_a_killed_erasure_left_is_finished_at_the_next_start(filled, blobs, staff, folder):
    mine, other = filled.made[0], filled.made[1]
    content = {n: blobs.get(n) for n in blobs.names()}
    leaving.erase_patient(filled, blobs, staff.administrator, mine.patient.id, reason="asked for")
    # as if the process had died after the transaction: the file is there, the register knows nothing
    blobs.put(content[mine.photo.blob])
    assert leaving.settle(filled, blobs, folder.erased) == 0, "a young file may be waiting for its record"
    assert leaving.settle(filled, blobs, folder.erased, older_than_s=0) == 1
    assert set(blobs.names()) == set(content) - {mine.photo.blob}
    assert blobs.has(other.photo.blob)
    assert list(leaving.erased_ids(folder.erased)) == [mine.patient.id]
    assert leaving.settle(filled, blobs, folder.erased, older_than_s=0) == 0
    assert len(list(leaving.erased_ids(folder.erased))) == 1


def test_a_register_that_was_cut_short_loses_at_most_its_last_line(filled, blobs, staff, folder):
    first, second = (m.patient.id for m in filled.made[:2])
    leaving.erase_patient(filled, blobs, staff.administrator, first, reason="asked for", register=folder.erased)
    folder.erased.write_bytes(folder.erased.read_bytes()[:-5])
    assert list(leaving.erased_ids(folder.erased)) == []
    leaving.erase_patient(filled, blobs, staff.administrator, second, reason="asked for", register=folder.erased)
    assert list(leaving.erased_ids(folder.erased)) == [second]
    leaving.settle(filled, blobs, folder.erased)
    assert set(leaving.erased_ids(folder.erased)) == {first, second}


def test_sessions_are_not_restored(filled, staff, blobs, folder, empty):
    assert signing_in.sign_in(filled, login="viewer", password=PASSWORD)
    path = folder.backups / "with-a-session"
    backup(filled, blobs, staff.administrator, path, SECRET, cost=CHEAP)
    database, store, _ = empty
    restore(database, store, staff.administrator, path, SECRET)
    with database.session(write=False) as db:
        assert db.query(SignedIn).count() == 0
        assert db.query(Account).count() == 6
