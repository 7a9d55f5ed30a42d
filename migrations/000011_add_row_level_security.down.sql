DROP VIEW threat_model_overview;

ALTER TABLE audit_log DISABLE ROW LEVEL SECURITY;
ALTER TABLE session_participants DISABLE ROW LEVEL SECURITY;
ALTER TABLE collaboration_sessions DISABLE ROW LEVEL SECURITY;
ALTER TABLE metadata DISABLE ROW LEVEL SECURITY;
ALTER TABLE sources DISABLE ROW LEVEL SECURITY;
ALTER TABLE documents DISABLE ROW LEVEL SECURITY;
ALTER TABLE threats DISABLE ROW LEVEL SECURITY;
ALTER TABLE diagrams DISABLE ROW LEVEL SECURITY;
ALTER TABLE threat_model_access DISABLE ROW LEVEL SECURITY;
ALTER TABLE threat_models DISABLE ROW LEVEL SECURITY;

DROP POLICY audit_log_read ON audit_log;
DROP POLICY session_participants_of_session ON session_participants;
DROP POLICY collaboration_sessions_write ON collaboration_sessions;
DROP POLICY collaboration_sessions_read ON collaboration_sessions;
DROP POLICY metadata_write ON metadata;
DROP POLICY metadata_read ON metadata;
DROP POLICY sources_write ON sources;
DROP POLICY sources_read ON sources;
DROP POLICY documents_write ON documents;
DROP POLICY documents_read ON documents;
DROP POLICY threats_write ON threats;
DROP POLICY threats_read ON threats;
DROP POLICY diagrams_write ON diagrams;
DROP POLICY diagrams_read ON diagrams;
DROP POLICY threat_model_access_write ON threat_model_access;
DROP POLICY threat_model_access_read ON threat_model_access;
DROP POLICY threat_models_delete ON threat_models;
DROP POLICY threat_models_update ON threat_models;
DROP POLICY threat_models_insert ON threat_models;
DROP POLICY threat_models_read ON threat_models;

DROP FUNCTION threat_model_of(text, uuid);
DROP FUNCTION owner_of(uuid);
DROP FUNCTION threat_models_of_user(text);
DROP FUNCTION reads_all();
