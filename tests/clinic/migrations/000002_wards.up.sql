CREATE TYPE ward_kind AS ENUM ('general', 'maternity', 'intensive');

CREATE TABLE wards (
    id      bigint    GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name    text      NOT NULL UNIQUE,
    kind    ward_kind NOT NULL DEFAULT 'general',
    beds    smallint  NOT NULL,
    details jsonb     NOT NULL DEFAULT '{}',
    CONSTRAINT wards_beds_check CHECK (beds > 0)
);
CREATE INDEX idx_wards_details ON wards USING gin (details jsonb_path_ops);

CREATE TABLE doctors (
    id      serial PRIMARY KEY,
    user_id uuid   NOT NULL UNIQUE REFERENCES users,
    ward_id bigint REFERENCES wards ON DELETE SET NULL,
    since   date   NOT NULL DEFAULT CURRENT_DATE
);
CREATE INDEX idx_doctors_ward_id ON doctors (ward_id);

CREATE VIEW staffed_wards AS
SELECT w.id, w.name, count(d.id) AS doctors FROM wards w LEFT JOIN doctors d ON d.ward_id = w.id GROUP BY w.id;
