-- What the application has always assumed, now held by the database.

ALTER TABLE users
    ADD CONSTRAINT users_name_check CHECK (btrim(name) <> '');

ALTER TABLE threat_models
    ADD CONSTRAINT threat_models_name_check CHECK (btrim(name) <> ''),
    ADD CONSTRAINT threat_models_threat_model_framework_check
        CHECK (threat_model_framework IN ('CIA', 'STRIDE', 'LINDDUN', 'DIE', 'PLOT4ai'));

ALTER TABLE diagrams
    ADD CONSTRAINT diagrams_name_check CHECK (btrim(name) <> '');

ALTER TABLE threats
    ADD CONSTRAINT threats_name_check CHECK (btrim(name) <> ''),
    ADD CONSTRAINT threats_score_check CHECK (score BETWEEN 0 AND 10);

ALTER TABLE documents
    ADD CONSTRAINT documents_name_check CHECK (btrim(name) <> ''),
    ADD CONSTRAINT documents_url_check CHECK (btrim(url) <> '');

ALTER TABLE sources
    ADD CONSTRAINT sources_url_check CHECK (btrim(url) <> '');

ALTER TABLE metadata
    ADD CONSTRAINT metadata_key_check CHECK (key ~ '^[a-zA-Z0-9_-]+$');
