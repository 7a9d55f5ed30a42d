"""Where a drill plays: a tier of this computer, or a stack on AWS by its manifest; and where its reports are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from cli.backup_place import lasting, of_stack
from cli.errors import InputError
from cli.output import note
from cli.project import migrations
from cli.target import find_kept, find_manifest

if TYPE_CHECKING:
    from bootstrap.manifest import Manifest
    from bootstrap.secrets import Secret, SecretStore
    from infra.settings.model import Settings
    from keep.drill.books import Books
    from keep.drill.report import DrillObjective
    from keep.drill.scene import Elsewhere, Scene
    from keep.estate.aws import AwsEstate
    from keep.estate.estate import Estate
    from local.state import StateDir

_AWS_POLL = 15.0
"""Seconds between two looks on AWS: restores take many minutes, and RDS throttles who asks often."""
_AWS_BEAT = 1.0
"""Seconds between two heartbeats there."""


def on_aws(manifest: Manifest) -> bool:
    """Whether what a drill makes there costs money."""
    return manifest.aws_endpoint is None


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Where a copy goes in a second region, which has no instance of the stack."""

    subnet_group: str
    security_groups: tuple[str, ...]
    parameter_group: str


def landing(subnet_group: str | None, security_groups: list[str] | None, parameter_group: str | None) -> Groups | None:
    """All three, or none of them. Raise InputError."""
    if not (subnet_group or security_groups or parameter_group):
        return None
    if not (subnet_group and security_groups and parameter_group):
        raise InputError("a copy in a second region needs --subnet-group, --security-group and --parameter-group.")
    return Groups(subnet_group=subnet_group, security_groups=tuple(security_groups), parameter_group=parameter_group)


def scene_of(stack: str | None, file: str | None, keep: Sequence[str], groups: Groups | None = None) -> Scene:
    """The scene of a stack that is up. Raise InputError or NothingUpError."""
    from bootstrap.secrets import AwsStore
    from keep.drill.scene import Scene

    manifest = find_manifest(stack, file)
    books, state = _books(manifest, stack, file, keep)
    if state is None and not on_aws(manifest):
        raise InputError(
            f"this is the manifest of `{manifest.stack}` on this computer, whose copies only its own folder can make: "
            f"leave --manifest out, in the project's folder, and name the stack `{manifest.stack}`."
        )
    declared = _settings(manifest.stack)
    store = AwsStore(manifest.region, manifest.aws_endpoint)
    here, there = _estates(manifest, state, groups, store)
    scene = Scene(
        stack=manifest,
        estate=here,
        elsewhere=_elsewhere(declared, there, played=state is not None, lands=state is not None or groups is not None),
        store=store,
        books=books,
        objective=_objective(manifest, declared),
        migrations=migrations(),
    )
    return scene if state is not None else replace(scene, poll=_AWS_POLL, interval=_AWS_BEAT)


def _estates(
    manifest: Manifest, state: StateDir | None, groups: Groups | None, store: SecretStore
) -> tuple[Estate, Callable[[str], Estate]]:
    """Where copies are made, and the same of another region, which this computer plays for a tier."""
    if state is not None:
        from local.estate import LocalEstate

        estate = LocalEstate(state)
        return estate, lambda _: estate
    from keep.estate.aws import AwsEstate

    token = partial(_token, manifest, store)
    here = AwsEstate(manifest.region, manifest.prefix, endpoint=manifest.aws_endpoint, token=token)
    return here, lambda region: _second(manifest, region, here, groups)


def _token(manifest: Manifest, store: SecretStore, group: str) -> Secret | None:
    """The AUTH token of the cache that is that replication group; None where it has none, or an empty secret."""
    from keep.estate.naming import cache_group

    for name, cache in manifest.caches.items():
        if cache.auth_secret is not None and cache_group(manifest, name) == group:
            version = store.get(cache.auth_secret)
            return version.credential.redis_password if version else None
    return None


def _elsewhere(
    declared: Settings | None, estate: Callable[[str], Estate], *, played: bool, lands: bool
) -> Elsewhere | None:
    """The second region that the stack's file declares for its backups."""
    from keep.drill.scene import Elsewhere

    second = declared.backup.second_region if declared and declared.backup else None
    if second is None:
        return None
    return Elsewhere(
        region=second.region,
        estate=estate(second.region),
        point_in_time=second.point_in_time is not None,
        played=played,
        lands=lands,
    )


def _second(manifest: Manifest, region: str, here: AwsEstate, groups: Groups | None) -> AwsEstate:
    from keep.estate.aws import AwsEstate
    from keep.estate.aws_groups import Landing
    from keep.estate.naming import primary_instance

    where = None
    if groups is not None:
        source = here.instance(primary_instance(manifest))
        settings = dict(source.settings) if source else {}
        where = Landing(
            subnet_group=groups.subnet_group,
            security_groups=groups.security_groups,
            parameter_group=groups.parameter_group,
            instance_class=settings.get("instance class", ""),
            port=manifest.postgres.primary.port,
            by_token=settings.get("IAM authentication") == "on",
        )
    return AwsEstate(region, manifest.prefix, endpoint=manifest.aws_endpoint, landing=where)


def books_of(stack: str | None, file: str | None, copies: str | None) -> Books:
    """The reports of a stack's drills, be it up or down; where a place is named, the copies of them there.

    Raise InputError, NothingUpError or AskedError.
    """
    manifest, _ = find_kept(stack, file)
    if copies is None:
        return _books(manifest, stack, file, ())[0]
    from keep.drill.books import FOLDER, Books

    found = Books(of_stack(f"{copies.rstrip('/')}/{FOLDER}", manifest), manifest.stack)
    if found.head() is None and not found.reports():
        raise InputError(f"{found.address} has no report: a drill puts copies there with `--keep {copies}`.")
    return found


def _objective(manifest: Manifest, declared: Settings | None) -> DrillObjective:
    """What the stack's file promises; where this project has none of it, what its manifest has of its schedule."""
    from infra.settings.values import minutes
    from keep.drill.report import DrillObjective

    if declared is None and manifest.drills is not None:
        return DrillObjective(rto_seconds=manifest.drills.rto_seconds, rpo_seconds=manifest.drills.rpo_seconds)
    if declared is None:
        note(f"this project has no file of the stack `{manifest.stack}`: there is no objective to measure against.")
        return DrillObjective(rto_seconds=None, rpo_seconds=None)
    promised = declared.objectives
    return DrillObjective(rto_seconds=minutes(promised.rto) * 60, rpo_seconds=minutes(promised.rpo) * 60)


def _settings(stack: str) -> Settings | None:
    """What the stack's file says; None where this project has no file of it."""
    from cli.project import project_root
    from infra.load import load_stack
    from infra.settings.stackfile import UnknownStackError

    try:
        return load_stack(project_root(), stack).settings
    except UnknownStackError:
        return None


def _books(
    manifest: Manifest, stack: str | None, file: str | None, keep: Sequence[str]
) -> tuple[Books, StateDir | None]:
    from cli.current import state_of
    from keep.drill.books import FOLDER, Books

    state = state_of(stack) if file is None else None
    home = str(state.path) if state else of_stack(None, manifest).address if manifest.bucket or manifest.kept else None
    places = [*([(home, of_stack)] if home else []), *((each, lasting) for each in keep)]
    if not places:
        raise InputError(f"stack `{manifest.stack}` has no bucket for the report: say --keep, a folder or s3://BUCKET.")
    first, *copies = (place(f"{address.rstrip('/')}/{FOLDER}", manifest) for address, place in places)
    return Books(first, manifest.stack, copies=copies), state
