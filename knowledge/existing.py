"""What is known of a server that was there before the stack."""

from __future__ import annotations

AWS_GROUPS = "default."
"""What the names of AWS's own parameter groups begin with, which nobody can change, and no other group's may (RDS User
Guide, parameter-groups-overview; ElastiCache User Guide, ParameterGroups)."""
AWS_OPTIONS = "default:"
"""What the names of RDS's own option groups begin with, which have no option (RDS User Guide,
USER_WorkingWithOptionGroups)."""


def key_problem(*, encrypted: bool, key: str | None) -> str | None:
    """What is wrong with a key at rest; None when nothing is."""
    return "is given, and the server is not encrypted: leave it out" if key and not encrypted else None
