"""The least IAM policy that lets an adoption read, of the table that its calls come from. Pure."""

from __future__ import annotations

from typing import Any

from adopt.reading.calls import CALLS


def actions() -> tuple[str, ...]:
    """Every action that a reading needs, in the order of their names."""
    return tuple(sorted({each.action for each in CALLS if not each.free}))


def policy() -> dict[str, Any]:
    """An IAM policy document.

    On every resource: which ones there are is what the lists say, and most of them can be allowed on nothing less
    (Service Authorization Reference, resource types of each action).
    """
    statement = {"Sid": "DatatierAdopt", "Effect": "Allow", "Action": list(actions()), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}
