"""What is raised about what was asked for."""

from __future__ import annotations

from bootstrap.errors import BootstrapError


class QuestionError(BootstrapError, ValueError):
    """What was asked for is not there, or cannot be answered as it is; the sentence says why and what mends it."""


class UnansweredError(BootstrapError):
    """A server broke off what it was asked: a lock of somebody's, its time limit, its end."""
