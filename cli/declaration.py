"""What the files of a project say beside what a stack was last deployed with, and how a tier here takes it in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap.access import load_access
from bootstrap.application import ACCESS
from bootstrap.manifest import Manifest
from cli.errors import InputError
from cli.project import own_root
from infra.fingerprint import declarations
from infra.settings.access_file import read_declaration
from infra.settings.problems import SettingsError
from knowledge import names

if TYPE_CHECKING:
    from local.state import StateDir

KEPT = "declared"
"""Under which a tier keeps what its files were at the last `up`."""


def ahead(state: StateDir) -> list[str]:
    """The files that have changed since the last `up` of a tier."""
    kept: Mapping[str, str] = state.kept.get(KEPT) or {}
    now = declarations(state.project, state.stack)
    return [name for name, digest in now.items() if kept and kept.get(name) != digest]


def as_declared(state: StateDir, manifest: Manifest) -> Manifest:
    """The manifest of a tier with the access declaration as it is on disk. Raise `SettingsError` or `AccessError`."""
    declaration = read_declaration(state.project)
    load_access(declaration)
    return manifest.model_copy(update={"access": declaration})


def missing(manifest: Manifest) -> list[str]:
    """Identities that log in and have no secret yet."""
    access = load_access(manifest.access)
    return sorted(name for name in access.identities if access.logs_in(name) and name not in manifest.secrets)


def with_secrets(state: StateDir, manifest: Manifest) -> Manifest:
    """The manifest with an empty secret for each new identity of a tier; the caller holds `state.lock()`.

    The next `up` finds these secrets by their names and goes on with them.
    """
    from local.secrets import make

    made = make(state, manifest.region, {name: names.secret(manifest.prefix, name) for name in missing(manifest)})
    return manifest.model_copy(update={"secrets": {**manifest.secrets, **made}})


def keep(state: StateDir, manifest: Manifest) -> None:
    """Make it the tier's own, once its declaration has been brought about; the caller holds `state.lock()`."""
    declared = load_access(manifest.access).identities
    secrets = {name: arn for name, arn in manifest.secrets.items() if name in declared}
    state.kept["manifest"] = manifest.model_copy(update={"secrets": secrets}).model_dump(mode="json")
    if KEPT in state.kept:
        state.kept[KEPT][ACCESS] = declarations(state.project, state.stack)[ACCESS]
    state.save()


def take_in(state: StateDir) -> None:
    """Make access.yaml as it is on disk the tier's own, for a bootstrap that is about to begin anew."""
    from local.status import healthy
    from local.status import manifest as manifest_of

    if (known := manifest_of(state)) and not healthy(state):
        keep(state, with_secrets(state, as_declared(state, known)))


def require_secrets(manifest: Manifest) -> None:
    """Raise `InputError` for identities whose secret only a deployment makes."""
    if lacking := missing(manifest):
        raise InputError(
            f"{', '.join(lacking)} {'has' if len(lacking) == 1 else 'have'} no secret yet, and nothing was changed: "
            f"deploy this access.yaml first, `pulumi up -s {manifest.stack}` makes it and brings the identity in."
        )


def note_of_deployed(stack: str, carried: Mapping[str, object]) -> str | None:
    """What to say where a deployed stack's manifest carries another declaration than the file of this project."""
    root = own_root()
    if root is None or not Path(root, ACCESS).is_file():
        return None
    try:
        here = read_declaration(root)
    except SettingsError:
        return "access.yaml here cannot be read; the manifest's own declaration is used."
    if _canonical(here) == _canonical(carried):
        return None
    return (
        f"access.yaml here says something else than the manifest of `{stack}`, whose declaration is used: "
        f"`pulumi up -s {stack}` deploys the file, `--file access.yaml` looks at what that would change."
    )


def _canonical(declaration: Mapping[str, object]) -> str:
    return json.dumps(declaration, sort_keys=True)
