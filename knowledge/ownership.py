"""Whose a resource is: a tag with the stack's name, for where AWS draws ids and where one name begins like another.

What carries it is told apart to the letter: `db:tmi-prod-*` is also what a stack `tmi-prod-eu` calls its own.
Services that support `aws:ResourceTag` say so in the Service Authorization Reference; where one does not, the key is
missing from the request and nothing here holds.
"""

from typing import Any

TAG = "data-tier:stack"
"""Key of the tag; its value is the prefix of the stack's names, such as `tmi-prod`."""


def others(prefix: str) -> list[dict[str, Any]]:
    """Refuse whatever is another stack's, and to mark anything as another's; what has no tag is not concerned."""
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
