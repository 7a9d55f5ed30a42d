"""The regions of AWS, as botocore's partitions.json has them; a test holds this list against the installed one."""

from __future__ import annotations

from difflib import get_close_matches

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


def region_problem(text: object) -> str | None:
    """What is wrong with a region's name, with the nearest that there is; None where there is that region."""
    if isinstance(text, str) and text in REGIONS:
        return None
    near = get_close_matches(str(text)[:20], sorted(REGIONS), n=1)
    return f"{str(text)[:40]!r} is not a region of AWS.{f' Did you mean `{near[0]}`?' if near else ''}"
