"""Which instances are replicas of a primary, and what the stack calls them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from adopt.estate import Described

Place = tuple[str, str]
"""Region and identifier."""


def listed(source: Described, region: str) -> Iterator[Place]:
    """The replicas that an instance names."""
    for each in source.get("ReadReplicaDBInstanceIdentifiers") or ():
        yield _place(str(each), region)


def source_of(instance: Described, region: str) -> Place | None:
    """The instance that this one replicates; None where it is a primary."""
    source = instance.get("ReadReplicaSourceDBInstanceIdentifier")
    return _place(str(source), region) if source else None


def _place(named: str, region: str) -> Place:
    """RDS names an instance of the same region by its identifier, one of another by its ARN."""
    parts = named.split(":")
    return (parts[3], parts[-1]) if len(parts) > 1 else (region, named)


def names(primary: str, others: Iterable[Place], kind: str = "replica") -> Mapping[Place, str]:
    """Each server's name in the stack, the same every time.

    It is what its identifier has beyond its primary's (`orders-reports` of `orders` is `reports`), as
    `infra/settings` takes names; two that come to the same are told apart by a number, in the order of their
    identifiers and regions. `kind` begins the name of one that has no letter to begin with.
    """
    found: dict[Place, str] = {}
    for region, identifier in sorted(others, key=lambda each: (each[1], each[0])):
        rest = identifier.removeprefix(primary) if identifier.startswith(f"{primary}-") else identifier
        name = wanted = _name(rest, kind)
        number = 2
        while name in found.values():
            name, number = f"{wanted}-{number}", number + 1
        found[region, identifier] = name
    return found


def _name(text: str, kind: str) -> str:
    """Lower-case letters, digits and single hyphens, first a letter; not what the primary or the whole is called."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if not name or name in ("primary", "stack") or not name[0].isalpha():
        name = f"{kind}-{name}".strip("-")
    return name
