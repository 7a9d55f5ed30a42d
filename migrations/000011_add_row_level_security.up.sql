-- Rows of a threat model are for those with access to it. The application says for whom it acts, once per transaction:
--     SET LOCAL app.user_email = 'ann@example.org'
-- Without that it sees and writes no row here. A login without the right to INSERT (reporting) sees every row.
-- Users, their providers and refresh tokens have no policy: they are read to find out who somebody is.
--
-- No FORCE: the owner is nobody's login. Forced, migrations would find the tables empty without a word, and pg_dump,
-- which sets row_security off, would be refused. The functions that look into these tables rely on it, too: as the
-- owner's they see all rows, where a policy that queried its own table would never end.

CREATE FUNCTION reads_all() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_temp
AS $$SELECT NOT has_table_privilege('threat_models', 'INSERT')$$;
COMMENT ON FUNCTION reads_all() IS 'Whether the current role is there to read, and then everything';

CREATE FUNCTION threat_models_of_user(at_least text) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT id FROM threat_models WHERE owner_email = app_user_email()
    UNION
    SELECT threat_model_id FROM threat_model_access
     WHERE user_email = app_user_email()
       AND role = ANY (CASE at_least WHEN 'reader' THEN '{reader,writer,owner}'::text[]
                                     WHEN 'writer' THEN '{writer,owner}' WHEN 'owner' THEN '{owner}' END)
$$;
COMMENT ON FUNCTION threat_models_of_user(text) IS
    'Threat models on which app.user_email has at least that role: reader, writer or owner';

CREATE FUNCTION owner_of(threat_model uuid) RETURNS text
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

CREATE POLICY threat_models_read ON threat_models FOR SELECT
    USING (owner_email = app_user_email() OR id IN (SELECT threat_models_of_user('reader')) OR (SELECT reads_all()));
CREATE POLICY threat_models_insert ON threat_models FOR INSERT
    WITH CHECK (owner_email = app_user_email());
-- A writer changes everything but whose it is.
CREATE POLICY threat_models_update ON threat_models FOR UPDATE
    USING (id IN (SELECT threat_models_of_user('writer')))
    WITH CHECK (owner_email = owner_of(id) OR id IN (SELECT threat_models_of_user('owner')));
CREATE POLICY threat_models_delete ON threat_models FOR DELETE
    USING (id IN (SELECT threat_models_of_user('owner')));

CREATE POLICY threat_model_access_read ON threat_model_access FOR SELECT
    USING (threat_model_id IN (SELECT threat_models_of_user('reader')) OR (SELECT reads_all()));
CREATE POLICY threat_model_access_write ON threat_model_access
    USING (threat_model_id IN (SELECT threat_models_of_user('owner')));

CREATE POLICY diagrams_read ON diagrams FOR SELECT
    USING (threat_model_id IN (SELECT threat_models_of_user('reader')) OR (SELECT reads_all()));
CREATE POLICY diagrams_write ON diagrams
    USING (threat_model_id IN (SELECT threat_models_of_user('writer')));

CREATE POLICY threats_read ON threats FOR SELECT
    USING (threat_model_id IN (SELECT threat_models_of_user('reader')) OR (SELECT reads_all()));
CREATE POLICY threats_write ON threats
    USING (threat_model_id IN (SELECT threat_models_of_user('writer')));

CREATE POLICY documents_read ON documents FOR SELECT
    USING (threat_model_id IN (SELECT threat_models_of_user('reader')) OR (SELECT reads_all()));
CREATE POLICY documents_write ON documents
    USING (threat_model_id IN (SELECT threat_models_of_user('writer')));

CREATE POLICY sources_read ON sources FOR SELECT
    USING (threat_model_id IN (SELECT threat_models_of_user('reader')) OR (SELECT reads_all()));
CREATE POLICY sources_write ON sources
    USING (threat_model_id IN (SELECT threat_models_of_user('writer')));

CREATE POLICY metadata_read ON metadata FOR SELECT
    USING ((SELECT reads_all())
           OR threat_model_of(entity_type, entity_id) IN (SELECT threat_models_of_user('reader')));
CREATE POLICY metadata_write ON metadata
    USING (threat_model_of(entity_type, entity_id) IN (SELECT threat_models_of_user('writer')));

-- Readers join a session as well; to open one takes a writer.
CREATE POLICY collaboration_sessions_read ON collaboration_sessions FOR SELECT
    USING (threat_model_id IN (SELECT threat_models_of_user('reader')) OR (SELECT reads_all()));
CREATE POLICY collaboration_sessions_write ON collaboration_sessions
    USING (threat_model_id IN (SELECT threat_models_of_user('writer')));
CREATE POLICY session_participants_of_session ON session_participants
    USING (session_id IN (SELECT id FROM collaboration_sessions));

-- One's own changes, and for reporting all of them. No policy lets anybody write: write_audit_log does, as the owner.
CREATE POLICY audit_log_read ON audit_log FOR SELECT
    USING (user_email = app_user_email() OR (SELECT reads_all()));

ALTER TABLE threat_models ENABLE ROW LEVEL SECURITY;
ALTER TABLE threat_model_access ENABLE ROW LEVEL SECURITY;
ALTER TABLE diagrams ENABLE ROW LEVEL SECURITY;
ALTER TABLE threats ENABLE ROW LEVEL SECURITY;
ALTER TABLE documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE sources ENABLE ROW LEVEL SECURITY;
ALTER TABLE metadata ENABLE ROW LEVEL SECURITY;
ALTER TABLE collaboration_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE session_participants ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;

-- With the rights, and so the rows, of whoever asks; an ordinary view would show all of the owner's.
CREATE VIEW threat_model_overview WITH (security_invoker = true) AS
    SELECT m.id, m.name, m.owner_email, m.threat_model_framework, m.modified_at,
           (SELECT count(*) FROM diagrams d WHERE d.threat_model_id = m.id) AS diagrams,
           (SELECT count(*) FROM threats t WHERE t.threat_model_id = m.id) AS threats,
           (SELECT count(*) FROM threats t WHERE t.threat_model_id = m.id AND NOT t.mitigated) AS open_threats
      FROM threat_models m;
COMMENT ON VIEW threat_model_overview IS 'Threat models with what is in them, for lists and reports';
