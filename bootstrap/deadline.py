"""Stops a run in good order, between two migrations, before whoever runs it ends it: Lambda does after 15 minutes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bootstrap.errors import BootstrapError

Left = Callable[[], float]
"""Seconds until the run is ended from outside."""

# Kept for the next file and for what follows the migrations (privileges and proofs: seconds with the shop schema).
RESERVE = 120.0
_ON = (
    "run it again, it goes on from there: `pulumi up` once more, or `datatier bootstrap --manifest FILE` from a host "
    "that reaches the engines, which has no such limit"
)


class OutOfTimeError(BootstrapError):
    """The run stopped of its own accord; what it did is kept, and the database is clean."""


def check(left: Left | None) -> None:
    """Raise OutOfTimeError when the next file should not be begun any more."""
    if left is not None and left() < RESERVE:
        raise OutOfTimeError(f"fewer than {RESERVE:.0f} s are left")


def stopped(applied: Sequence[str], remaining: Sequence[str]) -> OutOfTimeError:
    """What was done, what is left and what goes on, by the migrations' names."""
    done = f"{len(applied)}, up to {applied[-1]}" if applied else "none"
    return OutOfTimeError(
        f"the runner's time is nearly over, so it stopped between two migrations; applied in this run: {done}; "
        f"left: {len(remaining)}, next {remaining[0]}; the database is clean. To finish, {_ON}"
    )
