-- A constraint that has been validated can only be made anew to be as it was.
ALTER TABLE collaboration_sessions
    DROP CONSTRAINT collaboration_sessions_threat_model_id_diagram_id_fkey,
    ADD CONSTRAINT collaboration_sessions_threat_model_id_diagram_id_fkey FOREIGN KEY (threat_model_id, diagram_id)
        REFERENCES diagrams (threat_model_id, id) ON DELETE CASCADE NOT VALID,
    ADD CONSTRAINT collaboration_sessions_diagram_id_fkey FOREIGN KEY (diagram_id)
        REFERENCES diagrams (id) ON DELETE CASCADE;
ALTER TABLE threats
    DROP CONSTRAINT threats_threat_model_id_diagram_id_fkey,
    ADD CONSTRAINT threats_threat_model_id_diagram_id_fkey FOREIGN KEY (threat_model_id, diagram_id)
        REFERENCES diagrams (threat_model_id, id) ON DELETE SET NULL (diagram_id) NOT VALID,
    ADD CONSTRAINT threats_diagram_id_fkey FOREIGN KEY (diagram_id)
        REFERENCES diagrams (id) ON DELETE SET NULL;
ALTER TABLE metadata
    DROP CONSTRAINT metadata_threat_model_id_fkey,
    ADD CONSTRAINT metadata_threat_model_id_fkey FOREIGN KEY (threat_model_id)
        REFERENCES threat_models (id) ON DELETE CASCADE NOT VALID;
