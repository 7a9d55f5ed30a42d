"""What a bucket may be called: Amazon S3 User Guide, "General purpose bucket naming rules"; and its folders."""

from __future__ import annotations

import re
from collections.abc import Iterable

from knowledge.backups import copies

# No address of IPv4, no two periods in a row, and none of the beginnings and endings that S3 keeps for itself.
NAME = (
    r"(?!xn--|sthree-|amzn-s3-demo-)(?!\d{1,3}(?:\.\d{1,3}){3}$)(?!.*\.\.)"
    r"(?!.*(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$)"
    r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
)

NAME_WORDS = "3 to 63 of a-z, 0-9, `-` and `.`, as S3's naming rules have it"


def name_problem(name: str) -> str | None:
    """What is wrong with a bucket's name; None when nothing is."""
    if re.fullmatch(NAME, name):
        return None
    return f"{name!r} is not a bucket name: {NAME_WORDS}"


FOLDER = r"[A-Za-z0-9!_.*'()-][A-Za-z0-9!_.*'()/-]*/"
"""A folder, as the prefix of a lifecycle rule: S3 User Guide, "Creating object key names"."""


def backups_problem(folders: Iterable[str]) -> str | None:
    """Why backups would go that must stay, where these folders expire; None where they are left alone."""
    found = next((each for each in folders if copies.FOLDER.startswith(each) or each.startswith(copies.FOLDER)), None)
    if found is None:
        return None
    return (
        f"{found!r} would expire object by object, be it the last backup that was verified; "
        "`datatier backup prune` lets backups go"
    )


def default_name(prefix: str, account: str, region: str) -> str:
    """A name that no other account can have taken: bucket names are shared by all accounts of a partition."""
    return f"{prefix}-{account}-{region}"


def nested_problem(folders: Iterable[str]) -> str | None:
    """Why S3 would expire objects otherwise than these folders' days say; None when it would not."""
    names = sorted(folders)
    nested = next(
        ((outer, inner) for outer in names for inner in names if inner != outer and inner.startswith(outer)), None
    )
    return f"{nested[1]!r} lies in {nested[0]!r}; the shorter time would hold" if nested else None
