-- Nothing leads from one threat model into another: no policy, no foreign key, no unique key, no function that answers
-- for the owner of the tables.

ALTER TABLE metadata
    ADD CONSTRAINT metadata_threat_model_id_entity_type_entity_id_key_key
        UNIQUE USING INDEX metadata_threat_model_id_entity_type_entity_id_key_key,
    DROP CONSTRAINT metadata_entity_type_entity_id_key_key;

ALTER POLICY metadata_read ON metadata
    USING (threat_model_id IN (SELECT threat_models_of_user('reader')) OR (SELECT reads_all()));
ALTER POLICY metadata_write ON metadata
    USING (threat_model_id IN (SELECT threat_models_of_user('writer')));
DROP FUNCTION threat_model_of(text, uuid);

-- It ran as the owner and told anybody who owns what.
CREATE OR REPLACE FUNCTION owner_of(threat_model uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$SELECT owner_email FROM threat_models WHERE id = threat_model AND id IN (SELECT threat_models_of_user('reader'))$$;
COMMENT ON FUNCTION owner_of(uuid) IS
    'Who owns a threat model that the user may read; in a statement that changes it, who did before';

-- Whoever may read a threat model joins its sessions and leaves them, for oneself; others are a writer's to bring and send.
DROP POLICY session_participants_of_session ON session_participants;
CREATE POLICY session_participants_read ON session_participants FOR SELECT
    USING (session_id IN (SELECT id FROM collaboration_sessions));
CREATE POLICY session_participants_write ON session_participants
    USING (session_id IN (SELECT id FROM collaboration_sessions
                           WHERE threat_model_id IN (SELECT threat_models_of_user('writer'))));
CREATE POLICY session_participants_join ON session_participants FOR INSERT
    WITH CHECK (session_id IN (SELECT id FROM collaboration_sessions)
                AND user_id IN (SELECT id FROM users WHERE email = app_user_email()));
CREATE POLICY session_participants_change ON session_participants FOR UPDATE
    USING (session_id IN (SELECT id FROM collaboration_sessions)
           AND user_id IN (SELECT id FROM users WHERE email = app_user_email()));
CREATE POLICY session_participants_leave ON session_participants FOR DELETE
    USING (session_id IN (SELECT id FROM collaboration_sessions)
           AND user_id IN (SELECT id FROM users WHERE email = app_user_email()));

ALTER TABLE diagrams
    ADD CONSTRAINT diagrams_threat_model_id_id_key UNIQUE USING INDEX diagrams_threat_model_id_id_key;
ALTER TABLE threats
    ADD CONSTRAINT threats_threat_model_id_diagram_id_fkey FOREIGN KEY (threat_model_id, diagram_id)
        REFERENCES diagrams (threat_model_id, id) ON DELETE SET NULL (diagram_id) NOT VALID;
ALTER TABLE collaboration_sessions
    ADD CONSTRAINT collaboration_sessions_threat_model_id_diagram_id_fkey FOREIGN KEY (threat_model_id, diagram_id)
        REFERENCES diagrams (threat_model_id, id) ON DELETE CASCADE NOT VALID;

-- Only where 000012 has made the table. Its writers, which are no person, wait while the index is built: CONCURRENTLY has
-- no IF.
DO $$
BEGIN
    IF to_regclass('embeddings') IS NULL THEN
        RETURN;
    END IF;
    ALTER TABLE embeddings
        ADD CONSTRAINT embeddings_threat_model_id_entity_type_entity_id_model_key
            UNIQUE (threat_model_id, entity_type, entity_id, model),
        DROP CONSTRAINT embeddings_entity_type_entity_id_model_key;
    CREATE TRIGGER embeddings_set_threat_model
        BEFORE INSERT OR UPDATE OF entity_type, entity_id, threat_model_id ON embeddings
        FOR EACH ROW EXECUTE FUNCTION set_threat_model();
END;
$$;
