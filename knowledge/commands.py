"""Commands of the AWS CLI as they are printed: each names its region, whatever the reader's configuration is."""

from __future__ import annotations

import re

# IAM has one endpoint for a whole partition (AWS General Reference, "Service endpoints").
_PRINTED = re.compile(r"`(aws (?!iam )[^`]+)`")


def aws(call: str, *, region: str | None = None, profile: str | None = None) -> str:
    """`aws CALL` in a region and with a profile of the CLI's configuration; what is None is left to the environment."""
    words = [f"aws {call}", f"--region {region}" if region else "", f"--profile {profile}" if profile else ""]
    return " ".join(word for word in words if word)


def in_region(sentence: str, region: str) -> str:
    """The sentence with each `aws ...` command in it sent to that region."""
    return _PRINTED.sub(rf"`\1 --region {region}`", sentence)
