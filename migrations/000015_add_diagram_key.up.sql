-- What refers to a diagram will name its threat model as well, so that it cannot be another's.
CREATE UNIQUE INDEX CONCURRENTLY diagrams_threat_model_id_id_key ON diagrams (threat_model_id, id);
