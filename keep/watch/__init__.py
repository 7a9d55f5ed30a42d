"""What a place knows of a stack's copies and drills, for health, the exporter and the scheduled look."""
