"""What ends a run before its plan is done."""

from __future__ import annotations

from bootstrap.errors import AskedError, BootstrapError


class StepError(BootstrapError):
    """A step failed; what it has done is noted, and the next run goes on from there."""


class WaitingError(BootstrapError):
    """The plan goes on when a person has done or said something."""

    def __init__(self, message: str, *, needs: str) -> None:
        super().__init__(message)
        self.needs = needs
        """`deployment`, `window`, `consent`, `go` or `person`."""


class StaleError(AskedError):
    """What is deployed or declared is neither what the plan was made from, nor what its steps make of it."""


class BusyError(AskedError):
    """Somebody else carries a plan of this stack out."""


class AwsError(StepError):
    """AWS has refused a call, or cannot be reached."""

    def __init__(self, message: str, *, code: str = "", passing: bool = False) -> None:
        super().__init__(message)
        self.code = code
        """AWS's error code, without the endings that services put differently."""
        self.passing = passing
        """Whether the same call may be answered in a while."""


class DatabaseError(StepError):
    """The database has refused a statement, or cannot be reached."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing
        """Whether the same may be answered in a while."""


class NoManifestError(AskedError):
    """A step looks into the database, and nobody has said where that is."""
