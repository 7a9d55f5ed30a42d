-- What must hold between and within the tables of 000001.

ALTER TABLE users
    ADD CONSTRAINT users_email_key UNIQUE (email),
    ADD CONSTRAINT users_email_lower_check CHECK (email = lower(email));

-- An owner cannot vanish while they own something; a changed address is followed.
ALTER TABLE threat_models
    ADD CONSTRAINT threat_models_owner_email_fkey FOREIGN KEY (owner_email)
        REFERENCES users (email) ON UPDATE CASCADE ON DELETE RESTRICT,
    ADD CONSTRAINT threat_models_owner_email_lower_check CHECK (owner_email = lower(owner_email)),
    ADD CONSTRAINT threat_models_created_by_lower_check CHECK (created_by = lower(created_by));

ALTER TABLE threat_model_access
    ADD CONSTRAINT threat_model_access_threat_model_id_user_email_key UNIQUE (threat_model_id, user_email),
    ADD CONSTRAINT threat_model_access_threat_model_id_fkey FOREIGN KEY (threat_model_id)
        REFERENCES threat_models (id) ON DELETE CASCADE,
    ADD CONSTRAINT threat_model_access_user_email_fkey FOREIGN KEY (user_email)
        REFERENCES users (email) ON UPDATE CASCADE ON DELETE CASCADE,
    ADD CONSTRAINT threat_model_access_user_email_lower_check CHECK (user_email = lower(user_email)),
    ADD CONSTRAINT threat_model_access_role_check CHECK (role IN ('owner', 'writer', 'reader'));

-- A CHECK lets NULL pass: no type, severity, likelihood or risk level means "not assessed yet".
ALTER TABLE diagrams
    ADD CONSTRAINT diagrams_threat_model_id_fkey FOREIGN KEY (threat_model_id)
        REFERENCES threat_models (id) ON DELETE CASCADE,
    ADD CONSTRAINT diagrams_type_check
        CHECK (type IN ('data_flow', 'architecture', 'sequence', 'component', 'deployment'));

ALTER TABLE threats
    ADD CONSTRAINT threats_threat_model_id_fkey FOREIGN KEY (threat_model_id)
        REFERENCES threat_models (id) ON DELETE CASCADE,
    ADD CONSTRAINT threats_diagram_id_fkey FOREIGN KEY (diagram_id)
        REFERENCES diagrams (id) ON DELETE SET NULL,
    ADD CONSTRAINT threats_severity_check CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    ADD CONSTRAINT threats_likelihood_check CHECK (likelihood IN ('low', 'medium', 'high')),
    ADD CONSTRAINT threats_risk_level_check CHECK (risk_level IN ('low', 'medium', 'high', 'critical'));
