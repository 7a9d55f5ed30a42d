"""What of a deployed stack stays in AWS and what goes, when what was adopted leaves the stack. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from adopt.import_file import reference
from graph import types
from graph.resource import Resource

ADOPTED = frozenset(
    {
        types.CACHE,
        types.CACHE_PARAMETER_GROUP,
        types.CACHE_USER_GROUP,
        types.COMPOSITE_ALARM,
        types.EVENT_SUBSCRIPTION,
        types.INSTANCE,
        types.LOG_GROUP,
        types.METRIC_ALARM,
        types.PARAMETER_GROUP,
        types.ROLE,
        types.SECRET,
        types.TOPIC,
    }
)
"""What an adoption may take over. All of it stays where nothing says what it took."""
_OF = {
    types.EGRESS: "securityGroupId",
    types.INGRESS: "securityGroupId",
    types.KEY_ALIAS: "targetKeyId",
    types.KEY_POLICY: "keyId",
    types.LOG_DATA_PROTECTION: "logGroupName",
    types.ROLE_POLICY: "role",
    types.ROLE_POLICY_ATTACHMENT: "role",
    types.SECRET_POLICY: "secretArn",
    types.SECRET_VERSION: "secretId",
    types.SECURITY_GROUP_RULE: "securityGroupId",
    types.SUBSCRIPTION: "topic",
    types.TOPIC_POLICY: "arn",
}
"""Resources that are a part of another: type -> the input that says of which. Without its rules a security group keeps
everybody out, without its policy a role may nothing."""


@dataclass(frozen=True, kw_only=True)
class Apart:
    """The resources of a stack, each in one of them, dependents first."""

    adopted: tuple[Resource, ...]
    """Was there before the stack."""
    used: tuple[Resource, ...]
    """Was made by the stack, and something that stays is attached to it, or it is a part of what stays."""
    gone: tuple[Resource, ...]
    """Was made by the stack, and nothing that stays needs it."""


def apart(saved: Sequence[Resource], adopted: Collection[str] | None) -> Apart:
    """Tell them apart.

    `adopted` are what was imported (`import_file.imports`); None where nobody knows, and then everything stays that an
    adoption may take over.
    """
    real = [each for each in saved if each.id]
    kept = [each for each in real if (each.type in ADOPTED if adopted is None else reference(each.urn) in adopted)]
    stays = {each.urn for each in kept}
    used = _used(real, stays)
    ordered = real[::-1]  # a state is in the other order
    return Apart(
        adopted=tuple(each for each in ordered if each.urn in stays),
        used=tuple(each for each in ordered if each.urn in used),
        gone=tuple(each for each in ordered if each.urn not in stays | used),
    )


def _used(resources: Sequence[Resource], adopted: Collection[str]) -> set[str]:
    by_urn = {each.urn: each for each in resources}
    parts = _parts(resources)
    found: set[str] = set()
    open_ = list(adopted)
    while open_:
        urn = open_.pop()
        needs = (*by_urn[urn].depends_on, *parts.get(urn, ()))
        for each in needs:
            if each in by_urn and each not in found and each not in adopted:
                found.add(each)
                open_.append(each)
    return found


def _parts(resources: Iterable[Resource]) -> dict[str, list[str]]:
    """URN of a resource -> URNs of its parts."""
    everything = tuple(resources)
    known = {value: each.urn for each in everything for value in _names(each)}
    found: dict[str, list[str]] = {}
    for each in everything:
        whole = known.get(str(each.inputs.get(_OF.get(each.type, ""), "")))
        if whole is not None and whole != each.urn:
            found.setdefault(whole, []).append(each.urn)
    return found


def _names(each: Resource) -> Iterator[str]:
    """What another resource says of it; a part has the id of its whole, and is not meant."""
    if each.type not in _OF:
        yield from (each.id, *each.known_as)
