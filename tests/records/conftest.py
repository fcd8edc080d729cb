"""The same tests on SQLite and on a PostgreSQL of their own, which must be there: nothing here is skipped."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from colonnade.records.base import open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import open_folder
from tests.records import clinic


def _programs():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if found:
        return found[-1]
    if shutil.which("initdb"):
        return Path(shutil.which("initdb")).parent
    pytest.fail("PostgreSQL is not installed: run scripts/debian-packages")


@pytest.fixture(scope="session")
def server():
    """A cluster in a temporary folder, reached through a socket in that folder; gone at the end."""
    programs = _programs()
    # in memory where there is room: nothing in it outlives the tests
    memory = Path("/dev/shm")  # noqa: S108
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2 << 30
    root = Path(tempfile.mkdtemp(prefix="colonnade-pg-", dir=memory if roomy else None))
    data = root / "data"
    # initdb and the server refuse to run as root
    prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if prefix:
        shutil.chown(root, "postgres")
    user = "postgres" if prefix else os.environ.get("USER", "postgres")

    def run(program, *words):
        done = subprocess.run([*prefix, str(programs / program), *words], capture_output=True, text=True, cwd=root)
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    run("initdb", "-D", str(data), "-A", "trust", "-U", user, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    # nothing in it outlives the tests, so nothing needs to reach the disk
    options = f"-c listen_addresses='' -c unix_socket_directories={root} -c fsync=off -c shared_buffers=16MB"
    try:
        run("pg_ctl", "-D", str(data), "-l", str(root / "log"), "-o", options, "-w", "start")
        yield {"user": user, "folder": root, "run": run, "programs": programs, "prefix": prefix}
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def new_postgresql(server):
    """Makes an empty database, or a copy of a template, and gives its address."""
    names = iter(range(1_000_000))
    where = f"host={server['folder']} user={server['user']}"

    def make(template="template0"):
        name = f"test_{os.getpid()}_{next(names)}"
        with psycopg.connect(f"{where} dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return f"postgresql://{server['user']}@/{name}?host={server['folder']}"

    return make


def _drop(address, server):
    name = _name(address)
    with psycopg.connect(
        f"host={server['folder']} user={server['user']} dbname=postgres", autocommit=True
    ) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _name(address):
    return str(address).partition("@/")[2].partition("?")[0]


@pytest.fixture(scope="session")
def upgraded(request, tmp_path_factory):
    """What a test copies instead of running the migrations again: gives ``make(dialect) -> address``."""
    templates = {}

    def make(dialect, folder):
        if dialect not in templates:
            where = (
                tmp_path_factory.mktemp("template") / "colonnade.db"
                if dialect == "sqlite"
                else request.getfixturevalue("new_postgresql")()
            )
            database = open_database(where)
            database.upgrade()
            database.close()
            templates[dialect] = where
        if dialect == "sqlite":
            shutil.copyfile(templates[dialect], folder / "colonnade.db")
            return folder / "colonnade.db"
        return request.getfixturevalue("new_postgresql")(_name(templates[dialect]))

    return make


@pytest.fixture
def folder(tmp_path):
    return open_folder(tmp_path / "data")


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request):
    return request.param


@pytest.fixture
def database(dialect, upgraded, folder, request):
    """An empty database with today's schema."""
    where = upgraded(dialect, folder.root)
    server = request.getfixturevalue("server") if dialect == "postgresql" else None
    database = open_database(where)
    yield database
    database.close()
    if server:
        _drop(where, server)


@pytest.fixture
def sqlite(upgraded, folder):
    """The same, on SQLite only: for what concerns its file."""
    database = open_database(upgraded("sqlite", folder.root))
    yield database
    database.close()


@pytest.fixture
def postgresql(upgraded, folder):
    """The same, on PostgreSQL only."""
    database = open_database(upgraded("postgresql", folder.root))
    yield database
    database.close()


@pytest.fixture
def blobs(folder):
    return BlobStore(folder.blobs)


@pytest.fixture
def staff(database):
    """One account of each role; the password hash is the same for all, so that it is computed once."""
    return clinic.staff(database)
