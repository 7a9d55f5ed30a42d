-- A patient is for whoever answers for them. A login that may not write sees everyone.
CREATE FUNCTION reads_all() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_temp
AS $$SELECT NOT has_table_privilege('patients', 'INSERT')$$;

CREATE POLICY patients_read ON patients FOR SELECT USING (owner_email = app_user_email() OR (SELECT reads_all()));
CREATE POLICY patients_write ON patients
    USING (owner_email = app_user_email()) WITH CHECK (owner_email = app_user_email());
CREATE POLICY visits_read ON visits FOR SELECT USING (patient_id IN (SELECT id FROM patients));
CREATE POLICY visits_write ON visits USING (patient_id IN (SELECT id FROM patients WHERE owner_email = app_user_email()));

ALTER TABLE patients ENABLE ROW LEVEL SECURITY;
ALTER TABLE visits ENABLE ROW LEVEL SECURITY;

CREATE VIEW patient_visits WITH (security_invoker = true) AS
SELECT p.owner_email, p.name, v.period, v.minutes FROM patients p JOIN visits v ON v.patient_id = p.id;
COMMENT ON VIEW patient_visits IS 'What whoever asks may see of both';
