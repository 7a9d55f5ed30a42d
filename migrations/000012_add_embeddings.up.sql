-- Embeddings for search by meaning: only where the extension vector is installed (RDS has it, and the bootstrap makes
-- extensions before migrations). Elsewhere nothing is made, the log says so, and `datatier schema check` repeats it.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') THEN
        RAISE WARNING 'the extension vector is not installed: the table embeddings is not made'
            USING HINT = 'CREATE EXTENSION vector, then take the statements from: datatier schema check';
        RETURN;
    END IF;

    CREATE TABLE embeddings (
        id              uuid         NOT NULL DEFAULT gen_random_uuid(),
        threat_model_id uuid         NOT NULL,
        entity_type     text         NOT NULL,
        entity_id       uuid         NOT NULL,
        model           varchar(128) NOT NULL,
        embedding       vector(1536) NOT NULL,
        created_at      timestamptz  NOT NULL DEFAULT now(),
        modified_at     timestamptz  NOT NULL DEFAULT now(),
        CONSTRAINT embeddings_pkey PRIMARY KEY (id),
        CONSTRAINT embeddings_entity_type_entity_id_model_key UNIQUE (entity_type, entity_id, model),
        CONSTRAINT embeddings_threat_model_id_fkey FOREIGN KEY (threat_model_id)
            REFERENCES threat_models (id) ON DELETE CASCADE,
        CONSTRAINT embeddings_entity_type_check
            CHECK (entity_type IN ('threat_model', 'threat', 'diagram', 'document', 'source'))
    );
    COMMENT ON TABLE embeddings IS 'What a text of a threat model means, as a vector';
    COMMENT ON COLUMN embeddings.entity_id IS 'Row of the table that entity_type names';
    COMMENT ON COLUMN embeddings.model IS 'Which model made it: distances mean something only within one';

    CREATE INDEX idx_embeddings_threat_model_id ON embeddings (threat_model_id);
    -- Cosine, as the models for text are trained for it.
    CREATE INDEX idx_embeddings_embedding ON embeddings USING hnsw (embedding vector_cosine_ops);

    CREATE TRIGGER embeddings_keep_timestamps BEFORE UPDATE ON embeddings
        FOR EACH ROW EXECUTE FUNCTION keep_timestamps();

    CREATE POLICY embeddings_read ON embeddings FOR SELECT
        USING (threat_model_id IN (SELECT threat_models_of_user('reader')) OR (SELECT reads_all()));
    CREATE POLICY embeddings_write ON embeddings
        USING (threat_model_id IN (SELECT threat_models_of_user('writer')));
    ALTER TABLE embeddings ENABLE ROW LEVEL SECURITY;
END;
$$;
