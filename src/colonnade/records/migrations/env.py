"""Alembic's entry point: the connection is handed over by ``migrations.upgrade``, nothing is read from a file."""

from __future__ import annotations

from alembic import context

from colonnade.records.rows import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
