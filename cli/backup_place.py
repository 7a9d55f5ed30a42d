"""Where the commands of backups look: a folder, an address in S3, or the bucket of a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import InputError, NothingUpError
from cli.output import note

if TYPE_CHECKING:
    from bootstrap.manifest import Manifest
    from keep.place.place import Place

ToOption = Annotated[
    list[str] | None,
    typer.Option("--to", help="Where it goes: a folder, or s3://BUCKET/PREFIX; again for a second copy."),
]
FromOption = Annotated[
    str | None, typer.Option("--from", help="Where it lies: a folder, or s3://BUCKET/PREFIX; else the stack's bucket.")
]
BackupArgument = Annotated[str, typer.Argument(metavar="ID", help="Backup, as `datatier backup list` shows it.")]


def existing_place(address: str | None, stack: str | None, manifest: str | None) -> Place:
    """Return the place whose backups are meant; for one in S3 or none that of the stack that is meant, else AWS's own.

    Raise InputError, NothingUpError or AskedError.
    """
    from keep.place.choose import place_at

    if address is not None and not address.startswith("s3://"):
        return place_at(address, existing=True)
    return of_stack(address, _meant(stack, manifest, needed=address is None), existing=True)


def of_stack(address: str | None, target: Manifest | None, *, existing: bool = False) -> Place:
    """Return the place at that address as the stack reaches it; without one that of its schedule, or its bucket."""
    from keep.place import choose
    from knowledge.backups.copies import FOLDER

    bucket = target.bucket if target else None
    if address is None and target and target.kept:
        address = target.kept.place
    if address is None:
        if bucket is None:
            which = f"stack `{target.stack}` has no bucket" if target else "no stack says where"
            raise InputError(f"{which}: say a folder or s3://BUCKET/PREFIX, or declare `data-tier:bucket`.")
        address = f"s3://{bucket.name}/{FOLDER}"
    if target is None:
        return choose.place_at(address, existing=existing)
    return choose.of_stack(address, target, existing=existing)


def lasting(address: str | None, target: Manifest | None) -> Place:
    """Return the place for something that is kept. Raise InputError for one that goes with a tier's data."""
    from pathlib import Path

    from cli.project import project_root

    tiers = project_root() / ".local"
    if address is not None and "://" not in address and Path(address).expanduser().resolve().is_relative_to(tiers):
        raise InputError(
            f"{address} is among the data of the tiers of this project, which `datatier down --delete` removes: name "
            f"a folder outside of {tiers}."
        )
    return of_stack(address, target)


def _meant(stack: str | None, manifest: str | None, *, needed: bool) -> Manifest | None:
    from cli.target import find_manifest

    if needed or stack is not None or manifest is not None:
        return find_manifest(stack, manifest, quiet=True)
    try:
        found = find_manifest(None, None, quiet=True)
    except (InputError, NothingUpError):
        return None
    if found.aws_endpoint is not None:
        note(f"S3 is the emulator of stack `{found.stack}`, which is up; --manifest means a deployed stack's.")
    return found
