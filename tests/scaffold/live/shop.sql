-- A shop that people made by hand and that has been in use since: `{n}` begins the name of every role.
CREATE EXTENSION citext;
CREATE EXTENSION pgcrypto;
CREATE ROLE {n}_owner NOLOGIN;
CREATE ROLE {n}_deploy LOGIN;
CREATE ROLE {n}_app LOGIN CONNECTION LIMIT 40;
CREATE ROLE {n}_worker LOGIN;
CREATE ROLE {n}_reports LOGIN;
CREATE ROLE {n}_legacy LOGIN;
CREATE ROLE "{n}-Backup" LOGIN;
GRANT {n}_owner TO {n}_deploy;
ALTER ROLE {n}_app SET statement_timeout TO '30s';
ALTER DATABASE {d} OWNER TO {n}_owner;
ALTER SCHEMA public OWNER TO {n}_owner;
REVOKE ALL ON DATABASE {d} FROM PUBLIC;
GRANT CONNECT ON DATABASE {d} TO {n}_deploy, {n}_app, {n}_worker, {n}_reports, {n}_legacy;
SET ROLE {n}_owner;
GRANT USAGE ON SCHEMA public TO {n}_app, {n}_worker, {n}_reports, {n}_legacy;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {n}_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, USAGE ON SEQUENCES TO {n}_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {n}_reports;
CREATE TYPE order_state AS ENUM ('open', 'paid', 'sent');
CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email citext NOT NULL UNIQUE,
    name text NOT NULL CHECK (name <> ''),
    secret bytea DEFAULT gen_random_bytes(16));
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY,
    customer_id bigint NOT NULL REFERENCES customers ON DELETE RESTRICT,
    state order_state NOT NULL DEFAULT 'open',
    ordered_at date NOT NULL,
    PRIMARY KEY (id, ordered_at)) PARTITION BY RANGE (ordered_at);
CREATE TABLE orders_2025 PARTITION OF orders FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE orders_2026 PARTITION OF orders FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX orders_customer ON orders (customer_id);
CREATE TABLE items (
    id serial PRIMARY KEY,
    order_id bigint NOT NULL,
    ordered_at date NOT NULL,
    price numeric(10, 2) NOT NULL CHECK (price >= 0),
    FOREIGN KEY (order_id, ordered_at) REFERENCES orders ON DELETE CASCADE);
CREATE FUNCTION order_total(bigint) RETURNS numeric LANGUAGE sql STABLE
    BEGIN ATOMIC SELECT sum(price) FROM items WHERE order_id = $1; END;
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION touched();
CREATE VIEW open_orders AS SELECT id, customer_id FROM orders WHERE state = 'open';
CREATE MATERIALIZED VIEW sales AS SELECT ordered_at, sum(price) AS total FROM items GROUP BY ordered_at;
CREATE UNIQUE INDEX sales_day ON sales (ordered_at);
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_row ON customers TO {n}_app USING (email = nullif(current_setting('app.user_email', true), ''));
CREATE POLICY all_rows ON customers FOR SELECT TO {n}_reports USING (true);
GRANT SELECT, UPDATE ON orders TO {n}_worker;
GRANT SELECT (id, name) ON customers TO {n}_legacy;
COMMENT ON TABLE customers IS 'People who buy';
