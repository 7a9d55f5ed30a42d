DROP VIEW patient_visits;
ALTER TABLE visits DISABLE ROW LEVEL SECURITY;
ALTER TABLE patients DISABLE ROW LEVEL SECURITY;
DROP POLICY visits_write ON visits;
DROP POLICY visits_read ON visits;
DROP POLICY patients_write ON patients;
DROP POLICY patients_read ON patients;
DROP FUNCTION reads_all();
