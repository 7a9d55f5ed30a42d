"""A Valkey of its own in a temporary folder, for work that must touch nothing; gone when the work is done."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keep.workspace import workspace
from local import ports
from local.process import Daemon
from local.valkey.binaries import Binary, find
from local.valkey.config import users
from local.valkey.node import Node


@contextmanager
def scratch(binary: Binary | None = None) -> Iterator[Node]:
    """An empty server that keeps nothing, of the usual program or `binary`; its administrator logs in to it."""
    with workspace("datatier-valkey-", _end) as folder:
        folder.chmod(0o711)  # as root the server is another user: it passes, and its own folder is below
        node = Node(
            name="scratch",
            folder=folder / "valkey",
            port=next(port for port in ports.candidates(str(folder)) if ports.is_free(port)),
            cluster_port=None,
            daemon=_daemon(folder),
            binary=binary or find(),
            admin_password=secrets.token_urlsafe(24),
            replication_password=secrets.token_urlsafe(24),
            stack="scratch",
        )
        accounts = users(node.admin_password, node.replication_password, None)
        try:
            node.start([{"name": "save", "value": ""}], 0, accounts)
            yield node
        finally:
            node.remove()


def _daemon(folder: Path) -> Daemon:
    return Daemon("valkey", folder / "run", folder / "log" / "valkey.log")


def _end(folder: Path) -> None:
    """End the server that a run which was killed has left."""
    _daemon(folder).stop(signal.SIGKILL)
