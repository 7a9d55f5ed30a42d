"""What a cloud raises."""

from __future__ import annotations


class CloudError(Exception):
    """The substrate could not do it: the message says what, where and what mends it."""
