"""What a database asks for: one file for each kind of action. Pure."""
