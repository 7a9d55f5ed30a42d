"""What a stack's file says of a tier that is there: the nearest profile, and what differs from it. Pure."""
