-- An error tracker: everything belongs to the login that the application uses, in public, PUBLIC as a new database has it.
CREATE ROLE {n}_sentry LOGIN;
CREATE ROLE {n}_datadog LOGIN IN ROLE pg_monitor;
CREATE ROLE {n}_metabase LOGIN IN ROLE pg_read_all_data;
CREATE ROLE {n}_backup LOGIN CONNECTION LIMIT 2;
ALTER DATABASE {n} OWNER TO {n}_sentry;
GRANT ALL ON SCHEMA public TO {n}_sentry;
SET ROLE {n}_sentry;
CREATE TABLE sentry_group (id bigserial PRIMARY KEY, data jsonb);
CREATE TABLE sentry_event (id bigserial PRIMARY KEY, group_id bigint REFERENCES sentry_group);
CREATE FUNCTION sentry_increment(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT $1 + 1';
CREATE MATERIALIZED VIEW sentry_daily AS SELECT 1 AS one;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO {n}_backup;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {n}_backup;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {n}_backup;
SELECT lo_create(4711);
GRANT SELECT ON LARGE OBJECT 4711 TO {n}_backup;
RESET ROLE;
