"""Which handler makes which type."""

from __future__ import annotations

import difflib

from graph.errors import CloudError
from graph.resource import Resource
from local.handlers import bootstrap, cache, function, rds
from local.handlers.backup import BACKUP
from local.handlers.base import Handler
from local.handlers.cache_users import CACHE_USERS
from local.handlers.messaging import MESSAGING
from local.handlers.monitoring import MONITORING
from local.handlers.random import RANDOM
from local.handlers.recorded import RECORDED, Recorded
from local.handlers.security import SECURITY
from local.handlers.storage import STORAGE

HANDLERS: dict[str, Handler] = {
    **RANDOM,
    **RECORDED,
    **SECURITY,
    **MESSAGING,
    **MONITORING,
    **CACHE_USERS,
    **STORAGE,
    **BACKUP,
    rds.TYPE: rds.RdsInstance(),
    cache.TYPE: cache.ReplicationGroupHandler(),
    function.TYPE: function.FunctionHandler(),
    bootstrap.TYPE: bootstrap.Invocation(),
}


def handler_of(resource: Resource) -> Handler:
    """The handler, or an error that names the type: nothing passes unseen."""
    return _of(resource.type, resource.name)


def _of(kind: str, name: str) -> Handler:
    if kind in HANDLERS:
        return HANDLERS[kind]
    if kind.startswith("pulumi:providers:"):
        return Recorded()
    near = difflib.get_close_matches(kind, HANDLERS, n=1)
    raise CloudError(
        f"the local substrate does not know {kind} ({name})"
        + (f"; nearest is {near[0]}" if near else "")
        + ": add it to local/handlers/recorded.py or give it a handler"
    )


def handler_of_type(kind: str) -> Handler:
    return _of(kind, "from the saved state")
