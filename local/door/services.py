"""What the tier uses of AWS: nothing else is behind the door."""

from __future__ import annotations

import re

_ROOT = r"/"
SERVICES: dict[str, str] = {
    "backup": r"/(backup|backup-vaults|backup-jobs|tags)(/.*)?",
    "elasticache": _ROOT,
    "kms": _ROOT,
    "lambda": r"/20\d\d-\d\d-\d\d/.+",
    "logs": _ROOT,
    # Query, JSON and Smithy's RPC v2: botocore takes the newest that the service speaks.
    "monitoring": r"/|/service/GraniteServiceVersion20100801/operation/\w+",
    # A bucket's name, as S3's rules for naming have it: the emulator's own paths begin with what none may.
    "s3": r"/|/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?",
    "secretsmanager": _ROOT,
    "sns": _ROOT,
    "sqs": _ROOT,
}
"""Name that a request is signed for -> the paths that belong to it. The emulator's routes go by path before they go by
name (ministack's `app`), so that a name alone would open all of them."""
FUNCTIONS = frozenset({"lambda"})
"""Services that run code: only for a tier that was brought up to run it."""
_OPENED = {name: re.compile(path) for name, path in SERVICES.items()}


def served(*, functions: bool) -> tuple[str, ...]:
    """The services of a tier."""
    return tuple(name for name in SERVICES if functions or name not in FUNCTIONS)


def belongs(service: str, path: str) -> bool:
    """Whether a path is one of the service's."""
    return _OPENED[service].fullmatch(path) is not None
