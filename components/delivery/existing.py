"""What a stack's deployments and roles may do to what was there before it, whose names do not begin with the stack's.

By ARN, and no more than is declared: servers and what is theirs alone are changed as the stack's own are, and what they
only refer to (groups of others, keys, secrets) is used with them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from components.policy import Statement, allow
from knowledge.iam.actions import Kind, actions, wide
from knowledge.regions import domain

_OWN = ("rds:*", "elasticache:*", "logs:*")
# Of a group only what asks for a server with it; and reading.
_USED = ("rds:*DBInstance*", "rds:Describe*", "elasticache:*ReplicationGroup*", "elasticache:Describe*", "*:ListTags*")
_NOT = ("rds:*DBProx*", "rds:*AutomatedBackups*")
_KEY = ("kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey", "kms:RetireGrant")
_THROUGH = ("backup", "elasticache", "rds", "secretsmanager")


@dataclass(frozen=True, kw_only=True)
class ExistingResources:
    """What was there before a stack, by ARN; a `*` in place of the region."""

    own: Sequence[str] = ()
    """What is the stack's now: instances, replication groups, the parameter and log groups that are theirs alone."""
    used: Sequence[str] = ()
    """What it only refers to: subnet groups, parameter groups of others, user groups, keys and secrets."""

    def of(self, service: str, kind: str = "") -> list[str]:
        """Those of a service; `kind` is how the rest begins: `db:`."""
        parts = ((each, each.split(":", 5)) for each in (*self.own, *self.used))
        return [each for each, (_, _, name, _, _, rest) in parts if name == service and rest.startswith(kind)]


def deploying(of: ExistingResources, partition: str, *kinds: Kind) -> list[Statement]:
    """What a deployment may do to it, or with `read` alone whoever looks."""
    groups = [each for each in of.used if each.split(":")[2] in ("rds", "elasticache")]
    found = [
        *([allow("ExistingOwn", _matching(_OWN, *kinds), list(of.own))] if of.own else []),
        *([allow("ExistingUsed", _matching(_USED, *kinds), groups)] if groups else []),
    ]
    if "write" in kinds:
        found += keys(of, partition, _KEY)
    return found


def keys(of: ExistingResources, partition: str, wanted: Sequence[str]) -> Iterator[Statement]:
    """The use of its keys through the services that hold what they encrypt."""
    if given := of.of("kms"):
        services = [f"{each}.*.{domain(partition)}" for each in _THROUGH]
        yield allow("ExistingKeys", list(wanted), given, Condition={"StringLike": {"kms:ViaService": services}})


def shortened(arns: Sequence[str], arn: Callable[[str, str], str]) -> list[str]:
    """The same as a boundary writes them, without partition and region: it has few characters. No account reaches an
    engine of another."""
    parts = (each.split(":", 5) for each in arns)
    return [
        f"arn:*:{service}:*:*:{rest}" if service in ("rds", "elasticache") else arn(service, rest)
        for _, _, service, _, _, rest in parts
    ]


def _matching(patterns: Sequence[str], *kinds: Kind) -> list[str]:
    known = actions(*kinds) - wide().keys()
    return sorted(
        each
        for each in known
        if any(fnmatchcase(each, pattern) for pattern in patterns)
        and each.split(":")[0] in ("rds", "elasticache", "logs")
        and not any(fnmatchcase(each, pattern) for pattern in _NOT)
    )
