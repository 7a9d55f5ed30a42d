DROP TABLE metadata;
DROP TABLE sources;
DROP TABLE documents;

ALTER TABLE threats
    DROP COLUMN issue_url;

ALTER TABLE threat_models
    DROP COLUMN issue_url,
    DROP COLUMN threat_model_framework;
