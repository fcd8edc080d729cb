"""Files by their content: whole or not at all, and any damage shows; the data folder and its lock."""

import os
import stat
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from colonnade.errors import BadInput
from colonnade.records.base import NotFound, open_database
from colonnade.records.blobs import BlobStore, DamagedBlob, make_key, read_key
from colonnade.records.folder import StorageTrouble, clear_errors, open_folder, serving, written_whole

CONTENT = bytes(range(256)) * 3


@pytest.fixture(params=["plain", "sealed"])
def store(request, folder):
    return BlobStore(folder.blobs, key=AESGCM.generate_key(256) if request.param == "sealed" else None)


def _file(store, name):
    (path,) = store.root.glob(f"??/{name}*")
    return path


def test_what_is_put_is_what_is_got(store):
    for content in (b"", b"x", CONTENT):
        name = store.put(content)
        assert store.put(content) == name
        assert store.get(name) == content
        assert store.has(name)
    assert len(list(store.names())) == 3
    assert store.damaged() == []
    assert stat.S_IMODE(_file(store, name).stat().st_mode) == 0o600


def test_a_sealed_file_does_not_show_its_content(folder):
    store = BlobStore(folder.blobs, key=AESGCM.generate_key(256))
    name = store.put(CONTENT)
    assert CONTENT[:32] not in _file(store, name).read_bytes()
    for other in (BlobStore(folder.blobs), BlobStore(folder.blobs, key=AESGCM.generate_key(256))):
        with pytest.raises(DamagedBlob):
            other.get(name)


def test_a_file_cut_off_at_any_byte_is_noticed(store):
    name = store.put(CONTENT)
    path = _file(store, name)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DamagedBlob):
            store.get(name)
    path.write_bytes(whole + b"x")
    with pytest.raises(DamagedBlob):
        store.get(name)
    path.write_bytes(whole)
    assert store.get(name) == CONTENT


def test_any_changed_byte_is_noticed(store):
    name = store.put(CONTENT[:64])
    path = _file(store, name)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(DamagedBlob):
            store.get(name)
    assert store.damaged() == [name]


def test_putting_it_again_mends_a_damaged_file(store):
    name = store.put(CONTENT)
    _file(store, name).write_bytes(b"")
    assert store.put(CONTENT) == name
    assert store.get(name) == CONTENT


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "0" * 63, "0" * 65, "G" * 64, "0" * 64 + "\n", "0" * 64]
)
def test_no_other_name_becomes_a_path(store, name):
    with pytest.raises(NotFound):
        store.get(name)


def test_removing_and_sweeping(store):
    name = store.put(CONTENT)
    half = _file(store, name).with_name(".partial-abc")
    half.write_bytes(b"half")
    assert store.sweep() == 0, "a young one may be in use"
    assert store.sweep(older_than_s=0) == 1
    assert not half.exists()
    store.remove(name)
    store.remove(name)
    assert not store.has(name)
    assert list(store.names()) == []


def test_a_key_file_is_made_once_and_read_strictly(tmp_path):
    path = tmp_path / "blobs.key"
    key = make_key(path)
    assert read_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(StorageTrouble):
        make_key(path)
    for bad in ("", "00", "zz" * 32):
        path.write_text(bad)
        with pytest.raises(BadInput):
            read_key(path)
    with pytest.raises(BadInput):
        read_key(tmp_path / "none")


# --- the folder -----------------------------------------------------------------------------------------------------
def test_the_folder_is_for_its_owner_only(tmp_path):
    (tmp_path / "data").mkdir(mode=0o755)
    folder = open_folder(tmp_path / "data")
    for path in (folder.root, folder.blobs, folder.runs, folder.backups, folder.keys):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert open_folder(tmp_path / "data") == folder


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "data").write_text("x")
    with pytest.raises(BadInput, match="data folder"):
        open_folder(tmp_path / "data")


def test_one_server_on_a_folder(folder):
    with serving(folder), pytest.raises(BadInput, match=f"process {os.getpid()}"), serving(folder):
        pass
    with serving(folder):
        pass


def test_the_lock_goes_with_a_killed_server(folder):
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\nfrom colonnade.records.folder import open_folder, serving\n"
            "with serving(open_folder(sys.argv[1])):\n print('held', flush=True)\n time.sleep(60)",
            str(folder.root),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "held\n"
    with pytest.raises(BadInput, match=f"process {child.pid}"), serving(folder):
        pass
    child.kill()
    child.wait()
    child.stdout.close()
    with serving(folder):
        pass


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    def fail():
        with written_whole(tmp_path / "file") as handle:
            os.write(handle, b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []
    with written_whole(tmp_path / "file") as handle:
        os.write(handle, b"whole")
    assert (tmp_path / "file").read_bytes() == b"whole"


@pytest.mark.parametrize(
    ("number", "words"),
    [("ENOSPC", "is full"), ("EDQUOT", "is full"), ("EROFS", "read-only"), ("EIO", "did not take it")],
)
def test_an_error_of_the_disk_is_one_clear_sentence(number, words):
    import errno

    with pytest.raises(StorageTrouble, match=words), clear_errors("saving a photograph"):
        raise OSError(getattr(errno, number), "in the words of the system")


# --- addresses ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "where",
    [
        "mysql://root@localhost/x",
        "nonsense://",
        "://",
        "postgresql://nobody:geheim@/none?host=/nowhere",
        "/nowhere/at/all.db",
    ],
)
def test_a_database_that_does_not_open_says_so_without_the_password(where):
    with pytest.raises(BadInput, match="database") as refused:
        open_database(where)
    assert "geheim" not in str(refused.value)


def test_an_error_of_the_database_does_not_print_what_people_typed(database):
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    with pytest.raises(DBAPIError) as refused, database.session() as db:
        db.execute(text("INSERT INTO patients (id, family_name) VALUES (:id, :name)"), {"id": "x", "name": "Geheim"})
    assert "Geheim" not in str(refused.value).partition("DETAIL")[0]
