-- What every table has: when its rows were made and changed, whatever a statement says.
CREATE FUNCTION keep_timestamps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.created_at := OLD.created_at;
    NEW.modified_at := now();
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION keep_timestamps() IS 'BEFORE UPDATE of each row: created_at stays, modified_at is now';

CREATE TABLE users (
    id          uuid         PRIMARY KEY DEFAULT gen_random_uuid(),
    email       varchar(255) NOT NULL,
    name        varchar(255) NOT NULL,
    created_at  timestamptz  NOT NULL DEFAULT now(),
    modified_at timestamptz  NOT NULL DEFAULT now(),
    last_login  timestamptz
);
COMMENT ON TABLE users IS 'Whoever signs in';
CREATE UNIQUE INDEX users_email_key ON users (lower(email));
CREATE TRIGGER users_keep_timestamps BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION keep_timestamps();

CREATE TABLE refresh_tokens (
    id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id    uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    token_hash text        NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT refresh_tokens_expires_at_check CHECK (expires_at > created_at)
);
CREATE INDEX idx_refresh_tokens_user_id ON refresh_tokens (user_id);
CREATE INDEX idx_refresh_tokens_expires_at ON refresh_tokens (expires_at);
