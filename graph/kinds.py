"""Every type that this project knows, as its provider treats it: the one table, by service in `graph/provider/`.

Sources: https://github.com/hashicorp/terraform-provider-aws and terraform-provider-random; each row names its file.
pulumi-aws and pulumi-random pass on what these say.
"""

from __future__ import annotations

from collections.abc import Mapping

from graph.errors import CloudError
from graph.kind import Kind
from graph.provider import backup, cloudwatch, ec2, ecs, elasticache, lambda_iam, random, rds, storage

KINDS: Mapping[str, Kind] = {
    **rds.KINDS,
    **elasticache.KINDS,
    **ec2.KINDS,
    **backup.KINDS,
    **cloudwatch.KINDS,
    **lambda_iam.KINDS,
    **ecs.KINDS,
    **storage.KINDS,
    **random.KINDS,
}


def kind_of(token: str) -> Kind:
    """The type's row. Raise `CloudError` where there is none: a guess would make references that AWS never gives."""
    if token not in KINDS:
        raise CloudError(f"graph/provider does not say what the id of {token} looks like: add a row there")
    return KINDS[token]


def changeable(token: str) -> Kind | None:
    """The type's row where it says which inputs replace a resource, else None."""
    kind = KINDS.get(token)
    return kind if kind is not None and kind.replaces is not None else None


def changeable_kind(token: str) -> Kind:
    """The same. Raise `CloudError` where there is none: a guess would show a replacement as an update."""
    kind = changeable(token)
    if kind is None:
        raise CloudError(f"graph/provider does not say which inputs of {token} replace it: add them there")
    return kind
