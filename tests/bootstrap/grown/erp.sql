-- An ERP whose login owns the database and rules roles: CREATEDB, extensions, a foreign server, names in capitals, an
-- owner in pg_database_owner's stead, languages and parameters granted.
CREATE ROLE {n}_odoo LOGIN CREATEDB;
CREATE ROLE {n}_bi LOGIN;
CREATE ROLE {n}_bi_group NOLOGIN;
CREATE ROLE "{n}-Nightly" LOGIN;
GRANT {n}_bi_group TO {n}_bi;
GRANT {n}_bi_group TO "{n}-Nightly";
GRANT {n}_odoo TO "{n}-Nightly";
ALTER DATABASE {n} OWNER TO {n}_odoo;
ALTER DATABASE {n} CONNECTION LIMIT 90;
DO $$ BEGIN IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements') THEN
    CREATE EXTENSION pg_stat_statements; END IF; END $$;
CREATE FOREIGN DATA WRAPPER {n}_fdw;
CREATE SERVER {n}_remote FOREIGN DATA WRAPPER {n}_fdw;
GRANT USAGE ON FOREIGN SERVER {n}_remote TO {n}_bi_group;
GRANT SET ON PARAMETER log_min_duration_statement TO {n}_bi;
REVOKE USAGE ON LANGUAGE sql FROM PUBLIC;
GRANT USAGE ON LANGUAGE sql TO {n}_odoo, {n}_bi;
ALTER SCHEMA public OWNER TO {n}_odoo;
SET ROLE {n}_odoo;
CREATE SCHEMA "Reports";
CREATE TABLE res_partner (id serial PRIMARY KEY, name varchar, vat text);
CREATE TABLE "Reports"."Monthly Total" (id int, "Total €" numeric);
CREATE TABLE account_move (id serial PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE account_move_0 PARTITION OF account_move FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE ancestor (id int);
CREATE TABLE descendant (extra int) INHERITS (ancestor);
GRANT USAGE ON SCHEMA "Reports" TO {n}_bi_group;
GRANT SELECT ON "Reports"."Monthly Total", res_partner TO {n}_bi_group;
GRANT REFERENCES, TRIGGER, TRUNCATE ON res_partner TO "{n}-Nightly";
GRANT UPDATE ("Total €") ON "Reports"."Monthly Total" TO {n}_bi;
ALTER DEFAULT PRIVILEGES IN SCHEMA "Reports" GRANT SELECT ON TABLES TO {n}_bi_group, "{n}-Nightly";
ALTER DEFAULT PRIVILEGES IN SCHEMA "Reports" GRANT USAGE ON TYPES TO {n}_bi_group;
RESET ROLE;
