"""What a snapshot says of its servers, at the ports that they have now. Pure, but for a port that has to be chosen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from local.ports import port_of
from local.state import StateDir

_ADDRESS = re.compile(r"(?<=\b127\.0\.0\.1:)\d+")


def ports_of(state: StateDir, then: Mapping[str, int]) -> dict[str, int]:
    """The ports of a tier after a restore: those of now, and of a server that is back its own where it is not taken."""
    found = {}
    for name, port in then.items():
        free = name not in state.ports and port not in state.ports.values()
        found[name] = port if free else port_of(state, name)
    return {**found, **state.ports}


def with_ports(then: Mapping[str, Any], old: Mapping[str, int], new: Mapping[str, int]) -> dict[str, Any]:
    """The state of then with the ports of now; where they differ the next `up` tells everybody, secrets among them."""
    moved = {port: new[name] for name, port in old.items() if new[name] != port}
    if not moved:
        return {**then, "ports": new}
    resources = {
        urn: {**entry, "outputs": at_ports(entry["outputs"], moved)} for urn, entry in then["resources"].items()
    }
    kept = {key: at_ports(value, moved) for key, value in then["kept"].items() if key != "fingerprint"}
    return {**then, "resources": resources, "kept": kept, "ports": new}


def at_ports(data: Any, moved: Mapping[int, int]) -> Any:
    """JSON with other ports, where they are called `port` or stand behind this computer's address.

    :param moved: the port of then -> that of now.
    """
    if isinstance(data, dict):
        return {
            key: moved.get(value, value) if key == "port" and isinstance(value, int) else at_ports(value, moved)
            for key, value in data.items()
        }
    if isinstance(data, list):
        return [at_ports(each, moved) for each in data]
    if isinstance(data, str):
        return _ADDRESS.sub(lambda found: str(moved.get(int(found[0]), found[0])), data)
    return data
