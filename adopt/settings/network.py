"""`network` of a stack's file: the VPC and the subnets that the servers are in, and the way to AWS's APIs. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from adopt import instance_facts as facts
from adopt.estate import Described, Estate
from adopt.refusal import Refusal
from knowledge.commands import in_region
from knowledge.networks import ENDPOINTS
from knowledge.regions import endpoint

EVERYWHERE = "0.0.0.0/0"
_DNS = {"EnableDnsSupport": "--enable-dns-support", "EnableDnsHostnames": "--enable-dns-hostnames"}
"""Attribute of a VPC without which it has no private names of endpoints -> option that turns it on."""
_APIS = f"{', '.join(ENDPOINTS[:-1])} and {ENDPOINTS[-1]}"


@dataclass(frozen=True, kw_only=True)
class NetworkFound:
    """What the servers' network is to a stack."""

    section: dict[str, Any]
    comment: str = ""
    """What is to be looked at, of the way to AWS's APIs."""
    refusal: Refusal | None = None


def network(estate: Estate) -> NetworkFound:
    """The primary's VPC, its subnets, and where the stack's functions find AWS's APIs.

    That is: endpoints of the VPC for all that they call; else NAT, by a security group that lets them out; else
    endpoints that the stack makes, into which the whole VPC is let: their private names answer everybody in it, in
    place of the public addresses (AWS PrivateLink Guide, "Access an AWS service using an interface VPC endpoint").
    AWS makes those only in a VPC with DNS support and DNS hostnames.
    """
    it = estate.primary.described
    section: dict[str, Any] = {"vpc": facts.vpc(it), "subnets": facts.subnets(it)}
    have = _endpoints(estate, facts.vpc(it))
    if have >= set(ENDPOINTS):
        return NetworkFound(section=section | {"endpoints": sorted(_blocks(estate, facts.vpc(it)))})
    if _by_nat(estate, facts.vpc(it), section["subnets"]):
        group = next(_open_outwards(estate, facts.security_groups(it)), None)
        if group:
            comment = f"The functions get out by NAT: they carry {group}, whose rules let them."
            return NetworkFound(section=section | {"endpoints": [group]}, comment=comment)
    wrong = _half(estate, facts.vpc(it), have) if have else _nameless(estate, facts.vpc(it))
    if wrong and _is_known(estate, facts.vpc(it)):
        return NetworkFound(section=section, refusal=wrong)
    unless = f"Unless it gets out by NAT, of which not all was read: {wrong.why}. {wrong.way}." if wrong else ""
    if have:
        return NetworkFound(section=section, comment=unless)
    if everybody := sorted(_blocks(estate, facts.vpc(it))):
        said = f"The stack's endpoints answer all of the VPC for {_APIS}, so that all of it is let in."
        section |= {"endpoint_clients": everybody}
    else:
        said = f"Add endpoint_clients, the VPC's networks: the stack's endpoints answer all of it for {_APIS}."
    return NetworkFound(section=section, comment=" ".join(filter(None, (said, unless))))


def _endpoints(estate: Estate, vpc: str) -> set[str]:
    """APIs for which the VPC has an endpoint under the API's own name."""
    called = {endpoint(api, estate.region): api for api in ENDPOINTS}
    return {
        called[each["ServiceName"]]
        for each in estate.around.vpc_endpoints
        if each.get("VpcId") == vpc and each.get("PrivateDnsEnabled") and each.get("ServiceName") in called
    }


def _blocks(estate: Estate, vpc: str) -> Iterator[str]:
    """Networks of the VPC, in which its endpoints are."""
    for each in estate.around.vpcs:
        if each.get("VpcId") == vpc:
            yield from {str(one["CidrBlock"]) for one in each.get("CidrBlockAssociationSet") or [each]}


def _by_nat(estate: Estate, vpc: str, subnets: Collection[str]) -> bool:
    """Whether each of the subnets has a way out that is no internet gateway, which is none for a function."""
    tables = [each for each in estate.around.route_tables if each.get("VpcId") == vpc]
    named = {
        str(each["SubnetId"]): table
        for table in tables
        for each in table.get("Associations") or []
        if each.get("SubnetId")
    }
    main = next((table for table in tables if any(each.get("Main") for each in table.get("Associations") or [])), None)
    return bool(subnets) and all(_leads_out(named.get(subnet, main)) for subnet in subnets)


def _leads_out(table: Described | None) -> bool:
    return any(
        each.get("DestinationCidrBlock") == EVERYWHERE
        and any(each.get(way) for way in ("NatGatewayId", "TransitGatewayId", "NetworkInterfaceId"))
        for each in (table or {}).get("Routes") or []
    )


def _open_outwards(estate: Estate, groups: Collection[str]) -> Iterator[str]:
    """Of these groups those that let out to AWS's APIs."""
    for each in sorted(estate.around.security_groups, key=lambda group: str(group["GroupId"])):
        if each["GroupId"] in groups and any(map(_lets_out, each.get("IpPermissionsEgress") or [])):
            yield str(each["GroupId"])


def _lets_out(rule: Described) -> bool:
    https = rule.get("IpProtocol") == "-1" or rule.get("FromPort", 0) <= 443 <= rule.get("ToPort", 0)
    return https and any(each.get("CidrIp") == EVERYWHERE for each in rule.get("IpRanges") or [])


def _is_known(estate: Estate, vpc: str) -> bool:
    """Whether all was read that says how to get out: a network has a route table, and an instance a security group."""
    return bool(estate.around.security_groups) and any(each.get("VpcId") == vpc for each in estate.around.route_tables)


def _nameless(estate: Estate, vpc: str) -> Refusal | None:
    """What is in the way of endpoints of the stack's own; an attribute that was not read is taken for on."""
    attributes = next((each for each in estate.around.vpcs if each.get("VpcId") == vpc), {})
    off = [name for name in _DNS if attributes.get(name) is False]
    if not off:
        return None
    turn_on = [f"`aws ec2 modify-vpc-attribute --vpc-id {vpc} {_DNS[each]} Value=true`" for each in off]
    return Refusal(
        what=vpc,
        why=f"the stack would make endpoints of AWS's APIs in it, which AWS refuses while {' and '.join(off)} "
        f"{'is' if len(off) == 1 else 'are'} off: they have private names",
        way=in_region(
            f"{', then '.join(turn_on)}; public names of what is in the VPC then lead to private addresses within it",
            estate.region,
        ),
        whole=True,
    )


def _half(estate: Estate, vpc: str, have: Collection[str]) -> Refusal:
    lacks = [api for api in ENDPOINTS if api not in have]
    return Refusal(
        what=vpc,
        why=f"it has endpoints of {', '.join(sorted(have))} and none of {', '.join(lacks)}, which a stack needs: it "
        "makes all of them or none, and AWS takes no second one of a name",
        way=in_region(
            "for each that is missing `aws ec2 create-vpc-endpoint --vpc-endpoint-type Interface --private-dns-enabled "
            f"--vpc-id {vpc} --service-name {endpoint(lacks[0], estate.region)} --subnet-ids ... --security-group-ids "
            "...`",
            estate.region,
        ),
        whole=True,
    )
