"""What is around the servers and stays as it is, with why. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adopt import instance_facts as facts
from adopt.estate import Estate
from adopt.report import Left


def left(estate: Estate, referred: Mapping[str, str]) -> Iterator[Left]:
    """Each thing once. `referred`: server -> why its parameter group is only referred to; empty where it is not."""
    servers = {"primary": estate.primary, **estate.replicas}
    for name, why in referred.items():
        if why:
            group = facts.parameter_group(servers[name].described)
            yield Left(what=f"parameter group {group}", why=f"{why}: it is only referred to")
