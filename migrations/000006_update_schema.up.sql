-- The framework and issue links of a threat model; documents, sources and metadata beside it.

ALTER TABLE threat_models
    ADD COLUMN threat_model_framework text NOT NULL DEFAULT 'STRIDE',
    ADD COLUMN issue_url varchar(1024);
COMMENT ON COLUMN threat_models.issue_url IS 'Where the work on it is tracked';

ALTER TABLE threats
    ADD COLUMN issue_url varchar(1024);
COMMENT ON COLUMN threats.issue_url IS 'Where the work on it is tracked';

CREATE TABLE documents (
    id              uuid          NOT NULL DEFAULT gen_random_uuid(),
    threat_model_id uuid          NOT NULL,
    name            varchar(256)  NOT NULL,
    url             varchar(1024) NOT NULL,
    description     text,
    created_at      timestamptz   NOT NULL DEFAULT now(),
    modified_at     timestamptz   NOT NULL DEFAULT now(),
    CONSTRAINT documents_pkey PRIMARY KEY (id),
    CONSTRAINT documents_threat_model_id_fkey FOREIGN KEY (threat_model_id)
        REFERENCES threat_models (id) ON DELETE CASCADE
);
COMMENT ON TABLE documents IS 'Documents that a threat model refers to';

CREATE TABLE sources (
    id              uuid          NOT NULL DEFAULT gen_random_uuid(),
    threat_model_id uuid          NOT NULL,
    name            varchar(256),
    url             varchar(1024) NOT NULL,
    description     text,
    type            text,
    parameters      jsonb,
    created_at      timestamptz   NOT NULL DEFAULT now(),
    modified_at     timestamptz   NOT NULL DEFAULT now(),
    CONSTRAINT sources_pkey PRIMARY KEY (id),
    CONSTRAINT sources_threat_model_id_fkey FOREIGN KEY (threat_model_id)
        REFERENCES threat_models (id) ON DELETE CASCADE,
    CONSTRAINT sources_type_check CHECK (type IN ('git', 'svn', 'mercurial', 'other'))
);
COMMENT ON TABLE sources IS 'Source repositories that a threat model refers to';
COMMENT ON COLUMN sources.parameters IS 'Branch, tag, commit or path within the repository';

CREATE TABLE metadata (
    id          uuid         NOT NULL DEFAULT gen_random_uuid(),
    entity_type text         NOT NULL,
    entity_id   uuid         NOT NULL,
    key         varchar(128) NOT NULL,
    value       text         NOT NULL,
    created_at  timestamptz  NOT NULL DEFAULT now(),
    modified_at timestamptz  NOT NULL DEFAULT now(),
    CONSTRAINT metadata_pkey PRIMARY KEY (id),
    CONSTRAINT metadata_entity_type_entity_id_key_key UNIQUE (entity_type, entity_id, key),
    CONSTRAINT metadata_entity_type_check
        CHECK (entity_type IN ('threat_model', 'threat', 'diagram', 'document', 'source', 'cell'))
);
COMMENT ON TABLE metadata IS 'Key-value pairs of any entity';
COMMENT ON COLUMN metadata.entity_id IS 'Row of the table that entity_type names, or a cell within diagrams.cells';

CREATE TRIGGER documents_keep_timestamps BEFORE UPDATE ON documents
    FOR EACH ROW EXECUTE FUNCTION keep_timestamps();
CREATE TRIGGER sources_keep_timestamps BEFORE UPDATE ON sources
    FOR EACH ROW EXECUTE FUNCTION keep_timestamps();
CREATE TRIGGER metadata_keep_timestamps BEFORE UPDATE ON metadata
    FOR EACH ROW EXECUTE FUNCTION keep_timestamps();
