-- Plain CREATE INDEX: the tables of 000001 are still empty. On a table that holds data,
-- CREATE INDEX CONCURRENTLY in a file of its own.

-- For prefix search in the "share with" box; equality is served by users_email_key as well.
CREATE INDEX idx_users_email ON users (email varchar_pattern_ops);
CREATE INDEX idx_users_last_login ON users (last_login);

CREATE INDEX idx_threat_models_owner_email ON threat_models (owner_email);
CREATE INDEX idx_threat_model_access_threat_model_id ON threat_model_access (threat_model_id);
CREATE INDEX idx_threats_threat_model_id ON threats (threat_model_id);
CREATE INDEX idx_diagrams_threat_model_id ON diagrams (threat_model_id);
