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
INSERT INTO "accounts" VALUES('viewer','Test Viewer','viewer',0,1,'$argon2id$v=19$m=65536,t=3,p=4$t3FYZ9PBBbzPPKV75Sy+fQ$RyMMp0Zl7iiJ2X/whKIAPw3/hYC6+uWSHB9fC0SxfIM',NULL,0,-1,'{}','2026-11-22 20:57:41.629527','2026-11-22 20:57:41.629535',0,'816e8e5f065b4b1fb828732a4b583649');
INSERT INTO "accounts" VALUES('operator','Test Operator','operator',0,1,'$argon2id$v=19$m=65536,t=3,p=4$t3FYZ9PBBbzPPKV75Sy+fQ$RyMMp0Zl7iiJ2X/whKIAPw3/hYC6+uWSHB9fC0SxfIM',NULL,0,-1,'{}','2026-11-22 20:57:41.675176','2026-11-22 20:57:41.675184',0,'4968d93fe5014554a54eeff7bc72290a');
INSERT INTO "accounts" VALUES('physician','Test Physician','physician',1,1,'$argon2id$v=19$m=65536,t=3,p=4$t3FYZ9PBBbzPPKV75Sy+fQ$RyMMp0Zl7iiJ2X/whKIAPw3/hYC6+uWSHB9fC0SxfIM',NULL,0,-1,'{}','2026-11-22 20:57:41.675975','2026-11-22 20:57:41.675977',0,'332b014a13de4c4d9484c3ab6f4e5947');
INSERT INTO "accounts" VALUES('researcher','Test Researcher','researcher',0,1,'$argon2id$v=19$m=65536,t=3,p=4$t3FYZ9PBBbzPPKV75Sy+fQ$RyMMp0Zl7iiJ2X/whKIAPw3/hYC6+uWSHB9fC0SxfIM',NULL,0,-1,'{}','2026-11-22 20:57:41.676332','2026-11-22 20:57:41.676333',0,'e07a31e1be0c41ae95e7c86a04c77eed');
INSERT INTO "accounts" VALUES('administrator','Test Administrator','administrator',0,1,'$argon2id$v=19$m=65536,t=3,p=4$t3FYZ9PBBbzPPKV75Sy+fQ$RyMMp0Zl7iiJ2X/whKIAPw3/hYC6+uWSHB9fC0SxfIM',NULL,0,-1,'{}','2026-11-22 20:57:41.676648','2026-11-22 20:57:41.676650',0,'4b41866786944017ac593ab9e2bafc94');
INSERT INTO "accounts" VALUES('auditor','Test Auditor','auditor',0,1,'$argon2id$v=19$m=65536,t=3,p=4$t3FYZ9PBBbzPPKV75Sy+fQ$RyMMp0Zl7iiJ2X/whKIAPw3/hYC6+uWSHB9fC0SxfIM',NULL,0,-1,'{}','2026-11-22 20:57:41.676925','2026-11-22 20:57:41.676926',0,'2fa7c3ac11074db79b8e8212a04f2eb8');
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
INSERT INTO "adverse_events" VALUES('f8690e0b9223439b8eb63d7c1e902465','none','',NULL,'','',NULL,'2026-11-22 20:57:41.815269','4968d93fe5014554a54eeff7bc72290a','8fd7174d4f9c42d2a236d4055022a893','7727696113b94cf198f0fb8e1c95c1d5',1);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
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
INSERT INTO "approvals" VALUES('0e06f2bd16c24386b5085f2c712f1baa','approved','5f57822c20c530cbb329222ba46dce8fe463b94d3dc9643a055c76967b877118','332b014a13de4c4d9484c3ab6f4e5947','Test Physician','physician','2026-11-22 20:57:41.790212','',NULL,'','8fd7174d4f9c42d2a236d4055022a893','5e3bba4b5e434d6eb24a17471cd9375d');
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
INSERT INTO "audit_entries" VALUES(1,'2026-11-22 20:57:41.716772','4968d93fe5014554a54eeff7bc72290a','operator','create','patients','8fd7174d4f9c42d2a236d4055022a893','8fd7174d4f9c42d2a236d4055022a893','','{}','597272204eace4b17052b144a8d4ae1fd8d9b31e4a0fa235c27e847f081e0b59','053e6e1c13f3b35506f349bd1e50a17a6c6831281f56ea03e23006bed5bec98b');
INSERT INTO "audit_entries" VALUES(2,'2026-11-22 20:57:41.730116','332b014a13de4c4d9484c3ab6f4e5947','physician','sign','consents','27db5d97f2834085ba47c23c735a4dad','8fd7174d4f9c42d2a236d4055022a893','','{"kind":"treatment"}','053e6e1c13f3b35506f349bd1e50a17a6c6831281f56ea03e23006bed5bec98b','f597db07dd7f2ff5d2f04c085b90fa86cc98244a58699bfc7f0846fdd8a3d1f5');
INSERT INTO "audit_entries" VALUES(3,'2026-11-22 20:57:41.734902','332b014a13de4c4d9484c3ab6f4e5947','physician','sign','consents','d62cfd46c84c408a95ac3bb817fb0d19','8fd7174d4f9c42d2a236d4055022a893','','{"kind":"photography"}','f597db07dd7f2ff5d2f04c085b90fa86cc98244a58699bfc7f0846fdd8a3d1f5','c592cf57e5c65ebec82280a32c650c327b0c2aa3a71bbec6a9a0d3d7d5438e70');
INSERT INTO "audit_entries" VALUES(4,'2026-11-22 20:57:41.742413','332b014a13de4c4d9484c3ab6f4e5947','physician','create','conditions','85255372191e4fd5a121dfbf0f8cd3da','8fd7174d4f9c42d2a236d4055022a893','','{}','c592cf57e5c65ebec82280a32c650c327b0c2aa3a71bbec6a9a0d3d7d5438e70','ad830d8973e1a192d6caad801d3190972af2b5b4980dc7c6d10443201f17c835');
INSERT INTO "audit_entries" VALUES(5,'2026-11-22 20:57:41.744850','4968d93fe5014554a54eeff7bc72290a','operator','create','questionnaire-answers','97d4d18693bb49c4bf2ca25fc6e6efe6','8fd7174d4f9c42d2a236d4055022a893','','{}','ad830d8973e1a192d6caad801d3190972af2b5b4980dc7c6d10443201f17c835','2c4e2935c9814db7886b425a9c6f91ea0eb047db5e2d9abcb03a0c0e543ad656');
INSERT INTO "audit_entries" VALUES(6,'2026-11-22 20:57:41.752437','4968d93fe5014554a54eeff7bc72290a','operator','create','test-spots','361212f7eb1946a595d306d1aa7df482','8fd7174d4f9c42d2a236d4055022a893','','{}','2c4e2935c9814db7886b425a9c6f91ea0eb047db5e2d9abcb03a0c0e543ad656','dc7d63e2cfb8201c4792e95d4937ef53a465ac278fc7b260d4a654075b27f97a');
INSERT INTO "audit_entries" VALUES(7,'2026-11-22 20:57:41.768279','4968d93fe5014554a54eeff7bc72290a','operator','create','photos','91f27a67affe4a15a1acbacca8e495a3','8fd7174d4f9c42d2a236d4055022a893','','{"pose":"front"}','dc7d63e2cfb8201c4792e95d4937ef53a465ac278fc7b260d4a654075b27f97a','ddd3ff5f0870324f5bd067f4f43a756d07f012769406d7211f97634e079b7f8d');
INSERT INTO "audit_entries" VALUES(8,'2026-11-22 20:57:41.776684','4968d93fe5014554a54eeff7bc72290a','operator','create','case-drafts','b57c5fff17964542adc8c2bba7f4c857','8fd7174d4f9c42d2a236d4055022a893','','{}','ddd3ff5f0870324f5bd067f4f43a756d07f012769406d7211f97634e079b7f8d','1ada6a483fee053f39e9a27519de755908901e443101c12da3ecb2b51da902e1');
INSERT INTO "audit_entries" VALUES(9,'2026-11-22 20:57:41.788149','4968d93fe5014554a54eeff7bc72290a','operator','create','plan-versions','0e06f2bd16c24386b5085f2c712f1baa','8fd7174d4f9c42d2a236d4055022a893','','{"sha256":"5f57822c20c530cbb329222ba46dce8fe463b94d3dc9643a055c76967b877118","verdict":"OK"}','1ada6a483fee053f39e9a27519de755908901e443101c12da3ecb2b51da902e1','7d1a87b7539fdc43ee36687d3dd4930214a0512924e4fced349c6947a8b26925');
INSERT INTO "audit_entries" VALUES(10,'2026-11-22 20:57:41.791659','332b014a13de4c4d9484c3ab6f4e5947','physician','approve','approvals','5e3bba4b5e434d6eb24a17471cd9375d','8fd7174d4f9c42d2a236d4055022a893','','{"plan":"0e06f2bd16c24386b5085f2c712f1baa","sha256":"5f57822c20c530cbb329222ba46dce8fe463b94d3dc9643a055c76967b877118"}','7d1a87b7539fdc43ee36687d3dd4930214a0512924e4fced349c6947a8b26925','ed4d71158511786ffa54ed410aba07e31f62d0691999963260eff2a982f22dca');
INSERT INTO "audit_entries" VALUES(11,'2026-11-22 20:57:41.806957','4968d93fe5014554a54eeff7bc72290a','operator','create','treatments','f8690e0b9223439b8eb63d7c1e902465','8fd7174d4f9c42d2a236d4055022a893','','{"source":"by_hand"}','ed4d71158511786ffa54ed410aba07e31f62d0691999963260eff2a982f22dca','8193d04d105880421996f5cb5bf6280cc1f7b61aaa62beb01df840f2d2af69f7');
INSERT INTO "audit_entries" VALUES(12,'2026-11-22 20:57:41.817032','4968d93fe5014554a54eeff7bc72290a','operator','answer','adverse-events','7727696113b94cf198f0fb8e1c95c1d5','8fd7174d4f9c42d2a236d4055022a893','','{"kind":"none"}','8193d04d105880421996f5cb5bf6280cc1f7b61aaa62beb01df840f2d2af69f7','7b5cafa33be5c2b974ed0d53cb8781443a58ffadd2d682ae408dbbcb691393d7');
INSERT INTO "audit_entries" VALUES(13,'2026-11-22 20:57:41.850275','4968d93fe5014554a54eeff7bc72290a','operator','answer','check-ins','9649c2b5eff541d6a46dca50a86d7b0b','8fd7174d4f9c42d2a236d4055022a893','','{"day":7,"tier":"48"}','7b5cafa33be5c2b974ed0d53cb8781443a58ffadd2d682ae408dbbcb691393d7','3729352941d54bc3c25a17e8fa7b56a8a2fa0d516307f9d00b82b0ac895a6a51');
INSERT INTO "audit_entries" VALUES(14,'2026-11-22 20:57:41.852501','332b014a13de4c4d9484c3ab6f4e5947','physician','review','check-ins','9649c2b5eff541d6a46dca50a86d7b0b','8fd7174d4f9c42d2a236d4055022a893','','{"contacted":false,"tier":"48"}','3729352941d54bc3c25a17e8fa7b56a8a2fa0d516307f9d00b82b0ac895a6a51','65710fff215bb49de3ac6f79ed13fa6c6c9d08a5b5c7d2bb1207d0c37dab01dc');
INSERT INTO "audit_entries" VALUES(15,'2026-11-22 20:57:41.859096','4968d93fe5014554a54eeff7bc72290a','operator','create','recalls','df3c2e6dcc12475cb78efb691b489aa9','8fd7174d4f9c42d2a236d4055022a893','','{"reason":"next_session"}','65710fff215bb49de3ac6f79ed13fa6c6c9d08a5b5c7d2bb1207d0c37dab01dc','99f0cd192eae94b5908395275d804fed3f1290cc27f4b968306b9cb8beab44cd');
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
INSERT INTO "case_drafts" VALUES('85255372191e4fd5a121dfbf0f8cd3da','First session','{"schema": "colonnade.case/1", "title": "Atrophic acne scars, left cheek", "synthetic": true, "note": "", "patient": {"phototype": "III", "phototype_basis": "examined", "ita_deg": null, "age_years": 31, "weight_kg": 64.0, "history": {"pregnant_or_lactating": "no", "active_infection_in_field": "no", "keloid_tendency": "no", "isotretinoin_within_6_months": "no", "immunosuppressed": "no", "diabetes_hba1c_above_9_pct": "no", "active_autoimmune_disease": "no", "radiotherapy_to_site": "no", "koebner_disease": "no", "new_patches_at_injury": "no", "flare_in_field": "no", "sunburn_or_tan": "no", "photosensitising_drug": "no", "topical_retinoid_within_1_week": "no", "history_of_pih": "no", "smoker": "no", "argyria_or_silver": "no", "face_or_neck_lift": "no", "anticoagulant_or_bleeding": "no", "herpes_history": "no", "unrealistic_expectations": "no", "skin_disease_active_within_12_months": "unknown", "other_peel_or_laser_within_2_months": "unknown", "last_session_not_healed": "unknown", "other_device_than_last_session": "unknown"}}, "indication": {"id": "atrophic-acne-scar", "scar_thickness_um": null, "scar_age_months": null, "target_depth_um": null, "diagnosis": "", "dermoscopy": "unknown", "suspicious_signs": "unknown", "recurrence_in_laser_scar": "unknown", "adjunct": "", "preparation": "", "preparation_sterile": "unknown"}, "site": {"id": "cheek", "side": "left"}, "region": {"shape": "rectangle", "width_mm": 30.0, "height_mm": 40.0, "diameter_mm": null, "rings_mm": null, "feather_mm": null}, "device": {"id": "lumenis-ultrapulse-deepfx"}, "goals": {"priority": "balanced", "first_session": true, "weeks_since_last_session": null}, "anaesthesia": null, "clinic": {"name": "", "contact": "", "languages": ["en"], "timezone": "UTC", "public_address": "", "colorimeter": false, "caps": {}, "recorded": [], "overrides": []}, "aftercare": {"track": "auto", "mole_site": false, "moisture": "moist", "wash": "saline", "dressing": "none", "growth_factor": "", "silicone": "gel", "silicone_from_day": null, "allergies": null, "orders": []}, "settings": null, "test_spot": null, "zones": []}','{}',NULL,'','2026-11-22 20:57:41.774182','4968d93fe5014554a54eeff7bc72290a','8fd7174d4f9c42d2a236d4055022a893','b57c5fff17964542adc8c2bba7f4c857',1);
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
INSERT INTO "check_ins" VALUES('f8690e0b9223439b8eb63d7c1e902465',7,'2026-11-10 09:00:00.000000','staff','4968d93fe5014554a54eeff7bc72290a','{"day": 7, "date": null, "pain": 1, "pain_change": "unknown", "itch": null, "redness": "unknown", "swelling": "unknown", "ooze": "unknown", "blisters": "unknown", "fever": "unknown", "eye_symptom": "unknown", "closed": "yes", "symptoms": [], "products": [], "new_product": "unknown", "ointment_times": null, "sun_exposure": "unknown", "text": "", "photographs": [], "clinician_contact_since": false}','{"schema_": "colonnade.triage/1", "disclaimer": "Colonnade is research and education software, not a medical device; it never drives a laser.", "day": 7, "tier": "48", "tier_title": "A clinician looks at this within 48 hours", "message": "The clinic must look at this within 48 hours. Call if nobody has contacted you by tomorrow.", "call": "000", "expected": [], "fired": [{"rule": "TR-53", "title": "A question about a red flag was not answered", "tier": "48", "because": ["unanswered (the question on fever is open)"], "window": "no typical window", "first_action": "Ask the open questions by telephone.", "source": "in doubt raise", "basis": "derived", "carried_from_day": null}, {"rule": "TR-67", "title": "One contact missed", "tier": "N", "because": ["missed a contact (missed: day 1)"], "window": "no typical window", "first_action": "Ask why; the next contact stays where it is.", "source": "escalation rule 2 of the aftercare notes (two missed: the same day)", "basis": "derived", "carried_from_day": null}], "notes": [], "rules_version": "1", "rules_sha256": "1e577dcfd12e84730c204a40447039faed5f4589328e0692b0720b5949f550a1", "reviewed_by": "none"}','48',2,'2026-11-22 20:57:41.851003','332b014a13de4c4d9484c3ab6f4e5947','as expected',0,'8fd7174d4f9c42d2a236d4055022a893','9649c2b5eff541d6a46dca50a86d7b0b');
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
INSERT INTO "conditions" VALUES('acne-scar-atrophic','cheek','left','','','',NULL,'2026-11-22 20:57:41.735621','8fd7174d4f9c42d2a236d4055022a893','85255372191e4fd5a121dfbf0f8cd3da',1);
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
INSERT INTO "consents" VALUES('treatment','clinic','1','826ff0dab649a97ffdd7779a332accafb35cc161012253a19383db19289d6e02','en','2026-11-02 00:00:00.000000','Ada Example','patient','','332b014a13de4c4d9484c3ab6f4e5947',NULL,NULL,'','','8fd7174d4f9c42d2a236d4055022a893','27db5d97f2834085ba47c23c735a4dad');
INSERT INTO "consents" VALUES('photography','clinic','1','826ff0dab649a97ffdd7779a332accafb35cc161012253a19383db19289d6e02','en','2026-11-02 00:00:00.000000','Ada Example','patient','','332b014a13de4c4d9484c3ab6f4e5947',NULL,NULL,'','','8fd7174d4f9c42d2a236d4055022a893','d62cfd46c84c408a95ac3bb817fb0d19');
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
INSERT INTO "patients" VALUES('FR5J-8WKP','Example','Ada','1990-02-03','','','000 111','','en','II','[]','',1,NULL,0,'2026-11-22 20:57:41.708429','8fd7174d4f9c42d2a236d4055022a893',1);
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
INSERT INTO "photos" VALUES('85255372191e4fd5a121dfbf0f8cd3da','','','front','','',NULL,'2026-11-22 20:57:41.752922','2026-11-22 20:57:41.765719','4968d93fe5014554a54eeff7bc72290a','aefebba2106e636742fb73baf32bef69c40d82b08c7d28dfd43d363aa8916286','image/png',4,4,NULL,0,'','8fd7174d4f9c42d2a236d4055022a893','91f27a67affe4a15a1acbacca8e495a3');
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
INSERT INTO "plan_versions" VALUES('b57c5fff17964542adc8c2bba7f4c857',1,1,'Synthetic plan','OK','lumenis-ultrapulse-deepfx','fd3425ab3e24fe9533db81a9726d1a61084c69070707693dc55aa83b81e4e06c','5f57822c20c530cbb329222ba46dce8fe463b94d3dc9643a055c76967b877118','2026-11-22 20:57:41.785746','4968d93fe5014554a54eeff7bc72290a',NULL,'8fd7174d4f9c42d2a236d4055022a893','0e06f2bd16c24386b5085f2c712f1baa');
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
INSERT INTO "questionnaire_answers" VALUES('intake','1','en','{"smoker": "no"}','2026-11-22 20:57:41.743039','4968d93fe5014554a54eeff7bc72290a','',NULL,'8fd7174d4f9c42d2a236d4055022a893','97d4d18693bb49c4bf2ca25fc6e6efe6');
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
INSERT INTO "recalls" VALUES('','','next_session','2026-11-22','open',NULL,'','4968d93fe5014554a54eeff7bc72290a','8fd7174d4f9c42d2a236d4055022a893','df3c2e6dcc12475cb78efb691b489aa9',1);
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
INSERT INTO "test_spots" VALUES('','cheek','left','','{"energy_mJ": 10.0}','2026-10-03','2026-10-31','4968d93fe5014554a54eeff7bc72290a',NULL,'','','','8fd7174d4f9c42d2a236d4055022a893','361212f7eb1946a595d306d1aa7df482',1);
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
CREATE TABLE training_records (
	statement VARCHAR(80) NOT NULL, 
	plan_id VARCHAR(32) NOT NULL, 
	plan_sha256 VARCHAR(64) NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	mode VARCHAR(12) NOT NULL, 
	approved BOOLEAN NOT NULL, 
	seed INTEGER NOT NULL, 
	speed FLOAT NOT NULL, 
	started_at DATETIME NOT NULL, 
	ended_at DATETIME NOT NULL, 
	started_by VARCHAR(32) NOT NULL, 
	ended VARCHAR(20) NOT NULL, 
	columns_planned INTEGER NOT NULL, 
	columns_fired INTEGER NOT NULL, 
	columns_unknown INTEGER NOT NULL, 
	as_planned BOOLEAN NOT NULL, 
	document_blob VARCHAR(64) NOT NULL, 
	shots_blob VARCHAR(64) NOT NULL, 
	log_blob VARCHAR(64) NOT NULL, 
	id VARCHAR(32) NOT NULL, 
	patient_id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_training_records PRIMARY KEY (id), 
	CONSTRAINT ck_training_records_nobody_treated CHECK (statement = 'Virtual laser: no patient was treated.'), 
	CONSTRAINT fk_training_records_patient_id FOREIGN KEY(patient_id) REFERENCES patients (id)
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
INSERT INTO "treatment_passes" VALUES('f8690e0b9223439b8eb63d7c1e902465','cheek',1,'{"energy_mJ": 20.0, "density_pct": 5.0, "passes": 1.0}','{"energy_mJ": 20.0, "density_pct": 5.0, "passes": 1.0}','[]',400,NULL,NULL,20.0,NULL,NULL,'','8fd7174d4f9c42d2a236d4055022a893','1c71f74f4d52470bb6d2546ad7ffae2a');
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
INSERT INTO "treatments" VALUES('85255372191e4fd5a121dfbf0f8cd3da','0e06f2bd16c24386b5085f2c712f1baa','','','','2026-11-02',NULL,NULL,'4968d93fe5014554a54eeff7bc72290a','by_hand',0,'','II','{}','','','{"track": "fractional_field", "zone": "face", "immunosuppressed": "no", "call": "000"}','','[1, 3, 7]','["no time-out was recorded", "the device is not recorded"]',NULL,'','8fd7174d4f9c42d2a236d4055022a893','f8690e0b9223439b8eb63d7c1e902465',1);
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
CREATE INDEX ix_training_records_patient_id ON training_records (patient_id);
CREATE INDEX ix_training_records_plan_id ON training_records (plan_id);
CREATE INDEX ix_training_records_started_at ON training_records (started_at);
COMMIT;
