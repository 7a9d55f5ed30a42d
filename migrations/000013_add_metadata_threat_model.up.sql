-- Metadata says to which threat model it belongs. Until now that was looked up by what it is about, and a cell's id may
-- be in diagrams of several threat models: its metadata went to whichever the server came to first.

CREATE FUNCTION set_threat_model() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    models uuid[];
BEGIN
    -- With the rights of whoever writes, and so with their rows: what they may not read is not there for them.
    CASE NEW.entity_type
        WHEN 'threat_model' THEN models := ARRAY(SELECT id FROM threat_models WHERE id = NEW.entity_id);
        WHEN 'threat' THEN models := ARRAY(SELECT threat_model_id FROM threats WHERE id = NEW.entity_id);
        WHEN 'diagram' THEN models := ARRAY(SELECT threat_model_id FROM diagrams WHERE id = NEW.entity_id);
        WHEN 'document' THEN models := ARRAY(SELECT threat_model_id FROM documents WHERE id = NEW.entity_id);
        WHEN 'source' THEN models := ARRAY(SELECT threat_model_id FROM sources WHERE id = NEW.entity_id);
        WHEN 'cell' THEN models := ARRAY(
            SELECT DISTINCT threat_model_id FROM diagrams
             WHERE cells @> jsonb_build_array(jsonb_build_object('id', NEW.entity_id)));
        ELSE RETURN NEW;  -- a CHECK refuses it
    END CASE;
    IF NEW.threat_model_id IS NULL THEN
        NEW.threat_model_id := CASE cardinality(models) WHEN 1 THEN models[1] END;
    ELSIF NEW.threat_model_id <> ALL (models) THEN
        RAISE EXCEPTION '% % is not of threat model %', NEW.entity_type, NEW.entity_id, NEW.threat_model_id
            USING ERRCODE = 'foreign_key_violation', TABLE = TG_TABLE_NAME,
                  HINT = 'name an entity of the same threat model, which this user may read';
    END IF;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION set_threat_model() IS
    'BEFORE INSERT or UPDATE: what entity_type and entity_id name is of threat_model_id, which is filled in where only one can be';

ALTER TABLE metadata
    ADD COLUMN threat_model_id uuid;
COMMENT ON COLUMN metadata.threat_model_id IS
    'Threat model of what the row is about. NULL: that is gone, or a cell of several threat models; no user sees the row';

ALTER TABLE metadata
    ADD CONSTRAINT metadata_threat_model_id_fkey FOREIGN KEY (threat_model_id)
        REFERENCES threat_models (id) ON DELETE CASCADE NOT VALID;

CREATE TRIGGER metadata_set_threat_model BEFORE INSERT OR UPDATE OF entity_type, entity_id, threat_model_id ON metadata
    FOR EACH ROW EXECUTE FUNCTION set_threat_model();

-- Whatever search_path whoever writes a row has.
ALTER FUNCTION keep_timestamps() SET search_path = public, pg_temp;
ALTER FUNCTION lower_email() SET search_path = public, pg_temp;
ALTER FUNCTION lower_owner_email() SET search_path = public, pg_temp;
ALTER FUNCTION lower_user_email() SET search_path = public, pg_temp;
