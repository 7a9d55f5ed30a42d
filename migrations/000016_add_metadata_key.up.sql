-- A key is taken within a threat model only.
CREATE UNIQUE INDEX CONCURRENTLY metadata_threat_model_id_entity_type_entity_id_key_key
    ON metadata (threat_model_id, entity_type, entity_id, key);
