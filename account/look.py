"""Every look into the account, in the order in which somebody would mend what it finds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial

from account import names, place, quotas, running
from account.caller import caller
from account.finding import AccountFinding
from account.place import INSTANCE
from account.reader import NotReadableError, Reader
from account.waiting import waiting
from graph.resource import Resource


def look(
    reader: Reader,
    wanted: Collection[Resource],
    *,
    own: Collection[tuple[str, str]] | None = None,
    reserved: int | None = None,
) -> tuple[AccountFinding, ...]:
    """Look at an account for a stack.

    :param wanted: what the program declares.
    :param own: type and logical name of what the stack's saved state has; None where there is none to hand.
    :param reserved: runs that the stack reserves of Lambda.
    """
    who = caller(reader)
    if who.state == "missing":
        return (who,)
    known = own or ()
    mine = own is None and _there(reader, wanted)
    looks: tuple[Callable[[], Iterator[AccountFinding]], ...] = (
        lambda: quotas.concurrency(reader, wanted, reserved),
        lambda: quotas.quotas(reader, wanted, known),
        lambda: place.boundaries(reader, wanted),
        lambda: place.linked_roles(reader, wanted),
        lambda: place.zones(reader, wanted),
        lambda: place.classes(reader, wanted),
        lambda: place.cache_versions(reader, wanted),
        *names.taken(reader, wanted, own, mine=mine),
        lambda: names.snapshots(reader, wanted),
        lambda: waiting(reader, wanted),
        lambda: running.ahead(reader, wanted),
    )
    return (who, *_each_once(finding for each in looks for finding in _tried(each)))


def look_at_waiting(reader: Reader, wanted: Collection[Resource]) -> tuple[AccountFinding, ...]:
    """Only what waits for a maintenance window, with the permissions of the drift role."""
    if (who := caller(reader)).state == "missing":
        return (who,)
    return _each_once(finding for each in wanted for finding in _tried(partial(waiting, reader, [each])))


def _each_once(findings: Iterable[AccountFinding]) -> tuple[AccountFinding, ...]:
    """Two looks may ask the same, and be refused the same."""
    found: list[AccountFinding] = []
    found.extend(each for each in findings if each not in found)
    return tuple(found)


def _there(reader: Reader, wanted: Collection[Resource]) -> bool:
    """Whether an instance of the stack's is there."""
    identifiers = {each.inputs.get("identifier") for each in wanted if each.type == INSTANCE}
    try:
        there = reader.all("rds", "describe_db_instances", "DBInstances")
    except NotReadableError:
        return False
    return any(each["DBInstanceIdentifier"] in identifiers for each in there)


def _tried(look: Callable[[], Iterator[AccountFinding]]) -> Iterator[AccountFinding]:
    """What a look finds; one that AWS does not allow is a finding, and the others go on."""
    try:
        yield from look()
    except NotReadableError as error:
        yield AccountFinding(
            check="not looked at", state="note", where="the account", what=str(error),
            mend="allow the caller to read it, or check it by hand",
        )  # fmt: skip
