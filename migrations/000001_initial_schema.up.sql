-- Users, threat models with who may see them, diagrams and threats.
-- E-mail addresses are kept in lower case by trigger: equality is then case-insensitive
-- on every server, with no extension to install.

CREATE FUNCTION keep_timestamps() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.created_at := OLD.created_at;
    NEW.modified_at := now();
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION keep_timestamps() IS 'BEFORE UPDATE: created_at never changes, modified_at always does';

CREATE FUNCTION lower_email() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.email := lower(NEW.email);
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION lower_email() IS 'Normalises the column email';

CREATE FUNCTION lower_owner_email() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.owner_email := lower(NEW.owner_email);
    NEW.created_by := lower(NEW.created_by);
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION lower_owner_email() IS 'Normalises the columns owner_email and created_by';

CREATE FUNCTION lower_user_email() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.user_email := lower(NEW.user_email);
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION lower_user_email() IS 'Normalises the column user_email';

CREATE TABLE users (
    id          uuid         NOT NULL DEFAULT gen_random_uuid(),
    email       varchar(255) NOT NULL,
    name        varchar(255) NOT NULL,
    last_login  timestamptz,
    created_at  timestamptz  NOT NULL DEFAULT now(),
    modified_at timestamptz  NOT NULL DEFAULT now(),
    CONSTRAINT users_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE users IS 'People who sign in, always through an OAuth provider: no passwords here';
COMMENT ON COLUMN users.email IS 'Lower case; what owner_email and user_email elsewhere refer to';

CREATE TABLE threat_models (
    id          uuid         NOT NULL DEFAULT gen_random_uuid(),
    owner_email varchar(255) NOT NULL,
    name        varchar(255) NOT NULL,
    description text,
    created_by  varchar(255),
    created_at  timestamptz  NOT NULL DEFAULT now(),
    modified_at timestamptz  NOT NULL DEFAULT now(),
    CONSTRAINT threat_models_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE threat_models IS 'A threat model and its one owner';
COMMENT ON COLUMN threat_models.created_by IS 'E-mail of who made it; not a reference, so that it outlives the account';

CREATE TABLE threat_model_access (
    id              uuid         NOT NULL DEFAULT gen_random_uuid(),
    threat_model_id uuid         NOT NULL,
    user_email      varchar(255) NOT NULL,
    role            text         NOT NULL,
    created_at      timestamptz  NOT NULL DEFAULT now(),
    modified_at     timestamptz  NOT NULL DEFAULT now(),
    CONSTRAINT threat_model_access_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE threat_model_access IS 'Who may do what with a threat model';

CREATE TABLE diagrams (
    id              uuid         NOT NULL DEFAULT gen_random_uuid(),
    threat_model_id uuid         NOT NULL,
    name            varchar(255) NOT NULL,
    type            text,
    content         text,
    cells           jsonb,
    metadata        jsonb,
    created_at      timestamptz  NOT NULL DEFAULT now(),
    modified_at     timestamptz  NOT NULL DEFAULT now(),
    CONSTRAINT diagrams_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE diagrams IS 'Drawings of a threat model';
COMMENT ON COLUMN diagrams.cells IS 'Nodes and edges as the editor keeps them';

CREATE TABLE threats (
    id              uuid         NOT NULL DEFAULT gen_random_uuid(),
    threat_model_id uuid         NOT NULL,
    diagram_id      uuid,
    cell_id         uuid,
    name            varchar(255) NOT NULL,
    description     text,
    severity        text,
    likelihood      text,
    risk_level      text,
    score           numeric(3, 1),
    priority        text         NOT NULL DEFAULT 'Medium',
    mitigated       boolean      NOT NULL DEFAULT false,
    status          text         NOT NULL DEFAULT 'Active',
    threat_type     text         NOT NULL DEFAULT 'Unspecified',
    mitigation      text,
    metadata        jsonb,
    created_at      timestamptz  NOT NULL DEFAULT now(),
    modified_at     timestamptz  NOT NULL DEFAULT now(),
    CONSTRAINT threats_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE threats IS 'Threats found in a threat model';
COMMENT ON COLUMN threats.cell_id IS 'Cell of the diagram that the threat is about';

CREATE TRIGGER users_keep_timestamps BEFORE UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION keep_timestamps();
CREATE TRIGGER threat_models_keep_timestamps BEFORE UPDATE ON threat_models
    FOR EACH ROW EXECUTE FUNCTION keep_timestamps();
CREATE TRIGGER threat_model_access_keep_timestamps BEFORE UPDATE ON threat_model_access
    FOR EACH ROW EXECUTE FUNCTION keep_timestamps();
CREATE TRIGGER diagrams_keep_timestamps BEFORE UPDATE ON diagrams
    FOR EACH ROW EXECUTE FUNCTION keep_timestamps();
CREATE TRIGGER threats_keep_timestamps BEFORE UPDATE ON threats
    FOR EACH ROW EXECUTE FUNCTION keep_timestamps();

CREATE TRIGGER users_lower_email BEFORE INSERT OR UPDATE OF email ON users
    FOR EACH ROW EXECUTE FUNCTION lower_email();
CREATE TRIGGER threat_models_lower_email BEFORE INSERT OR UPDATE OF owner_email, created_by ON threat_models
    FOR EACH ROW EXECUTE FUNCTION lower_owner_email();
CREATE TRIGGER threat_model_access_lower_email BEFORE INSERT OR UPDATE OF user_email ON threat_model_access
    FOR EACH ROW EXECUTE FUNCTION lower_user_email();
