-- The OAuth accounts through which a user signs in.

CREATE TABLE user_providers (
    id               uuid         NOT NULL DEFAULT gen_random_uuid(),
    user_id          uuid         NOT NULL,
    provider         varchar(50)  NOT NULL,
    provider_user_id varchar(255) NOT NULL,
    email            varchar(255) NOT NULL,
    is_primary       boolean      NOT NULL DEFAULT false,
    last_login       timestamptz,
    created_at       timestamptz  NOT NULL DEFAULT now(),
    modified_at      timestamptz  NOT NULL DEFAULT now(),
    CONSTRAINT user_providers_pkey PRIMARY KEY (id),
    CONSTRAINT user_providers_user_id_provider_key UNIQUE (user_id, provider),
    CONSTRAINT user_providers_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT user_providers_provider_check
        CHECK (provider IN ('google', 'github', 'microsoft', 'apple', 'facebook', 'twitter')),
    CONSTRAINT user_providers_email_lower_check CHECK (email = lower(email))
);
COMMENT ON TABLE user_providers IS 'Accounts at OAuth providers, at most one per user and provider';
COMMENT ON COLUMN user_providers.provider_user_id IS 'The subject that the provider gives';
COMMENT ON COLUMN user_providers.email IS 'Lower case; as the provider knows it, which may differ from users.email';

CREATE INDEX idx_user_providers_user_id ON user_providers (user_id);
-- Unique: one account at a provider must never sign in two users.
CREATE UNIQUE INDEX idx_user_providers_provider_lookup ON user_providers (provider, provider_user_id);
CREATE UNIQUE INDEX idx_user_providers_primary ON user_providers (user_id) WHERE is_primary;

CREATE TRIGGER user_providers_keep_timestamps BEFORE UPDATE ON user_providers
    FOR EACH ROW EXECUTE FUNCTION keep_timestamps();
CREATE TRIGGER user_providers_lower_email BEFORE INSERT OR UPDATE OF email ON user_providers
    FOR EACH ROW EXECUTE FUNCTION lower_email();
