"""`datatier drill run`: drills one after another, as the task of a stack's schedule does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.drill_run import KeepOption, YesFlag, run
from cli.errors import FAILED, InputError
from cli.options import ManifestOption, StackOption
from cli.output import note
from knowledge.backups.drills import SCHEDULED, ScheduledDrill

if TYPE_CHECKING:
    from keep.drill.drill import Drill

NamesArgument = Annotated[
    list[str], typer.Argument(metavar="DRILL", help=f"Which, in this order: {', '.join(SCHEDULED)}.")
]


def several(
    names: NamesArgument,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    keep: KeepOption = None,
    yes: YesFlag = False,
) -> None:
    """Carry out several drills, one after another; exit 1 unless all have passed.

    [bold]Examples:[/] datatier drill run pitr redis    datatier drill run pitr snapshot --manifest manifest.json --yes
    """
    from bootstrap.errors import BootstrapError

    every, not_passed = _every(), list[str]()
    if unknown := [each for each in names if each not in every]:
        raise InputError(f"{unknown[0]} is not among the drills that run one after another: {', '.join(every)}.")
    for name in names:
        try:
            run(every[name], stack, manifest, keep, resume=False, yes=yes, dry_run=False, json=False)
        except typer.Exit as end:
            if end.exit_code != FAILED:
                raise
            not_passed.append(name)
        except (BootstrapError, InputError) as error:
            # What one of them meets may be its own: the others still say how things are.
            note(f"{name}: {error}")
            not_passed.append(name)
    if not_passed:
        note(f"not passed: {', '.join(not_passed)}.")
        raise typer.Exit(FAILED)


def _every() -> dict[str, Drill]:
    from keep.drill.deletion import Deletion
    from keep.drill.lost_cache import LostCache
    from keep.drill.lost_primary import LostPrimary
    from keep.drill.pitr import Pitr
    from keep.drill.snapshot import FromSnapshot

    found: dict[ScheduledDrill, Drill] = {
        "pitr": Pitr(),
        "snapshot": FromSnapshot(),
        "deletion": Deletion(),
        "primary": LostPrimary(),
        "redis": LostCache(),
    }
    return {name: found[name] for name in SCHEDULED}
