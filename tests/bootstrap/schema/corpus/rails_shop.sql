-- As Rails writes a schema: unique indexes that foreign keys lean on, jsonb, citext, one index for every column.
-- extensions: citext, pgcrypto, btree_gin
CREATE EXTENSION citext;
CREATE EXTENSION pgcrypto;
CREATE EXTENSION btree_gin;

CREATE TABLE schema_migrations (version character varying NOT NULL PRIMARY KEY);
CREATE TABLE ar_internal_metadata (
    key character varying NOT NULL PRIMARY KEY,
    value character varying,
    created_at timestamp(6) without time zone NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL
);
INSERT INTO schema_migrations VALUES ('20240102030405'), ('20240203040506');

CREATE FUNCTION logidze_capture_exception(error_data jsonb) RETURNS boolean LANGUAGE plpgsql AS $body$
BEGIN
  RAISE WARNING 'capture: %', error_data;
  RETURN true;
END;
$body$;

CREATE TYPE order_state AS ENUM ('cart', 'placed', 'paid', 'on the way', 'it''s there');

CREATE TABLE accounts (
    id bigserial PRIMARY KEY,
    public_id uuid DEFAULT gen_random_uuid() NOT NULL,
    email citext NOT NULL,
    encrypted_password character varying DEFAULT ''::character varying NOT NULL,
    reset_token character varying,
    sign_in_count integer DEFAULT 0 NOT NULL,
    settings jsonb DEFAULT '{"theme": "light", "a''b": "c\\d"}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[],
    last_ip inet,
    created_at timestamp(6) without time zone NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL,
    locked_at timestamp(6) without time zone
);
CREATE UNIQUE INDEX index_accounts_on_public_id ON accounts USING btree (public_id);
CREATE UNIQUE INDEX index_accounts_on_email ON accounts USING btree (email);
CREATE UNIQUE INDEX index_accounts_on_reset_token ON accounts USING btree (reset_token) WHERE (reset_token IS NOT NULL);
CREATE INDEX index_accounts_on_settings ON accounts USING gin (settings jsonb_path_ops);
CREATE INDEX index_accounts_on_tags_and_state ON accounts USING gin (tags, sign_in_count);

CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    account_ref uuid,
    number character varying(12) NOT NULL,
    state order_state DEFAULT 'cart'::order_state NOT NULL,
    total_cents bigint DEFAULT 0 NOT NULL,
    total numeric(12,2) GENERATED ALWAYS AS (((total_cents)::numeric / 100.0)) STORED,
    placed_at timestamp(6) without time zone,
    created_at timestamp(6) without time zone NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL,
    lock_version integer DEFAULT 0,
    CONSTRAINT placed_orders_have_a_time CHECK (((state = 'cart'::order_state) OR (placed_at IS NOT NULL)))
);
CREATE UNIQUE INDEX index_orders_on_number ON orders USING btree (number);
CREATE INDEX index_orders_on_account_ref ON orders USING btree (account_ref);
CREATE INDEX index_orders_on_lower_number ON orders USING btree (lower((number)::text) varchar_pattern_ops);
CREATE INDEX index_orders_open ON orders USING btree (created_at DESC NULLS LAST) WHERE (state = ANY (ARRAY['cart'::order_state, 'placed'::order_state]));

CREATE TABLE line_items (
    id bigserial PRIMARY KEY,
    order_number character varying(12) NOT NULL,
    itemable_type character varying NOT NULL,
    itemable_id bigint NOT NULL,
    quantity integer DEFAULT 1 NOT NULL,
    "position" integer,
    "group" character varying,
    "user" bigint,
    created_at timestamp(6) without time zone NOT NULL
);
CREATE INDEX index_line_items_on_itemable ON line_items USING btree (itemable_type, itemable_id) INCLUDE (quantity);
CREATE UNIQUE INDEX index_line_items_on_order_and_position ON line_items USING btree (order_number, "position") NULLS NOT DISTINCT;

CREATE TABLE active_storage_blobs (
    id bigserial PRIMARY KEY, key character varying NOT NULL, filename character varying NOT NULL,
    content_type character varying, metadata text, service_name character varying NOT NULL,
    byte_size bigint NOT NULL, checksum character varying, created_at timestamp(6) without time zone NOT NULL
);
CREATE UNIQUE INDEX index_active_storage_blobs_on_key ON active_storage_blobs USING btree (key);
CREATE TABLE active_storage_attachments (
    id bigserial PRIMARY KEY, name character varying NOT NULL, record_type character varying NOT NULL,
    record_id bigint NOT NULL, blob_id bigint NOT NULL
);
CREATE INDEX index_active_storage_attachments_on_blob_id ON active_storage_attachments USING btree (blob_id);
CREATE UNIQUE INDEX index_active_storage_attachments_uniqueness
    ON active_storage_attachments USING btree (record_type, record_id, name, blob_id);

ALTER TABLE orders ADD CONSTRAINT fk_rails_1a2b3c4d5e FOREIGN KEY (account_ref) REFERENCES accounts(public_id) ON DELETE SET NULL;
ALTER TABLE line_items ADD CONSTRAINT fk_rails_2b3c4d5e6f FOREIGN KEY (order_number) REFERENCES orders(number) ON UPDATE CASCADE;
ALTER TABLE line_items ADD CONSTRAINT fk_rails_3c4d5e6f70 FOREIGN KEY ("user") REFERENCES accounts(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE active_storage_attachments ADD CONSTRAINT fk_rails_4d5e6f7081 FOREIGN KEY (blob_id) REFERENCES active_storage_blobs(id) NOT VALID;

CREATE VIEW open_orders AS
 SELECT o.number, a.email, o.total FROM orders o JOIN accounts a ON a.public_id = o.account_ref
  WHERE o.state <> 'paid'::order_state;
CREATE MATERIALIZED VIEW order_totals AS
 SELECT a.id AS account_id, sum(o.total) AS total, count(*) AS orders FROM accounts a
   LEFT JOIN orders o ON o.account_ref = a.public_id GROUP BY a.id WITH NO DATA;
CREATE UNIQUE INDEX index_order_totals_on_account_id ON order_totals USING btree (account_id);
COMMENT ON COLUMN orders.total IS 'in the shop''s currency; total_cents / 100';
