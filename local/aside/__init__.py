"""Servers and snapshots beside those of the stack: what drills make, find again and remove."""
