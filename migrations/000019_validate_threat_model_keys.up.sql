-- Reads the tables while they are read and written.
ALTER TABLE metadata
    VALIDATE CONSTRAINT metadata_threat_model_id_fkey;
ALTER TABLE threats
    VALIDATE CONSTRAINT threats_threat_model_id_diagram_id_fkey,
    DROP CONSTRAINT threats_diagram_id_fkey;
ALTER TABLE collaboration_sessions
    VALIDATE CONSTRAINT collaboration_sessions_threat_model_id_diagram_id_fkey,
    DROP CONSTRAINT collaboration_sessions_diagram_id_fkey;
