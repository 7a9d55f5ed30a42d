-- Who changed what and when, a partition for each month (UTC); what no month takes goes into the default one.
CREATE FUNCTION app_user_email() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
AS $$SELECT lower(nullif(current_setting('app.user_email', true), ''))$$;
COMMENT ON FUNCTION app_user_email() IS
    'Whom the application acts for: SET LOCAL app.user_email; after the transaction the setting is empty, not NULL';

CREATE TABLE audit_log (
    id          uuid        NOT NULL DEFAULT gen_random_uuid(),
    table_name  text        NOT NULL,
    row_id      uuid        NOT NULL,
    action      text        NOT NULL,
    user_email  varchar(255),
    login       text        NOT NULL DEFAULT session_user,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_log_pkey PRIMARY KEY (id, created_at),
    CONSTRAINT audit_log_action_check CHECK (action IN ('INSERT', 'UPDATE', 'DELETE'))
) PARTITION BY RANGE (created_at);
CREATE INDEX idx_audit_log_row_id_created_at ON audit_log (row_id, created_at);
CREATE TABLE audit_log_default PARTITION OF audit_log DEFAULT;
DO $$
DECLARE
    month date;
BEGIN
    FOR month IN SELECT date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n) FROM generate_series(0, 3) n LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF audit_log FOR VALUES FROM (%L) TO (%L)',
                       'audit_log_' || to_char(month, 'YYYY_MM'), month || ' 00:00:00+00',
                       (month + interval '1 month')::date || ' 00:00:00+00');
    END LOOP;
END;
$$;

-- As its owner: the application may change rows that it may not write to the audit log.
CREATE FUNCTION write_audit_log() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO audit_log (table_name, row_id, action, user_email)
    VALUES (TG_TABLE_NAME, CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END, TG_OP, app_user_email());
    RETURN NULL;
END;
$$;

CREATE TRIGGER patients_audit AFTER INSERT OR UPDATE OR DELETE ON patients
    FOR EACH ROW EXECUTE FUNCTION write_audit_log();
CREATE TRIGGER visits_audit AFTER INSERT OR UPDATE OR DELETE ON visits
    FOR EACH ROW EXECUTE FUNCTION write_audit_log();
