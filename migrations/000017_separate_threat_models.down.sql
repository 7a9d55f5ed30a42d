DO $$
BEGIN
    IF to_regclass('embeddings') IS NULL THEN
        RETURN;
    END IF;
    DROP TRIGGER embeddings_set_threat_model ON embeddings;
    ALTER TABLE embeddings
        ADD CONSTRAINT embeddings_entity_type_entity_id_model_key UNIQUE (entity_type, entity_id, model),
        DROP CONSTRAINT embeddings_threat_model_id_entity_type_entity_id_model_key;
END;
$$;

ALTER TABLE collaboration_sessions
    DROP CONSTRAINT collaboration_sessions_threat_model_id_diagram_id_fkey;
ALTER TABLE threats
    DROP CONSTRAINT threats_threat_model_id_diagram_id_fkey;
-- The index goes with the constraint; 000015 had made it alone.
ALTER TABLE diagrams
    DROP CONSTRAINT diagrams_threat_model_id_id_key;
CREATE UNIQUE INDEX diagrams_threat_model_id_id_key ON diagrams (threat_model_id, id);

DROP POLICY session_participants_leave ON session_participants;
DROP POLICY session_participants_change ON session_participants;
DROP POLICY session_participants_join ON session_participants;
DROP POLICY session_participants_write ON session_participants;
DROP POLICY session_participants_read ON session_participants;
CREATE POLICY session_participants_of_session ON session_participants
    USING (session_id IN (SELECT id FROM collaboration_sessions));

CREATE OR REPLACE FUNCTION owner_of(threat_model uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$SELECT owner_email FROM threat_models WHERE id = threat_model$$;
COMMENT ON FUNCTION owner_of(uuid) IS 'Who owns a threat model; in a statement that changes it, who did before';

CREATE FUNCTION threat_model_of(kind text, entity uuid) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT CASE kind
        WHEN 'threat_model' THEN entity
        WHEN 'threat' THEN (SELECT threat_model_id FROM threats WHERE id = entity)
        WHEN 'diagram' THEN (SELECT threat_model_id FROM diagrams WHERE id = entity)
        WHEN 'document' THEN (SELECT threat_model_id FROM documents WHERE id = entity)
        WHEN 'source' THEN (SELECT threat_model_id FROM sources WHERE id = entity)
        WHEN 'cell' THEN (SELECT threat_model_id FROM diagrams
                           WHERE cells @> jsonb_build_array(jsonb_build_object('id', entity)) LIMIT 1)
    END
$$;
COMMENT ON FUNCTION threat_model_of(text, uuid) IS 'The threat model that a row of metadata is about';
ALTER POLICY metadata_write ON metadata
    USING (threat_model_of(entity_type, entity_id) IN (SELECT threat_models_of_user('writer')));
ALTER POLICY metadata_read ON metadata
    USING ((SELECT reads_all())
           OR threat_model_of(entity_type, entity_id) IN (SELECT threat_models_of_user('reader')));

-- A key that several threat models have by now stands in the way: such rows have to be told apart first.
ALTER TABLE metadata
    ADD CONSTRAINT metadata_entity_type_entity_id_key_key UNIQUE (entity_type, entity_id, key),
    DROP CONSTRAINT metadata_threat_model_id_entity_type_entity_id_key_key;
CREATE UNIQUE INDEX metadata_threat_model_id_entity_type_entity_id_key_key
    ON metadata (threat_model_id, entity_type, entity_id, key);
