"""Whose a resource is: a tag with the stack's name, for where AWS draws ids and where one name begins like another.

A tag is compared exactly, where a name's prefix is not: `db:shop-prod-*` also matches what a stack `shop-prod-eu` owns.
Services that support `aws:ResourceTag` say so in the Service Authorization Reference; where one does not, the key is
missing from the request and nothing here holds.
"""

from typing import Any

TAG = "data-tier:stack"
"""Key of the tag; its value is the prefix of the stack's names, such as `shop-prod`."""


def others(prefix: str) -> list[dict[str, Any]]:
    """Deny access to another stack's resources, and tagging as another's; untagged resources are unaffected."""
    return [
        {
            "Sid": what,
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {key: prefix}, "Null": {key: "false"}},
        }
        for what, key in (("NoOthers", f"aws:ResourceTag/{TAG}"), ("NoMarkOfOthers", f"aws:RequestTag/{TAG}"))
    ]
