"""Whether an alarm that is declared is one that rings: read from the declaration, and tried on the real thing."""
