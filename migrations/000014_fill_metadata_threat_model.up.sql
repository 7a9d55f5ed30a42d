-- The trigger of 000013 finds the threat model. Where there is none, or more than one, the row stays without: whose it
-- was cannot be told, and giving it to either would show it to the other.
UPDATE metadata SET entity_id = entity_id WHERE threat_model_id IS NULL;
