"""How regions of AWS are called: a part of the world, a direction, a number (botocore's partitions.json has the parts).

A list of all regions would refuse the next one; a misspelt word of these is none in any year.
"""

from __future__ import annotations

_PARTS = "af|ap|ca|cn|eu|eu-isoe|eusc-de|il|me|mx|sa|us|us-gov|us-iso|us-isob|us-isof"
_DIRECTIONS = "central|east|north|northeast|northwest|south|southeast|southwest|west"
REGION = rf"(?:{_PARTS})-(?:{_DIRECTIONS})-[0-9]"
ZONE = rf"{REGION}[a-z]"
"""One of a region's own; a Local or Wavelength Zone (`us-east-1-bos-1a`) is none: RDS and ElastiCache are in few."""
EXAMPLES = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-southeast-1", "ap-northeast-1", "us-gov-west-1")
"""To show to somebody who has misspelt one."""
