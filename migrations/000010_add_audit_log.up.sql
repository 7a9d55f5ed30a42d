-- Who changed what and when: the row before and after, a partition for each month (UTC).
-- A default partition takes what no month takes, so that a forgotten upkeep never fails a write of the application;
-- the next upkeep moves its rows to where they belong.
-- Refresh tokens and sessions are not audited: they change all the time and mean nothing afterwards.

CREATE FUNCTION app_user_email() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$SELECT lower(nullif(current_setting('app.user_email', true), ''))$$;
COMMENT ON FUNCTION app_user_email() IS
    'Whom the application acts for: SET LOCAL app.user_email; after the transaction the setting is empty, not NULL';

CREATE TABLE audit_log (
    id          uuid         NOT NULL DEFAULT gen_random_uuid(),
    table_name  text         NOT NULL,
    row_id      uuid         NOT NULL,
    action      text         NOT NULL,
    old_row     jsonb,
    new_row     jsonb,
    user_email  varchar(255),
    session_id  text,
    login       text         NOT NULL DEFAULT session_user,
    created_at  timestamptz  NOT NULL DEFAULT now(),
    modified_at timestamptz  NOT NULL DEFAULT now(),
    CONSTRAINT audit_log_pkey PRIMARY KEY (id, created_at),
    CONSTRAINT audit_log_action_check CHECK (action IN ('INSERT', 'UPDATE', 'DELETE')),
    CONSTRAINT audit_log_row_check CHECK ((old_row IS NULL) = (action = 'INSERT') AND (new_row IS NULL) = (action = 'DELETE'))
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE audit_log IS 'Every change of an audited table; rows go only with their month, see keep_audit_log_partitions';
COMMENT ON COLUMN audit_log.row_id IS 'Column id of the row; not a reference, so that it outlives the row';
COMMENT ON COLUMN audit_log.user_email IS 'app.user_email of the session: whom the application acted for';
COMMENT ON COLUMN audit_log.session_id IS 'app.session_id of the session: the sign-in it acted in';
COMMENT ON COLUMN audit_log.login IS 'The PostgreSQL login that did it';

CREATE INDEX idx_audit_log_row_id_created_at ON audit_log (row_id, created_at);
CREATE INDEX idx_audit_log_user_email_created_at ON audit_log (user_email, created_at);

CREATE TRIGGER audit_log_keep_timestamps BEFORE UPDATE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION keep_timestamps();

CREATE TABLE audit_log_default PARTITION OF audit_log DEFAULT;

-- As its owner: the application may change rows that it may not write to the audit log.
CREATE FUNCTION write_audit_log() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
BEGIN
    INSERT INTO audit_log (table_name, row_id, action, old_row, new_row, user_email, session_id)
    VALUES (TG_TABLE_NAME, (coalesce(after, before) ->> 'id')::uuid, TG_OP, before, after,
            app_user_email(), nullif(current_setting('app.session_id', true), ''));
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION write_audit_log() IS 'AFTER INSERT, UPDATE or DELETE of each row: writes it to audit_log';

-- With the rights of the caller, who has to be the owner: the application cannot drop what it left behind.
CREATE FUNCTION keep_audit_log_partitions(ahead integer DEFAULT 3, keep integer DEFAULT 13)
    RETURNS TABLE (action text, partition text)
    LANGUAGE plpgsql SET search_path = public, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s'
AS $$
DECLARE
    this_month constant date := date_trunc('month', now());
    month date;
    grantee text;
BEGIN
    IF ahead < 0 OR keep < 1 THEN
        RAISE EXCEPTION 'ahead is % and keep is %', ahead, keep
            USING HINT = 'ahead is a number of months from 0, keep one from 1', ERRCODE = 'invalid_parameter_value';
    END IF;
    -- One upkeep at a time; readers and writers are not held up.
    LOCK TABLE audit_log IN SHARE UPDATE EXCLUSIVE MODE;

    FOR month IN
        SELECT m FROM generate_series(this_month, this_month + make_interval(months => ahead), '1 month') AS m
        UNION SELECT DISTINCT date_trunc('month', d.created_at) FROM audit_log_default d
               WHERE d.created_at >= this_month - make_interval(months => keep)
        ORDER BY 1
    LOOP
        partition := 'audit_log_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass(partition) IS NOT NULL;
        -- Made aside and attached: PARTITION OF would lock out every writer of the parent, even when nothing is moved.
        EXECUTE format('CREATE TABLE %I (LIKE audit_log INCLUDING ALL)', partition);
        -- No grant by default privileges: a partition is reached by way of its parent, and its policies, alone.
        FOR grantee IN
            SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
              FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = partition::regclass AND a.grantee <> c.relowner
        LOOP
            EXECUTE format('REVOKE ALL ON %I FROM %s', partition, grantee);
        END LOOP;
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', partition);
        LOCK TABLE audit_log_default IN ACCESS EXCLUSIVE MODE;
        EXECUTE format('WITH moved AS (DELETE FROM audit_log_default WHERE created_at >= $1 AND created_at < $2 RETURNING *)'
                       ' INSERT INTO %I SELECT * FROM moved', partition)
            USING month::timestamptz, (month + interval '1 month')::timestamptz;
        EXECUTE format('ALTER TABLE audit_log ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       partition, month::timestamptz, (month + interval '1 month')::timestamptz);
        action := 'made';
        RETURN NEXT;
    END LOOP;

    FOR partition IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'audit_log'::regclass AND c.relname ~ '^audit_log_[0-9]{4}_[0-9]{2}$'
           AND to_date(right(c.relname, 7), 'YYYY_MM') < this_month - make_interval(months => keep)
         ORDER BY c.relname
    LOOP
        EXECUTE format('DROP TABLE %I', partition);
        action := 'dropped';
        RETURN NEXT;
    END LOOP;
    DELETE FROM audit_log_default WHERE created_at < this_month - make_interval(months => keep);
END;
$$;
COMMENT ON FUNCTION keep_audit_log_partitions(integer, integer) IS
    'Makes the partitions of this month and of those ahead, drops those older than so many months; as the owner';

ALTER TABLE audit_log_default ENABLE ROW LEVEL SECURITY;
DO $$
DECLARE
    grantee text;
BEGIN
    FOR grantee IN
        SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
          FROM pg_class c, aclexplode(c.relacl) a
         WHERE c.oid = 'audit_log_default'::regclass AND a.grantee <> c.relowner
    LOOP
        EXECUTE format('REVOKE ALL ON audit_log_default FROM %s', grantee);
    END LOOP;
    PERFORM keep_audit_log_partitions();
END;
$$;

CREATE TRIGGER users_audit AFTER INSERT OR UPDATE OR DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION write_audit_log();
CREATE TRIGGER user_providers_audit AFTER INSERT OR UPDATE OR DELETE ON user_providers
    FOR EACH ROW EXECUTE FUNCTION write_audit_log();
CREATE TRIGGER threat_models_audit AFTER INSERT OR UPDATE OR DELETE ON threat_models
    FOR EACH ROW EXECUTE FUNCTION write_audit_log();
CREATE TRIGGER threat_model_access_audit AFTER INSERT OR UPDATE OR DELETE ON threat_model_access
    FOR EACH ROW EXECUTE FUNCTION write_audit_log();
CREATE TRIGGER diagrams_audit AFTER INSERT OR UPDATE OR DELETE ON diagrams
    FOR EACH ROW EXECUTE FUNCTION write_audit_log();
CREATE TRIGGER threats_audit AFTER INSERT OR UPDATE OR DELETE ON threats
    FOR EACH ROW EXECUTE FUNCTION write_audit_log();
CREATE TRIGGER documents_audit AFTER INSERT OR UPDATE OR DELETE ON documents
    FOR EACH ROW EXECUTE FUNCTION write_audit_log();
CREATE TRIGGER sources_audit AFTER INSERT OR UPDATE OR DELETE ON sources
    FOR EACH ROW EXECUTE FUNCTION write_audit_log();
CREATE TRIGGER metadata_audit AFTER INSERT OR UPDATE OR DELETE ON metadata
    FOR EACH ROW EXECUTE FUNCTION write_audit_log();
