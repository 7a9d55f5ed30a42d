"""How regions of AWS are called, and which partition each lies in: its name in ARNs, the domain of its services.

A list of all regions would refuse the next one; a misspelt word of these is none in any year.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeGuard

_PARTS = "af|ap|ca|cn|eu|eu-isoe|eusc-de|il|me|mx|sa|us|us-gov|us-iso|us-isob|us-isof"
_DIRECTIONS = "central|east|north|northeast|northwest|south|southeast|southwest|west"
REGION = rf"(?:{_PARTS})-(?:{_DIRECTIONS})-[0-9]"
ZONE = rf"{REGION}[a-z]"
"""One of a region's own; a Local or Wavelength Zone (`us-east-1-bos-1a`) is none: RDS and ElastiCache are in few."""
EXAMPLES = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-southeast-1", "ap-northeast-1", "us-gov-west-1")
"""To show to somebody who has misspelt one."""


def is_region(value: object) -> TypeGuard[str]:
    """Whether it is called as regions are."""
    return isinstance(value, str) and re.fullmatch(REGION, value) is not None


@dataclass(frozen=True, kw_only=True)
class Partition:
    """Regions that see nothing of those of another: no copy, no role, no key goes across."""

    name: str
    """In ARNs."""
    domain: str
    """Of its services' addresses."""
    regions: str
    """What the names of its regions begin with."""


# botocore's partitions.json: `id`, `dnsSuffix` and `regionRegex`. The last one is everybody else's.
PARTITIONS = (
    Partition(name="aws-cn", domain="amazonaws.com.cn", regions="cn-"),
    Partition(name="aws-us-gov", domain="amazonaws.com", regions="us-gov-"),
    Partition(name="aws-eusc", domain="amazonaws.eu", regions="eusc-"),
    Partition(name="aws-iso", domain="c2s.ic.gov", regions="us-iso-"),
    Partition(name="aws-iso-b", domain="sc2s.sgov.gov", regions="us-isob-"),
    Partition(name="aws-iso-e", domain="cloud.adc-e.uk", regions="eu-isoe-"),
    Partition(name="aws-iso-f", domain="csp.hci.ic.gov", regions="us-isof-"),
    Partition(name="aws", domain="amazonaws.com", regions=""),
)
# Of the endpoints that the project makes, those whose names in China begin otherwise (aws/aws-cdk, aws-ec2,
# vpc-endpoint.ts; `aws ec2 describe-vpc-endpoint-services` lists them). No other partition has such of these.
_CHINESE = frozenset({"backup", "elasticache", "rds", "sts"})


def partition_of(region: str) -> Partition:
    """The partition that a region lies in."""
    return next(each for each in PARTITIONS if region.startswith(each.regions))


def domain(partition: str) -> str:
    """Domain of AWS's services in a partition, as `kms:ViaService` has it."""
    return next((each for each in PARTITIONS if each.name == partition), PARTITIONS[-1]).domain


def address(service: str, region: str) -> str:
    """A service in a region: in `kms:ViaService`, and as CloudWatch Logs is called in the policy of a key.

    KMS Developer Guide, `kms:ViaService`; aws/aws-cdk, region-info, for which other principals here end in
    `.amazonaws.com` everywhere.
    """
    return f"{service}.{region}.{partition_of(region).domain}"


def endpoint(service: str, region: str) -> str:
    """The name under which a VPC endpoint of a service is made."""
    chinese = partition_of(region).name == "aws-cn" and service in _CHINESE
    return f"{'cn.' if chinese else ''}com.amazonaws.{region}.{service}"
