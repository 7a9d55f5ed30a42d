"""Where a drill plays: a tier of this computer, or a stack on AWS by its manifest; and where its reports are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cli.errors import InputError
from cli.output import note
from cli.target import find_kept, find_manifest

if TYPE_CHECKING:
    from bootstrap.manifest import Manifest
    from keep.drill.books import Books
    from keep.drill.report import DrillObjective
    from keep.drill.scene import Scene
    from local.state import StateDir

_AWS_POLL = 15.0
"""Seconds between two looks on AWS: restores take many minutes, and RDS throttles who asks often."""


def on_aws(manifest: Manifest) -> bool:
    """Whether what a drill makes there costs money."""
    return manifest.aws_endpoint is None


def scene_of(stack: str | None, file: str | None, keep: Sequence[str]) -> Scene:
    """The scene of a stack that is up. Raise InputError or NothingUpError."""
    from bootstrap.run import MIGRATIONS
    from bootstrap.secrets import AwsStore
    from keep.drill.scene import Scene

    manifest = find_manifest(stack, file)
    books, state = _books(manifest, stack, file, keep)
    store = AwsStore(manifest.region, manifest.aws_endpoint)
    if state is not None:
        from local.estate import LocalEstate

        return Scene(
            stack=manifest,
            estate=LocalEstate(state),
            store=store,
            books=books,
            objective=objective_of(manifest.stack),
            migrations=MIGRATIONS,
        )
    from keep.estate.aws import AwsEstate

    return Scene(
        stack=manifest,
        estate=AwsEstate(manifest.region, manifest.prefix, endpoint=manifest.aws_endpoint),
        store=store,
        books=books,
        objective=objective_of(manifest.stack),
        migrations=MIGRATIONS,
        poll=_AWS_POLL,
        interval=1.0,
    )


def books_of(stack: str | None, file: str | None, keep: Sequence[str]) -> Books:
    """The reports of a stack's drills, be it up or down. Raise InputError or NothingUpError."""
    manifest, _ = find_kept(stack, file)
    return _books(manifest, stack, file, keep)[0]


def objective_of(stack: str) -> DrillObjective:
    """What the stack's file promises; nothing where this project has no file of it."""
    from cli.project import project_root
    from infra.load import load_stack
    from infra.settings.sections import minutes
    from infra.settings.stackfile import UnknownStackError
    from keep.drill.report import DrillObjective

    try:
        promised = load_stack(project_root(), stack).settings.objectives
    except UnknownStackError:
        note(f"this project has no file of the stack `{stack}`: there is no objective to measure against.")
        return DrillObjective(rto_seconds=None, rpo_seconds=None)
    return DrillObjective(rto_seconds=minutes(promised.rto) * 60, rpo_seconds=minutes(promised.rpo) * 60)


def _books(
    manifest: Manifest, stack: str | None, file: str | None, keep: Sequence[str]
) -> tuple[Books, StateDir | None]:
    from cli.backup_place import of_stack
    from cli.current import state_of
    from keep.drill.books import Books

    state = state_of(stack) if file is None else None
    home = str(state.path) if state else of_stack(None, manifest).address if manifest.bucket else None
    places = [*([home] if home else []), *keep]
    if not places:
        raise InputError(f"stack `{manifest.stack}` has no bucket for the report: say --keep, a folder or s3://BUCKET.")
    # What is in the folder `drills` is no backup: `datatier backup list` of the same place does not see it.
    first, *copies = (of_stack(f"{each.rstrip('/')}/drills", manifest) for each in places)
    return Books(first, manifest.stack, copies=copies), state
