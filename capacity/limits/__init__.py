"""What can run out: one file for each kind, all pure."""
