"""Why somebody cannot be given a login."""

from __future__ import annotations


class NoLoginError(ValueError):
    """Nobody logs in by that name, or not there: the sentence says who does."""


class EmptySecretError(RuntimeError):
    """The secret is there and holds nothing yet: the sentence says what fills it."""
