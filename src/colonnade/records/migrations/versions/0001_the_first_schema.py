"""the first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

# A new entry must be the next one and name the hash before it: INSERT OR REPLACE cannot take an old one's place.
SQLITE = (
    """CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit_entries
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit_entries
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER audit_next_only BEFORE INSERT ON audit_entries
       WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_entries)
         OR NEW.prev_hash <> coalesce((SELECT hash FROM audit_entries ORDER BY seq DESC LIMIT 1), NEW.prev_hash)
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
)
POSTGRESQL = (
    """CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF TG_OP = 'INSERT' AND NEW.seq = (SELECT coalesce(max(seq), 0) + 1 FROM audit_entries)
            AND NEW.prev_hash = coalesce((SELECT hash FROM audit_entries ORDER BY seq DESC LIMIT 1), NEW.prev_hash)
         THEN RETURN NEW; END IF;
         RAISE EXCEPTION 'the audit log is append-only';
       END $$""",
    """CREATE TRIGGER audit_rows BEFORE INSERT OR UPDATE OR DELETE ON audit_entries
       FOR EACH ROW EXECUTE FUNCTION audit_append_only()""",
    """CREATE TRIGGER audit_table BEFORE TRUNCATE ON audit_entries
       FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()""",
)


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("login", sa.String(length=80), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("credentialed", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("totp_secret", sa.String(length=64), nullable=True),
        sa.Column("totp_confirmed", sa.Boolean(), nullable=False),
        sa.Column("totp_last_step", sa.Integer(), nullable=False),
        sa.Column("preferences", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("password_changed_at", MOMENT, nullable=False),
        sa.Column("password_is_first", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("login", name=op.f("uq_accounts_login")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=80), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=80), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_patient_id"), ["patient_id"], unique=False)

    op.create_table(
        "device_units",
        sa.Column("device_id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("serial", sa.String(length=80), nullable=False),
        sa.Column("installed_on", sa.Date(), nullable=True),
        sa.Column("last_service_on", sa.Date(), nullable=True),
        sa.Column("service_due_on", sa.Date(), nullable=True),
        sa.Column("commissioned_on", sa.Date(), nullable=True),
        sa.Column("commissioning_ends_on", sa.Date(), nullable=True),
        sa.Column("profile_sha256", sa.String(length=64), nullable=False),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_units")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=80), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "jobs",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("requested_by", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("inputs", JSON, nullable=False),
        sa.Column("inputs_sha256", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=160), nullable=True),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("phase", sa.String(length=80), nullable=False),
        sa.Column("result_sha256", sa.String(length=64), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("rerun_of", sa.String(length=32), nullable=False),
        sa.Column("server_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_jobs_idempotency_key")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_jobs_inputs_sha256"), ["inputs_sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_jobs_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_jobs_requested_by"), ["requested_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_jobs_state"), ["state"], unique=False)

    op.create_table(
        "laser_safety_log",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("device_unit_id", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("items", JSON, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("corrects", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_laser_safety_log")),
    )
    with op.batch_alter_table("laser_safety_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_laser_safety_log_device_unit_id"), ["device_unit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_laser_safety_log_kind"), ["kind"], unique=False)

    op.create_table(
        "login_attempts",
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("login_hash", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempts")),
    )
    with op.batch_alter_table("login_attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_attempts_address"), ["address"], unique=False)
        batch_op.create_index(batch_op.f("ix_login_attempts_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_login_attempts_login_hash"), ["login_hash"], unique=False)

    op.create_table(
        "patients",
        sa.Column("pseudonym", sa.String(length=12), nullable=False),
        sa.Column("family_name", sa.String(length=200), nullable=False),
        sa.Column("given_name", sa.String(length=200), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("sex", sa.String(length=20), nullable=False),
        sa.Column("record_number", sa.String(length=80), nullable=False),
        sa.Column("telephone", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("phototype", sa.String(length=4), nullable=False),
        sa.Column("alerts", JSON, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=True),
        sa.Column("legal_hold", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_patients_pseudonym")),
    )
    with op.batch_alter_table("patients", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patients_record_number"), ["record_number"], unique=False)

    op.create_table(
        "product_lots",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("product", sa.String(length=200), nullable=False),
        sa.Column("lot", sa.String(length=80), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_lots")),
    )
    with op.batch_alter_table("product_lots", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_product_lots_lot"), ["lot"], unique=False)

    op.create_table(
        "tombstones",
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("erased_at", MOMENT, nullable=False),
        sa.Column("erased_by", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_tombstones")),
    )
    op.create_table(
        "adverse_events",
        sa.Column("treatment_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("onset_day", sa.Integer(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("resolved_on", sa.Date(), nullable=True),
        sa.Column("reported_at", MOMENT, nullable=False),
        sa.Column("reported_by", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_adverse_events_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adverse_events")),
    )
    with op.batch_alter_table("adverse_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_adverse_events_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_adverse_events_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_adverse_events_treatment_id"), ["treatment_id"], unique=False)

    op.create_table(
        "api_tokens",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_api_tokens_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    with op.batch_alter_table("api_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_tokens_account_id"), ["account_id"], unique=False)

    op.create_table(
        "approvals",
        sa.Column("plan_id", sa.String(length=32), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("voided_at", MOMENT, nullable=True),
        sa.Column("void_reason", sa.String(length=80), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_approvals_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_approvals_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_approvals_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "case_drafts",
        sa.Column("condition_id", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("case", JSON, nullable=False),
        sa.Column("drawing", JSON, nullable=False),
        sa.Column("site_confirmed_at", MOMENT, nullable=True),
        sa.Column("site_confirmed_by", sa.String(length=32), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("updated_by", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_case_drafts_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_drafts")),
    )
    with op.batch_alter_table("case_drafts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_drafts_condition_id"), ["condition_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_drafts_patient_id"), ["patient_id"], unique=False)

    op.create_table(
        "check_ins",
        sa.Column("treatment_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("result", JSON, nullable=False),
        sa.Column("tier", sa.String(length=4), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("reviewed_at", MOMENT, nullable=True),
        sa.Column("reviewed_by", sa.String(length=32), nullable=False),
        sa.Column("review_note", sa.Text(), nullable=False),
        sa.Column("contacted", sa.Boolean(), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_check_ins_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_ins")),
    )
    with op.batch_alter_table("check_ins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_check_ins_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_check_ins_tier"), ["tier"], unique=False)
        batch_op.create_index(batch_op.f("ix_check_ins_treatment_id"), ["treatment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_check_ins_urgency"), ["urgency"], unique=False)

    op.create_table(
        "conditions",
        sa.Column("indication", sa.String(length=80), nullable=False),
        sa.Column("site", sa.String(length=80), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("diagnosis", sa.Text(), nullable=False),
        sa.Column("since", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_conditions_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conditions")),
    )
    with op.batch_alter_table("conditions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conditions_patient_id"), ["patient_id"], unique=False)

    op.create_table(
        "consents",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("form", sa.String(length=80), nullable=False),
        sa.Column("form_version", sa.String(length=40), nullable=False),
        sa.Column("form_sha256", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("signed_by", sa.String(length=200), nullable=False),
        sa.Column("relation", sa.String(length=40), nullable=False),
        sa.Column("signature_blob", sa.String(length=64), nullable=False),
        sa.Column("taken_by", sa.String(length=32), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("revoked_by", sa.String(length=32), nullable=False),
        sa.Column("revoke_reason", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_consents_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consents_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_consents_patient_id"), ["patient_id"], unique=False)

    op.create_table(
        "data_folders",
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_folders")),
    )
    op.create_table(
        "device_events",
        sa.Column("device_unit_id", sa.String(length=32), nullable=False),
        sa.Column("handpiece_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("next_due_on", sa.Date(), nullable=True),
        sa.Column("done_by", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("profile_sha256", sa.String(length=64), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["device_unit_id"], ["device_units.id"], name=op.f("fk_device_events_device_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_events")),
    )
    with op.batch_alter_table("device_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_events_device_unit_id"), ["device_unit_id"], unique=False)

    op.create_table(
        "earlier_versions",
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("replaced_at", MOMENT, nullable=False),
        sa.Column("replaced_by", sa.String(length=32), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_earlier_versions_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earlier_versions")),
    )
    with op.batch_alter_table("earlier_versions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_earlier_versions_object_id"), ["object_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_earlier_versions_patient_id"), ["patient_id"], unique=False)

    op.create_table(
        "handpieces",
        sa.Column("device_unit_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("serial", sa.String(length=80), nullable=False),
        sa.Column("spot_um", sa.Float(), nullable=True),
        sa.Column("last_service_on", sa.Date(), nullable=True),
        sa.Column("service_due_on", sa.Date(), nullable=True),
        sa.Column("commissioned_on", sa.Date(), nullable=True),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["device_unit_id"], ["device_units.id"], name=op.f("fk_handpieces_device_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handpieces")),
    )
    with op.batch_alter_table("handpieces", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handpieces_device_unit_id"), ["device_unit_id"], unique=False)

    op.create_table(
        "invitations",
        sa.Column("treatment_id", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_invitations_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitations_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitations_treatment_id"), ["treatment_id"], unique=False)

    op.create_table(
        "lot_uses",
        sa.Column("treatment_id", sa.String(length=32), nullable=False),
        sa.Column("lot_id", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.String(length=80), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_lot_uses_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_uses")),
    )
    with op.batch_alter_table("lot_uses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lot_uses_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lot_uses_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lot_uses_treatment_id"), ["treatment_id"], unique=False)

    op.create_table(
        "observations",
        sa.Column("treatment_id", sa.String(length=32), nullable=False),
        sa.Column("zone", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("method", sa.String(length=200), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("observed_by", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_observations_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observations")),
    )
    with op.batch_alter_table("observations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_observations_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_observations_treatment_id"), ["treatment_id"], unique=False)

    op.create_table(
        "photos",
        sa.Column("condition_id", sa.String(length=32), nullable=False),
        sa.Column("treatment_id", sa.String(length=32), nullable=False),
        sa.Column("check_in_id", sa.String(length=32), nullable=False),
        sa.Column("pose", sa.String(length=20), nullable=False),
        sa.Column("site", sa.String(length=80), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("added_by", sa.String(length=32), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("scale_um_px", sa.Float(), nullable=True),
        sa.Column("colour_card", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_photos_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photos")),
    )
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_photos_check_in_id"), ["check_in_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_photos_condition_id"), ["condition_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_photos_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_photos_treatment_id"), ["treatment_id"], unique=False)

    op.create_table(
        "plan_versions",
        sa.Column("draft_id", sa.String(length=32), nullable=False),
        sa.Column("draft_revision", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("device_id", sa.String(length=80), nullable=False),
        sa.Column("plan_blob", sa.String(length=64), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        sa.Column("outdated_at", MOMENT, nullable=True),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_plan_versions_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_versions")),
    )
    with op.batch_alter_table("plan_versions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_versions_content_sha256"), ["content_sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_versions_draft_id"), ["draft_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_versions_patient_id"), ["patient_id"], unique=False)

    op.create_table(
        "questionnaire_answers",
        sa.Column("questionnaire", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.Column("replaces", sa.String(length=32), nullable=False),
        sa.Column("replaced_at", MOMENT, nullable=True),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_questionnaire_answers_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_answers")),
    )
    with op.batch_alter_table("questionnaire_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_questionnaire_answers_patient_id"), ["patient_id"], unique=False)

    op.create_table(
        "recalls",
        sa.Column("condition_id", sa.String(length=32), nullable=False),
        sa.Column("treatment_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_recalls_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recalls")),
    )
    with op.batch_alter_table("recalls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recalls_due_on"), ["due_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_recalls_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_recalls_state"), ["state"], unique=False)

    op.create_table(
        "recovery_codes",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_recovery_codes_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
    )
    with op.batch_alter_table("recovery_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_codes_account_id"), ["account_id"], unique=False)

    op.create_table(
        "scores",
        sa.Column("condition_id", sa.String(length=32), nullable=False),
        sa.Column("treatment_id", sa.String(length=32), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("better", sa.String(length=10), nullable=False),
        sa.Column("items", JSON, nullable=False),
        sa.Column("scored_on", sa.Date(), nullable=False),
        sa.Column("scored_by", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_scores_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scores")),
    )
    with op.batch_alter_table("scores", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scores_condition_id"), ["condition_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_scores_instrument"), ["instrument"], unique=False)
        batch_op.create_index(batch_op.f("ix_scores_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_scores_treatment_id"), ["treatment_id"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("id_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("second_factor", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id")),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_account_id"), ["account_id"], unique=False)

    op.create_table(
        "test_spots",
        sa.Column("condition_id", sa.String(length=32), nullable=False),
        sa.Column("site", sa.String(length=80), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("device_unit_id", sa.String(length=32), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("read_due", sa.Date(), nullable=False),
        sa.Column("done_by", sa.String(length=32), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=True),
        sa.Column("read_by", sa.String(length=32), nullable=False),
        sa.Column("result", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_test_spots_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_spots")),
    )
    with op.batch_alter_table("test_spots", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_test_spots_condition_id"), ["condition_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_test_spots_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_test_spots_read_due"), ["read_due"], unique=False)

    op.create_table(
        "time_outs",
        sa.Column("plan_id", sa.String(length=32), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("device_unit_id", sa.String(length=32), nullable=False),
        sa.Column("items", JSON, nullable=False),
        sa.Column("present", JSON, nullable=False),
        sa.Column("done_at", MOMENT, nullable=False),
        sa.Column("done_by", sa.String(length=32), nullable=False),
        sa.Column("voided_at", MOMENT, nullable=True),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_time_outs_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_outs")),
    )
    with op.batch_alter_table("time_outs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_time_outs_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_time_outs_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "treatment_passes",
        sa.Column("treatment_id", sa.String(length=32), nullable=False),
        sa.Column("zone", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("panel", JSON, nullable=False),
        sa.Column("planned_panel", JSON, nullable=False),
        sa.Column("deviations", JSON, nullable=False),
        sa.Column("columns_planned", sa.Integer(), nullable=True),
        sa.Column("columns_fired", sa.Integer(), nullable=True),
        sa.Column("columns_unknown", sa.Integer(), nullable=True),
        sa.Column("energy_planned_mj", sa.Float(), nullable=True),
        sa.Column("energy_delivered_mj", sa.Float(), nullable=True),
        sa.Column("area_cm2", sa.Float(), nullable=True),
        sa.Column("endpoint", sa.String(length=200), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_treatment_passes_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_treatment_passes")),
    )
    with op.batch_alter_table("treatment_passes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_treatment_passes_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_treatment_passes_treatment_id"), ["treatment_id"], unique=False)

    op.create_table(
        "treatments",
        sa.Column("condition_id", sa.String(length=32), nullable=False),
        sa.Column("plan_id", sa.String(length=32), nullable=False),
        sa.Column("time_out_id", sa.String(length=32), nullable=False),
        sa.Column("device_unit_id", sa.String(length=32), nullable=False),
        sa.Column("handpiece_id", sa.String(length=32), nullable=False),
        sa.Column("treated_on", sa.Date(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("operator_id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("virtual", sa.Boolean(), nullable=False),
        sa.Column("delivered_blob", sa.String(length=64), nullable=False),
        sa.Column("phototype", sa.String(length=4), nullable=False),
        sa.Column("anaesthesia", JSON, nullable=False),
        sa.Column("cooling", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("care", JSON, nullable=False),
        sa.Column("care_plan_blob", sa.String(length=64), nullable=False),
        sa.Column("contact_days", JSON, nullable=False),
        sa.Column("deviations", JSON, nullable=False),
        sa.Column("signed_at", MOMENT, nullable=True),
        sa.Column("signed_by", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_treatments_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_treatments")),
    )
    with op.batch_alter_table("treatments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_treatments_condition_id"), ["condition_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_treatments_device_unit_id"), ["device_unit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_treatments_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_treatments_plan_id"), ["plan_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_treatments_treated_on"), ["treated_on"], unique=False)
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
