-- Lists are paged by (threat_model_id, created_at); every foreign key has an index that starts with it.

CREATE INDEX idx_threats_threat_model_id_created_at ON threats (threat_model_id, created_at);
CREATE INDEX idx_diagrams_threat_model_id_created_at ON diagrams (threat_model_id, created_at);
CREATE INDEX idx_documents_threat_model_id_created_at ON documents (threat_model_id, created_at);
CREATE INDEX idx_sources_threat_model_id_created_at ON sources (threat_model_id, created_at);

CREATE INDEX idx_diagrams_threat_model_id_type ON diagrams (threat_model_id, type);
CREATE INDEX idx_threat_model_access_user_email ON threat_model_access (user_email);
CREATE INDEX idx_threats_diagram_id ON threats (diagram_id) WHERE diagram_id IS NOT NULL;

CREATE INDEX idx_diagrams_cells ON diagrams USING gin (cells);
CREATE INDEX idx_diagrams_metadata ON diagrams USING gin (metadata);
CREATE INDEX idx_sources_parameters ON sources USING gin (parameters);

CREATE INDEX idx_metadata_threat_model ON metadata (entity_id) WHERE entity_type = 'threat_model';
CREATE INDEX idx_metadata_threat ON metadata (entity_id) WHERE entity_type = 'threat';
CREATE INDEX idx_metadata_diagram ON metadata (entity_id) WHERE entity_type = 'diagram';
CREATE INDEX idx_metadata_document ON metadata (entity_id) WHERE entity_type = 'document';
CREATE INDEX idx_metadata_source ON metadata (entity_id) WHERE entity_type = 'source';
CREATE INDEX idx_metadata_cell ON metadata (entity_id) WHERE entity_type = 'cell';
