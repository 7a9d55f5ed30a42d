"""A stack's configuration without what was there before it: for a computer that has nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from infra.settings.stackfile import PROJECT
from knowledge.postgres.catalogue import version_problem

_POSTGRES, _REDIS = f"{PROJECT}:postgres", f"{PROJECT}:redis"
NOTE = "what was there before the stack (`existing` in its file) is on AWS: this computer makes servers of its own."


def without_existing(config: Mapping[str, Any]) -> dict[str, Any] | None:
    """`namespace:key` -> value without the sections `existing`; None where there are none.

    A minor version that RDS no longer makes, which only such an instance may have, becomes its major.
    """
    found = deepcopy(dict(config))
    postgres = found.get(_POSTGRES) or {}
    sections = [postgres, *(postgres.get("replicas") or {}).values(), *(found.get(_REDIS) or {}).values()]
    taken = [section.pop("existing", None) for section in sections if isinstance(section, dict)]
    if not any(taken):
        return None
    if (version := str(postgres.get("version", ""))) and version_problem(version):
        postgres["version"] = version.partition(".")[0]
    return found
