ALTER FUNCTION lower_user_email() RESET search_path;
ALTER FUNCTION lower_owner_email() RESET search_path;
ALTER FUNCTION lower_email() RESET search_path;
ALTER FUNCTION keep_timestamps() RESET search_path;

DROP TRIGGER metadata_set_threat_model ON metadata;
ALTER TABLE metadata
    DROP COLUMN threat_model_id;
DROP FUNCTION set_threat_model();
