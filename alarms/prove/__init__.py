"""Proof on the real thing: each alarm is set, its notification received through topic and key, its state restored."""
