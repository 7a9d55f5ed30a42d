ALTER TABLE metadata
    DROP CONSTRAINT metadata_key_check;

ALTER TABLE sources
    DROP CONSTRAINT sources_url_check;

ALTER TABLE documents
    DROP CONSTRAINT documents_url_check,
    DROP CONSTRAINT documents_name_check;

ALTER TABLE threats
    DROP CONSTRAINT threats_score_check,
    DROP CONSTRAINT threats_name_check;

ALTER TABLE diagrams
    DROP CONSTRAINT diagrams_name_check;

ALTER TABLE threat_models
    DROP CONSTRAINT threat_models_threat_model_framework_check,
    DROP CONSTRAINT threat_models_name_check;

ALTER TABLE users
    DROP CONSTRAINT users_name_check;
