SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE FUNCTION public.audit_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
       BEGIN
         IF TG_OP = 'INSERT' AND NEW.seq = (SELECT coalesce(max(seq), 0) + 1 FROM audit_entries)
            AND NEW.prev_hash = coalesce((SELECT hash FROM audit_entries ORDER BY seq DESC LIMIT 1), NEW.prev_hash)
         THEN RETURN NEW; END IF;
         RAISE EXCEPTION 'the audit log is append-only';
       END $$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.accounts (
    login character varying(80) NOT NULL,
    display_name character varying(200) NOT NULL,
    role character varying(20) NOT NULL,
    credentialed boolean NOT NULL,
    active boolean NOT NULL,
    password_hash text NOT NULL,
    totp_secret character varying(64),
    totp_confirmed boolean NOT NULL,
    totp_last_step integer NOT NULL,
    preferences jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    password_changed_at timestamp with time zone NOT NULL,
    password_is_first boolean NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.adverse_events (
    treatment_id character varying(32) NOT NULL,
    kind character varying(40) NOT NULL,
    severity character varying(10) NOT NULL,
    onset_day integer,
    description text NOT NULL,
    outcome text NOT NULL,
    resolved_on date,
    reported_at timestamp with time zone NOT NULL,
    reported_by character varying(32) NOT NULL,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    revision integer NOT NULL
);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.api_tokens (
    account_id character varying(32) NOT NULL,
    name character varying(80) NOT NULL,
    token_hash character varying(64) NOT NULL,
    scopes jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    id character varying(32) NOT NULL
);
CREATE TABLE public.approvals (
    plan_id character varying(32) NOT NULL,
    decision character varying(12) NOT NULL,
    content_sha256 character varying(64) NOT NULL,
    account_id character varying(32) NOT NULL,
    name character varying(200) NOT NULL,
    role character varying(20) NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    comment text NOT NULL,
    voided_at timestamp with time zone,
    void_reason character varying(80) NOT NULL,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.audit_entries (
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_id character varying(80) NOT NULL,
    role character varying(20) NOT NULL,
    verb character varying(20) NOT NULL,
    object_type character varying(40) NOT NULL,
    object_id character varying(80) NOT NULL,
    patient_id character varying(32) NOT NULL,
    request_id character varying(80) NOT NULL,
    details text NOT NULL,
    prev_hash character varying(64) NOT NULL,
    hash character varying(64) NOT NULL
);
CREATE TABLE public.case_drafts (
    condition_id character varying(32) NOT NULL,
    title character varying(200) NOT NULL,
    "case" jsonb NOT NULL,
    drawing jsonb NOT NULL,
    site_confirmed_at timestamp with time zone,
    site_confirmed_by character varying(32) NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    updated_by character varying(32) NOT NULL,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    revision integer NOT NULL
);
CREATE TABLE public.check_ins (
    treatment_id character varying(32) NOT NULL,
    day integer NOT NULL,
    answered_at timestamp with time zone NOT NULL,
    source character varying(10) NOT NULL,
    entered_by character varying(32) NOT NULL,
    answers jsonb NOT NULL,
    result jsonb NOT NULL,
    tier character varying(4) NOT NULL,
    urgency integer NOT NULL,
    reviewed_at timestamp with time zone,
    reviewed_by character varying(32) NOT NULL,
    review_note text NOT NULL,
    contacted boolean NOT NULL,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.conditions (
    indication character varying(80) NOT NULL,
    site character varying(80) NOT NULL,
    side character varying(10) NOT NULL,
    diagnosis text NOT NULL,
    since character varying(80) NOT NULL,
    note text NOT NULL,
    closed_on date,
    created_at timestamp with time zone NOT NULL,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    revision integer NOT NULL
);
CREATE TABLE public.consents (
    kind character varying(20) NOT NULL,
    form character varying(80) NOT NULL,
    form_version character varying(40) NOT NULL,
    form_sha256 character varying(64) NOT NULL,
    language character varying(20) NOT NULL,
    given_at timestamp with time zone NOT NULL,
    signed_by character varying(200) NOT NULL,
    relation character varying(40) NOT NULL,
    signature_blob character varying(64) NOT NULL,
    taken_by character varying(32) NOT NULL,
    valid_until date,
    revoked_at timestamp with time zone,
    revoked_by character varying(32) NOT NULL,
    revoke_reason text NOT NULL,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.data_folders (
    since timestamp with time zone NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.device_events (
    device_unit_id character varying(32) NOT NULL,
    handpiece_id character varying(32) NOT NULL,
    kind character varying(20) NOT NULL,
    done_on date NOT NULL,
    next_due_on date,
    done_by character varying(200) NOT NULL,
    note text NOT NULL,
    profile_sha256 character varying(64) NOT NULL,
    entered_by character varying(32) NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.device_units (
    device_id character varying(80) NOT NULL,
    name character varying(120) NOT NULL,
    serial character varying(80) NOT NULL,
    installed_on date,
    last_service_on date,
    service_due_on date,
    commissioned_on date,
    commissioning_ends_on date,
    profile_sha256 character varying(64) NOT NULL,
    retired_on date,
    id character varying(32) NOT NULL
);
CREATE TABLE public.earlier_versions (
    object_type character varying(40) NOT NULL,
    object_id character varying(32) NOT NULL,
    revision integer NOT NULL,
    replaced_at timestamp with time zone NOT NULL,
    replaced_by character varying(32) NOT NULL,
    content jsonb NOT NULL,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.handpieces (
    device_unit_id character varying(32) NOT NULL,
    name character varying(120) NOT NULL,
    serial character varying(80) NOT NULL,
    spot_um double precision,
    last_service_on date,
    service_due_on date,
    commissioned_on date,
    retired_on date,
    id character varying(32) NOT NULL
);
CREATE TABLE public.idempotency_keys (
    key_hash character varying(64) NOT NULL,
    request_sha256 character varying(64) NOT NULL,
    object_type character varying(40) NOT NULL,
    object_id character varying(80) NOT NULL,
    made_at timestamp with time zone NOT NULL
);
CREATE TABLE public.invitations (
    treatment_id character varying(32) NOT NULL,
    token_hash character varying(64) NOT NULL,
    made_at timestamp with time zone NOT NULL,
    made_by character varying(32) NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.jobs (
    kind character varying(40) NOT NULL,
    state character varying(12) NOT NULL,
    requested_by character varying(32) NOT NULL,
    patient_id character varying(32) NOT NULL,
    inputs jsonb NOT NULL,
    inputs_sha256 character varying(64) NOT NULL,
    idempotency_key character varying(160),
    progress double precision NOT NULL,
    phase character varying(80) NOT NULL,
    result_sha256 character varying(64) NOT NULL,
    error text NOT NULL,
    rerun_of character varying(32) NOT NULL,
    server_id character varying(32) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    id character varying(32) NOT NULL
);
CREATE TABLE public.laser_safety_log (
    kind character varying(20) NOT NULL,
    device_unit_id character varying(32) NOT NULL,
    at timestamp with time zone NOT NULL,
    entered_by character varying(32) NOT NULL,
    passed boolean NOT NULL,
    items jsonb NOT NULL,
    note text NOT NULL,
    corrects character varying(32) NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.login_attempts (
    at timestamp with time zone NOT NULL,
    login_hash character varying(64) NOT NULL,
    address character varying(64) NOT NULL,
    succeeded boolean NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.lot_uses (
    treatment_id character varying(32) NOT NULL,
    lot_id character varying(32) NOT NULL,
    amount character varying(80) NOT NULL,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.observations (
    treatment_id character varying(32) NOT NULL,
    zone character varying(80) NOT NULL,
    name character varying(80) NOT NULL,
    value double precision NOT NULL,
    method character varying(200) NOT NULL,
    observed_on date NOT NULL,
    observed_by character varying(32) NOT NULL,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.patients (
    pseudonym character varying(12) NOT NULL,
    family_name character varying(200) NOT NULL,
    given_name character varying(200) NOT NULL,
    birth_date date,
    sex character varying(20) NOT NULL,
    record_number character varying(80) NOT NULL,
    telephone character varying(80) NOT NULL,
    email character varying(200) NOT NULL,
    language character varying(20) NOT NULL,
    phototype character varying(4) NOT NULL,
    alerts jsonb NOT NULL,
    note text NOT NULL,
    synthetic boolean NOT NULL,
    retain_until date,
    legal_hold boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    id character varying(32) NOT NULL,
    revision integer NOT NULL
);
CREATE TABLE public.photos (
    condition_id character varying(32) NOT NULL,
    treatment_id character varying(32) NOT NULL,
    check_in_id character varying(32) NOT NULL,
    pose character varying(20) NOT NULL,
    site character varying(80) NOT NULL,
    side character varying(10) NOT NULL,
    day integer,
    taken_at timestamp with time zone NOT NULL,
    added_at timestamp with time zone NOT NULL,
    added_by character varying(32) NOT NULL,
    blob character varying(64) NOT NULL,
    media_type character varying(40) NOT NULL,
    width_px integer NOT NULL,
    height_px integer NOT NULL,
    scale_um_px double precision,
    colour_card boolean NOT NULL,
    note text NOT NULL,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.plan_versions (
    draft_id character varying(32) NOT NULL,
    draft_revision integer NOT NULL,
    number integer NOT NULL,
    title character varying(200) NOT NULL,
    verdict character varying(12) NOT NULL,
    device_id character varying(80) NOT NULL,
    plan_blob character varying(64) NOT NULL,
    content_sha256 character varying(64) NOT NULL,
    made_at timestamp with time zone NOT NULL,
    made_by character varying(32) NOT NULL,
    outdated_at timestamp with time zone,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.product_lots (
    kind character varying(40) NOT NULL,
    product character varying(200) NOT NULL,
    lot character varying(80) NOT NULL,
    expires_on date,
    received_on date,
    note text NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.questionnaire_answers (
    questionnaire character varying(80) NOT NULL,
    version character varying(40) NOT NULL,
    language character varying(20) NOT NULL,
    answers jsonb NOT NULL,
    answered_at timestamp with time zone NOT NULL,
    entered_by character varying(32) NOT NULL,
    replaces character varying(32) NOT NULL,
    replaced_at timestamp with time zone,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.recalls (
    condition_id character varying(32) NOT NULL,
    treatment_id character varying(32) NOT NULL,
    reason character varying(40) NOT NULL,
    due_on date NOT NULL,
    state character varying(10) NOT NULL,
    closed_on date,
    note text NOT NULL,
    made_by character varying(32) NOT NULL,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    revision integer NOT NULL
);
CREATE TABLE public.recovery_codes (
    account_id character varying(32) NOT NULL,
    code_hash character varying(64) NOT NULL,
    used_at timestamp with time zone,
    id character varying(32) NOT NULL
);
CREATE TABLE public.scores (
    condition_id character varying(32) NOT NULL,
    treatment_id character varying(32) NOT NULL,
    instrument character varying(40) NOT NULL,
    version character varying(80) NOT NULL,
    value double precision NOT NULL,
    low double precision NOT NULL,
    high double precision NOT NULL,
    better character varying(10) NOT NULL,
    items jsonb NOT NULL,
    scored_on date NOT NULL,
    scored_by character varying(32) NOT NULL,
    detail text NOT NULL,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.sessions (
    id_hash character varying(64) NOT NULL,
    account_id character varying(32) NOT NULL,
    second_factor boolean NOT NULL,
    address character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL
);
CREATE TABLE public.test_spots (
    condition_id character varying(32) NOT NULL,
    site character varying(80) NOT NULL,
    side character varying(10) NOT NULL,
    device_unit_id character varying(32) NOT NULL,
    settings jsonb NOT NULL,
    done_on date NOT NULL,
    read_due date NOT NULL,
    done_by character varying(32) NOT NULL,
    read_on date,
    read_by character varying(32) NOT NULL,
    result character varying(40) NOT NULL,
    note text NOT NULL,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    revision integer NOT NULL
);
CREATE TABLE public.time_outs (
    plan_id character varying(32) NOT NULL,
    content_sha256 character varying(64) NOT NULL,
    device_unit_id character varying(32) NOT NULL,
    items jsonb NOT NULL,
    present jsonb NOT NULL,
    done_at timestamp with time zone NOT NULL,
    done_by character varying(32) NOT NULL,
    voided_at timestamp with time zone,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.tombstones (
    patient_id character varying(32) NOT NULL,
    erased_at timestamp with time zone NOT NULL,
    erased_by character varying(32) NOT NULL,
    reason text NOT NULL,
    rows integer NOT NULL,
    files integer NOT NULL
);
CREATE TABLE public.training_records (
    statement character varying(80) NOT NULL,
    plan_id character varying(32) NOT NULL,
    plan_sha256 character varying(64) NOT NULL,
    title character varying(200) NOT NULL,
    mode character varying(12) NOT NULL,
    approved boolean NOT NULL,
    seed integer NOT NULL,
    speed double precision NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    started_by character varying(32) NOT NULL,
    ended character varying(20) NOT NULL,
    columns_planned integer NOT NULL,
    columns_fired integer NOT NULL,
    columns_unknown integer NOT NULL,
    as_planned boolean NOT NULL,
    document_blob character varying(64) NOT NULL,
    shots_blob character varying(64) NOT NULL,
    log_blob character varying(64) NOT NULL,
    id character varying(32) NOT NULL,
    patient_id character varying(32) NOT NULL,
    CONSTRAINT ck_training_records_nobody_treated CHECK (((statement)::text = 'Virtual laser: no patient was treated.'::text))
);
CREATE TABLE public.treatment_passes (
    treatment_id character varying(32) NOT NULL,
    zone character varying(80) NOT NULL,
    number integer NOT NULL,
    panel jsonb NOT NULL,
    planned_panel jsonb NOT NULL,
    deviations jsonb NOT NULL,
    columns_planned integer,
    columns_fired integer,
    columns_unknown integer,
    energy_planned_mj double precision,
    energy_delivered_mj double precision,
    area_cm2 double precision,
    endpoint character varying(200) NOT NULL,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL
);
CREATE TABLE public.treatments (
    condition_id character varying(32) NOT NULL,
    plan_id character varying(32) NOT NULL,
    time_out_id character varying(32) NOT NULL,
    device_unit_id character varying(32) NOT NULL,
    handpiece_id character varying(32) NOT NULL,
    treated_on date NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    operator_id character varying(32) NOT NULL,
    source character varying(10) NOT NULL,
    virtual boolean NOT NULL,
    delivered_blob character varying(64) NOT NULL,
    phototype character varying(4) NOT NULL,
    anaesthesia jsonb NOT NULL,
    cooling character varying(200) NOT NULL,
    note text NOT NULL,
    care jsonb NOT NULL,
    care_plan_blob character varying(64) NOT NULL,
    contact_days jsonb NOT NULL,
    deviations jsonb NOT NULL,
    signed_at timestamp with time zone,
    signed_by character varying(32) NOT NULL,
    patient_id character varying(32) NOT NULL,
    id character varying(32) NOT NULL,
    revision integer NOT NULL
);
INSERT INTO public.accounts VALUES ('viewer', 'Test Viewer', 'viewer', false, true, '$argon2id$v=19$m=65536,t=3,p=4$t3FYZ9PBBbzPPKV75Sy+fQ$RyMMp0Zl7iiJ2X/whKIAPw3/hYC6+uWSHB9fC0SxfIM', NULL, false, -1, '{}', '2026-11-22 20:57:42.747071+00', '2026-11-22 20:57:42.747079+00', false, '6e782925379f4eb8adc6c81d40e3dc08');
INSERT INTO public.accounts VALUES ('operator', 'Test Operator', 'operator', false, true, '$argon2id$v=19$m=65536,t=3,p=4$t3FYZ9PBBbzPPKV75Sy+fQ$RyMMp0Zl7iiJ2X/whKIAPw3/hYC6+uWSHB9fC0SxfIM', NULL, false, -1, '{}', '2026-11-22 20:57:42.750642+00', '2026-11-22 20:57:42.750647+00', false, '7d42448c46eb4fd1b9ed424a825e65c1');
INSERT INTO public.accounts VALUES ('physician', 'Test Physician', 'physician', true, true, '$argon2id$v=19$m=65536,t=3,p=4$t3FYZ9PBBbzPPKV75Sy+fQ$RyMMp0Zl7iiJ2X/whKIAPw3/hYC6+uWSHB9fC0SxfIM', NULL, false, -1, '{}', '2026-11-22 20:57:42.751359+00', '2026-11-22 20:57:42.751361+00', false, '7a6e4241ebe34c229ae051b9b84c7e21');
INSERT INTO public.accounts VALUES ('researcher', 'Test Researcher', 'researcher', false, true, '$argon2id$v=19$m=65536,t=3,p=4$t3FYZ9PBBbzPPKV75Sy+fQ$RyMMp0Zl7iiJ2X/whKIAPw3/hYC6+uWSHB9fC0SxfIM', NULL, false, -1, '{}', '2026-11-22 20:57:42.751835+00', '2026-11-22 20:57:42.751837+00', false, 'b41af1b4056e43b694116480b4a2aaed');
INSERT INTO public.accounts VALUES ('administrator', 'Test Administrator', 'administrator', false, true, '$argon2id$v=19$m=65536,t=3,p=4$t3FYZ9PBBbzPPKV75Sy+fQ$RyMMp0Zl7iiJ2X/whKIAPw3/hYC6+uWSHB9fC0SxfIM', NULL, false, -1, '{}', '2026-11-22 20:57:42.752255+00', '2026-11-22 20:57:42.752257+00', false, '34bf1f931e244f6b821fbdaa54a06de9');
INSERT INTO public.accounts VALUES ('auditor', 'Test Auditor', 'auditor', false, true, '$argon2id$v=19$m=65536,t=3,p=4$t3FYZ9PBBbzPPKV75Sy+fQ$RyMMp0Zl7iiJ2X/whKIAPw3/hYC6+uWSHB9fC0SxfIM', NULL, false, -1, '{}', '2026-11-22 20:57:42.752784+00', '2026-11-22 20:57:42.752785+00', false, 'f37d668ed97e44df8580537e05f6d190');
INSERT INTO public.adverse_events VALUES ('12270113a4894f0685547fec784c2545', 'none', '', NULL, '', '', NULL, '2026-11-22 20:57:42.901913+00', '7d42448c46eb4fd1b9ed424a825e65c1', 'a7e98e04c9014c6b96a68591ba71750b', '085db838ec81421395d07e7442d3f6cf', 1);
INSERT INTO public.alembic_version VALUES ('0002');
INSERT INTO public.approvals VALUES ('3be15592f4764fadb4f1fc6328a3e85e', 'approved', '5f57822c20c530cbb329222ba46dce8fe463b94d3dc9643a055c76967b877118', '7a6e4241ebe34c229ae051b9b84c7e21', 'Test Physician', 'physician', '2026-11-22 20:57:42.865982+00', '', NULL, '', 'a7e98e04c9014c6b96a68591ba71750b', 'f3af5602bd524b86b9ef000bcfa4912d');
INSERT INTO public.audit_entries VALUES (1, '2026-11-22 20:57:42.770419+00', '7d42448c46eb4fd1b9ed424a825e65c1', 'operator', 'create', 'patients', 'a7e98e04c9014c6b96a68591ba71750b', 'a7e98e04c9014c6b96a68591ba71750b', '', '{}', '597272204eace4b17052b144a8d4ae1fd8d9b31e4a0fa235c27e847f081e0b59', 'b141ef1f3324cf4c41f9e9467536216a3e7995a7f36d8c0cf0b4772b054d28ce');
INSERT INTO public.audit_entries VALUES (2, '2026-11-22 20:57:42.776245+00', '7a6e4241ebe34c229ae051b9b84c7e21', 'physician', 'sign', 'consents', '678bea01c9504a5e99ea0e77a70dde70', 'a7e98e04c9014c6b96a68591ba71750b', '', '{"kind":"treatment"}', 'b141ef1f3324cf4c41f9e9467536216a3e7995a7f36d8c0cf0b4772b054d28ce', 'c5f3da9cfee163185f48f1cb267456d696f53504e3b327977424742880480abb');
INSERT INTO public.audit_entries VALUES (3, '2026-11-22 20:57:42.779365+00', '7a6e4241ebe34c229ae051b9b84c7e21', 'physician', 'sign', 'consents', 'cdd8b51bae6b48c9a75e293260f19935', 'a7e98e04c9014c6b96a68591ba71750b', '', '{"kind":"photography"}', 'c5f3da9cfee163185f48f1cb267456d696f53504e3b327977424742880480abb', '9a01e6bc06397a7c0a2177a25b47ee53d7f06fe6e198e224b0c0530ef3f07f76');
INSERT INTO public.audit_entries VALUES (4, '2026-11-22 20:57:42.782694+00', '7a6e4241ebe34c229ae051b9b84c7e21', 'physician', 'create', 'conditions', '0099da1885ee4fdfb2feade651cd93fc', 'a7e98e04c9014c6b96a68591ba71750b', '', '{}', '9a01e6bc06397a7c0a2177a25b47ee53d7f06fe6e198e224b0c0530ef3f07f76', '6b15a00a11605e90ecf9de010ca7af565615b6510b4ccfb0b869f064d5a10a50');
INSERT INTO public.audit_entries VALUES (5, '2026-11-22 20:57:42.787813+00', '7d42448c46eb4fd1b9ed424a825e65c1', 'operator', 'create', 'questionnaire-answers', 'b203f0bd819b4453a5ee79205e03901e', 'a7e98e04c9014c6b96a68591ba71750b', '', '{}', '6b15a00a11605e90ecf9de010ca7af565615b6510b4ccfb0b869f064d5a10a50', '1583cd0e183b4250d7153115d7ded0cfd44bf7e78cc5207b225b4c9dff6848c8');
INSERT INTO public.audit_entries VALUES (6, '2026-11-22 20:57:42.791105+00', '7d42448c46eb4fd1b9ed424a825e65c1', 'operator', 'create', 'test-spots', '0cf540f07ded4e97b005fbe63666aa25', 'a7e98e04c9014c6b96a68591ba71750b', '', '{}', '1583cd0e183b4250d7153115d7ded0cfd44bf7e78cc5207b225b4c9dff6848c8', '535f7501711339ccb53308505f164b83c0fc984bdbd034c639de2c0a9002d0b7');
INSERT INTO public.audit_entries VALUES (7, '2026-11-22 20:57:42.809962+00', '7d42448c46eb4fd1b9ed424a825e65c1', 'operator', 'create', 'photos', '2cf52698c769403da5f9d6f97c70e13b', 'a7e98e04c9014c6b96a68591ba71750b', '', '{"pose":"front"}', '535f7501711339ccb53308505f164b83c0fc984bdbd034c639de2c0a9002d0b7', '685d9a9619cf43b345afcc4217e40fdca2f974a1cf187ee512ce3779b1464eaf');
INSERT INTO public.audit_entries VALUES (8, '2026-11-22 20:57:42.827141+00', '7d42448c46eb4fd1b9ed424a825e65c1', 'operator', 'create', 'case-drafts', '0f63ddfcd29f4d15984d6ea32407a7e4', 'a7e98e04c9014c6b96a68591ba71750b', '', '{}', '685d9a9619cf43b345afcc4217e40fdca2f974a1cf187ee512ce3779b1464eaf', '866a099ffba637c2e1ff2aecbe609d8e20474fe50df315443f7b5ec617673c34');
INSERT INTO public.audit_entries VALUES (9, '2026-11-22 20:57:42.861563+00', '7d42448c46eb4fd1b9ed424a825e65c1', 'operator', 'create', 'plan-versions', '3be15592f4764fadb4f1fc6328a3e85e', 'a7e98e04c9014c6b96a68591ba71750b', '', '{"sha256":"5f57822c20c530cbb329222ba46dce8fe463b94d3dc9643a055c76967b877118","verdict":"OK"}', '866a099ffba637c2e1ff2aecbe609d8e20474fe50df315443f7b5ec617673c34', '103b57ad3df6953aad03b71426bbfcd8b6207aa2318bec15cc8fea11612ef767');
INSERT INTO public.audit_entries VALUES (10, '2026-11-22 20:57:42.870413+00', '7a6e4241ebe34c229ae051b9b84c7e21', 'physician', 'approve', 'approvals', 'f3af5602bd524b86b9ef000bcfa4912d', 'a7e98e04c9014c6b96a68591ba71750b', '', '{"plan":"3be15592f4764fadb4f1fc6328a3e85e","sha256":"5f57822c20c530cbb329222ba46dce8fe463b94d3dc9643a055c76967b877118"}', '103b57ad3df6953aad03b71426bbfcd8b6207aa2318bec15cc8fea11612ef767', '312005306e17ef006d611c27e9de15fe4f82600782022dd0cb821cb13396a321');
INSERT INTO public.audit_entries VALUES (11, '2026-11-22 20:57:42.893593+00', '7d42448c46eb4fd1b9ed424a825e65c1', 'operator', 'create', 'treatments', '12270113a4894f0685547fec784c2545', 'a7e98e04c9014c6b96a68591ba71750b', '', '{"source":"by_hand"}', '312005306e17ef006d611c27e9de15fe4f82600782022dd0cb821cb13396a321', '533978c7a24f1f2a5d490fcb82b75395470f680911d96ca2baec2763bc060f61');
INSERT INTO public.audit_entries VALUES (12, '2026-11-22 20:57:42.910915+00', '7d42448c46eb4fd1b9ed424a825e65c1', 'operator', 'answer', 'adverse-events', '085db838ec81421395d07e7442d3f6cf', 'a7e98e04c9014c6b96a68591ba71750b', '', '{"kind":"none"}', '533978c7a24f1f2a5d490fcb82b75395470f680911d96ca2baec2763bc060f61', '20885f25a987808b51390a5eb3eb3708238c210b0bb4b27051b9e82b1f04a22e');
INSERT INTO public.audit_entries VALUES (13, '2026-11-22 20:57:42.922828+00', '7d42448c46eb4fd1b9ed424a825e65c1', 'operator', 'answer', 'check-ins', 'f44494d7033a4d83bd4c9be91476dd2f', 'a7e98e04c9014c6b96a68591ba71750b', '', '{"day":7,"tier":"48"}', '20885f25a987808b51390a5eb3eb3708238c210b0bb4b27051b9e82b1f04a22e', 'dbc521d4ff4455b4310c917faedb93a5a7552c53310213f50b5c39f19827e934');
INSERT INTO public.audit_entries VALUES (14, '2026-11-22 20:57:42.933682+00', '7a6e4241ebe34c229ae051b9b84c7e21', 'physician', 'review', 'check-ins', 'f44494d7033a4d83bd4c9be91476dd2f', 'a7e98e04c9014c6b96a68591ba71750b', '', '{"contacted":false,"tier":"48"}', 'dbc521d4ff4455b4310c917faedb93a5a7552c53310213f50b5c39f19827e934', 'e6470f9d841a70806b35d9c4ed113d7cb377ee3bc065c774b703e037fbc940b0');
INSERT INTO public.audit_entries VALUES (15, '2026-11-22 20:57:42.938295+00', '7d42448c46eb4fd1b9ed424a825e65c1', 'operator', 'create', 'recalls', '6f6301566c534107acb3f9e6ee20ae2d', 'a7e98e04c9014c6b96a68591ba71750b', '', '{"reason":"next_session"}', 'e6470f9d841a70806b35d9c4ed113d7cb377ee3bc065c774b703e037fbc940b0', 'e0b202aa46e709056aab3e3663d20f66df7ff560d356e69e61906c2e13adec69');
INSERT INTO public.case_drafts VALUES ('0099da1885ee4fdfb2feade651cd93fc', 'First session', '{"note": "", "site": {"id": "cheek", "side": "left"}, "goals": {"priority": "balanced", "first_session": true, "weeks_since_last_session": null}, "title": "Atrophic acne scars, left cheek", "zones": [], "clinic": {"caps": {}, "name": "", "contact": "", "recorded": [], "timezone": "UTC", "languages": ["en"], "overrides": [], "colorimeter": false, "public_address": ""}, "device": {"id": "lumenis-ultrapulse-deepfx"}, "region": {"shape": "rectangle", "rings_mm": null, "width_mm": 30.0, "height_mm": 40.0, "feather_mm": null, "diameter_mm": null}, "schema": "colonnade.case/1", "patient": {"history": {"smoker": "no", "flare_in_field": "no", "herpes_history": "no", "history_of_pih": "no", "sunburn_or_tan": "no", "keloid_tendency": "no", "koebner_disease": "no", "immunosuppressed": "no", "argyria_or_silver": "no", "face_or_neck_lift": "no", "radiotherapy_to_site": "no", "new_patches_at_injury": "no", "photosensitising_drug": "no", "pregnant_or_lactating": "no", "last_session_not_healed": "unknown", "unrealistic_expectations": "no", "active_autoimmune_disease": "no", "active_infection_in_field": "no", "anticoagulant_or_bleeding": "no", "diabetes_hba1c_above_9_pct": "no", "isotretinoin_within_6_months": "no", "other_device_than_last_session": "unknown", "topical_retinoid_within_1_week": "no", "other_peel_or_laser_within_2_months": "unknown", "skin_disease_active_within_12_months": "unknown"}, "ita_deg": null, "age_years": 31, "phototype": "III", "weight_kg": 64.0, "phototype_basis": "examined"}, "settings": null, "aftercare": {"wash": "saline", "track": "auto", "orders": [], "dressing": "none", "moisture": "moist", "silicone": "gel", "allergies": null, "mole_site": false, "growth_factor": "", "silicone_from_day": null}, "synthetic": true, "test_spot": null, "indication": {"id": "atrophic-acne-scar", "adjunct": "", "diagnosis": "", "dermoscopy": "unknown", "preparation": "", "scar_age_months": null, "target_depth_um": null, "suspicious_signs": "unknown", "scar_thickness_um": null, "preparation_sterile": "unknown", "recurrence_in_laser_scar": "unknown"}, "anaesthesia": null}', '{}', NULL, '', '2026-11-22 20:57:42.817722+00', '7d42448c46eb4fd1b9ed424a825e65c1', 'a7e98e04c9014c6b96a68591ba71750b', '0f63ddfcd29f4d15984d6ea32407a7e4', 1);
INSERT INTO public.check_ins VALUES ('12270113a4894f0685547fec784c2545', 7, '2026-11-10 09:00:00+00', 'staff', '7d42448c46eb4fd1b9ed424a825e65c1', '{"day": 7, "date": null, "itch": null, "ooze": "unknown", "pain": 1, "text": "", "fever": "unknown", "closed": "yes", "redness": "unknown", "blisters": "unknown", "products": [], "swelling": "unknown", "symptoms": [], "eye_symptom": "unknown", "new_product": "unknown", "pain_change": "unknown", "photographs": [], "sun_exposure": "unknown", "ointment_times": null, "clinician_contact_since": false}', '{"day": 7, "call": "000", "tier": "48", "fired": [{"rule": "TR-53", "tier": "48", "basis": "derived", "title": "A question about a red flag was not answered", "source": "in doubt raise", "window": "no typical window", "because": ["unanswered (the question on fever is open)"], "first_action": "Ask the open questions by telephone.", "carried_from_day": null}, {"rule": "TR-67", "tier": "N", "basis": "derived", "title": "One contact missed", "source": "escalation rule 2 of the aftercare notes (two missed: the same day)", "window": "no typical window", "because": ["missed a contact (missed: day 1)"], "first_action": "Ask why; the next contact stays where it is.", "carried_from_day": null}], "notes": [], "message": "The clinic must look at this within 48 hours. Call if nobody has contacted you by tomorrow.", "schema_": "colonnade.triage/1", "expected": [], "disclaimer": "Colonnade is research and education software, not a medical device; it never drives a laser.", "tier_title": "A clinician looks at this within 48 hours", "reviewed_by": "none", "rules_sha256": "1e577dcfd12e84730c204a40447039faed5f4589328e0692b0720b5949f550a1", "rules_version": "1"}', '48', 2, '2026-11-22 20:57:42.923828+00', '7a6e4241ebe34c229ae051b9b84c7e21', 'as expected', false, 'a7e98e04c9014c6b96a68591ba71750b', 'f44494d7033a4d83bd4c9be91476dd2f');
INSERT INTO public.conditions VALUES ('acne-scar-atrophic', 'cheek', 'left', '', '', '', NULL, '2026-11-22 20:57:42.780172+00', 'a7e98e04c9014c6b96a68591ba71750b', '0099da1885ee4fdfb2feade651cd93fc', 1);
INSERT INTO public.consents VALUES ('treatment', 'clinic', '1', '826ff0dab649a97ffdd7779a332accafb35cc161012253a19383db19289d6e02', 'en', '2026-11-02 00:00:00+00', 'Ada Example', 'patient', '', '7a6e4241ebe34c229ae051b9b84c7e21', NULL, NULL, '', '', 'a7e98e04c9014c6b96a68591ba71750b', '678bea01c9504a5e99ea0e77a70dde70');
INSERT INTO public.consents VALUES ('photography', 'clinic', '1', '826ff0dab649a97ffdd7779a332accafb35cc161012253a19383db19289d6e02', 'en', '2026-11-02 00:00:00+00', 'Ada Example', 'patient', '', '7a6e4241ebe34c229ae051b9b84c7e21', NULL, NULL, '', '', 'a7e98e04c9014c6b96a68591ba71750b', 'cdd8b51bae6b48c9a75e293260f19935');
INSERT INTO public.patients VALUES ('5Y7N-A2NX', 'Example', 'Ada', '1990-02-03', '', '', '000 111', '', 'en', 'II', '[]', '', true, NULL, false, '2026-11-22 20:57:42.766521+00', 'a7e98e04c9014c6b96a68591ba71750b', 1);
INSERT INTO public.photos VALUES ('0099da1885ee4fdfb2feade651cd93fc', '', '', 'front', '', '', NULL, '2026-11-22 20:57:42.791959+00', '2026-11-22 20:57:42.803357+00', '7d42448c46eb4fd1b9ed424a825e65c1', 'aefebba2106e636742fb73baf32bef69c40d82b08c7d28dfd43d363aa8916286', 'image/png', 4, 4, NULL, false, '', 'a7e98e04c9014c6b96a68591ba71750b', '2cf52698c769403da5f9d6f97c70e13b');
INSERT INTO public.plan_versions VALUES ('0f63ddfcd29f4d15984d6ea32407a7e4', 1, 1, 'Synthetic plan', 'OK', 'lumenis-ultrapulse-deepfx', 'fd3425ab3e24fe9533db81a9726d1a61084c69070707693dc55aa83b81e4e06c', '5f57822c20c530cbb329222ba46dce8fe463b94d3dc9643a055c76967b877118', '2026-11-22 20:57:42.858408+00', '7d42448c46eb4fd1b9ed424a825e65c1', NULL, 'a7e98e04c9014c6b96a68591ba71750b', '3be15592f4764fadb4f1fc6328a3e85e');
INSERT INTO public.questionnaire_answers VALUES ('intake', '1', 'en', '{"smoker": "no"}', '2026-11-22 20:57:42.7835+00', '7d42448c46eb4fd1b9ed424a825e65c1', '', NULL, 'a7e98e04c9014c6b96a68591ba71750b', 'b203f0bd819b4453a5ee79205e03901e');
INSERT INTO public.recalls VALUES ('', '', 'next_session', '2026-11-22', 'open', NULL, '', '7d42448c46eb4fd1b9ed424a825e65c1', 'a7e98e04c9014c6b96a68591ba71750b', '6f6301566c534107acb3f9e6ee20ae2d', 1);
INSERT INTO public.test_spots VALUES ('', 'cheek', 'left', '', '{"energy_mJ": 10.0}', '2026-10-03', '2026-10-31', '7d42448c46eb4fd1b9ed424a825e65c1', NULL, '', '', '', 'a7e98e04c9014c6b96a68591ba71750b', '0cf540f07ded4e97b005fbe63666aa25', 1);
INSERT INTO public.treatment_passes VALUES ('12270113a4894f0685547fec784c2545', 'cheek', 1, '{"passes": 1.0, "energy_mJ": 20.0, "density_pct": 5.0}', '{"passes": 1.0, "energy_mJ": 20.0, "density_pct": 5.0}', '[]', 400, NULL, NULL, 20, NULL, NULL, '', 'a7e98e04c9014c6b96a68591ba71750b', '6ddea5cdce46499bb934dd34cd4ca4b9');
INSERT INTO public.treatments VALUES ('0099da1885ee4fdfb2feade651cd93fc', '3be15592f4764fadb4f1fc6328a3e85e', '', '', '', '2026-11-02', NULL, NULL, '7d42448c46eb4fd1b9ed424a825e65c1', 'by_hand', false, '', 'II', '{}', '', '', '{"call": "000", "zone": "face", "track": "fractional_field", "immunosuppressed": "no"}', '', '[1, 3, 7]', '["no time-out was recorded", "the device is not recorded"]', NULL, '', 'a7e98e04c9014c6b96a68591ba71750b', '12270113a4894f0685547fec784c2545', 1);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT pk_accounts PRIMARY KEY (id);
ALTER TABLE ONLY public.adverse_events
    ADD CONSTRAINT pk_adverse_events PRIMARY KEY (id);
ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT pk_api_tokens PRIMARY KEY (id);
ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT pk_approvals PRIMARY KEY (id);
ALTER TABLE ONLY public.audit_entries
    ADD CONSTRAINT pk_audit_entries PRIMARY KEY (seq);
ALTER TABLE ONLY public.case_drafts
    ADD CONSTRAINT pk_case_drafts PRIMARY KEY (id);
ALTER TABLE ONLY public.check_ins
    ADD CONSTRAINT pk_check_ins PRIMARY KEY (id);
ALTER TABLE ONLY public.conditions
    ADD CONSTRAINT pk_conditions PRIMARY KEY (id);
ALTER TABLE ONLY public.consents
    ADD CONSTRAINT pk_consents PRIMARY KEY (id);
ALTER TABLE ONLY public.data_folders
    ADD CONSTRAINT pk_data_folders PRIMARY KEY (id);
ALTER TABLE ONLY public.device_events
    ADD CONSTRAINT pk_device_events PRIMARY KEY (id);
ALTER TABLE ONLY public.device_units
    ADD CONSTRAINT pk_device_units PRIMARY KEY (id);
ALTER TABLE ONLY public.earlier_versions
    ADD CONSTRAINT pk_earlier_versions PRIMARY KEY (id);
ALTER TABLE ONLY public.handpieces
    ADD CONSTRAINT pk_handpieces PRIMARY KEY (id);
ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT pk_idempotency_keys PRIMARY KEY (key_hash);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT pk_invitations PRIMARY KEY (id);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT pk_jobs PRIMARY KEY (id);
ALTER TABLE ONLY public.laser_safety_log
    ADD CONSTRAINT pk_laser_safety_log PRIMARY KEY (id);
ALTER TABLE ONLY public.login_attempts
    ADD CONSTRAINT pk_login_attempts PRIMARY KEY (id);
ALTER TABLE ONLY public.lot_uses
    ADD CONSTRAINT pk_lot_uses PRIMARY KEY (id);
ALTER TABLE ONLY public.observations
    ADD CONSTRAINT pk_observations PRIMARY KEY (id);
ALTER TABLE ONLY public.patients
    ADD CONSTRAINT pk_patients PRIMARY KEY (id);
ALTER TABLE ONLY public.photos
    ADD CONSTRAINT pk_photos PRIMARY KEY (id);
ALTER TABLE ONLY public.plan_versions
    ADD CONSTRAINT pk_plan_versions PRIMARY KEY (id);
ALTER TABLE ONLY public.product_lots
    ADD CONSTRAINT pk_product_lots PRIMARY KEY (id);
ALTER TABLE ONLY public.questionnaire_answers
    ADD CONSTRAINT pk_questionnaire_answers PRIMARY KEY (id);
ALTER TABLE ONLY public.recalls
    ADD CONSTRAINT pk_recalls PRIMARY KEY (id);
ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT pk_recovery_codes PRIMARY KEY (id);
ALTER TABLE ONLY public.scores
    ADD CONSTRAINT pk_scores PRIMARY KEY (id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT pk_sessions PRIMARY KEY (id_hash);
ALTER TABLE ONLY public.test_spots
    ADD CONSTRAINT pk_test_spots PRIMARY KEY (id);
ALTER TABLE ONLY public.time_outs
    ADD CONSTRAINT pk_time_outs PRIMARY KEY (id);
ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT pk_tombstones PRIMARY KEY (patient_id);
ALTER TABLE ONLY public.training_records
    ADD CONSTRAINT pk_training_records PRIMARY KEY (id);
ALTER TABLE ONLY public.treatment_passes
    ADD CONSTRAINT pk_treatment_passes PRIMARY KEY (id);
ALTER TABLE ONLY public.treatments
    ADD CONSTRAINT pk_treatments PRIMARY KEY (id);
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT uq_accounts_login UNIQUE (login);
ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT uq_api_tokens_token_hash UNIQUE (token_hash);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT uq_invitations_token_hash UNIQUE (token_hash);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT uq_jobs_idempotency_key UNIQUE (idempotency_key);
ALTER TABLE ONLY public.patients
    ADD CONSTRAINT uq_patients_pseudonym UNIQUE (pseudonym);
CREATE INDEX ix_adverse_events_kind ON public.adverse_events USING btree (kind);
CREATE INDEX ix_adverse_events_patient_id ON public.adverse_events USING btree (patient_id);
CREATE INDEX ix_adverse_events_treatment_id ON public.adverse_events USING btree (treatment_id);
CREATE INDEX ix_api_tokens_account_id ON public.api_tokens USING btree (account_id);
CREATE INDEX ix_approvals_patient_id ON public.approvals USING btree (patient_id);
CREATE INDEX ix_approvals_plan_id ON public.approvals USING btree (plan_id);
CREATE INDEX ix_audit_entries_patient_id ON public.audit_entries USING btree (patient_id);
CREATE INDEX ix_case_drafts_condition_id ON public.case_drafts USING btree (condition_id);
CREATE INDEX ix_case_drafts_patient_id ON public.case_drafts USING btree (patient_id);
CREATE INDEX ix_check_ins_patient_id ON public.check_ins USING btree (patient_id);
CREATE INDEX ix_check_ins_tier ON public.check_ins USING btree (tier);
CREATE INDEX ix_check_ins_treatment_id ON public.check_ins USING btree (treatment_id);
CREATE INDEX ix_check_ins_urgency ON public.check_ins USING btree (urgency);
CREATE INDEX ix_conditions_patient_id ON public.conditions USING btree (patient_id);
CREATE INDEX ix_consents_kind ON public.consents USING btree (kind);
CREATE INDEX ix_consents_patient_id ON public.consents USING btree (patient_id);
CREATE INDEX ix_device_events_device_unit_id ON public.device_events USING btree (device_unit_id);
CREATE INDEX ix_earlier_versions_object_id ON public.earlier_versions USING btree (object_id);
CREATE INDEX ix_earlier_versions_patient_id ON public.earlier_versions USING btree (patient_id);
CREATE INDEX ix_handpieces_device_unit_id ON public.handpieces USING btree (device_unit_id);
CREATE INDEX ix_invitations_patient_id ON public.invitations USING btree (patient_id);
CREATE INDEX ix_invitations_treatment_id ON public.invitations USING btree (treatment_id);
CREATE INDEX ix_jobs_inputs_sha256 ON public.jobs USING btree (inputs_sha256);
CREATE INDEX ix_jobs_patient_id ON public.jobs USING btree (patient_id);
CREATE INDEX ix_jobs_requested_by ON public.jobs USING btree (requested_by);
CREATE INDEX ix_jobs_state ON public.jobs USING btree (state);
CREATE INDEX ix_laser_safety_log_device_unit_id ON public.laser_safety_log USING btree (device_unit_id);
CREATE INDEX ix_laser_safety_log_kind ON public.laser_safety_log USING btree (kind);
CREATE INDEX ix_login_attempts_address ON public.login_attempts USING btree (address);
CREATE INDEX ix_login_attempts_at ON public.login_attempts USING btree (at);
CREATE INDEX ix_login_attempts_login_hash ON public.login_attempts USING btree (login_hash);
CREATE INDEX ix_lot_uses_lot_id ON public.lot_uses USING btree (lot_id);
CREATE INDEX ix_lot_uses_patient_id ON public.lot_uses USING btree (patient_id);
CREATE INDEX ix_lot_uses_treatment_id ON public.lot_uses USING btree (treatment_id);
CREATE INDEX ix_observations_patient_id ON public.observations USING btree (patient_id);
CREATE INDEX ix_observations_treatment_id ON public.observations USING btree (treatment_id);
CREATE INDEX ix_patients_record_number ON public.patients USING btree (record_number);
CREATE INDEX ix_photos_check_in_id ON public.photos USING btree (check_in_id);
CREATE INDEX ix_photos_condition_id ON public.photos USING btree (condition_id);
CREATE INDEX ix_photos_patient_id ON public.photos USING btree (patient_id);
CREATE INDEX ix_photos_treatment_id ON public.photos USING btree (treatment_id);
CREATE INDEX ix_plan_versions_content_sha256 ON public.plan_versions USING btree (content_sha256);
CREATE INDEX ix_plan_versions_draft_id ON public.plan_versions USING btree (draft_id);
CREATE INDEX ix_plan_versions_patient_id ON public.plan_versions USING btree (patient_id);
CREATE INDEX ix_product_lots_lot ON public.product_lots USING btree (lot);
CREATE INDEX ix_questionnaire_answers_patient_id ON public.questionnaire_answers USING btree (patient_id);
CREATE INDEX ix_recalls_due_on ON public.recalls USING btree (due_on);
CREATE INDEX ix_recalls_patient_id ON public.recalls USING btree (patient_id);
CREATE INDEX ix_recalls_state ON public.recalls USING btree (state);
CREATE INDEX ix_recovery_codes_account_id ON public.recovery_codes USING btree (account_id);
CREATE INDEX ix_scores_condition_id ON public.scores USING btree (condition_id);
CREATE INDEX ix_scores_instrument ON public.scores USING btree (instrument);
CREATE INDEX ix_scores_patient_id ON public.scores USING btree (patient_id);
CREATE INDEX ix_scores_treatment_id ON public.scores USING btree (treatment_id);
CREATE INDEX ix_sessions_account_id ON public.sessions USING btree (account_id);
CREATE INDEX ix_test_spots_condition_id ON public.test_spots USING btree (condition_id);
CREATE INDEX ix_test_spots_patient_id ON public.test_spots USING btree (patient_id);
CREATE INDEX ix_test_spots_read_due ON public.test_spots USING btree (read_due);
CREATE INDEX ix_time_outs_patient_id ON public.time_outs USING btree (patient_id);
CREATE INDEX ix_time_outs_plan_id ON public.time_outs USING btree (plan_id);
CREATE INDEX ix_training_records_patient_id ON public.training_records USING btree (patient_id);
CREATE INDEX ix_training_records_plan_id ON public.training_records USING btree (plan_id);
CREATE INDEX ix_training_records_started_at ON public.training_records USING btree (started_at);
CREATE INDEX ix_treatment_passes_patient_id ON public.treatment_passes USING btree (patient_id);
CREATE INDEX ix_treatment_passes_treatment_id ON public.treatment_passes USING btree (treatment_id);
CREATE INDEX ix_treatments_condition_id ON public.treatments USING btree (condition_id);
CREATE INDEX ix_treatments_device_unit_id ON public.treatments USING btree (device_unit_id);
CREATE INDEX ix_treatments_patient_id ON public.treatments USING btree (patient_id);
CREATE INDEX ix_treatments_plan_id ON public.treatments USING btree (plan_id);
CREATE INDEX ix_treatments_treated_on ON public.treatments USING btree (treated_on);
CREATE TRIGGER audit_rows BEFORE INSERT OR DELETE OR UPDATE ON public.audit_entries FOR EACH ROW EXECUTE FUNCTION public.audit_append_only();
CREATE TRIGGER audit_table BEFORE TRUNCATE ON public.audit_entries FOR EACH STATEMENT EXECUTE FUNCTION public.audit_append_only();
ALTER TABLE ONLY public.adverse_events
    ADD CONSTRAINT fk_adverse_events_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT fk_api_tokens_account_id FOREIGN KEY (account_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT fk_approvals_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.case_drafts
    ADD CONSTRAINT fk_case_drafts_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.check_ins
    ADD CONSTRAINT fk_check_ins_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.conditions
    ADD CONSTRAINT fk_conditions_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.consents
    ADD CONSTRAINT fk_consents_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.device_events
    ADD CONSTRAINT fk_device_events_device_unit_id FOREIGN KEY (device_unit_id) REFERENCES public.device_units(id);
ALTER TABLE ONLY public.earlier_versions
    ADD CONSTRAINT fk_earlier_versions_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.handpieces
    ADD CONSTRAINT fk_handpieces_device_unit_id FOREIGN KEY (device_unit_id) REFERENCES public.device_units(id);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT fk_invitations_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.lot_uses
    ADD CONSTRAINT fk_lot_uses_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.observations
    ADD CONSTRAINT fk_observations_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.photos
    ADD CONSTRAINT fk_photos_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.plan_versions
    ADD CONSTRAINT fk_plan_versions_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.questionnaire_answers
    ADD CONSTRAINT fk_questionnaire_answers_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.recalls
    ADD CONSTRAINT fk_recalls_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT fk_recovery_codes_account_id FOREIGN KEY (account_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.scores
    ADD CONSTRAINT fk_scores_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT fk_sessions_account_id FOREIGN KEY (account_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.test_spots
    ADD CONSTRAINT fk_test_spots_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.time_outs
    ADD CONSTRAINT fk_time_outs_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.training_records
    ADD CONSTRAINT fk_training_records_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.treatment_passes
    ADD CONSTRAINT fk_treatment_passes_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
ALTER TABLE ONLY public.treatments
    ADD CONSTRAINT fk_treatments_patient_id FOREIGN KEY (patient_id) REFERENCES public.patients(id);
