"""What goes wrong with capacity."""

from __future__ import annotations

from bootstrap.errors import BootstrapError


class CapacityError(BootstrapError):
    """The history cannot be read or kept."""
