-- Measurements in partitions of partitions: by tenant, then by month; rollups, keys and settings on any level.
CREATE SCHEMA metrics;
CREATE SCHEMA "archive 2025";
CREATE TYPE metrics.kind AS ENUM ('gauge', 'counter');
CREATE FUNCTION metrics.default_tenant() RETURNS integer LANGUAGE sql STABLE AS 'SELECT coalesce(nullif(current_setting(''app.tenant'', true), '''')::int, 0)';
CREATE FUNCTION metrics.bucket(at timestamptz, width interval DEFAULT '1 hour') RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 5
    AS $$ SELECT date_bin(width, at, '2000-01-01 00:00:00+00'::timestamptz) $$;

CREATE TABLE metrics.sample (
    tenant integer NOT NULL DEFAULT metrics.default_tenant(),
    at timestamp with time zone NOT NULL,
    series bigint NOT NULL,
    value double precision,
    kind metrics.kind DEFAULT 'gauge',
    CONSTRAINT sample_pkey PRIMARY KEY (tenant, at, series)
) PARTITION BY LIST (tenant);
CREATE TABLE metrics.sample_1 PARTITION OF metrics.sample FOR VALUES IN (1) PARTITION BY RANGE (at);
CREATE TABLE metrics.sample_1_2026_01 PARTITION OF metrics.sample_1 FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2026-02-01 00:00:00+00');
CREATE TABLE metrics.sample_1_2026_02 PARTITION OF metrics.sample_1 FOR VALUES FROM ('2026-02-01 00:00:00+00') TO ('2026-03-01 00:00:00+00') PARTITION BY HASH (series);
CREATE TABLE metrics.sample_1_2026_02_h0 PARTITION OF metrics.sample_1_2026_02 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE "archive 2025"."Sample 1 H1" PARTITION OF metrics.sample_1_2026_02 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE metrics.sample_null PARTITION OF metrics.sample FOR VALUES IN (2, 3);
CREATE TABLE metrics.sample_rest PARTITION OF metrics.sample DEFAULT;
CREATE INDEX sample_series ON metrics.sample (series, at DESC);
CREATE INDEX sample_rest_value ON metrics.sample_rest (value) WHERE value > 0;
CREATE INDEX one_level ON ONLY metrics.sample_1 (value);
ALTER TABLE metrics.sample_1_2026_01 ADD CONSTRAINT closed CHECK (at < '2026-02-01 00:00:00+00') NOT VALID;
ALTER TABLE metrics.sample_1_2026_01 SET (autovacuum_enabled = off);
ALTER TABLE metrics.sample_1_2026_01 ALTER COLUMN value SET DEFAULT 0, ALTER COLUMN value SET NOT NULL;
ALTER TABLE metrics.sample ENABLE ROW LEVEL SECURITY;
ALTER TABLE metrics.sample_1 ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON metrics.sample USING (tenant = metrics.default_tenant());
CREATE POLICY own_part ON metrics.sample_1 FOR SELECT USING (tenant = 1);
CREATE RULE closed AS ON INSERT TO metrics.sample_1_2026_01 DO INSTEAD NOTHING;
COMMENT ON TABLE metrics.sample_1_2026_01 IS 'closed';
COMMENT ON COLUMN metrics.sample_1_2026_01.value IS 'zero where nothing was measured';

-- By month, in types whose bounds print otherwise than a time stamp with time zone.
CREATE TABLE metrics.daily (at date NOT NULL, value numeric) PARTITION BY RANGE (at);
CREATE TABLE metrics.daily_2026_11 PARTITION OF metrics.daily FOR VALUES FROM ('2026-11-01') TO ('2026-12-01');
CREATE TABLE metrics.local (at timestamp NOT NULL, value numeric) PARTITION BY RANGE (at);
CREATE TABLE metrics.local_2026_11 PARTITION OF metrics.local FOR VALUES FROM ('2026-11-01') TO ('2026-12-01');
CREATE TABLE metrics.zoned (at timestamptz NOT NULL, value numeric) PARTITION BY RANGE (at);
CREATE TABLE metrics.zoned_2026_11 PARTITION OF metrics.zoned FOR VALUES FROM ('2026-11-01 00:00:00+01') TO ('2026-12-01 00:00:00+01');
CREATE TABLE metrics.zoned_2026_13 PARTITION OF metrics.zoned FOR VALUES FROM ('2026-12-01 00:00:00+01') TO (MAXVALUE);
CREATE TABLE metrics.weekly (year integer, week integer, value numeric) PARTITION BY RANGE (year, (week / 2));
CREATE TABLE metrics.weekly_2026_01 PARTITION OF metrics.weekly FOR VALUES FROM (2026, MINVALUE) TO (2026, 26);

CREATE FUNCTION metrics.on_sample() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER on_sample BEFORE INSERT ON metrics.sample FOR EACH ROW EXECUTE FUNCTION metrics.on_sample();
CREATE TRIGGER on_rest AFTER INSERT ON metrics.sample_rest FOR EACH ROW EXECUTE FUNCTION metrics.on_sample();
ALTER TABLE metrics.sample_rest DISABLE TRIGGER on_sample;
CREATE TABLE metrics.annotation (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant integer, at timestamptz, series bigint,
    FOREIGN KEY (tenant, at, series) REFERENCES metrics.sample (tenant, at, series) ON DELETE CASCADE);
CREATE TABLE metrics.series (id bigint PRIMARY KEY, name text);
ALTER TABLE metrics.sample ADD CONSTRAINT sample_series_fkey FOREIGN KEY (series) REFERENCES metrics.series (id);
CREATE MATERIALIZED VIEW metrics.hourly AS SELECT tenant, metrics.bucket(at) AS hour, avg(value) AS mean FROM metrics.sample GROUP BY 1, 2 WITH NO DATA;
CREATE UNIQUE INDEX hourly_key ON metrics.hourly (tenant, hour);
CREATE VIEW metrics.latest AS SELECT DISTINCT ON (series) series, at, value FROM metrics.sample ORDER BY series, at DESC;
CREATE FUNCTION metrics.latest_of(s bigint) RETURNS metrics.latest LANGUAGE sql STABLE RETURN (SELECT l FROM metrics.latest l WHERE l.series = s);
CREATE VIEW "archive 2025"."latest by name" AS SELECT s.name, (metrics.latest_of(s.id)).value FROM metrics.series s;
