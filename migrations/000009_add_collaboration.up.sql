-- Live collaboration on a diagram: who is in which session.

CREATE TABLE collaboration_sessions (
    id              uuid          NOT NULL DEFAULT gen_random_uuid(),
    threat_model_id uuid          NOT NULL,
    diagram_id      uuid          NOT NULL,
    websocket_url   varchar(1024) NOT NULL,
    expires_at      timestamptz,
    created_at      timestamptz   NOT NULL DEFAULT now(),
    modified_at     timestamptz   NOT NULL DEFAULT now(),
    CONSTRAINT collaboration_sessions_pkey PRIMARY KEY (id),
    CONSTRAINT collaboration_sessions_threat_model_id_fkey FOREIGN KEY (threat_model_id)
        REFERENCES threat_models (id) ON DELETE CASCADE,
    CONSTRAINT collaboration_sessions_diagram_id_fkey FOREIGN KEY (diagram_id)
        REFERENCES diagrams (id) ON DELETE CASCADE,
    CONSTRAINT collaboration_sessions_websocket_url_check CHECK (btrim(websocket_url) <> ''),
    CONSTRAINT collaboration_sessions_expires_at_check CHECK (expires_at > created_at)
);
COMMENT ON TABLE collaboration_sessions IS 'Sessions in which several people edit one diagram';
COMMENT ON COLUMN collaboration_sessions.expires_at IS 'NULL: until somebody ends it';

CREATE TABLE session_participants (
    id          uuid        NOT NULL DEFAULT gen_random_uuid(),
    session_id  uuid        NOT NULL,
    user_id     uuid        NOT NULL,
    joined_at   timestamptz NOT NULL DEFAULT now(),
    left_at     timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    modified_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT session_participants_pkey PRIMARY KEY (id),
    CONSTRAINT session_participants_session_id_fkey FOREIGN KEY (session_id)
        REFERENCES collaboration_sessions (id) ON DELETE CASCADE,
    CONSTRAINT session_participants_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT session_participants_left_at_check CHECK (left_at >= joined_at)
);
COMMENT ON TABLE session_participants IS 'Who joined a session, and when they left it';
COMMENT ON COLUMN session_participants.left_at IS 'NULL: still there';

CREATE INDEX idx_collaboration_sessions_threat_model_id ON collaboration_sessions (threat_model_id);
CREATE INDEX idx_collaboration_sessions_diagram_id ON collaboration_sessions (diagram_id);
CREATE INDEX idx_collaboration_sessions_expires_at ON collaboration_sessions (expires_at);
CREATE INDEX idx_session_participants_session_id ON session_participants (session_id);
CREATE INDEX idx_session_participants_user_id ON session_participants (user_id);
-- Nobody is in a session twice; whoever left may come back.
CREATE UNIQUE INDEX idx_session_participants_present ON session_participants (session_id, user_id)
    WHERE left_at IS NULL;

CREATE TRIGGER collaboration_sessions_keep_timestamps BEFORE UPDATE ON collaboration_sessions
    FOR EACH ROW EXECUTE FUNCTION keep_timestamps();
CREATE TRIGGER session_participants_keep_timestamps BEFORE UPDATE ON session_participants
    FOR EACH ROW EXECUTE FUNCTION keep_timestamps();
