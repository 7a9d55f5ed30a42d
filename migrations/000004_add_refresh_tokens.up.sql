-- Refresh tokens: only a hash, and never without an end.

CREATE TABLE refresh_tokens (
    id          uuid        NOT NULL DEFAULT gen_random_uuid(),
    user_id     uuid        NOT NULL,
    token       text        NOT NULL,
    expires_at  timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    modified_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT refresh_tokens_token_key UNIQUE (token),
    CONSTRAINT refresh_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT refresh_tokens_token_check CHECK (token ~ '^[0-9a-f]{64}$'),
    CONSTRAINT refresh_tokens_expires_at_check CHECK (expires_at > created_at)
);
COMMENT ON TABLE refresh_tokens IS 'Refresh tokens that have been issued and not yet used up';
COMMENT ON COLUMN refresh_tokens.token IS 'SHA-256 of the token, lower-case hex; a token itself is refused';

CREATE INDEX idx_refresh_tokens_user_id ON refresh_tokens (user_id);
CREATE INDEX idx_refresh_tokens_expires_at ON refresh_tokens (expires_at);

CREATE TRIGGER refresh_tokens_keep_timestamps BEFORE UPDATE ON refresh_tokens
    FOR EACH ROW EXECUTE FUNCTION keep_timestamps();
