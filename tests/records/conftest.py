"""The same tests on SQLite and on a PostgreSQL of their own, which must be there: nothing here is skipped."""

import shutil

import pytest

from colonnade.records.base import open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import open_folder
from tests.records import clinic
from tests.support.postgresql import drop, name_of


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
        return request.getfixturevalue("new_postgresql")(name_of(templates[dialect]))

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
    cluster = request.getfixturevalue("cluster") if dialect == "postgresql" else None
    database = open_database(where)
    yield database
    database.close()
    if cluster:
        drop(where, cluster)


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
