"""Two threat models with everything in them, for tests of who sees and changes what: Shop is Ann's, and Bob reads it;
Bank is Eve's. Both have a cell of the same id."""

from __future__ import annotations

ANN, BOB, EVE = "ann@example.org", "bob@example.org", "eve@example.org"

ROWS = """
INSERT INTO users (email, name) VALUES
    ('ann@example.org', 'Ann'), ('bob@example.org', 'Bob'), ('eve@example.org', 'Eve');
INSERT INTO threat_models (owner_email, name) VALUES ('ann@example.org', 'Shop'), ('eve@example.org', 'Bank');
INSERT INTO threat_model_access (threat_model_id, user_email, role)
    SELECT id, 'bob@example.org', 'reader' FROM threat_models WHERE name = 'Shop';
INSERT INTO diagrams (threat_model_id, name, cells)
    SELECT id, name || ' flow', '[{"id": "11111111-1111-1111-1111-111111111111"}]' FROM threat_models;
INSERT INTO threats (threat_model_id, name) SELECT id, 'theft' FROM threat_models;
INSERT INTO documents (threat_model_id, name, url) SELECT id, 'd', 'u' FROM threat_models;
INSERT INTO sources (threat_model_id, url) SELECT id, 'u' FROM threat_models;
INSERT INTO metadata (entity_type, entity_id, key, value) SELECT 'threat_model', id, 'k', name FROM threat_models
    UNION ALL SELECT 'threat', id, 'k', 'v' FROM threats UNION ALL SELECT 'diagram', id, 'k', 'v' FROM diagrams
    UNION ALL SELECT 'document', id, 'k', 'v' FROM documents UNION ALL SELECT 'source', id, 'k', 'v' FROM sources;
INSERT INTO collaboration_sessions (threat_model_id, diagram_id, websocket_url)
    SELECT threat_model_id, id, 'wss://x' FROM diagrams;
INSERT INTO session_participants (session_id, user_id)
    SELECT s.id, u.id FROM collaboration_sessions s JOIN threat_models m ON m.id = s.threat_model_id
    JOIN users u ON u.email = m.owner_email;
"""
