CREATE TABLE patients (
    id          uuid         PRIMARY KEY DEFAULT gen_random_uuid(),
    owner_email varchar(255) NOT NULL,
    name        text         NOT NULL,
    born        date,
    created_at  timestamptz  NOT NULL DEFAULT now(),
    modified_at timestamptz  NOT NULL DEFAULT now(),
    CONSTRAINT patients_owner_email_check CHECK (owner_email = lower(owner_email))
);
COMMENT ON COLUMN patients.owner_email IS 'Who answers for the patient';
CREATE INDEX idx_patients_owner_email ON patients (owner_email);
CREATE TRIGGER patients_keep_timestamps BEFORE UPDATE ON patients FOR EACH ROW EXECUTE FUNCTION keep_timestamps();

CREATE TABLE visits (
    id         uuid      PRIMARY KEY DEFAULT gen_random_uuid(),
    patient_id uuid      NOT NULL REFERENCES patients ON DELETE CASCADE,
    ward_id    bigint    REFERENCES wards,
    period     tstzrange NOT NULL,
    minutes    integer   GENERATED ALWAYS AS (extract(epoch FROM upper(period) - lower(period))::integer / 60) STORED,
    note       text,
    CONSTRAINT visits_period_check CHECK (NOT isempty(period))
);
CREATE INDEX idx_visits_patient_id ON visits (patient_id);
CREATE INDEX idx_visits_ward_id_open ON visits (ward_id) WHERE upper_inf(period);
