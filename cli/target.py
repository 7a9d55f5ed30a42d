"""Where a command works: the manifest of a tier on this computer, or a file (`pulumi stack output manifest`)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from bootstrap.manifest import Manifest
from bootstrap.secrets import AwsStore, Credential
from cli.current import state_of
from cli.errors import InputError, NothingUpError
from infra.problems import nearest

if TYPE_CHECKING:
    from bootstrap.access import Access

ManifestOption = Annotated[
    str | None,
    typer.Option("--manifest", "-m", help="Manifest of a deployed stack (a file, - for standard input)."),
]


def find_manifest(stack: str | None, file: str | None) -> Manifest:
    """The manifest that is meant. Raise `InputError` or `NothingUpError`."""
    if file is not None:
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
            return Manifest.model_validate_json(text)
        except OSError as error:
            raise InputError(f"--manifest {file}: {error.strerror}.") from None
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors()[:3])
            raise InputError(
                f"--manifest {file} is no manifest ({wrong}): take `pulumi stack output manifest`."
            ) from None
    from local.status import manifest as manifest_of
    from local.status import processes

    state = state_of(stack)
    if not any(process.pid for process in processes(state)):
        raise NothingUpError(f"stack `{state.stack}` is down: `datatier up {state.stack}`.")
    found = manifest_of(state)
    if found is None:
        raise NothingUpError(f"stack `{state.stack}` is not bootstrapped: `datatier up {state.stack}`.")
    return found


def credential(manifest: Manifest, identity: str) -> Credential:
    """What an identity logs in with; `master` is the database's master user."""
    arn = manifest.postgres.master_secret if identity == "master" else manifest.secrets.get(identity)
    if arn is None:
        known = ["master", *manifest.secrets]
        raise InputError(f"no identity `{identity}`: {', '.join(known)}.{nearest(identity, known)}")
    version = AwsStore(manifest.region, manifest.aws_endpoint).get(arn)
    if version is None:
        raise NothingUpError(f"the secret of `{identity}` is empty: `datatier bootstrap` fills it.")
    return version.credential


def cache_credential(manifest: Manifest, cache: str, identity: str) -> Credential:
    """What an identity logs in to a cache with: its own, or the AUTH token that all share."""
    arn = manifest.caches[cache].auth_secret
    if arn is None:
        return credential(manifest, identity)
    version = AwsStore(manifest.region, manifest.aws_endpoint).get(arn)
    if version is None:
        raise NothingUpError(f"the secret of {cache}'s AUTH token is empty: deploy the stack, which makes it.")
    return version.credential


def default_identity(access: Access) -> str:
    """The application: the first identity that reads and writes."""
    names = access.with_privilege("readwrite") or tuple(access.identities)
    return names[0]
