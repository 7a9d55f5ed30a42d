"""The commands of the way back, in the order in which engine and AWS take them. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from adopt.undo.apart import Apart
from graph.resource import Resource
from graph.types import CACHE, EGRESS, INGRESS, INSTANCE, SECURITY_GROUP, SECURITY_GROUP_RULE

_FIREWALL = frozenset({SECURITY_GROUP, INGRESS, EGRESS, SECURITY_GROUP_RULE})
_MODIFY = {
    INSTANCE: ("vpcSecurityGroupIds", "rds modify-db-instance --db-instance-identifier {} --vpc-security-group-ids {}"),
    CACHE: (
        "securityGroupIds",
        "elasticache modify-replication-group --replication-group-id {} --security-group-ids {} --apply-immediately",
    ),
}
"""Type -> the input with its security groups, and what sets them. RDS changes them at once in any case (RDS User Guide,
USER_ModifyInstance.Settings); what else waits for a cache's window comes with them."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A command, and what it is for."""

    command: str
    why: str


def steps(stack: str, parts: Apart) -> tuple[Step, ...]:
    """From a deployed stack to what was there before it; nothing adopted changes but for its security groups.

    The servers are the last to be forgotten: until then the state says which groups they carry, so that whoever was
    interrupted asks again and goes on.
    """
    destroy = f"pulumi destroy --stack {stack} --exclude-protected"
    if not parts.adopted:
        rest = [each for each in parts.gone if each.type in _FIREWALL]
        interrupted = rest and len(rest) == len(parts.gone)
        return _ending(stack, rest, destroy) if interrupted else ()
    firewall = _leaving(parts)
    stays = [each for each in (*parts.used, *parts.adopted) if each not in firewall]
    return (
        _state("protect", stack, [*firewall, *stays], "nothing deletes these from here on"),
        Step(command=destroy, why="what the stack made and nothing of these needs"),
        *_detaching(parts.adopted, firewall),
        _state("delete --force", stack, stays, "leaves the stack, and stays in AWS as it is"),
        *_ending(stack, firewall, destroy),
    )


def _ending(stack: str, firewall: Iterable[Resource], destroy: str) -> tuple[Step, ...]:
    """The stack's security groups go, and with them the stack itself."""
    free = [_state("unprotect", stack, firewall, "nothing is attached to these any more")] if firewall else []
    return (*free, Step(command=destroy, why="the rest of what the stack made"))


def _state(verb: str, stack: str, resources: Iterable[Resource], why: str) -> Step:
    urns = " ".join(shlex.quote(each.urn) for each in resources)
    return Step(command=f"pulumi state {verb} --stack {stack} --yes {urns}", why=why)


def _leaving(parts: Apart) -> list[Resource]:
    """The stack's security groups and their rules, where each server has another one to be left with."""
    found = [each for each in parts.used if each.type in _FIREWALL]
    groups = {each.id for each in found}
    bare = any(_groups(each) and not set(_groups(each)) - groups for each in parts.adopted)
    return [] if bare else found


def _detaching(adopted: Iterable[Resource], firewall: Iterable[Resource]) -> Iterator[Step]:
    groups = {each.id for each in firewall}
    for each in adopted:
        if groups & set(_groups(each)):
            left = " ".join(sorted(set(_groups(each)) - groups))
            region = each.inputs.get("region") or each.outputs.get("region")
            where = f"aws --region {region}" if region else "aws"
            yield Step(
                command=f"{where} {_MODIFY[each.type][1].format(each.physical, left)}",
                why=f"{each.physical} keeps its own security groups: whoever came in by the stack's comes in no more",
            )


def _groups(each: Resource) -> list[str]:
    found = each.inputs.get(_MODIFY[each.type][0]) if each.type in _MODIFY else None
    return [str(group) for group in found] if isinstance(found, list) else []
