"""Schema versions (Alembic). Called by ``Database.upgrade``; there is no alembic.ini."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine


def config() -> Config:
    """The configuration that a test or a developer hands to Alembic."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    return settings


def revisions() -> list[str]:
    """All revisions, the oldest first."""
    script = ScriptDirectory.from_config(config())
    return [r.revision for r in script.walk_revisions()][::-1]


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema up, in one transaction: it arrives whole or not at all."""
    settings = config()
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)


def current(engine: Engine) -> str | None:
    """The revision the schema stands at."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
