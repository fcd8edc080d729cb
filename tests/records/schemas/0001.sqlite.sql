BEGIN TRANSACTION;
CREATE TABLE accounts (
	login VARCHAR(80) NOT NULL, 
	display_name VARCHAR(200) NOT NULL, 
	role VARCHAR(20) NOT NULL, 
	credentialed BOOLEAN NOT NULL, 
	active BOOLEAN NOT NULL, 
	password_hash TEXT NOT NULL, 
	totp_secret VARCHAR(64), 
	totp_confirmed BOOLEAN NOT NULL, 
	totp_last_step INTEGER NOT NULL, 
	preferences JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	password_changed_at DATETIME NOT NULL, 
	password_is_first BOOLEAN NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_accounts PRIMARY KEY (id), 
	CONSTRAINT uq_accounts_login UNIQUE (login)
);
INSERT INTO "accounts" VALUES('viewer','Test Viewer','viewer',0,1,'$argon2id$v=19$m=65536,t=3,p=4$9VktZHVowByiphaRPxKAEg$ps2FsYlxtf+zJWUyLvjSeay0X/TwgH0HrT6vccDQXTY',NULL,0,-1,'{}','2026-11-22 19:02:05.340660','2026-11-22 19:02:05.340668',0,'fd799417ecc343afa6784ee665b3aa9d');
INSERT INTO "accounts" VALUES('operator','Test Operator','operator',0,1,'$argon2id$v=19$m=65536,t=3,p=4$9VktZHVowByiphaRPxKAEg$ps2FsYlxtf+zJWUyLvjSeay0X/TwgH0HrT6vccDQXTY',NULL,0,-1,'{}','2026-11-22 19:02:05.437039','2026-11-22 19:02:05.437045',0,'e775ab7abb014eafb0a75ae9c166760f');
INSERT INTO "accounts" VALUES('physician','Test Physician','physician',1,1,'$argon2id$v=19$m=65536,t=3,p=4$9VktZHVowByiphaRPxKAEg$ps2FsYlxtf+zJWUyLvjSeay0X/TwgH0HrT6vccDQXTY',NULL,0,-1,'{}','2026-11-22 19:02:05.446181','2026-11-22 19:02:05.446187',0,'2dfbf8174e4a4d4f8b3f792482be5e6a');
INSERT INTO "accounts" VALUES('researcher','Test Researcher','researcher',0,1,'$argon2id$v=19$m=65536,t=3,p=4$9VktZHVowByiphaRPxKAEg$ps2FsYlxtf+zJWUyLvjSeay0X/TwgH0HrT6vccDQXTY',NULL,0,-1,'{}','2026-11-22 19:02:05.446984','2026-11-22 19:02:05.446987',0,'ad5a2489eeed43deb70e46aa067f0c36');
INSERT INTO "accounts" VALUES('administrator','Test Administrator','administrator',0,1,'$argon2id$v=19$m=65536,t=3,p=4$9VktZHVowByiphaRPxKAEg$ps2FsYlxtf+zJWUyLvjSeay0X/TwgH0HrT6vccDQXTY',NULL,0,-1,'{}','2026-11-22 19:02:05.447622','2026-11-22 19:02:05.447625',0,'58a50911acf64741a1b725e8b9773606');
INSERT INTO "accounts" VALUES('auditor','Test Auditor','auditor',0,1,'$argon2id$v=19$m=65536,t=3,p=4$9VktZHVowByiphaRPxKAEg$ps2FsYlxtf+zJWUyLvjSeay0X/TwgH0HrT6vccDQXTY',NULL,0,-1,'{}','2026-11-22 19:02:05.448144','2026-11-22 19:02:05.448146',0,'a3ea0434b80a4920ab3bbbe62d7fc648');
CREATE TABLE adverse_events (
	treatment_id VARCHAR(32) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	severity VARCHAR(10) NOT NULL, 
	onset_day INTEGER, 
	description TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	resolved_on DATE, 
	reported_at DATETIME NOT NULL, 
	reported_by VARCHAR(32) NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	revision INTEGER NOT NULL, 
	CONSTRAINT pk_adverse_events PRIMARY KEY (id), 
	CONSTRAINT fk_adverse_events_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
INSERT INTO "adverse_events" VALUES('f0e3ab5ecfa541fda5449b14e31a06c6','none','',NULL,'','',NULL,'2026-11-22 19:02:05.792317','e775ab7abb014eafb0a75ae9c166760f','d0ac829978e141e1a2f2355b3b64ff35','569c2e7fc95b43268d72f55994e11c9c',1);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE api_tokens (
	account_id VARCHAR(32) NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	scopes JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	last_used_at DATETIME, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_api_tokens PRIMARY KEY (id), 
	CONSTRAINT fk_api_tokens_account_id FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT uq_api_tokens_token_hash UNIQUE (token_hash)
);
CREATE TABLE approvals (
	plan_id VARCHAR(32) NOT NULL, 
	decision VARCHAR(12) NOT NULL, 
	content_sha256 VARCHAR(64) NOT NULL, 
	account_id VARCHAR(32) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	role VARCHAR(20) NOT NULL, 
	decided_at DATETIME NOT NULL, 
	comment TEXT NOT NULL, 
	voided_at DATETIME, 
	void_reason VARCHAR(80) NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_approvals PRIMARY KEY (id), 
	CONSTRAINT fk_approvals_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
INSERT INTO "approvals" VALUES('7406dcb026754d609f5f15baac96f97e','approved','b35d12bbf22ce28bb971f826685ee1851d35655ad4d7780451e60d58b451bce7','2dfbf8174e4a4d4f8b3f792482be5e6a','Test Physician','physician','2026-11-22 19:02:05.733425','',NULL,'','d0ac829978e141e1a2f2355b3b64ff35','3aa83620aa2e4a55b7e457af94000e70');
CREATE TABLE audit_entries (
	seq INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	actor_id VARCHAR(80) NOT NULL, 
	role VARCHAR(20) NOT NULL, 
	verb VARCHAR(20) NOT NULL, 
	object_type VARCHAR(40) NOT NULL, 
	object_id VARCHAR(80) NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	request_id VARCHAR(80) NOT NULL, 
	details TEXT NOT NULL, 
	prev_hash VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audit_entries PRIMARY KEY (seq)
);
INSERT INTO "audit_entries" VALUES(1,'2026-11-22 19:02:05.544809','e775ab7abb014eafb0a75ae9c166760f','operator','create','patients','d0ac829978e141e1a2f2355b3b64ff35','d0ac829978e141e1a2f2355b3b64ff35','','{}','597272204eace4b17052b144a8d4ae1fd8d9b31e4a0fa235c27e847f081e0b59','9bcfe04b3e35d4418ccdea0f48931860a8d3b3be14a5e71d5e40c32f29833915');
INSERT INTO "audit_entries" VALUES(2,'2026-11-22 19:02:05.563717','2dfbf8174e4a4d4f8b3f792482be5e6a','physician','sign','consents','236ba8ad392f438bb7b6c224fef56152','d0ac829978e141e1a2f2355b3b64ff35','','{"kind":"treatment"}','9bcfe04b3e35d4418ccdea0f48931860a8d3b3be14a5e71d5e40c32f29833915','f1a1cc4598de4256da2afc068c0e7de86a790d7e415e61c2bbfbf3cc80520ba8');
INSERT INTO "audit_entries" VALUES(3,'2026-11-22 19:02:05.582953','2dfbf8174e4a4d4f8b3f792482be5e6a','physician','sign','consents','548fa671b3e44eb8bff688ac23656bc9','d0ac829978e141e1a2f2355b3b64ff35','','{"kind":"photography"}','f1a1cc4598de4256da2afc068c0e7de86a790d7e415e61c2bbfbf3cc80520ba8','c73d12f8caa37a262e54f251485d8f164983afb8fd95d9015b40241d5e878735');
INSERT INTO "audit_entries" VALUES(4,'2026-11-22 19:02:05.599189','2dfbf8174e4a4d4f8b3f792482be5e6a','physician','create','conditions','2d688b001e8643a98e3cbeae50fba882','d0ac829978e141e1a2f2355b3b64ff35','','{}','c73d12f8caa37a262e54f251485d8f164983afb8fd95d9015b40241d5e878735','2848f05736900fcb7e24108daa08462715c764575b2c3deef6d685e80a10e2c0');
INSERT INTO "audit_entries" VALUES(5,'2026-11-22 19:02:05.618482','e775ab7abb014eafb0a75ae9c166760f','operator','create','questionnaire-answers','31181bd71d5f4dc4a02f96805e696fd8','d0ac829978e141e1a2f2355b3b64ff35','','{}','2848f05736900fcb7e24108daa08462715c764575b2c3deef6d685e80a10e2c0','4b56ff68b078aaaf246041e6e7b06ef1e0af8ca176b461ca047cade33d1725ba');
INSERT INTO "audit_entries" VALUES(6,'2026-11-22 19:02:05.627727','e775ab7abb014eafb0a75ae9c166760f','operator','create','test-spots','4e650b8666b84e9daa9e1bf7e6506c79','d0ac829978e141e1a2f2355b3b64ff35','','{}','4b56ff68b078aaaf246041e6e7b06ef1e0af8ca176b461ca047cade33d1725ba','afd368fcfc2b9e15a12080cf94627a3911ae191b2e471f85c65a02941aa96e9e');
INSERT INTO "audit_entries" VALUES(7,'2026-11-22 19:02:05.672354','e775ab7abb014eafb0a75ae9c166760f','operator','create','photos','90aad4bb1f66458f92ba23f6d14469cc','d0ac829978e141e1a2f2355b3b64ff35','','{"pose":"front"}','afd368fcfc2b9e15a12080cf94627a3911ae191b2e471f85c65a02941aa96e9e','51c6ca42f381b1c9a97ab2476aaf67bf99ee4c21a29566ed295068fc43ff7a7a');
INSERT INTO "audit_entries" VALUES(8,'2026-11-22 19:02:05.691276','e775ab7abb014eafb0a75ae9c166760f','operator','create','case-drafts','1e17d8a3d6ef4c87b3f07aa2357dbb9a','d0ac829978e141e1a2f2355b3b64ff35','','{}','51c6ca42f381b1c9a97ab2476aaf67bf99ee4c21a29566ed295068fc43ff7a7a','45f5c750104d3dea137bf7ea86cbad1ab42f8132f91654488d2a76bb8e272652');
INSERT INTO "audit_entries" VALUES(9,'2026-11-22 19:02:05.718614','e775ab7abb014eafb0a75ae9c166760f','operator','create','plan-versions','7406dcb026754d609f5f15baac96f97e','d0ac829978e141e1a2f2355b3b64ff35','','{"sha256":"b35d12bbf22ce28bb971f826685ee1851d35655ad4d7780451e60d58b451bce7","verdict":"OK"}','45f5c750104d3dea137bf7ea86cbad1ab42f8132f91654488d2a76bb8e272652','9908241070e66c297dc3390a60ea6dd14646563c27f0b91fb93ce0b0a9ce1aee');
INSERT INTO "audit_entries" VALUES(10,'2026-11-22 19:02:05.740330','2dfbf8174e4a4d4f8b3f792482be5e6a','physician','approve','approvals','3aa83620aa2e4a55b7e457af94000e70','d0ac829978e141e1a2f2355b3b64ff35','','{"plan":"7406dcb026754d609f5f15baac96f97e","sha256":"b35d12bbf22ce28bb971f826685ee1851d35655ad4d7780451e60d58b451bce7"}','9908241070e66c297dc3390a60ea6dd14646563c27f0b91fb93ce0b0a9ce1aee','30a6b4c22f1de9d88d3c5bf6e08806db11907476e1270b86637ca3e2d2d7e43b');
INSERT INTO "audit_entries" VALUES(11,'2026-11-22 19:02:05.778697','e775ab7abb014eafb0a75ae9c166760f','operator','create','treatments','f0e3ab5ecfa541fda5449b14e31a06c6','d0ac829978e141e1a2f2355b3b64ff35','','{"source":"by_hand"}','30a6b4c22f1de9d88d3c5bf6e08806db11907476e1270b86637ca3e2d2d7e43b','5f00b094537c30d9e4484d85f6ed37b74a8c70bd4b9ee440640e81ef9a2c681f');
INSERT INTO "audit_entries" VALUES(12,'2026-11-22 19:02:05.826044','e775ab7abb014eafb0a75ae9c166760f','operator','answer','adverse-events','569c2e7fc95b43268d72f55994e11c9c','d0ac829978e141e1a2f2355b3b64ff35','','{"kind":"none"}','5f00b094537c30d9e4484d85f6ed37b74a8c70bd4b9ee440640e81ef9a2c681f','3be2949445bf2e64e5728e5d5fd2c7491849cd7c328cecf50a9a2343b0248d1c');
INSERT INTO "audit_entries" VALUES(13,'2026-11-22 19:02:05.871975','e775ab7abb014eafb0a75ae9c166760f','operator','answer','check-ins','d0688dc84bfb47ca8a06aa31ec79e77f','d0ac829978e141e1a2f2355b3b64ff35','','{"day":7,"tier":"48"}','3be2949445bf2e64e5728e5d5fd2c7491849cd7c328cecf50a9a2343b0248d1c','4eea73eb126c303786ff29820f3192681345ef5a789c8fc389a59d3ef0cd3d44');
INSERT INTO "audit_entries" VALUES(14,'2026-11-22 19:02:05.878884','2dfbf8174e4a4d4f8b3f792482be5e6a','physician','review','check-ins','d0688dc84bfb47ca8a06aa31ec79e77f','d0ac829978e141e1a2f2355b3b64ff35','','{"contacted":false,"tier":"48"}','4eea73eb126c303786ff29820f3192681345ef5a789c8fc389a59d3ef0cd3d44','57f78045e584ae8bb7cfa65eb7087ceba58128534c620d3e2b5ae0ecee7ddcb3');
INSERT INTO "audit_entries" VALUES(15,'2026-11-22 19:02:05.890041','e775ab7abb014eafb0a75ae9c166760f','operator','create','recalls','3053c049c41d4d48abbb0fbc4c1446a5','d0ac829978e141e1a2f2355b3b64ff35','','{"reason":"next_session"}','57f78045e584ae8bb7cfa65eb7087ceba58128534c620d3e2b5ae0ecee7ddcb3','e8505e96a8afec287298dddedbd1453548ffdbbe0f8ec5ab6b072be181540538');
CREATE TABLE case_drafts (
	condition_id VARCHAR(32) NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	"case" JSON NOT NULL, 
	drawing JSON NOT NULL, 
	site_confirmed_at DATETIME, 
	site_confirmed_by VARCHAR(32) NOT NULL, 
	updated_at DATETIME NOT NULL, 
	updated_by VARCHAR(32) NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	revision INTEGER NOT NULL, 
	CONSTRAINT pk_case_drafts PRIMARY KEY (id), 
	CONSTRAINT fk_case_drafts_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
INSERT INTO "case_drafts" VALUES('2d688b001e8643a98e3cbeae50fba882','First session','{"schema": "colonnade.case/1", "title": "Atrophic acne scars, left cheek", "synthetic": true, "note": "", "patient": {"phototype": "III", "phototype_basis": "examined", "ita_deg": null, "age_years": 31, "weight_kg": 64.0, "history": {"pregnant_or_lactating": "no", "active_infection_in_field": "no", "keloid_tendency": "no", "isotretinoin_within_6_months": "no", "immunosuppressed": "no", "diabetes_hba1c_above_9_pct": "no", "active_autoimmune_disease": "no", "radiotherapy_to_site": "no", "koebner_disease": "no", "new_patches_at_injury": "no", "flare_in_field": "no", "sunburn_or_tan": "no", "photosensitising_drug": "no", "topical_retinoid_within_1_week": "no", "history_of_pih": "no", "smoker": "no", "argyria_or_silver": "no", "face_or_neck_lift": "no", "anticoagulant_or_bleeding": "no", "herpes_history": "no", "unrealistic_expectations": "no", "skin_disease_active_within_12_months": "unknown", "other_peel_or_laser_within_2_months": "unknown", "last_session_not_healed": "unknown", "other_device_than_last_session": "unknown"}}, "indication": {"id": "atrophic-acne-scar", "scar_thickness_um": null, "scar_age_months": null, "target_depth_um": null, "diagnosis": "", "dermoscopy": "unknown", "suspicious_signs": "unknown", "recurrence_in_laser_scar": "unknown", "adjunct": "", "preparation": "", "preparation_sterile": "unknown"}, "site": {"id": "cheek", "side": "left"}, "region": {"shape": "rectangle", "width_mm": 30.0, "height_mm": 40.0, "diameter_mm": null, "rings_mm": null, "feather_mm": null}, "device": {"id": "lumenis-ultrapulse-deepfx"}, "goals": {"priority": "balanced", "first_session": true, "weeks_since_last_session": null}, "anaesthesia": null, "clinic": {"name": "", "contact": "", "languages": ["en"], "timezone": "UTC", "public_address": "", "colorimeter": false, "caps": {}, "recorded": [], "overrides": []}, "aftercare": {"track": "auto", "mole_site": false, "moisture": "moist", "wash": "saline", "dressing": "none", "growth_factor": "", "silicone": "gel", "silicone_from_day": null, "allergies": null, "orders": []}, "settings": null, "test_spot": null, "zones": []}','{}',NULL,'','2026-11-22 19:02:05.678948','e775ab7abb014eafb0a75ae9c166760f','d0ac829978e141e1a2f2355b3b64ff35','1e17d8a3d6ef4c87b3f07aa2357dbb9a',1);
CREATE TABLE check_ins (
	treatment_id VARCHAR(32) NOT NULL, 
	day INTEGER NOT NULL, 
	answered_at DATETIME NOT NULL, 
	source VARCHAR(10) NOT NULL, 
	entered_by VARCHAR(32) NOT NULL, 
	answers JSON NOT NULL, 
	result JSON NOT NULL, 
	tier VARCHAR(4) NOT NULL, 
	urgency INTEGER NOT NULL, 
	reviewed_at DATETIME, 
	reviewed_by VARCHAR(32) NOT NULL, 
	review_note TEXT NOT NULL, 
	contacted BOOLEAN NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_check_ins PRIMARY KEY (id), 
	CONSTRAINT fk_check_ins_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
INSERT INTO "check_ins" VALUES('f0e3ab5ecfa541fda5449b14e31a06c6',7,'2026-11-10 09:00:00.000000','staff','e775ab7abb014eafb0a75ae9c166760f','{"day": 7, "date": null, "pain": 1, "pain_change": "unknown", "itch": null, "redness": "unknown", "swelling": "unknown", "ooze": "unknown", "blisters": "unknown", "fever": "unknown", "eye_symptom": "unknown", "closed": "yes", "symptoms": [], "products": [], "new_product": "unknown", "ointment_times": null, "sun_exposure": "unknown", "text": "", "photographs": [], "clinician_contact_since": false}','{"schema_": "colonnade.triage/1", "disclaimer": "Colonnade is research and education software, not a medical device; it never drives a laser.", "day": 7, "tier": "48", "tier_title": "A clinician looks at this within 48 hours", "message": "The clinic must look at this within 48 hours. Call if nobody has contacted you by tomorrow.", "call": "000", "expected": [], "fired": [{"rule": "TR-53", "title": "A question about a red flag was not answered", "tier": "48", "because": ["unanswered (the question on fever is open)"], "window": "no typical window", "first_action": "Ask the open questions by telephone.", "source": "in doubt raise", "basis": "derived", "carried_from_day": null}, {"rule": "TR-67", "title": "One contact missed", "tier": "N", "because": ["missed a contact (missed: day 1)"], "window": "no typical window", "first_action": "Ask why; the next contact stays where it is.", "source": "escalation rule 2 of the aftercare notes (two missed: the same day)", "basis": "derived", "carried_from_day": null}], "notes": [], "rules_version": "1", "rules_sha256": "1e577dcfd12e84730c204a40447039faed5f4589328e0692b0720b5949f550a1", "reviewed_by": "none"}','48',2,'2026-11-22 19:02:05.872688','2dfbf8174e4a4d4f8b3f792482be5e6a','as expected',0,'d0ac829978e141e1a2f2355b3b64ff35','d0688dc84bfb47ca8a06aa31ec79e77f');
CREATE TABLE conditions (
	indication VARCHAR(80) NOT NULL, 
	site VARCHAR(80) NOT NULL, 
	side VARCHAR(10) NOT NULL, 
	diagnosis TEXT NOT NULL, 
	since VARCHAR(80) NOT NULL, 
	note TEXT NOT NULL, 
	closed_on DATE, 
	created_at DATETIME NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	revision INTEGER NOT NULL, 
	CONSTRAINT pk_conditions PRIMARY KEY (id), 
	CONSTRAINT fk_conditions_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
INSERT INTO "conditions" VALUES('acne-scar-atrophic','cheek','left','','','',NULL,'2026-11-22 19:02:05.590895','d0ac829978e141e1a2f2355b3b64ff35','2d688b001e8643a98e3cbeae50fba882',1);
CREATE TABLE consents (
	kind VARCHAR(20) NOT NULL, 
	form VARCHAR(80) NOT NULL, 
	form_version VARCHAR(40) NOT NULL, 
	form_sha256 VARCHAR(64) NOT NULL, 
	language VARCHAR(20) NOT NULL, 
	given_at DATETIME NOT NULL, 
	signed_by VARCHAR(200) NOT NULL, 
	relation VARCHAR(40) NOT NULL, 
	signature_blob VARCHAR(64) NOT NULL, 
	taken_by VARCHAR(32) NOT NULL, 
	valid_until DATE, 
	revoked_at DATETIME, 
	revoked_by VARCHAR(32) NOT NULL, 
	revoke_reason TEXT NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_consents PRIMARY KEY (id), 
	CONSTRAINT fk_consents_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
INSERT INTO "consents" VALUES('treatment','clinic','1','826ff0dab649a97ffdd7779a332accafb35cc161012253a19383db19289d6e02','en','2026-11-02 00:00:00.000000','Ada Example','patient','','2dfbf8174e4a4d4f8b3f792482be5e6a',NULL,NULL,'','','d0ac829978e141e1a2f2355b3b64ff35','236ba8ad392f438bb7b6c224fef56152');
INSERT INTO "consents" VALUES('photography','clinic','1','826ff0dab649a97ffdd7779a332accafb35cc161012253a19383db19289d6e02','en','2026-11-02 00:00:00.000000','Ada Example','patient','','2dfbf8174e4a4d4f8b3f792482be5e6a',NULL,NULL,'','','d0ac829978e141e1a2f2355b3b64ff35','548fa671b3e44eb8bff688ac23656bc9');
CREATE TABLE data_folders (
	since DATETIME NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_data_folders PRIMARY KEY (id)
);
CREATE TABLE device_events (
	device_unit_id VARCHAR(32) NOT NULL, 
	handpiece_id VARCHAR(32) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	done_on DATE NOT NULL, 
	next_due_on DATE, 
	done_by VARCHAR(200) NOT NULL, 
	note TEXT NOT NULL, 
	profile_sha256 VARCHAR(64) NOT NULL, 
	entered_by VARCHAR(32) NOT NULL, 
	entered_at DATETIME NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_device_events PRIMARY KEY (id), 
	CONSTRAINT fk_device_events_device_unit_id FOREIGN KEY(device_unit_id) REFERENCES device_units (id)
);
CREATE TABLE device_units (
	device_id VARCHAR(80) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	serial VARCHAR(80) NOT NULL, 
	installed_on DATE, 
	last_service_on DATE, 
	service_due_on DATE, 
	commissioned_on DATE, 
	commissioning_ends_on DATE, 
	profile_sha256 VARCHAR(64) NOT NULL, 
	retired_on DATE, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_device_units PRIMARY KEY (id)
);
CREATE TABLE earlier_versions (
	object_type VARCHAR(40) NOT NULL, 
	object_id VARCHAR(32) NOT NULL, 
	revision INTEGER NOT NULL, 
	replaced_at DATETIME NOT NULL, 
	replaced_by VARCHAR(32) NOT NULL, 
	content JSON NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_earlier_versions PRIMARY KEY (id), 
	CONSTRAINT fk_earlier_versions_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
CREATE TABLE handpieces (
	device_unit_id VARCHAR(32) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	serial VARCHAR(80) NOT NULL, 
	spot_um FLOAT, 
	last_service_on DATE, 
	service_due_on DATE, 
	commissioned_on DATE, 
	retired_on DATE, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_handpieces PRIMARY KEY (id), 
	CONSTRAINT fk_handpieces_device_unit_id FOREIGN KEY(device_unit_id) REFERENCES device_units (id)
);
CREATE TABLE idempotency_keys (
	key_hash VARCHAR(64) NOT NULL, 
	request_sha256 VARCHAR(64) NOT NULL, 
	object_type VARCHAR(40) NOT NULL, 
	object_id VARCHAR(80) NOT NULL, 
	made_at DATETIME NOT NULL, 
	CONSTRAINT pk_idempotency_keys PRIMARY KEY (key_hash)
);
CREATE TABLE invitations (
	treatment_id VARCHAR(32) NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	made_at DATETIME NOT NULL, 
	made_by VARCHAR(32) NOT NULL, 
	expires_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_invitations PRIMARY KEY (id), 
	CONSTRAINT fk_invitations_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id), 
	CONSTRAINT uq_invitations_token_hash UNIQUE (token_hash)
);
CREATE TABLE jobs (
	kind VARCHAR(40) NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	requested_by VARCHAR(32) NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	inputs JSON NOT NULL, 
	inputs_sha256 VARCHAR(64) NOT NULL, 
	idempotency_key VARCHAR(160), 
	progress FLOAT NOT NULL, 
	phase VARCHAR(80) NOT NULL, 
	result_sha256 VARCHAR(64) NOT NULL, 
	error TEXT NOT NULL, 
	rerun_of VARCHAR(32) NOT NULL, 
	server_id VARCHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	started_at DATETIME, 
	ended_at DATETIME, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_jobs PRIMARY KEY (id), 
	CONSTRAINT uq_jobs_idempotency_key UNIQUE (idempotency_key)
);
CREATE TABLE laser_safety_log (
	kind VARCHAR(20) NOT NULL, 
	device_unit_id VARCHAR(32) NOT NULL, 
	at DATETIME NOT NULL, 
	entered_by VARCHAR(32) NOT NULL, 
	passed BOOLEAN NOT NULL, 
	items JSON NOT NULL, 
	note TEXT NOT NULL, 
	corrects VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_laser_safety_log PRIMARY KEY (id)
);
CREATE TABLE login_attempts (
	at DATETIME NOT NULL, 
	login_hash VARCHAR(64) NOT NULL, 
	address VARCHAR(64) NOT NULL, 
	succeeded BOOLEAN NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_login_attempts PRIMARY KEY (id)
);
CREATE TABLE lot_uses (
	treatment_id VARCHAR(32) NOT NULL, 
	lot_id VARCHAR(32) NOT NULL, 
	amount VARCHAR(80) NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_lot_uses PRIMARY KEY (id), 
	CONSTRAINT fk_lot_uses_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
CREATE TABLE observations (
	treatment_id VARCHAR(32) NOT NULL, 
	zone VARCHAR(80) NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	value FLOAT NOT NULL, 
	method VARCHAR(200) NOT NULL, 
	observed_on DATE NOT NULL, 
	observed_by VARCHAR(32) NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_observations PRIMARY KEY (id), 
	CONSTRAINT fk_observations_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
CREATE TABLE patients (
	pseudonym VARCHAR(12) NOT NULL, 
	family_name VARCHAR(200) NOT NULL, 
	given_name VARCHAR(200) NOT NULL, 
	birth_date DATE, 
	sex VARCHAR(20) NOT NULL, 
	record_number VARCHAR(80) NOT NULL, 
	telephone VARCHAR(80) NOT NULL, 
	email VARCHAR(200) NOT NULL, 
	language VARCHAR(20) NOT NULL, 
	phototype VARCHAR(4) NOT NULL, 
	alerts JSON NOT NULL, 
	note TEXT NOT NULL, 
	synthetic BOOLEAN NOT NULL, 
	retain_until DATE, 
	legal_hold BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	revision INTEGER NOT NULL, 
	CONSTRAINT pk_patients PRIMARY KEY (id), 
	CONSTRAINT uq_patients_pseudonym UNIQUE (pseudonym)
);
INSERT INTO "patients" VALUES('PX4S-DFJQ','Example','Ada','1990-02-03','','','000 111','','en','II','[]','',1,NULL,0,'2026-11-22 19:02:05.513929','d0ac829978e141e1a2f2355b3b64ff35',1);
CREATE TABLE photos (
	condition_id VARCHAR(32) NOT NULL, 
	treatment_id VARCHAR(32) NOT NULL, 
	check_in_id VARCHAR(32) NOT NULL, 
	pose VARCHAR(20) NOT NULL, 
	site VARCHAR(80) NOT NULL, 
	side VARCHAR(10) NOT NULL, 
	day INTEGER, 
	taken_at DATETIME NOT NULL, 
	added_at DATETIME NOT NULL, 
	added_by VARCHAR(32) NOT NULL, 
	blob VARCHAR(64) NOT NULL, 
	media_type VARCHAR(40) NOT NULL, 
	width_px INTEGER NOT NULL, 
	height_px INTEGER NOT NULL, 
	scale_um_px FLOAT, 
	colour_card BOOLEAN NOT NULL, 
	note TEXT NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_photos PRIMARY KEY (id), 
	CONSTRAINT fk_photos_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
INSERT INTO "photos" VALUES('2d688b001e8643a98e3cbeae50fba882','','','front','','',NULL,'2026-11-22 19:02:05.628486','2026-11-22 19:02:05.663873','e775ab7abb014eafb0a75ae9c166760f','aefebba2106e636742fb73baf32bef69c40d82b08c7d28dfd43d363aa8916286','image/png',4,4,NULL,0,'','d0ac829978e141e1a2f2355b3b64ff35','90aad4bb1f66458f92ba23f6d14469cc');
CREATE TABLE plan_versions (
	draft_id VARCHAR(32) NOT NULL, 
	draft_revision INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	verdict VARCHAR(12) NOT NULL, 
	device_id VARCHAR(80) NOT NULL, 
	plan_blob VARCHAR(64) NOT NULL, 
	content_sha256 VARCHAR(64) NOT NULL, 
	made_at DATETIME NOT NULL, 
	made_by VARCHAR(32) NOT NULL, 
	outdated_at DATETIME, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_plan_versions PRIMARY KEY (id), 
	CONSTRAINT fk_plan_versions_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
INSERT INTO "plan_versions" VALUES('1e17d8a3d6ef4c87b3f07aa2357dbb9a',1,1,'Synthetic plan','OK','lumenis-ultrapulse-deepfx','8a6cd95551b3dfe1c058eb39467caa11d24c176939684d2c1c6f2e6e50fe138f','b35d12bbf22ce28bb971f826685ee1851d35655ad4d7780451e60d58b451bce7','2026-11-22 19:02:05.714182','e775ab7abb014eafb0a75ae9c166760f',NULL,'d0ac829978e141e1a2f2355b3b64ff35','7406dcb026754d609f5f15baac96f97e');
CREATE TABLE product_lots (
	kind VARCHAR(40) NOT NULL, 
	product VARCHAR(200) NOT NULL, 
	lot VARCHAR(80) NOT NULL, 
	expires_on DATE, 
	received_on DATE, 
	note TEXT NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_product_lots PRIMARY KEY (id)
);
CREATE TABLE questionnaire_answers (
	questionnaire VARCHAR(80) NOT NULL, 
	version VARCHAR(40) NOT NULL, 
	language VARCHAR(20) NOT NULL, 
	answers JSON NOT NULL, 
	answered_at DATETIME NOT NULL, 
	entered_by VARCHAR(32) NOT NULL, 
	replaces VARCHAR(32) NOT NULL, 
	replaced_at DATETIME, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_questionnaire_answers PRIMARY KEY (id), 
	CONSTRAINT fk_questionnaire_answers_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
INSERT INTO "questionnaire_answers" VALUES('intake','1','en','{"smoker": "no"}','2026-11-22 19:02:05.599984','e775ab7abb014eafb0a75ae9c166760f','',NULL,'d0ac829978e141e1a2f2355b3b64ff35','31181bd71d5f4dc4a02f96805e696fd8');
CREATE TABLE recalls (
	condition_id VARCHAR(32) NOT NULL, 
	treatment_id VARCHAR(32) NOT NULL, 
	reason VARCHAR(40) NOT NULL, 
	due_on DATE NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	closed_on DATE, 
	note TEXT NOT NULL, 
	made_by VARCHAR(32) NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	revision INTEGER NOT NULL, 
	CONSTRAINT pk_recalls PRIMARY KEY (id), 
	CONSTRAINT fk_recalls_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
INSERT INTO "recalls" VALUES('','','next_session','2026-11-22','open',NULL,'','e775ab7abb014eafb0a75ae9c166760f','d0ac829978e141e1a2f2355b3b64ff35','3053c049c41d4d48abbb0fbc4c1446a5',1);
CREATE TABLE recovery_codes (
	account_id VARCHAR(32) NOT NULL, 
	code_hash VARCHAR(64) NOT NULL, 
	used_at DATETIME, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_recovery_codes PRIMARY KEY (id), 
	CONSTRAINT fk_recovery_codes_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE scores (
	condition_id VARCHAR(32) NOT NULL, 
	treatment_id VARCHAR(32) NOT NULL, 
	instrument VARCHAR(40) NOT NULL, 
	version VARCHAR(80) NOT NULL, 
	value FLOAT NOT NULL, 
	low FLOAT NOT NULL, 
	high FLOAT NOT NULL, 
	better VARCHAR(10) NOT NULL, 
	items JSON NOT NULL, 
	scored_on DATE NOT NULL, 
	scored_by VARCHAR(32) NOT NULL, 
	detail TEXT NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_scores PRIMARY KEY (id), 
	CONSTRAINT fk_scores_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
CREATE TABLE sessions (
	id_hash VARCHAR(64) NOT NULL, 
	account_id VARCHAR(32) NOT NULL, 
	second_factor BOOLEAN NOT NULL, 
	address VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (id_hash), 
	CONSTRAINT fk_sessions_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE test_spots (
	condition_id VARCHAR(32) NOT NULL, 
	site VARCHAR(80) NOT NULL, 
	side VARCHAR(10) NOT NULL, 
	device_unit_id VARCHAR(32) NOT NULL, 
	settings JSON NOT NULL, 
	done_on DATE NOT NULL, 
	read_due DATE NOT NULL, 
	done_by VARCHAR(32) NOT NULL, 
	read_on DATE, 
	read_by VARCHAR(32) NOT NULL, 
	result VARCHAR(40) NOT NULL, 
	note TEXT NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	revision INTEGER NOT NULL, 
	CONSTRAINT pk_test_spots PRIMARY KEY (id), 
	CONSTRAINT fk_test_spots_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
INSERT INTO "test_spots" VALUES('','cheek','left','','{"energy_mJ": 10.0}','2026-10-03','2026-10-31','e775ab7abb014eafb0a75ae9c166760f',NULL,'','','','d0ac829978e141e1a2f2355b3b64ff35','4e650b8666b84e9daa9e1bf7e6506c79',1);
CREATE TABLE time_outs (
	plan_id VARCHAR(32) NOT NULL, 
	content_sha256 VARCHAR(64) NOT NULL, 
	device_unit_id VARCHAR(32) NOT NULL, 
	items JSON NOT NULL, 
	present JSON NOT NULL, 
	done_at DATETIME NOT NULL, 
	done_by VARCHAR(32) NOT NULL, 
	voided_at DATETIME, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_time_outs PRIMARY KEY (id), 
	CONSTRAINT fk_time_outs_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
CREATE TABLE tombstones (
	patient_id VARCHAR(32) NOT NULL, 
	erased_at DATETIME NOT NULL, 
	erased_by VARCHAR(32) NOT NULL, 
	reason TEXT NOT NULL, 
	rows INTEGER NOT NULL, 
	files INTEGER NOT NULL, 
	CONSTRAINT pk_tombstones PRIMARY KEY (patient_id)
);
CREATE TABLE treatment_passes (
	treatment_id VARCHAR(32) NOT NULL, 
	zone VARCHAR(80) NOT NULL, 
	number INTEGER NOT NULL, 
	panel JSON NOT NULL, 
	planned_panel JSON NOT NULL, 
	deviations JSON NOT NULL, 
	columns_planned INTEGER, 
	columns_fired INTEGER, 
	columns_unknown INTEGER, 
	energy_planned_mj FLOAT, 
	energy_delivered_mj FLOAT, 
	area_cm2 FLOAT, 
	endpoint VARCHAR(200) NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_treatment_passes PRIMARY KEY (id), 
	CONSTRAINT fk_treatment_passes_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
INSERT INTO "treatment_passes" VALUES('f0e3ab5ecfa541fda5449b14e31a06c6','cheek',1,'{"energy_mJ": 20.0, "density_pct": 5.0, "passes": 1.0}','{"energy_mJ": 20.0, "density_pct": 5.0, "passes": 1.0}','[]',400,NULL,NULL,20.0,NULL,NULL,'','d0ac829978e141e1a2f2355b3b64ff35','9b9a0d886ca849cc83eb7fe5bdc5d0e6');
CREATE TABLE treatments (
	condition_id VARCHAR(32) NOT NULL, 
	plan_id VARCHAR(32) NOT NULL, 
	time_out_id VARCHAR(32) NOT NULL, 
	device_unit_id VARCHAR(32) NOT NULL, 
	handpiece_id VARCHAR(32) NOT NULL, 
	treated_on DATE NOT NULL, 
	started_at DATETIME, 
	ended_at DATETIME, 
	operator_id VARCHAR(32) NOT NULL, 
	source VARCHAR(10) NOT NULL, 
	"virtual" BOOLEAN NOT NULL, 
	delivered_blob VARCHAR(64) NOT NULL, 
	phototype VARCHAR(4) NOT NULL, 
	anaesthesia JSON NOT NULL, 
	cooling VARCHAR(200) NOT NULL, 
	note TEXT NOT NULL, 
	care JSON NOT NULL, 
	care_plan_blob VARCHAR(64) NOT NULL, 
	contact_days JSON NOT NULL, 
	deviations JSON NOT NULL, 
	signed_at DATETIME, 
	signed_by VARCHAR(32) NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	revision INTEGER NOT NULL, 
	CONSTRAINT pk_treatments PRIMARY KEY (id), 
	CONSTRAINT fk_treatments_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
);
INSERT INTO "treatments" VALUES('2d688b001e8643a98e3cbeae50fba882','7406dcb026754d609f5f15baac96f97e','','','','2026-11-02',NULL,NULL,'e775ab7abb014eafb0a75ae9c166760f','by_hand',0,'','II','{}','','','{"track": "fractional_field", "zone": "face", "immunosuppressed": "no", "call": "000"}','','[1, 3, 7]','["no time-out was recorded", "the device is not recorded"]',NULL,'','d0ac829978e141e1a2f2355b3b64ff35','f0e3ab5ecfa541fda5449b14e31a06c6',1);
CREATE INDEX ix_audit_entries_patient_id ON audit_entries (patient_id);
CREATE INDEX ix_jobs_inputs_sha256 ON jobs (inputs_sha256);
CREATE INDEX ix_jobs_patient_id ON jobs (patient_id);
CREATE INDEX ix_jobs_requested_by ON jobs (requested_by);
CREATE INDEX ix_jobs_state ON jobs (state);
CREATE INDEX ix_laser_safety_log_device_unit_id ON laser_safety_log (device_unit_id);
CREATE INDEX ix_laser_safety_log_kind ON laser_safety_log (kind);
CREATE INDEX ix_login_attempts_address ON login_attempts (address);
CREATE INDEX ix_login_attempts_at ON login_attempts (at);
CREATE INDEX ix_login_attempts_login_hash ON login_attempts (login_hash);
CREATE INDEX ix_patients_record_number ON patients (record_number);
CREATE INDEX ix_product_lots_lot ON product_lots (lot);
CREATE INDEX ix_adverse_events_kind ON adverse_events (kind);
CREATE INDEX ix_adverse_events_patient_id ON adverse_events (patient_id);
CREATE INDEX ix_adverse_events_treatment_id ON adverse_events (treatment_id);
CREATE INDEX ix_api_tokens_account_id ON api_tokens (account_id);
CREATE INDEX ix_approvals_patient_id ON approvals (patient_id);
CREATE INDEX ix_approvals_plan_id ON approvals (plan_id);
CREATE INDEX ix_case_drafts_condition_id ON case_drafts (condition_id);
CREATE INDEX ix_case_drafts_patient_id ON case_drafts (patient_id);
CREATE INDEX ix_check_ins_patient_id ON check_ins (patient_id);
CREATE INDEX ix_check_ins_tier ON check_ins (tier);
CREATE INDEX ix_check_ins_treatment_id ON check_ins (treatment_id);
CREATE INDEX ix_check_ins_urgency ON check_ins (urgency);
CREATE INDEX ix_conditions_patient_id ON conditions (patient_id);
CREATE INDEX ix_consents_kind ON consents (kind);
CREATE INDEX ix_consents_patient_id ON consents (patient_id);
CREATE INDEX ix_device_events_device_unit_id ON device_events (device_unit_id);
CREATE INDEX ix_earlier_versions_object_id ON earlier_versions (object_id);
CREATE INDEX ix_earlier_versions_patient_id ON earlier_versions (patient_id);
CREATE INDEX ix_handpieces_device_unit_id ON handpieces (device_unit_id);
CREATE INDEX ix_invitations_patient_id ON invitations (patient_id);
CREATE INDEX ix_invitations_treatment_id ON invitations (treatment_id);
CREATE INDEX ix_lot_uses_lot_id ON lot_uses (lot_id);
CREATE INDEX ix_lot_uses_patient_id ON lot_uses (patient_id);
CREATE INDEX ix_lot_uses_treatment_id ON lot_uses (treatment_id);
CREATE INDEX ix_observations_patient_id ON observations (patient_id);
CREATE INDEX ix_observations_treatment_id ON observations (treatment_id);
CREATE INDEX ix_photos_check_in_id ON photos (check_in_id);
CREATE INDEX ix_photos_condition_id ON photos (condition_id);
CREATE INDEX ix_photos_patient_id ON photos (patient_id);
CREATE INDEX ix_photos_treatment_id ON photos (treatment_id);
CREATE INDEX ix_plan_versions_content_sha256 ON plan_versions (content_sha256);
CREATE INDEX ix_plan_versions_draft_id ON plan_versions (draft_id);
CREATE INDEX ix_plan_versions_patient_id ON plan_versions (patient_id);
CREATE INDEX ix_questionnaire_answers_patient_id ON questionnaire_answers (patient_id);
CREATE INDEX ix_recalls_due_on ON recalls (due_on);
CREATE INDEX ix_recalls_patient_id ON recalls (patient_id);
CREATE INDEX ix_recalls_state ON recalls (state);
CREATE INDEX ix_recovery_codes_account_id ON recovery_codes (account_id);
CREATE INDEX ix_scores_condition_id ON scores (condition_id);
CREATE INDEX ix_scores_instrument ON scores (instrument);
CREATE INDEX ix_scores_patient_id ON scores (patient_id);
CREATE INDEX ix_scores_treatment_id ON scores (treatment_id);
CREATE INDEX ix_sessions_account_id ON sessions (account_id);
CREATE INDEX ix_test_spots_condition_id ON test_spots (condition_id);
CREATE INDEX ix_test_spots_patient_id ON test_spots (patient_id);
CREATE INDEX ix_test_spots_read_due ON test_spots (read_due);
CREATE INDEX ix_time_outs_patient_id ON time_outs (patient_id);
CREATE INDEX ix_time_outs_plan_id ON time_outs (plan_id);
CREATE INDEX ix_treatment_passes_patient_id ON treatment_passes (patient_id);
CREATE INDEX ix_treatment_passes_treatment_id ON treatment_passes (treatment_id);
CREATE INDEX ix_treatments_condition_id ON treatments (condition_id);
CREATE INDEX ix_treatments_device_unit_id ON treatments (device_unit_id);
CREATE INDEX ix_treatments_patient_id ON treatments (patient_id);
CREATE INDEX ix_treatments_plan_id ON treatments (plan_id);
CREATE INDEX ix_treatments_treated_on ON treatments (treated_on);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit_entries
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit_entries
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_next_only BEFORE INSERT ON audit_entries
       WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_entries)
         OR NEW.prev_hash <> coalesce((SELECT hash FROM audit_entries ORDER BY seq DESC LIMIT 1), NEW.prev_hash)
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
COMMIT;
