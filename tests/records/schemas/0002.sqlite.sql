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
	id VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_accounts PRIMARY KEY (id), 
	CONSTRAINT uq_accounts_login UNIQUE (login)
);
INSERT INTO "accounts" VALUES('viewer','Test Viewer','viewer',0,1,'$argon2id$v=19$m=65536,t=3,p=4$XB8wrGBTjz5YRTDFQZFMow$Q6XE70XC6vFxCqhAiZFR+Ydr3MsM1dY8afQF1foL1fM',NULL,0,-1,'{}','2026-11-22 19:28:43.429430','2026-11-22 19:28:43.429439','1db44a8bc92b42a797a55820456f84ec');
INSERT INTO "accounts" VALUES('operator','Test Operator','operator',0,1,'$argon2id$v=19$m=65536,t=3,p=4$XB8wrGBTjz5YRTDFQZFMow$Q6XE70XC6vFxCqhAiZFR+Ydr3MsM1dY8afQF1foL1fM',NULL,0,-1,'{}','2026-11-22 19:28:44.180178','2026-11-22 19:28:44.180187','7c62f00a7d064ef2b905c66a83a0ae9f');
INSERT INTO "accounts" VALUES('physician','Test Physician','physician',1,1,'$argon2id$v=19$m=65536,t=3,p=4$XB8wrGBTjz5YRTDFQZFMow$Q6XE70XC6vFxCqhAiZFR+Ydr3MsM1dY8afQF1foL1fM',NULL,0,-1,'{}','2026-11-22 19:28:44.181052','2026-11-22 19:28:44.181056','b84644e8cc2e4d0ab3da28f5b62e1fbf');
INSERT INTO "accounts" VALUES('researcher','Test Researcher','researcher',0,1,'$argon2id$v=19$m=65536,t=3,p=4$XB8wrGBTjz5YRTDFQZFMow$Q6XE70XC6vFxCqhAiZFR+Ydr3MsM1dY8afQF1foL1fM',NULL,0,-1,'{}','2026-11-22 19:28:44.194726','2026-11-22 19:28:44.194734','0e2c91af66264db9943148604a9ced8e');
INSERT INTO "accounts" VALUES('administrator','Test Administrator','administrator',0,1,'$argon2id$v=19$m=65536,t=3,p=4$XB8wrGBTjz5YRTDFQZFMow$Q6XE70XC6vFxCqhAiZFR+Ydr3MsM1dY8afQF1foL1fM',NULL,0,-1,'{}','2026-11-22 19:28:44.195490','2026-11-22 19:28:44.195493','65f54182e9c94c8fa2e9f035e2e5151f');
INSERT INTO "accounts" VALUES('auditor','Test Auditor','auditor',0,1,'$argon2id$v=19$m=65536,t=3,p=4$XB8wrGBTjz5YRTDFQZFMow$Q6XE70XC6vFxCqhAiZFR+Ydr3MsM1dY8afQF1foL1fM',NULL,0,-1,'{}','2026-11-22 19:28:44.195982','2026-11-22 19:28:44.195984','b267d1bbbe3849398d4faa85985c5e62');
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
INSERT INTO "adverse_events" VALUES('204edb0373774dc8a16c24dd12192765','none','',NULL,'','',NULL,'2026-11-22 19:28:44.749478','7c62f00a7d064ef2b905c66a83a0ae9f','96dcfdd9891046bb81f750cd0ea02ecc','e2f6a3f8eab547c7bb15b1c0122137cc',1);
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
INSERT INTO "approvals" VALUES('99b96651e8674394b3e24b23623a913d','approved','b35d12bbf22ce28bb971f826685ee1851d35655ad4d7780451e60d58b451bce7','b84644e8cc2e4d0ab3da28f5b62e1fbf','Test Physician','physician','2026-11-22 19:28:44.631126','',NULL,'','96dcfdd9891046bb81f750cd0ea02ecc','e913824a9bc746b58fbc9002dffa9423');
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
INSERT INTO "audit_entries" VALUES(1,'2026-11-22 19:28:44.331704','7c62f00a7d064ef2b905c66a83a0ae9f','operator','create','patients','96dcfdd9891046bb81f750cd0ea02ecc','96dcfdd9891046bb81f750cd0ea02ecc','','{}','597272204eace4b17052b144a8d4ae1fd8d9b31e4a0fa235c27e847f081e0b59','81bd3598a453dde800004ea71a014795c3fbd7f59cbaf7d30f7d21a16cd14482');
INSERT INTO "audit_entries" VALUES(2,'2026-11-22 19:28:44.360598','b84644e8cc2e4d0ab3da28f5b62e1fbf','physician','sign','consents','9b786db84f324140b4d04b0032ba219c','96dcfdd9891046bb81f750cd0ea02ecc','','{"kind":"treatment"}','81bd3598a453dde800004ea71a014795c3fbd7f59cbaf7d30f7d21a16cd14482','6663aefe26a51e6940bd04c1d66cfecd7d8f6eceb41bf00b18031c922c6dfc50');
INSERT INTO "audit_entries" VALUES(3,'2026-11-22 19:28:44.376643','b84644e8cc2e4d0ab3da28f5b62e1fbf','physician','sign','consents','94fad91c33c7476398e30560b79fcd5d','96dcfdd9891046bb81f750cd0ea02ecc','','{"kind":"photography"}','6663aefe26a51e6940bd04c1d66cfecd7d8f6eceb41bf00b18031c922c6dfc50','6cf91bd175b384f09814f93dc4dc0a27443b0efc2bb7b8c67138e7179c3deff4');
INSERT INTO "audit_entries" VALUES(4,'2026-11-22 19:28:44.406026','b84644e8cc2e4d0ab3da28f5b62e1fbf','physician','create','conditions','847207903a2f41efb011ef4db29d5d33','96dcfdd9891046bb81f750cd0ea02ecc','','{}','6cf91bd175b384f09814f93dc4dc0a27443b0efc2bb7b8c67138e7179c3deff4','2acfe492fa9ef4098f4ee33f130eace1d08d63cbf36f1a017e3cdd4b06b55cc5');
INSERT INTO "audit_entries" VALUES(5,'2026-11-22 19:28:44.422203','7c62f00a7d064ef2b905c66a83a0ae9f','operator','create','questionnaire-answers','d651d4929bb04c4086b72ca5c13976ff','96dcfdd9891046bb81f750cd0ea02ecc','','{}','2acfe492fa9ef4098f4ee33f130eace1d08d63cbf36f1a017e3cdd4b06b55cc5','e3b3d80d88ff644d85a388dafbce55cbc4b73813d27a2015c6b0fdc3f124846f');
INSERT INTO "audit_entries" VALUES(6,'2026-11-22 19:28:44.438924','7c62f00a7d064ef2b905c66a83a0ae9f','operator','create','test-spots','4eff1f72f175460a8e38d9d8b1f6eb72','96dcfdd9891046bb81f750cd0ea02ecc','','{}','e3b3d80d88ff644d85a388dafbce55cbc4b73813d27a2015c6b0fdc3f124846f','a157d1f01d16b14a9988eb78583aad70f97c2d5f7a87b6392ab9f418e5193921');
INSERT INTO "audit_entries" VALUES(7,'2026-11-22 19:28:44.501456','7c62f00a7d064ef2b905c66a83a0ae9f','operator','create','photos','ead2ed2692f04607870ba05d8183fcf5','96dcfdd9891046bb81f750cd0ea02ecc','','{"pose":"front"}','a157d1f01d16b14a9988eb78583aad70f97c2d5f7a87b6392ab9f418e5193921','92749571353ee11092d5a009f11c0f8ff943cfebbefba8f265aae6e4a8b9084b');
INSERT INTO "audit_entries" VALUES(8,'2026-11-22 19:28:44.520002','7c62f00a7d064ef2b905c66a83a0ae9f','operator','create','case-drafts','34937de381aa4ba0b466dd8312ef9290','96dcfdd9891046bb81f750cd0ea02ecc','','{}','92749571353ee11092d5a009f11c0f8ff943cfebbefba8f265aae6e4a8b9084b','3934e44b7ae9723f873ad1066aa19d6fae284fabe9421f919bcad481d38e26b5');
INSERT INTO "audit_entries" VALUES(9,'2026-11-22 19:28:44.583919','7c62f00a7d064ef2b905c66a83a0ae9f','operator','create','plan-versions','99b96651e8674394b3e24b23623a913d','96dcfdd9891046bb81f750cd0ea02ecc','','{"sha256":"b35d12bbf22ce28bb971f826685ee1851d35655ad4d7780451e60d58b451bce7","verdict":"OK"}','3934e44b7ae9723f873ad1066aa19d6fae284fabe9421f919bcad481d38e26b5','a02cd4f89a07bfeeeed9d4df1f942cabd8dd7fc30ce5672a7e261c3553f7d1ef');
INSERT INTO "audit_entries" VALUES(10,'2026-11-22 19:28:44.657716','b84644e8cc2e4d0ab3da28f5b62e1fbf','physician','approve','approvals','e913824a9bc746b58fbc9002dffa9423','96dcfdd9891046bb81f750cd0ea02ecc','','{"plan":"99b96651e8674394b3e24b23623a913d","sha256":"b35d12bbf22ce28bb971f826685ee1851d35655ad4d7780451e60d58b451bce7"}','a02cd4f89a07bfeeeed9d4df1f942cabd8dd7fc30ce5672a7e261c3553f7d1ef','9ec65f44a08c9dbe7f002c7e1f4e9bacd2299c8747096a67e1acd071e7eea064');
INSERT INTO "audit_entries" VALUES(11,'2026-11-22 19:28:44.718632','7c62f00a7d064ef2b905c66a83a0ae9f','operator','create','treatments','204edb0373774dc8a16c24dd12192765','96dcfdd9891046bb81f750cd0ea02ecc','','{"source":"by_hand"}','9ec65f44a08c9dbe7f002c7e1f4e9bacd2299c8747096a67e1acd071e7eea064','36f75696c2c1d32925b701d978f87ed280ecff8d06bb3a384e289cfa1262b337');
INSERT INTO "audit_entries" VALUES(12,'2026-11-22 19:28:44.752202','7c62f00a7d064ef2b905c66a83a0ae9f','operator','answer','adverse-events','e2f6a3f8eab547c7bb15b1c0122137cc','96dcfdd9891046bb81f750cd0ea02ecc','','{"kind":"none"}','36f75696c2c1d32925b701d978f87ed280ecff8d06bb3a384e289cfa1262b337','f65435318115a8faa15965eef58b8fd582870de387eab1b091b8556dcf1d8f56');
INSERT INTO "audit_entries" VALUES(13,'2026-11-22 19:28:44.807728','7c62f00a7d064ef2b905c66a83a0ae9f','operator','answer','check-ins','a6ca9f0886754bb0bed1524ef471ab57','96dcfdd9891046bb81f750cd0ea02ecc','','{"day":7,"tier":"48"}','f65435318115a8faa15965eef58b8fd582870de387eab1b091b8556dcf1d8f56','0cdfe7548eed00be3e0686bbd5af1fb75fd09efcc843719b616de168481d9315');
INSERT INTO "audit_entries" VALUES(14,'2026-11-22 19:28:44.822730','b84644e8cc2e4d0ab3da28f5b62e1fbf','physician','review','check-ins','a6ca9f0886754bb0bed1524ef471ab57','96dcfdd9891046bb81f750cd0ea02ecc','','{"contacted":false,"tier":"48"}','0cdfe7548eed00be3e0686bbd5af1fb75fd09efcc843719b616de168481d9315','8f61cb996e368512767f0fc25ddec8e1a071d9585ec028c7e8fb0cd2e2b712b5');
INSERT INTO "audit_entries" VALUES(15,'2026-11-22 19:28:44.840567','7c62f00a7d064ef2b905c66a83a0ae9f','operator','create','recalls','7cbb6b9684cc4242810b9d8539e369df','96dcfdd9891046bb81f750cd0ea02ecc','','{"reason":"next_session"}','8f61cb996e368512767f0fc25ddec8e1a071d9585ec028c7e8fb0cd2e2b712b5','38310c448d46b57e3a3ca01dc2d694b331af8d0688aa4c8cdb63ac1b5973d843');
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
INSERT INTO "case_drafts" VALUES('847207903a2f41efb011ef4db29d5d33','First session','{"schema": "colonnade.case/1", "title": "Atrophic acne scars, left cheek", "synthetic": true, "note": "", "patient": {"phototype": "III", "phototype_basis": "examined", "ita_deg": null, "age_years": 31, "weight_kg": 64.0, "history": {"pregnant_or_lactating": "no", "active_infection_in_field": "no", "keloid_tendency": "no", "isotretinoin_within_6_months": "no", "immunosuppressed": "no", "diabetes_hba1c_above_9_pct": "no", "active_autoimmune_disease": "no", "radiotherapy_to_site": "no", "koebner_disease": "no", "new_patches_at_injury": "no", "flare_in_field": "no", "sunburn_or_tan": "no", "photosensitising_drug": "no", "topical_retinoid_within_1_week": "no", "history_of_pih": "no", "smoker": "no", "argyria_or_silver": "no", "face_or_neck_lift": "no", "anticoagulant_or_bleeding": "no", "herpes_history": "no", "unrealistic_expectations": "no", "skin_disease_active_within_12_months": "unknown", "other_peel_or_laser_within_2_months": "unknown", "last_session_not_healed": "unknown", "other_device_than_last_session": "unknown"}}, "indication": {"id": "atrophic-acne-scar", "scar_thickness_um": null, "scar_age_months": null, "target_depth_um": null, "diagnosis": "", "dermoscopy": "unknown", "suspicious_signs": "unknown", "recurrence_in_laser_scar": "unknown", "adjunct": "", "preparation": "", "preparation_sterile": "unknown"}, "site": {"id": "cheek", "side": "left"}, "region": {"shape": "rectangle", "width_mm": 30.0, "height_mm": 40.0, "diameter_mm": null, "rings_mm": null, "feather_mm": null}, "device": {"id": "lumenis-ultrapulse-deepfx"}, "goals": {"priority": "balanced", "first_session": true, "weeks_since_last_session": null}, "anaesthesia": null, "clinic": {"name": "", "contact": "", "languages": ["en"], "timezone": "UTC", "public_address": "", "colorimeter": false, "caps": {}, "recorded": [], "overrides": []}, "aftercare": {"track": "auto", "mole_site": false, "moisture": "moist", "wash": "saline", "dressing": "none", "growth_factor": "", "silicone": "gel", "silicone_from_day": null, "allergies": null, "orders": []}, "settings": null, "test_spot": null, "zones": []}','{}',NULL,'','2026-11-22 19:28:44.503854','7c62f00a7d064ef2b905c66a83a0ae9f','96dcfdd9891046bb81f750cd0ea02ecc','34937de381aa4ba0b466dd8312ef9290',1);
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
INSERT INTO "check_ins" VALUES('204edb0373774dc8a16c24dd12192765',7,'2026-11-10 09:00:00.000000','staff','7c62f00a7d064ef2b905c66a83a0ae9f','{"day": 7, "date": null, "pain": 1, "pain_change": "unknown", "itch": null, "redness": "unknown", "swelling": "unknown", "ooze": "unknown", "blisters": "unknown", "fever": "unknown", "eye_symptom": "unknown", "closed": "yes", "symptoms": [], "products": [], "new_product": "unknown", "ointment_times": null, "sun_exposure": "unknown", "text": "", "photographs": [], "clinician_contact_since": false}','{"schema_": "colonnade.triage/1", "disclaimer": "Colonnade is research and education software, not a medical device; it never drives a laser.", "day": 7, "tier": "48", "tier_title": "A clinician looks at this within 48 hours", "message": "The clinic must look at this within 48 hours. Call if nobody has contacted you by tomorrow.", "call": "000", "expected": [], "fired": [{"rule": "TR-53", "title": "A question about a red flag was not answered", "tier": "48", "because": ["unanswered (the question on fever is open)"], "window": "no typical window", "first_action": "Ask the open questions by telephone.", "source": "in doubt raise", "basis": "derived", "carried_from_day": null}, {"rule": "TR-67", "title": "One contact missed", "tier": "N", "because": ["missed a contact (missed: day 1)"], "window": "no typical window", "first_action": "Ask why; the next contact stays where it is.", "source": "escalation rule 2 of the aftercare notes (two missed: the same day)", "basis": "derived", "carried_from_day": null}], "notes": [], "rules_version": "1", "rules_sha256": "1e577dcfd12e84730c204a40447039faed5f4589328e0692b0720b5949f550a1", "reviewed_by": "none"}','48',2,'2026-11-22 19:28:44.808559','b84644e8cc2e4d0ab3da28f5b62e1fbf','as expected',0,'96dcfdd9891046bb81f750cd0ea02ecc','a6ca9f0886754bb0bed1524ef471ab57');
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
INSERT INTO "conditions" VALUES('acne-scar-atrophic','cheek','left','','','',NULL,'2026-11-22 19:28:44.390006','96dcfdd9891046bb81f750cd0ea02ecc','847207903a2f41efb011ef4db29d5d33',1);
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
INSERT INTO "consents" VALUES('treatment','clinic','1','826ff0dab649a97ffdd7779a332accafb35cc161012253a19383db19289d6e02','en','2026-11-02 00:00:00.000000','Ada Example','patient','','b84644e8cc2e4d0ab3da28f5b62e1fbf',NULL,NULL,'','','96dcfdd9891046bb81f750cd0ea02ecc','9b786db84f324140b4d04b0032ba219c');
INSERT INTO "consents" VALUES('photography','clinic','1','826ff0dab649a97ffdd7779a332accafb35cc161012253a19383db19289d6e02','en','2026-11-02 00:00:00.000000','Ada Example','patient','','b84644e8cc2e4d0ab3da28f5b62e1fbf',NULL,NULL,'','','96dcfdd9891046bb81f750cd0ea02ecc','94fad91c33c7476398e30560b79fcd5d');
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
	process_id INTEGER, 
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
INSERT INTO "patients" VALUES('7R3E-K76J','Example','Ada','1990-02-03','','','000 111','','en','II','[]','',1,NULL,0,'2026-11-22 19:28:44.300999','96dcfdd9891046bb81f750cd0ea02ecc',1);
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
INSERT INTO "photos" VALUES('847207903a2f41efb011ef4db29d5d33','','','front','','',NULL,'2026-11-22 19:28:44.439721','2026-11-22 19:28:44.485662','7c62f00a7d064ef2b905c66a83a0ae9f','aefebba2106e636742fb73baf32bef69c40d82b08c7d28dfd43d363aa8916286','image/png',4,4,NULL,0,'','96dcfdd9891046bb81f750cd0ea02ecc','ead2ed2692f04607870ba05d8183fcf5');
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
INSERT INTO "plan_versions" VALUES('34937de381aa4ba0b466dd8312ef9290',1,1,'Synthetic plan','OK','lumenis-ultrapulse-deepfx','8a6cd95551b3dfe1c058eb39467caa11d24c176939684d2c1c6f2e6e50fe138f','b35d12bbf22ce28bb971f826685ee1851d35655ad4d7780451e60d58b451bce7','2026-11-22 19:28:44.566426','7c62f00a7d064ef2b905c66a83a0ae9f',NULL,'96dcfdd9891046bb81f750cd0ea02ecc','99b96651e8674394b3e24b23623a913d');
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
INSERT INTO "questionnaire_answers" VALUES('intake','1','en','{"smoker": "no"}','2026-11-22 19:28:44.407082','7c62f00a7d064ef2b905c66a83a0ae9f','',NULL,'96dcfdd9891046bb81f750cd0ea02ecc','d651d4929bb04c4086b72ca5c13976ff');
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
INSERT INTO "recalls" VALUES('','','next_session','2026-11-22','open',NULL,'','7c62f00a7d064ef2b905c66a83a0ae9f','96dcfdd9891046bb81f750cd0ea02ecc','7cbb6b9684cc4242810b9d8539e369df',1);
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
	csrf VARCHAR(64) NOT NULL, 
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
INSERT INTO "test_spots" VALUES('','cheek','left','','{"energy_mJ": 10.0}','2026-10-03','2026-10-31','7c62f00a7d064ef2b905c66a83a0ae9f',NULL,'','','','96dcfdd9891046bb81f750cd0ea02ecc','4eff1f72f175460a8e38d9d8b1f6eb72',1);
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
INSERT INTO "treatment_passes" VALUES('204edb0373774dc8a16c24dd12192765','cheek',1,'{"energy_mJ": 20.0, "density_pct": 5.0, "passes": 1.0}','{"energy_mJ": 20.0, "density_pct": 5.0, "passes": 1.0}','[]',400,NULL,NULL,20.0,NULL,NULL,'','96dcfdd9891046bb81f750cd0ea02ecc','665fc59a161d4e1faf4af03a946423e1');
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
INSERT INTO "treatments" VALUES('847207903a2f41efb011ef4db29d5d33','99b96651e8674394b3e24b23623a913d','','','','2026-11-02',NULL,NULL,'7c62f00a7d064ef2b905c66a83a0ae9f','by_hand',0,'','II','{}','','','{"track": "fractional_field", "zone": "face", "immunosuppressed": "no", "call": "000"}','','[1, 3, 7]','["no time-out was recorded", "the device is not recorded"]',NULL,'','96dcfdd9891046bb81f750cd0ea02ecc','204edb0373774dc8a16c24dd12192765',1);
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
