CREATE TABLE letters (
    id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    visit_id   uuid        REFERENCES visits ON DELETE CASCADE,
    body       text        NOT NULL,
    tags       text[]      NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_letters_visit_id ON letters (visit_id);
CREATE INDEX idx_letters_body_trgm ON letters USING gin (body gin_trgm_ops);
COMMENT ON COLUMN letters.tags IS 'Free words';
