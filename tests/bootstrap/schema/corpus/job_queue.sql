-- A queue of jobs: ranges that may not overlap, partitions by list and range, triggers that notify, advisory functions.
CREATE SCHEMA queue;
CREATE TYPE queue.job_state AS ENUM ('created', 'retry', 'active', 'completed', 'cancelled', 'failed');
CREATE TYPE queue.money_range AS RANGE (subtype = numeric, multirange_type_name = queue.money_ranges);
CREATE FUNCTION queue.minutes(a time, b time) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT
    AS 'SELECT extract(epoch FROM (a - b)) / 60';
CREATE TYPE queue.time_range AS RANGE (subtype = time, subtype_diff = queue.minutes);
CREATE TYPE queue.job_result AS (state queue.job_state, took interval, "output" jsonb);

CREATE TABLE queue.job (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    priority integer NOT NULL DEFAULT 0,
    data jsonb,
    state queue.job_state NOT NULL DEFAULT 'created'::queue.job_state,
    retry_limit integer NOT NULL DEFAULT 2,
    start_after timestamp with time zone NOT NULL DEFAULT now(),
    expire_in interval NOT NULL DEFAULT interval '15 minutes',
    created_on timestamp with time zone NOT NULL DEFAULT now(),
    keep_until timestamp with time zone NOT NULL DEFAULT now() + interval '14 days',
    results queue.job_result[]
) PARTITION BY LIST (name);
CREATE TABLE queue.job_mail PARTITION OF queue.job FOR VALUES IN ('mail', 'it''s mail');
CREATE TABLE queue.job_report PARTITION OF queue.job FOR VALUES IN ('report') PARTITION BY LIST (state);
CREATE TABLE queue.job_common PARTITION OF queue.job DEFAULT;
CREATE TABLE queue.job_report_done PARTITION OF queue.job_report FOR VALUES IN ('completed', 'failed');
CREATE TABLE queue.job_report_rest PARTITION OF queue.job_report DEFAULT;
CREATE INDEX job_fetch ON queue.job (name, start_after) INCLUDE (priority, created_on, id) WHERE state < 'active';
CREATE INDEX job_mail_data ON queue.job_mail USING gin (data);
ALTER TABLE queue.job_mail ADD CONSTRAINT job_mail_pkey PRIMARY KEY (name, id);
ALTER TABLE queue.job_mail ADD CONSTRAINT mail_has_data CHECK (data IS NOT NULL);
ALTER TABLE queue.job_common ALTER COLUMN retry_limit SET DEFAULT 5;
ALTER TABLE queue.job_common SET (autovacuum_vacuum_scale_factor = 0.01, fillfactor = 80);

CREATE TABLE queue.schedule (
    name text PRIMARY KEY, cron text NOT NULL, timezone text, CHECK (cron <> '')
);
CREATE TABLE queue.booking (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000 INCREMENT BY 10 CACHE 20) PRIMARY KEY,
    worker text NOT NULL REFERENCES queue.schedule (name) DEFERRABLE,
    during tstzrange NOT NULL,
    cost queue.money_range,
    daily queue.time_range,
    CONSTRAINT one_at_a_time EXCLUDE USING gist (during WITH &&) WHERE (NOT isempty(during)),
    CONSTRAINT late EXCLUDE USING gist (cost WITH &&) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX booking_during ON queue.booking USING spgist (during);
CREATE UNLOGGED TABLE queue.heartbeat (worker text PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp()) WITH (fillfactor = 50);

CREATE FUNCTION queue.announce() RETURNS trigger LANGUAGE plpgsql AS $fn$
BEGIN
    PERFORM pg_notify('queue.' || NEW.name, NEW.id::text);
    RETURN NULL;
END $fn$;
CREATE TRIGGER announce AFTER INSERT ON queue.job FOR EACH ROW WHEN (NEW.start_after <= now()) EXECUTE FUNCTION queue.announce();
CREATE TRIGGER only_mail AFTER UPDATE OF state ON queue.job_mail FOR EACH ROW EXECUTE FUNCTION queue.announce();
ALTER TABLE queue.job_mail DISABLE TRIGGER only_mail;
CREATE FUNCTION queue.tell() RETURNS trigger LANGUAGE plpgsql AS $fn$ BEGIN PERFORM count(*) FROM gone; RETURN NULL; END $fn$;
CREATE TRIGGER cancelled AFTER DELETE ON queue.schedule REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION queue.tell();
CREATE CONSTRAINT TRIGGER checked_late AFTER INSERT OR UPDATE ON queue.booking DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION queue.tell();
CREATE TRIGGER cut BEFORE TRUNCATE ON queue.heartbeat FOR EACH STATEMENT EXECUTE FUNCTION queue.tell('a', 'b''c');

CREATE FUNCTION queue.fetch(VARIADIC names text[]) RETURNS SETOF queue.job LANGUAGE sql AS $$
    UPDATE queue.job SET state = 'active' WHERE name = ANY (names) AND state < 'active' RETURNING *
$$;
CREATE PROCEDURE queue.archive(INOUT moved bigint DEFAULT NULL) LANGUAGE plpgsql AS $$
BEGIN
    WITH gone AS (DELETE FROM queue.job WHERE keep_until < now() RETURNING 1) SELECT count(*) INTO moved FROM gone;
END $$;
CREATE FUNCTION queue.finish(j queue.job, r queue.job_result) RETURNS void LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE VIEW queue.waiting AS SELECT name, count(*) FILTER (WHERE state = 'created') AS created, max(start_after) AS last FROM queue.job GROUP BY name HAVING count(*) > 0;
CREATE STATISTICS queue.job_name_state (dependencies, ndistinct) ON name, state FROM queue.job;
CREATE SEQUENCE queue.ticket AS integer INCREMENT 5 MINVALUE 10 MAXVALUE 9995 START 10 CACHE 3 CYCLE;
COMMENT ON SEQUENCE queue.ticket IS 'numbers for the waiting room';
COMMENT ON CONSTRAINT one_at_a_time ON queue.booking IS 'one thing at a time';
