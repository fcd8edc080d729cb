"""``colonnade records``: exit codes, one JSON object, no secret on the command line, and a light start."""

import json
import subprocess
import sys
import zipfile

import pytest
from sqlalchemy import text

from colonnade.cli import main
from colonnade.records import audit, sealed
from colonnade.records.base import open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import open_folder
from tests.records import clinic
from tests.records.test_backup import CHEAP, SECRET


@pytest.fixture
def room(sqlite, folder, blobs, monkeypatch, tmp_path):
    """A clinic in a data folder; closed, as the command line finds it."""
    made = clinic.journey(sqlite, blobs, clinic.staff(sqlite))
    sqlite.close()
    (folder.root / "configuration.json").write_text('{"clinic_name": "Example"}')
    secret = tmp_path / "passphrase"
    secret.write_text(SECRET + "\n")
    # what a guess costs is tested elsewhere
    monkeypatch.setattr(sealed, "COST", CHEAP)
    monkeypatch.delenv("COLONNADE_PASSPHRASE", raising=False)
    monkeypatch.delenv("COLONNADE_DATABASE", raising=False)
    made.folder, made.secret = folder, secret
    return made


def _call(capsys, *words):
    code = main.main(["records", *map(str, words)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_drill_from_the_command_line(capsys, room, tmp_path):
    file, where = tmp_path / "b.colonnade-backup", tmp_path / "new"
    code, out, _ = _call(capsys, "backup", file, "--data", room.folder.root, "--passphrase-file", room.secret, "--json")
    made = json.loads(out)
    assert (code, made["rows"]["patients"], made["files"], made["settings"]) == (0, 1, 2, ["configuration.json"])
    code, out, _ = _call(capsys, "verify-backup", file, "--passphrase-file", room.secret)
    assert code == 0
    assert out.startswith("whole: ")
    code, out, _ = _call(capsys, "restore", file, "--data", where, "--passphrase-file", room.secret, "--json")
    assert code == 0
    assert json.loads(out)["rows"] == made["rows"]
    assert (where / "configuration.json").read_text() == '{"clinic_name": "Example"}'
    code, out, _ = _call(capsys, "audit", "--data", where, "--head", made["audit_head"], "--json")
    found = json.loads(out)
    assert (code, found["ok"], found["heads_checked"]) == (0, True, 1)
    # settings that are there already are not written over, and it says so
    other = tmp_path / "other"
    other.mkdir()
    (other / "configuration.json").write_text("{}")
    code, _, err = _call(capsys, "restore", file, "--data", other, "--passphrase-file", room.secret)
    assert code == 0
    assert "configuration.json was there already" in err
    assert (other / "configuration.json").read_text() == "{}"
    # a second time there is something to lose
    code, _, err = _call(capsys, "restore", file, "--data", where, "--passphrase-file", room.secret)
    assert code == 2
    assert "nothing is ever overwritten" in err


def test_a_damaged_backup_is_a_no(capsys, room, tmp_path):
    file = tmp_path / "b"
    assert _call(capsys, "backup", file, "--data", room.folder.root, "--passphrase-file", room.secret)[0] == 0
    file.write_bytes(file.read_bytes()[:-1])
    code, out, _ = _call(capsys, "verify-backup", file, "--passphrase-file", room.secret, "--json")
    assert code == 1
    assert json.loads(out)["ok"] is False
    code, out, _ = _call(capsys, "restore", file, "--data", tmp_path / "new", "--passphrase-file", room.secret)
    assert code == 1
    assert "NOT WHOLE" in out


def test_a_tampered_log_is_a_no(capsys, room, tmp_path):
    code, out, _ = _call(capsys, "audit", "--data", room.folder.root)
    assert code == 0
    assert out.startswith("whole: ")
    database = open_database(room.folder.database)
    with database.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_no_update"))
        connection.execute(text("UPDATE audit_entries SET role = 'viewer' WHERE seq = 3"))
    database.close()
    code, out, _ = _call(capsys, "audit", "--data", room.folder.root, "--json")
    assert code == 1
    assert json.loads(out)["problems"] == ["entry 3 was changed"]


def test_the_heads_of_the_backups_are_compared(capsys, room):
    file = room.folder.backups / "1.colonnade-backup"
    _call(capsys, "backup", file, "--data", room.folder.root, "--passphrase-file", room.secret)
    assert json.loads(_call(capsys, "audit", "--data", room.folder.root, "--json")[1])["heads_checked"] == 1
    database = open_database(room.folder.database)
    with database.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_no_delete"))
        connection.execute(text("DELETE FROM audit_entries WHERE seq > 5"))
    database.close()
    code, out, _ = _call(capsys, "audit", "--data", room.folder.root)
    assert code == 1
    assert "the tail is missing" in out


def test_the_log_is_exported_as_lines(capsys, room, tmp_path):
    _, out, _ = _call(capsys, "audit", "--data", room.folder.root, "--export", "-")
    assert audit.verify_export(out.splitlines()).ok
    file = tmp_path / "log.jsonl"
    assert _call(capsys, "audit", "--data", room.folder.root, "--export", file)[0] == 0
    assert audit.verify_export(file.read_text().splitlines()).ok
    assert _call(capsys, "audit", "--data", room.folder.root, "--export", file)[0] == 2


def test_a_patient_leaves(capsys, room, tmp_path):
    file, patient = tmp_path / "p.zip", room.patient.id
    assert _call(capsys, "export-patient", patient, file, "--data", room.folder.root)[0] == 0
    assert "patient.json" in zipfile.ZipFile(file).namelist()
    assert _call(capsys, "export-patient", patient, file, "--data", room.folder.root)[0] == 2
    words = ("erase-patient", patient, "--reason", "asked for", "--data", room.folder.root, "--yes", "--json")
    code, out, _ = _call(capsys, *words)
    assert (code, json.loads(out)["files"]) == (0, 2)
    code, _, err = _call(capsys, *words[:-1])
    assert code == 2
    assert "no such record" in err


@pytest.mark.parametrize("told", [True, False])
def test_whom_an_older_backup_holds_is_erased_again_where_the_register_is_named(capsys, room, tmp_path, told):
    file, where, folder = tmp_path / "b", tmp_path / "new", room.folder
    secret = ("--passphrase-file", room.secret)
    assert _call(capsys, "backup", file, "--data", folder.root, *secret)[0] == 0
    words = ("erase-patient", room.patient.id, "--reason", "asked for", "--data", folder.root, "--yes")
    assert _call(capsys, *words)[0] == 0
    more = ("--erased", folder.erased) if told else ()
    assert _call(capsys, "restore", file, "--data", where, *secret, *more)[0] == 0
    # an export finds nobody to export, or the person who is back
    assert _call(capsys, "export-patient", room.patient.id, tmp_path / "p.zip", "--data", where)[0] == (
        2 if told else 0
    )
    assert (room.patient.id in (where / "erased.jsonl").read_text()) if told else not (where / "erased.jsonl").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("audit", "--data", "/nowhere"),
        ("audit", "--head", "12"),
        ("backup", "b"),
        ("backup", "b", "--passphrase-file", "/nowhere"),
        ("verify-backup", "/nowhere", "--passphrase-file", "SECRET"),
        ("restore", "/nowhere", "--passphrase-file", "SECRET"),
        ("export-patient", "nobody", "x.zip"),
        ("audit", "--key-file", "x"),
    ],
)
def test_bad_input_is_exit_2_and_one_json_object(capsys, room, monkeypatch, tmp_path, words):
    monkeypatch.chdir(tmp_path)
    words = [str(room.secret) if w == "SECRET" else w for w in words]
    if "--data" not in words and words[0] not in ("verify-backup",):
        words += ["--data", str(tmp_path / "new" if words[0] == "restore" else room.folder.root)]
    code, out, _ = _call(capsys, *words, "--json")
    assert code == 2
    assert set(json.loads(out)["error"]) == {"what", "given", "allowed", "todo"}


def test_sealed_files_need_their_key(capsys, room, tmp_path):
    from colonnade.records.blobs import make_key

    folder = open_folder(tmp_path / "sealed")
    key = make_key(tmp_path / "blobs.key")
    file = tmp_path / "b"
    words = ("--passphrase-file", room.secret, "--key-file", tmp_path / "blobs.key")
    assert _call(capsys, "backup", file, "--data", room.folder.root, *words[:2])[0] == 0
    assert _call(capsys, "restore", file, "--data", folder.root, *words)[0] == 0
    assert BlobStore(folder.blobs, key=key).damaged() == []
    again = tmp_path / "again"
    assert _call(capsys, "backup", again, "--data", folder.root, *words[:2])[0] == 2
    assert _call(capsys, "backup", again, "--data", folder.root, *words)[0] == 0


@pytest.mark.parametrize("name", ["backup", "verify-backup", "restore", "audit", "export-patient", "erase-patient"])
def test_help_ends_with_an_example(capsys, name):
    code, out, _ = _call(capsys, name, "--help")
    assert code == 0
    assert out.rstrip().splitlines()[-1].strip().startswith(f"colonnade records {name} ")
    assert "--passphrase " not in out, "a secret on a command line is seen by everybody on the machine"


@pytest.mark.parametrize("words", ["import colonnade", "import colonnade.cli.main", "import colonnade.records"])
def test_what_needs_no_database_loads_none(words):
    """Everybody else would pay for it, and could not start without the extra."""
    code = f"import sys\n{words}\nassert not {{'sqlalchemy', 'alembic', 'argon2', 'psycopg'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
