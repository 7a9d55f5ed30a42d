"""How regions of AWS are called: a part of the world, a direction, a number (botocore's partitions.json has the parts).

A list of all regions would refuse the next one; a misspelt word of these is none in any year.
"""

from __future__ import annotations

import re
from typing import TypeGuard

_PARTS = "af|ap|ca|cn|eu|eu-isoe|eusc-de|il|me|mx|sa|us|us-gov|us-iso|us-isob|us-isof"
_DIRECTIONS = "central|east|north|northeast|northwest|south|southeast|southwest|west"
REGION = rf"(?:{_PARTS})-(?:{_DIRECTIONS})-\d"
EXAMPLES = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-southeast-1", "ap-northeast-1", "us-gov-west-1")
"""To show to somebody who has misspelt one."""


def is_region(value: object) -> TypeGuard[str]:
    """Whether it is called as regions are."""
    return isinstance(value, str) and re.fullmatch(REGION, value) is not None


_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


def partition(region: str) -> str:
    """The partition that a region lies in, as ARNs have it (IAM User Guide, reference-arns)."""
    return next((name for start, name in _PARTITIONS.items() if region.startswith(start)), "aws")


def domain(partition: str) -> str:
    """Domain of AWS's services in a partition, as `kms:ViaService` has it."""
    return f"amazonaws.com{'.cn' if partition == 'aws-cn' else ''}"
