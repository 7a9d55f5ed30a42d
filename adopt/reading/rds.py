"""RDS: the primary, its replicas wherever they are, and their parameter groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adopt import instance_facts as facts
from adopt.estate import Described, Group, RunningInstance
from adopt.reading import calls
from adopt.reading.ask import Asking
from adopt.reading.replicas import Place, listed, names
from adopt.reading.servers import Servers
from knowledge.existing import AWS_GROUPS


def servers(ask: Asking, primary: Described, there: Iterable[Described]) -> Servers:
    """The primary with its replicas, wherever they are; `there` is every instance of its region."""
    home = ask.region
    known: dict[str, Mapping[str, Described]] = {home: {identifier(each): each for each in there}}
    found: dict[Place, Described] = {(home, identifier(primary)): primary}
    level = [(home, primary)]
    while level:  # a replica of PostgreSQL may have replicas itself
        wanted = [place for region, source in level for place in listed(source, region) if place not in found]
        new = sorted({region for region, _ in wanted} - known.keys())
        known |= dict(zip(new, ask.each(lambda region: _all(ask, region), new), strict=True))
        # Whoever may not list them all may be allowed to read those of the tier.
        unlisted = [(region, name) for region, name in wanted if name not in known[region]]
        alone = dict(zip(unlisted, ask.each(lambda place: _named(ask, *place), unlisted), strict=True))
        level = [(region, each) for region, name in wanted if (each := known[region].get(name) or alone[region, name])]
        found |= {(region, identifier(each)): each for region, each in level}
    groups = _groups(ask, found, known)
    running = {
        place: RunningInstance(
            region=place[0],
            described=each,
            parameter_group=groups[place[0], facts.parameter_group(each)],
            tags=tags(each),
        )
        for place, each in found.items()
    }
    first = running.pop((home, identifier(primary)))
    called = names(identifier(primary), running)
    return Servers(
        primary=first,
        replicas={name: running[place] for place, name in sorted(called.items(), key=_by_name)},
        instances_there={region: tuple(each.values()) for region, each in known.items()},
    )


def identifier(instance: Described) -> str:
    """DB instance identifier."""
    return str(instance["DBInstanceIdentifier"])


def tags(instance: Described) -> Mapping[str, str]:
    """Its tags, which are part of its description."""
    return {str(each["Key"]): str(each.get("Value", "")) for each in instance.get("TagList") or ()}


def _by_name(item: tuple[Place, str]) -> str:
    return item[1]


def _all(ask: Asking, region: str) -> Mapping[str, Described]:
    return {identifier(each): each for each in ask.all(calls.INSTANCES, region)}


def _named(ask: Asking, region: str, name: str) -> Described:
    return next(iter(ask.all(calls.INSTANCES, region, DBInstanceIdentifier=name)), {})


def _groups(
    ask: Asking, tier: Mapping[Place, Described], known: Mapping[str, Mapping[str, Described]]
) -> Mapping[Place, Group]:
    """Region and name -> parameter group, of every group that the tier's instances have."""
    wanted = sorted({(region, facts.parameter_group(each)) for (region, _), each in tier.items()})
    # AWS's own of a family is the same in every region.
    once = {(None if name.startswith(AWS_GROUPS) else region, name): region for region, name in reversed(wanted)}
    parameters = {key: ask.soon(_parameters, ask, region, key[1]) for key, region in once.items()}
    regions = sorted({region for region, _ in wanted})
    lists = dict(zip(regions, ask.each(lambda each: ask.all(calls.PARAMETER_GROUPS, each), regions), strict=True))
    found: dict[Place, Group] = {}
    for region, name in wanted:
        described = next((each for each in lists[region] if each["DBParameterGroupName"] == name), None)
        users = {
            key
            for key, each in known[region].items()
            if facts.parameter_group(each) == name and (region, key) not in tier
        }
        found[region, name] = Group(
            described=described or {"DBParameterGroupName": name},
            parameters=parameters[None if name.startswith(AWS_GROUPS) else region, name].result(),
            shared_with=tuple(sorted(users)),
        )
    return found


def _parameters(ask: Asking, region: str, name: str) -> tuple[Described, ...]:
    return ask.all(calls.PARAMETERS, region, DBParameterGroupName=name) if name else ()
