"""Where a command works: the manifest of a tier on this computer, or a file (`pulumi stack output manifest`)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.markup import escape

from bootstrap.access import load_access
from bootstrap.credentials import token_users
from bootstrap.manifest import Manifest
from bootstrap.secrets import AwsStore, Credential, redis_token
from cli.current import state_of
from cli.declaration import ahead, as_declared, note_of_deployed
from cli.errors import InputError, NothingUpError
from cli.output import console
from infra.problems import nearest

if TYPE_CHECKING:
    from bootstrap.access import Access
    from local.state import StateDir

ManifestOption = Annotated[
    str | None,
    typer.Option("--manifest", "-m", help="Manifest of a deployed stack (a file, - for standard input)."),
]


def find_manifest(stack: str | None, file: str | None, *, quiet: bool = False) -> Manifest:
    """The manifest that is meant, as it was deployed; files that say something else now are told of unless `quiet`.

    Raise `InputError` or `NothingUpError`.
    """
    if file is not None:
        found = _read(file)
        if not quiet:
            note(note_of_deployed(found.stack, found.access))
        return found
    state, found = _tier(stack)
    if not quiet and (changed := ahead(state)):
        note(f"changed since the last `datatier up {state.stack}`, which takes it in: {', '.join(changed)}.")
    return found


def find_declared(stack: str | None, file: str | None) -> tuple[Manifest, StateDir | None]:
    """The manifest that is meant, a tier's with access.yaml as it is on disk now, and the state of that tier.

    Raise `InputError`, `NothingUpError`, `SettingsError` or `AccessError`.
    """
    if file is not None:
        return find_manifest(stack, file), None
    state, found = _tier(stack)
    if changed := [name for name in ahead(state) if name != "access.yaml"]:
        note(f"changed since the last `datatier up {state.stack}`, which takes it in: {', '.join(changed)}.")
    return as_declared(state, found), state


def note(sentence: str | None) -> None:
    """Say something beside the result."""
    if sentence:
        console(stderr=True).print(f"[yellow]note[/] {escape(sentence)}")


def _read(file: str) -> Manifest:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        return Manifest.model_validate_json(text)
    except OSError as error:
        raise InputError(f"--manifest {file}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"--manifest {file} is no text: take `pulumi stack output manifest`.") from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors()[:3])
        raise InputError(f"--manifest {file} is no manifest ({wrong}): take `pulumi stack output manifest`.") from None


def _tier(stack: str | None) -> tuple[StateDir, Manifest]:
    from local.status import manifest as manifest_of
    from local.status import processes

    state = state_of(stack)
    if not any(process.pid for process in processes(state)):
        raise NothingUpError(f"stack `{state.stack}` is down: `datatier up {state.stack}`.")
    found = manifest_of(state)
    if found is None:
        raise NothingUpError(f"stack `{state.stack}` is not bootstrapped: `datatier up {state.stack}`.")
    return state, found


def credential(manifest: Manifest, identity: str) -> Credential:
    """What an identity logs in with; `master` is the database's master user."""
    arn = manifest.postgres.master_secret if identity == "master" else manifest.secrets.get(identity)
    if arn is None and identity in (access := load_access(manifest.access)).identities:
        if not access.logs_in(identity):
            raise InputError(
                f"nobody logs in as `{identity}`: it is a role that others are members of (`login: none`)."
            )
        raise InputError(
            f"`{identity}` is declared and has no secret yet: a deployment makes it, here `datatier access apply`."
        )
    if arn is None:
        known = ["master", *manifest.secrets]
        raise InputError(f"no identity `{identity}`: {', '.join(known)}.{nearest(identity, known)}")
    version = AwsStore(manifest.region, manifest.aws_endpoint).get(arn)
    if version is None:
        raise NothingUpError(f"the secret of `{identity}` is empty: `datatier bootstrap` fills it.")
    return version.credential


def cache_credential(manifest: Manifest, cache: str, identity: str) -> Credential:
    """What an identity logs in to a cache with: its own, a token of AWS, or the AUTH token that all share."""
    return _shared(manifest, cache, identity) or credential(manifest, identity)


def cache_credentials(manifest: Manifest, identity: str) -> dict[str, Credential]:
    """The same of every cache that an identity has rules for and opens by another credential than its own."""
    rules = load_access(manifest.access).identities[identity].redis
    found = {cache: _shared(manifest, cache, identity) for cache in manifest.caches if cache in rules}
    return {cache: each for cache, each in found.items() if each is not None}


def _shared(manifest: Manifest, cache: str, identity: str) -> Credential | None:
    """What opens a cache in place of the identity's own credential; None where that does."""
    target = manifest.caches[cache]
    if target.auth_secret:
        version = AwsStore(manifest.region, manifest.aws_endpoint).get(target.auth_secret)
        token = (version.credential.redis_password or version.credential.password) if version else None
        if token is None:
            raise NothingUpError(f"the secret of {cache}'s AUTH token is empty: deploy the stack, which makes it.")
        # With an AUTH token every client is the user `default`.
        return Credential(redis_username="default", redis_password=token)
    if target.iam_cache is None:
        return None
    user = token_users(manifest, load_access(manifest.access), cache).get(identity)
    return (
        Credential(redis_username=user, redis_password=redis_token(target.iam_cache, user, manifest.region))
        if user
        else None
    )


def default_identity(access: Access) -> str:
    """The application: the first identity that reads and writes, of those that log in."""
    able = [name for name in (*access.with_privilege("readwrite"), *access.identities) if access.logs_in(name)]
    return next(iter((*able, *access.identities)))
