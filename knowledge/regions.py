"""The regions of AWS, and which partition each lies in: its name in ARNs, the domain of its services.

The list is that of botocore's partitions.json; a test holds it against the installed one.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeGuard

REGIONS = frozenset([
    "af-south-1",
    "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
    "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1", "ca-west-1",
    "cn-north-1", "cn-northwest-1",
    "eu-central-1", "eu-central-2", "eu-isoe-west-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1",
    "eu-west-2", "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1", "me-south-1", "me-west-1",
    "mx-central-1",
    "sa-east-1", "sa-west-1",
    "us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1", "us-iso-east-1", "us-iso-west-1", "us-isob-east-1",
    "us-isob-west-1", "us-isof-east-1", "us-isof-south-1", "us-west-1", "us-west-2",
])  # fmt: skip
ZONE = rf"(?:{'|'.join(sorted(REGIONS))})[a-z]"
"""One of a region's own; a Local or Wavelength Zone (`us-east-1-bos-1a`) is none: RDS and ElastiCache are in few."""


def is_region(value: object) -> TypeGuard[str]:
    """Whether there is that region."""
    return isinstance(value, str) and value in REGIONS


@dataclass(frozen=True, kw_only=True)
class Partition:
    """A set of regions isolated from those of other partitions: no copies, roles or keys across."""

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


def region_problem(text: object) -> str | None:
    """What is wrong with a region's name, with the nearest that there is; None where there is that region."""
    if is_region(text):
        return None
    near = get_close_matches(str(text)[:20], sorted(REGIONS), n=1)
    return f"{str(text)[:40]!r} is not a region of AWS.{f' Did you mean `{near[0]}`?' if near else ''}"


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


def region_of(arn: str) -> str | None:
    """The region that an ARN names; None where it names none, or is none (IAM User Guide, reference-arns)."""
    parts = arn.split(":", 5)
    return parts[3] if len(parts) > 5 and parts[3] else None
