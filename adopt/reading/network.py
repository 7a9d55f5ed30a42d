"""EC2: the networks that the servers are in, and their security groups with what else uses them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from adopt import instance_facts as facts
from adopt.estate import Described
from adopt.reading import calls
from adopt.reading.ask import Asking

# Whose network interfaces are the servers' own: those of managed services carry the service as requester (EC2 API
# Reference, NetworkInterface: RequesterId, "the alias or Amazon Web Services account ID of the principal or service").
SERVERS = frozenset({"amazon-rds", "amazon-elasticache"})


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where servers are in one region."""

    region: str
    vpcs: frozenset[str]
    subnets: frozenset[str]
    security_groups: frozenset[str]
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Security group -> servers that have it and are not of the tier, by what they are called."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """What EC2 says of a site."""

    security_groups: tuple[Described, ...] = ()
    users: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    vpcs: tuple[Described, ...] = ()
    """Vpcs, with the attributes `EnableDnsSupport` and `EnableDnsHostnames` beside, where those were read."""
    subnets: tuple[Described, ...] = ()
    route_tables: tuple[Described, ...] = ()
    vpc_endpoints: tuple[Described, ...] = ()


def network(ask: Asking, site: Site, *, home: bool) -> Network:
    """What is around the servers of a region; routes and endpoints only at home, where the stack's functions run."""
    if not site.vpcs:
        return Network()
    here, vpcs = site.region, _filter("vpc-id", site.vpcs)
    groups = ask.soon(ask.all, calls.SECURITY_GROUPS, here, Filters=vpcs)
    interfaces = ask.soon(ask.all, calls.INTERFACES, here, Filters=_filter("group-id", site.security_groups))
    subnets = ask.soon(ask.all, calls.SUBNETS, here, Filters=_filter("subnet-id", site.subnets))
    if not home:
        every = groups.result()
        return Network(
            security_groups=_own(every, site),
            users=users(site, every, interfaces.result()),
            subnets=subnets.result(),
        )
    networks = ask.soon(ask.all, calls.VPCS, here, Filters=vpcs)
    routes = ask.soon(ask.all, calls.ROUTES, here, Filters=vpcs)
    endpoints = ask.soon(ask.all, calls.ENDPOINTS, here, Filters=vpcs)
    dns = {name: ask.soon(_dns, ask, here, name) for name in site.vpcs}
    every = groups.result()
    return Network(
        security_groups=_own(every, site),
        users=users(site, every, interfaces.result()),
        vpcs=tuple({**each, **dns[each["VpcId"]].result()} for each in networks.result()),
        subnets=subnets.result(),
        route_tables=routes.result(),
        vpc_endpoints=endpoints.result(),
    )


def _dns(ask: Asking, region: str, vpc: str) -> Described:
    """Whether the VPC has names: what could be read of EnableDnsSupport and EnableDnsHostnames."""
    asked = (calls.DNS_SUPPORT, calls.DNS_HOSTNAMES)
    begun = [
        (each.field, ask.soon(ask.one, each, region, VpcId=vpc, Attribute=each.field[:1].lower() + each.field[1:]))
        for each in asked
    ]
    answers = ((name, answer.result().get(name)) for name, answer in begun)
    return {name: bool(found.get("Value")) for name, found in answers if found is not None}


def users(site: Site, groups: Iterable[Described], interfaces: Iterable[Described]) -> Mapping[str, tuple[str, ...]]:
    """Security group -> what else uses it: other servers, interfaces of other services, rules of other groups."""
    found: dict[str, list[str]] = {group: list(site.others.get(group, ())) for group in site.security_groups}
    for each in interfaces:
        if str(each.get("RequesterId")) in SERVERS:
            continue
        text = f"{each.get('Description') or each.get('InterfaceType') or 'interface'} ({each['NetworkInterfaceId']})"
        for group in each.get("Groups") or ():
            if group["GroupId"] in found:
                found[group["GroupId"]].append(text)
    for each in groups:
        for group in sorted(_referred(each) & found.keys()):
            if each["GroupId"] != group:
                found[group].append(f"rules of {each['GroupId']} ({each.get('GroupName')})")
    return {group: tuple(sorted(by)) for group, by in sorted(found.items()) if by}


def _own(groups: Iterable[Described], site: Site) -> tuple[Described, ...]:
    return tuple(each for each in groups if each["GroupId"] in site.security_groups)


def _referred(group: Described) -> set[str]:
    """Groups that the rules of a group name."""
    rules = [*(group.get("IpPermissions") or ()), *(group.get("IpPermissionsEgress") or ())]
    return {str(pair["GroupId"]) for rule in rules for pair in rule.get("UserIdGroupPairs") or () if "GroupId" in pair}


def _filter(name: str, values: Iterable[str]) -> list[dict[str, object]]:
    return [{"Name": name, "Values": sorted(values)}]


def site(
    region: str,
    instances: Sequence[Described],
    nodes: Sequence[Described],
    cache_subnets: Sequence[Described],
    there: Iterable[Described] = (),
) -> Site:
    """Where the tier's servers of a region are; `there` is every instance and node of the region."""
    groups = {name for each in (*instances, *nodes) for name in groups_of(each)}
    db_subnets = [each.get("DBSubnetGroup") or {} for each in instances]
    own = {_called(each) for each in (*instances, *nodes)}
    others: dict[str, set[str]] = {}
    for each in there:
        if _called(each) not in own:
            for group in groups & groups_of(each):
                others.setdefault(group, set()).add(_called(each))
    return Site(
        region=region,
        vpcs=frozenset(str(each["VpcId"]) for each in (*db_subnets, *cache_subnets) if each.get("VpcId")),
        subnets=frozenset(
            str(subnet["SubnetIdentifier"])
            for each in (*db_subnets, *cache_subnets)
            for subnet in each.get("Subnets") or ()
        ),
        security_groups=frozenset(groups),
        others={group: tuple(sorted(by)) for group, by in others.items()},
    )


def groups_of(server: Described) -> set[str]:
    """Security groups of an instance or of a cache's node."""
    return {*facts.security_groups(server)} | {
        str(each["SecurityGroupId"]) for each in server.get("SecurityGroups") or ()
    }


def _called(server: Described) -> str:
    return str(
        server.get("DBInstanceIdentifier") or server.get("ReplicationGroupId") or server.get("CacheClusterId") or ""
    )
