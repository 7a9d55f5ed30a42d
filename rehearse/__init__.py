"""Upgrades rehearsed on this computer: a copy of the data goes through one with the real servers, and is held against
what it was. Nothing but the copy is changed."""
