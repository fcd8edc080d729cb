"""A PostgreSQL of the tests' own, which must be there: nothing is skipped for want of one.

Loaded by the conftest.py of all tests, so that those of the records and of the workstation share one cluster.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


def _programs():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if found:
        return found[-1]
    if shutil.which("initdb"):
        return Path(shutil.which("initdb")).parent
    pytest.fail("PostgreSQL is not installed: run scripts/debian-packages")


@pytest.fixture(scope="session")
def cluster():
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
def new_postgresql(cluster):
    """Makes an empty database, or a copy of a template, and gives its address."""
    names = iter(range(1_000_000))
    where = f"host={cluster['folder']} user={cluster['user']}"

    import psycopg

    def make(template="template0"):
        name = f"test_{os.getpid()}_{next(names)}"
        with psycopg.connect(f"{where} dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return f"postgresql://{cluster['user']}@/{name}?host={cluster['folder']}"

    return make


def drop(address, cluster):
    """Delete the database behind an address that ``new_postgresql`` gave."""
    import psycopg

    name = name_of(address)
    with psycopg.connect(
        f"host={cluster['folder']} user={cluster['user']} dbname=postgres", autocommit=True
    ) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def name_of(address):
    return str(address).partition("@/")[2].partition("?")[0]
