"""Classes that do not exist, and parameters that an engine would refuse."""

from __future__ import annotations

from infra.instances import DatabaseInstance, ReplicationGroup
from knowledge.classes import UnknownClassError
from knowledge.parameters import ParameterError

SETTABLE = "what the version has, and AWS lets be set, with a value that it takes"
"""What the parameters of a server take, in words."""


def wrong(server: DatabaseInstance | ReplicationGroup) -> tuple[str, str] | None:
    """The key that is wrong with a server, and the rule; None where it has its parameters."""
    try:
        _ = server.parameters
    except UnknownClassError as error:
        return "class", str(error)
    except ParameterError as error:
        return "parameters", str(error)
    return None
