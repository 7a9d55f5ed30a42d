"""What to move to where something runs out: one file for each kind of server, all pure."""
