-- As a Hasura project has it: functions that return rows of tables, computed fields, event triggers, lookup tables.
CREATE SCHEMA hdb_catalog;
CREATE SCHEMA sales;

CREATE TABLE hdb_catalog.event_log (
    id text DEFAULT (gen_random_uuid())::text NOT NULL PRIMARY KEY,
    schema_name text NOT NULL, table_name text NOT NULL, trigger_name text NOT NULL,
    payload jsonb NOT NULL, delivered boolean DEFAULT false NOT NULL, tries integer DEFAULT 0 NOT NULL,
    created_at timestamp without time zone DEFAULT now(), next_retry_at timestamp without time zone
);
CREATE INDEX event_log_fetch ON hdb_catalog.event_log USING btree (created_at) WHERE (NOT delivered);
CREATE FUNCTION hdb_catalog.insert_event_log(schema_name text, table_name text, trigger_name text, op text, row_data json)
    RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    id text;
BEGIN
    INSERT INTO hdb_catalog.event_log (schema_name, table_name, trigger_name, payload)
    VALUES (schema_name, table_name, trigger_name, json_build_object('op', op, 'data', row_data))
    RETURNING event_log.id INTO id;
    RETURN id;
END $$;
CREATE FUNCTION hdb_catalog."notify_hasura_order_created_INSERT"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hdb_catalog.insert_event_log(TG_TABLE_SCHEMA::text, TG_TABLE_NAME::text, 'order_created', TG_OP, row_to_json(NEW));
    RETURN NULL;
END $$;

CREATE TABLE sales.order_status (value text PRIMARY KEY, comment text);
CREATE TABLE public.customer (
    id uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
    first_name text NOT NULL, last_name text NOT NULL, location point,
    created_at timestamp with time zone DEFAULT now() NOT NULL, updated_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE sales."order" (
    id uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES public.customer (id) ON DELETE CASCADE,
    status text DEFAULT 'new' NOT NULL REFERENCES sales.order_status (value) ON UPDATE CASCADE,
    amount numeric DEFAULT 0 NOT NULL CONSTRAINT amount_is_positive CHECK (amount >= 0)
);
CREATE INDEX order_customer ON sales."order" (customer_id) INCLUDE (status, amount);

CREATE FUNCTION public.set_current_timestamp_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    _new record;
BEGIN
    _new := NEW;
    _new."updated_at" = now();
    RETURN _new;
END $$;
CREATE TRIGGER set_public_customer_updated_at BEFORE UPDATE ON public.customer
    FOR EACH ROW EXECUTE FUNCTION public.set_current_timestamp_updated_at();
COMMENT ON TRIGGER set_public_customer_updated_at ON public.customer IS 'sets updated_at on every update';
CREATE TRIGGER "notify_hasura_order_created_INSERT" AFTER INSERT ON sales."order"
    FOR EACH ROW EXECUTE FUNCTION hdb_catalog."notify_hasura_order_created_INSERT"();

-- Computed fields take a row of the table, and functions that are queried return rows of one.
CREATE FUNCTION public.customer_full_name(customer_row public.customer) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT customer_row.first_name || ' ' || customer_row.last_name
$$;
CREATE FUNCTION public.customer_orders(customer_row public.customer, at_least numeric DEFAULT 0)
    RETURNS SETOF sales."order" LANGUAGE sql STABLE AS $$
  SELECT * FROM sales."order" o WHERE o.customer_id = customer_row.id AND o.amount >= at_least
$$;
CREATE FUNCTION public.search_customers(search text, hasura_session json) RETURNS SETOF public.customer LANGUAGE sql STABLE
    AS $$ SELECT * FROM public.customer WHERE first_name ILIKE '%' || search || '%' $$;
CREATE FUNCTION public.above_average() RETURNS SETOF sales."order" LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT o.* FROM sales."order" o WHERE o.amount > (SELECT avg(x.amount) FROM sales."order" x);
    END;
CREATE VIEW sales.order_summary AS
    SELECT c.id, public.customer_full_name(c.*) AS name, count(o.id) AS orders, COALESCE(sum(o.amount), 0) AS amount
    FROM public.customer c LEFT JOIN sales."order" o ON o.customer_id = c.id GROUP BY c.id;
CREATE VIEW public.big AS SELECT a.id, a.amount FROM public.above_average() a(id, customer_id, status, amount);
CREATE FUNCTION public.rank_of(s sales.order_summary) RETURNS bigint LANGUAGE sql STABLE
    AS 'SELECT count(*) FROM sales.order_summary o WHERE o.amount > s.amount';
CREATE VIEW public.ranked AS SELECT s.name, public.rank_of(s.*) AS rank FROM sales.order_summary s;
CREATE INDEX customer_name ON public.customer (lower(last_name), lower(first_name));
COMMENT ON FUNCTION public.customer_full_name(public.customer) IS 'first and last name';
COMMENT ON SCHEMA sales IS 'what is sold';
