"""What differs between a definition and a server, and the statements that mend it."""
