"""What to adopt out of a state of Terraform. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from adopt.reading.replicas import names
from adopt.terraform.state import TerraformResource
from bootstrap.errors import AskedError


@dataclass(frozen=True, kw_only=True)
class TerraformTier:
    """What a state has to adopt."""

    instance: str
    region: str | None
    account: str = ""
    """Whose the instance is; empty where the state does not say."""
    caches: Mapping[str, str] = field(default_factory=dict)
    """Name in the stack -> replication group id."""


def tier(
    state: Iterable[TerraformResource],
    instance: str | None,
    caches: Mapping[str, str],
    name: str,
    *,
    region: str | None = None,
) -> TerraformTier:
    """What to adopt: what was asked for, or else the one primary of the state and every cache of its region.

    `name` is that of the state's file. `region` counts where the state has several primaries. Raise `AskedError` where
    it has none, or several and none was named.
    """
    everything = tuple(state)
    primaries = [each for each in _primaries(everything) if instance in (None, each.values["identifier"])]
    if len(primaries) > 1:
        primaries = [each for each in primaries if region and each.region == region] or primaries
    if len(primaries) > 1:
        listed = ", ".join(sorted(f"{each.values['identifier']} ({each.region})" for each in primaries))
        raise AskedError(
            f"--terraform: {name} has {len(primaries)} primaries, {listed}: name one by --instance"
            f"{' and --region' if instance else ''}."
        )
    if not primaries and instance is None:
        raise AskedError(
            f"--terraform: {name} has no aws_db_instance of PostgreSQL that is a primary: name one by --instance."
        )
    found = next(iter(primaries), None)
    identifier = str(found.values["identifier"]) if found else str(instance)
    here = found.region if found else None
    groups = sorted(_groups(everything, here))
    called = names(identifier, [("", each) for each in groups], "cache")
    return TerraformTier(
        instance=identifier,
        region=here,
        account=found.account if found else "",
        caches=caches or {called["", group]: group for group in groups},
    )


def _primaries(state: Iterable[TerraformResource]) -> Iterator[TerraformResource]:
    for each in state:
        is_postgres = each.type == "aws_db_instance" and each.values.get("engine") == "postgres"
        if is_postgres and each.values.get("identifier") and not each.values.get("replicate_source_db"):
            yield each


def _groups(state: Iterable[TerraformResource], region: str | None) -> Iterator[str]:
    for each in state:
        group = each.values.get("replication_group_id")
        if each.type == "aws_elasticache_replication_group" and group and region in (None, each.region):
            yield str(group)
