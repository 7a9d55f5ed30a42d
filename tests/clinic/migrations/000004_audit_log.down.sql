DROP TRIGGER visits_audit ON visits;
DROP TRIGGER patients_audit ON patients;
DROP FUNCTION write_audit_log();
DROP TABLE audit_log;
DROP FUNCTION app_user_email();
