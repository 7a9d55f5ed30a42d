ALTER TABLE threats
    DROP CONSTRAINT threats_risk_level_check,
    DROP CONSTRAINT threats_likelihood_check,
    DROP CONSTRAINT threats_severity_check,
    DROP CONSTRAINT threats_diagram_id_fkey,
    DROP CONSTRAINT threats_threat_model_id_fkey;

ALTER TABLE diagrams
    DROP CONSTRAINT diagrams_type_check,
    DROP CONSTRAINT diagrams_threat_model_id_fkey;

ALTER TABLE threat_model_access
    DROP CONSTRAINT threat_model_access_role_check,
    DROP CONSTRAINT threat_model_access_user_email_lower_check,
    DROP CONSTRAINT threat_model_access_user_email_fkey,
    DROP CONSTRAINT threat_model_access_threat_model_id_fkey,
    DROP CONSTRAINT threat_model_access_threat_model_id_user_email_key;

ALTER TABLE threat_models
    DROP CONSTRAINT threat_models_created_by_lower_check,
    DROP CONSTRAINT threat_models_owner_email_lower_check,
    DROP CONSTRAINT threat_models_owner_email_fkey;

ALTER TABLE users
    DROP CONSTRAINT users_email_lower_check,
    DROP CONSTRAINT users_email_key;
