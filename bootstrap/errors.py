"""What every foreseen failure of a bootstrap has in common."""

from __future__ import annotations

MORE = "Every key with what it takes, its default and an example: {}"
"""Last line of an error about a declaration: the page that it is written by."""


class BootstrapError(Exception):
    """The bootstrap stopped: the message says what is wrong, where, and what mends it, and holds no secret."""


class UnknownCacheError(BootstrapError):
    """The declaration has no rules for a cache of that name."""


class AskedError(BootstrapError):
    """What was asked for cannot be: exit code 2 of a command."""
