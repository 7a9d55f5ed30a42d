"""A tier that Terraform made: what to adopt, out of its state, and what the state must then forget. Pure.

The state is what `terraform show -json` (or `tofu show -json`) prints, the form that is documented for other programs
(Terraform's documentation, "JSON Output Format": values representation). The file of a state itself is refused: its
form is Terraform's own business.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from adopt.reading.replicas import names
from bootstrap.errors import AskedError
from graph import types
from graph.imported import placed
from knowledge.regions import region_of

# Terraform's type -> Pulumi's, and the attribute with the name that AWS knows it by (the provider's reference, Argument
# Reference of each). What a stack may take over.
KINDS: Mapping[str, tuple[str, str]] = {
    "aws_cloudwatch_composite_alarm": (types.COMPOSITE_ALARM, "alarm_name"),
    "aws_cloudwatch_log_group": (types.LOG_GROUP, "name"),
    "aws_cloudwatch_metric_alarm": (types.METRIC_ALARM, "alarm_name"),
    "aws_db_event_subscription": (types.EVENT_SUBSCRIPTION, "name"),
    "aws_db_instance": (types.INSTANCE, "identifier"),
    "aws_db_parameter_group": (types.PARAMETER_GROUP, "name"),
    "aws_elasticache_parameter_group": (types.CACHE_PARAMETER_GROUP, "name"),
    "aws_elasticache_replication_group": (types.CACHE, "replication_group_id"),
    "aws_elasticache_user": (types.CACHE_USER, "user_id"),
    "aws_elasticache_user_group": (types.CACHE_USER_GROUP, "user_group_id"),
    "aws_iam_role": (types.ROLE, "name"),
    "aws_kms_alias": (types.KEY_ALIAS, "name"),
    "aws_secretsmanager_secret": (types.SECRET, "name"),
    "aws_sns_topic": (types.TOPIC, "name"),
}
# What a stack's file may refer to by id, name or ARN, and never manages.
REFERRED = frozenset(
    {
        "aws_cloudwatch_log_group", "aws_db_option_group", "aws_db_parameter_group", "aws_db_subnet_group",
        "aws_elasticache_parameter_group", "aws_elasticache_subnet_group", "aws_elasticache_user_group", "aws_kms_key",
        "aws_secretsmanager_secret", "aws_security_group", "aws_sns_topic", "aws_subnet", "aws_vpc",
    }
)  # fmt: skip
# What Terraform would go on writing into something that the stack has taken over, with the attributes that name that.
PARTS: Mapping[str, tuple[str, ...]] = {
    "aws_db_instance_automated_backups_replication": ("source_db_instance_arn",),
    "aws_db_instance_role_association": ("db_instance_identifier",),
    "aws_elasticache_user_group_association": ("user_group_id",),
    "aws_secretsmanager_secret_policy": ("secret_arn",),
    "aws_secretsmanager_secret_rotation": ("secret_id",),
    "aws_secretsmanager_secret_version": ("secret_id",),
}


@dataclass(frozen=True, kw_only=True)
class TerraformResource:
    """A resource of a state."""

    address: str
    """Such as `module.orders.aws_db_instance.this["main"]`."""
    type: str
    values: Mapping[str, Any]

    @property
    def known_by(self) -> set[str]:
        """Its name, id and ARN; an instance has its resource id too, its id since the provider's version 5."""
        names = [self.values.get(key) for key in ("id", "arn", "resource_id", *KINDS.get(self.type, ())[1:])]
        return {str(each) for each in names if each}

    @property
    def region(self) -> str | None:
        """Where it is; None where the state does not say."""
        return str(self.values["region"]) if self.values.get("region") else region_of(str(self.values.get("arn", "")))


@dataclass(frozen=True, kw_only=True)
class TerraformTier:
    """What a state has to adopt."""

    instance: str
    region: str | None
    caches: Mapping[str, str] = field(default_factory=dict)
    """Name in the stack -> replication group id."""


def resources(text: str, name: str) -> tuple[TerraformResource, ...]:
    """The resources of a state, without data sources; `name` is the file's. Raise `AskedError` for another form."""
    show = "`terraform show -json > FILE` writes the one that is wanted"
    try:
        document = json.loads(text)
    except ValueError as error:
        raise AskedError(f"--terraform: {name} is no JSON ({error}): {show}.") from None
    if not isinstance(document, dict):
        raise AskedError(f"--terraform: {name} holds no state: {show}.")
    if "planned_values" in document or "resource_changes" in document:
        raise AskedError(f"--terraform: {name} is a plan, not a state: {show}.")
    if "lineage" in document or ("terraform_version" in document and "resources" in document):
        raise AskedError(f"--terraform: {name} is the file that Terraform keeps to itself: {show}.")
    values = document.get("values")
    if "format_version" not in document:
        raise AskedError(f"--terraform: {name} holds no state: {show}.")
    if not isinstance(values, dict):  # an empty state has none
        return ()
    return tuple(_within(values.get("root_module") or {}))


def _within(module: Mapping[str, Any]) -> Iterator[TerraformResource]:
    for each in module.get("resources") or ():
        if each.get("mode") == "managed":
            yield TerraformResource(
                address=str(each["address"]), type=str(each["type"]), values=each.get("values") or {}
            )
    for child in module.get("child_modules") or ():
        yield from _within(child)


def tier(
    state: Iterable[TerraformResource], instance: str | None, caches: Mapping[str, str], name: str
) -> TerraformTier:
    """What to adopt: what was asked for, or else the one primary of the state and every cache of it.

    Raise `AskedError` where the state has no primary, or several and none was named.
    """
    everything = tuple(state)
    primaries = {
        str(each.values["identifier"]): each
        for each in everything
        if each.type == "aws_db_instance"
        and not each.values.get("replicate_source_db")
        and str(each.values.get("engine")) == "postgres"
    }
    if instance is None:
        if not primaries:
            raise AskedError(
                f"--terraform: {name} has no aws_db_instance of PostgreSQL that is a primary: name one by --instance."
            )
        if len(primaries) > 1:
            raise AskedError(
                f"--terraform: {name} has {len(primaries)} primaries, {', '.join(sorted(primaries))}: name one by "
                "--instance."
            )
        instance = next(iter(primaries))
    found = primaries.get(instance)
    region = found.region if found else None
    groups = sorted(
        str(each.values["replication_group_id"])
        for each in everything
        if each.type == "aws_elasticache_replication_group" and region in (None, each.region)
    )
    called = names(instance, [("", group) for group in groups], "cache")
    return TerraformTier(
        instance=instance,
        region=region,
        caches=caches or {called["", group]: group for group in groups},
    )


def removed(
    state: Iterable[TerraformResource], taken: Iterable[tuple[str, str]], region: str
) -> tuple[TerraformResource, ...]:
    """What the state must forget as the stack has taken it over, and no more.

    `taken` is type and import id of each resource that the stack has now; of another region than `region` the id ends
    in `@REGION`. What Terraform would go on writing into one of them goes as well, such as a secret's version.
    """
    places = ((kind, *placed(id_)) for kind, id_ in taken)
    ids = {(kind, name, elsewhere or region) for kind, name, elsewhere in places}
    everything = tuple(state)
    gone = {each.address for each in everything if _is_taken(each, ids, region)}
    known = {name for each in everything if each.address in gone for name in each.known_by}
    return tuple(
        each
        for each in everything
        if each.address in gone or any(each.values.get(key) in known for key in PARTS.get(each.type, ()))
    )


def commands(removed: Iterable[TerraformResource]) -> tuple[str, ...]:
    """The commands that make a state forget resources, quoted for a shell."""
    return tuple(f"terraform state rm {shlex.quote(each.address)}" for each in removed)


def _is_taken(resource: TerraformResource, ids: set[tuple[str, str, str]], region: str) -> bool:
    if resource.type not in KINDS:
        return False
    kind, where = KINDS[resource.type][0], resource.region or region
    return any((kind, name, where) in ids for name in resource.known_by)


def remaining(
    state: Iterable[TerraformResource], config: object, removed: Iterable[TerraformResource]
) -> tuple[TerraformResource, ...]:
    """What stays Terraform's though the stack's file, `config`, refers to it: networks, keys, security groups."""
    said, gone = set(_texts(config)), {each.address for each in removed}
    return tuple(each for each in state if each.type in REFERRED and each.address not in gone and each.known_by & said)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
