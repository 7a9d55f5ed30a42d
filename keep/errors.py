"""What goes wrong with a backup or a drill, and whose doing it is."""

from __future__ import annotations

from bootstrap import errors
from bootstrap.errors import BootstrapError


class KeepError(BootstrapError):
    """It could not be done; nothing that looks whole is left behind, and running it again goes on or begins afresh."""


class AskedError(KeepError, errors.AskedError):
    """What was asked for cannot be: an unknown backup, another major version, a target in the future."""


class DamagedError(KeepError):
    """Something that was kept is not what was written."""


class EstateError(KeepError):
    """AWS, or this computer in its place, has refused a call or cannot be reached."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing
        """Whether the same call may be answered in a while."""
