"""rehearsals on the virtual laser."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "training_records",
        sa.Column("statement", sa.String(length=80), nullable=False),
        sa.Column("plan_id", sa.String(length=32), nullable=False),
        sa.Column("plan_sha256", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("mode", sa.String(length=12), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("speed", sa.Float(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.Column("started_by", sa.String(length=32), nullable=False),
        sa.Column("ended", sa.String(length=20), nullable=False),
        sa.Column("columns_planned", sa.Integer(), nullable=False),
        sa.Column("columns_fired", sa.Integer(), nullable=False),
        sa.Column("columns_unknown", sa.Integer(), nullable=False),
        sa.Column("as_planned", sa.Boolean(), nullable=False),
        sa.Column("document_blob", sa.String(length=64), nullable=False),
        sa.Column("shots_blob", sa.String(length=64), nullable=False),
        sa.Column("log_blob", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.CheckConstraint(
            "statement = 'Virtual laser: no patient was treated.'", name=op.f("ck_training_records_nobody_treated")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_training_records_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_records")),
    )
    with op.batch_alter_table("training_records", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_training_records_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_training_records_plan_id"), ["plan_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_training_records_started_at"), ["started_at"], unique=False)
