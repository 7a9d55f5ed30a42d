"""What a state of Terraform must forget once a stack has taken it over, and what it keeps. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping

from adopt.terraform.state import KINDS, TerraformResource
from graph.imported import placed

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
