"""What goes wrong with maintenance."""

from __future__ import annotations

from bootstrap.errors import BootstrapError


class MaintainError(BootstrapError):
    """It could not be done; what was done is whole, and the next run goes on from there."""
