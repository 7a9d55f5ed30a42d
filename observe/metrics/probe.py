"""Whether one node can be reached, in blackbox_exporter's form: what an alert on reachability already asks for."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from time import monotonic

from bootstrap.errors import BootstrapError
from bootstrap.secrets import LoginError
from clients.errors import EmptySecretError, NoLoginError
from observe.deadline import cut
from observe.metrics.family import gauge
from observe.metrics.text import render
from observe.node import PostgresNode, RedisNode, host_and_port

Node = PostgresNode | RedisNode


class ProbeError(ValueError):
    """What was asked for cannot be probed."""


class Prober:
    """The nodes by name, with whoever logs in now."""

    def __init__(self, find: Callable[[], Mapping[str, Node]]) -> None:
        """Look the nodes up once, and again after a login that was refused."""
        self._find = find
        self._nodes = find()

    @property
    def names(self) -> list[str]:
        """Of all nodes."""
        return list(self._nodes)

    def text(self, target: str | None, module: str | None, seconds: float) -> str:
        """Probe one node. Raise ProbeError for another target or module than there are.

        :param module: how far: `tcp` connects, the others log in too; that of the node's engine when absent.
        """
        node = self._nodes.get(target or "")
        if node is None:
            raise ProbeError(f"no target `{target or ''}`: {', '.join(self._nodes)}")
        engine = "postgres" if isinstance(node, PostgresNode) else "redis"
        if module not in (None, "tcp", engine):
            raise ProbeError(f"no module `{module}` for {target}: {engine}, tcp")
        began = monotonic()
        success = self._reaches(node, tcp=module == "tcp", seconds=seconds)
        return render(
            [
                (
                    None,
                    [
                        gauge("probe_success", "Displays whether or not the probe was a success", success),
                        gauge(
                            "probe_duration_seconds",
                            "Returns how long the probe took to complete in seconds",
                            monotonic() - began,
                        ),
                    ],
                )
            ]
        )

    def _reaches(self, node: Node, *, tcp: bool, seconds: float) -> bool:
        try:
            if tcp:
                usual = 5432 if isinstance(node, PostgresNode) else 6379
                socket.create_connection(host_and_port(node.address, usual), seconds).close()
            elif isinstance(node, PostgresNode):
                with node.session(seconds=max(1, int(seconds))) as conn, cut(conn, seconds):
                    conn.execute("SELECT 1")
            else:
                with node.session(seconds=seconds):
                    pass  # it says PING to log in
        except (BootstrapError, OSError) as error:
            if isinstance(error, LoginError) and error.refused:
                with suppress(BootstrapError, EmptySecretError, NoLoginError):
                    self._nodes = self._find()
            return False
        return True
