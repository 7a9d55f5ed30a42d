-- What led from one threat model into another before 000017 forbade it. A threat stays, without the diagram; a session on
-- a diagram of others ends.
UPDATE threats t SET diagram_id = NULL
  FROM diagrams d WHERE d.id = t.diagram_id AND d.threat_model_id <> t.threat_model_id;
DELETE FROM collaboration_sessions s
 USING diagrams d WHERE d.id = s.diagram_id AND d.threat_model_id <> s.threat_model_id;
