"""Where a command works: the manifest of a tier on this computer, or a file (`pulumi stack output manifest`)."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from bootstrap.application import ACCESS
from bootstrap.manifest import Manifest
from bootstrap.own_manifest import manifest_of
from cli.current import known, state_of
from cli.declaration import ahead, as_declared, note_of_deployed
from cli.errors import InputError, NothingUpError
from cli.output import note
from cli.project import project_root
from infra.settings.problems import nearest
from infra.settings.stackfile import stacks as stacks_of

if TYPE_CHECKING:
    from local.state import StateDir


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


def find_kept(stack: str | None, file: str | None) -> tuple[Manifest, StateDir | None]:
    """The manifest that is meant, as it was deployed, be its servers up or down; and the state, where it is a tier's.

    Raise `InputError` or `NothingUpError`.
    """
    if file is not None:
        return find_manifest(stack, file), None
    root = project_root()
    if stack is not None and stack not in (there := {*stacks_of(root), *known(root)}):
        raise InputError(f"there is no stack `{stack}`: {', '.join(sorted(there))}.{nearest(stack, there)}")
    state = state_of(stack)
    kept = state.kept.get("manifest")
    if kept is None:
        raise NothingUpError(f"stack `{state.stack}` is not bootstrapped: `datatier up {state.stack}`.")
    return Manifest.model_validate(kept), state


def find_declared(stack: str | None, file: str | None) -> tuple[Manifest, StateDir | None]:
    """The manifest that is meant, a tier's with access.yaml as it is on disk now, and the state of that tier.

    Raise `InputError`, `NothingUpError`, `SettingsError` or `AccessError`.
    """
    if file is not None:
        return find_manifest(stack, file), None
    state, found = _tier(stack)
    if changed := [name for name in ahead(state) if name != ACCESS]:
        note(f"changed since the last `datatier up {state.stack}`, which takes it in: {', '.join(changed)}.")
    return as_declared(state, found), state


def _read(file: str) -> Manifest:
    if file.startswith("arn:"):
        return _secret(file)
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        return Manifest.model_validate_json(text)
    except OSError as error:
        raise InputError(f"--manifest {file}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"--manifest {file} is not text: take `pulumi stack output manifest`.") from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors()[:3])
        raise InputError(
            f"--manifest {file} is not a manifest ({wrong}): take `pulumi stack output manifest`."
        ) from None


def _secret(arn: str) -> Manifest:
    from botocore.exceptions import BotoCoreError, ClientError

    if not re.fullmatch(r"arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:\S+", arn):
        raise InputError(f"--manifest {arn} is not the ARN of a secret: take that of PREFIX/exporter/manifest.")
    try:
        return manifest_of(arn)
    except (BotoCoreError, ClientError) as error:
        raise InputError(f"--manifest {arn} cannot be read: {error}") from None
    except ValidationError:
        raise InputError(f"--manifest {arn} holds no manifest: deploy the stack, which puts it there.") from None


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
