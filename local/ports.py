"""Loopback ports: free ones chosen once per folder and kept."""

from __future__ import annotations

import hashlib
import socket
import time
from pathlib import Path

import psutil

from graph.errors import CloudError
from local.state import StateDir

FIRST = 15000
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


class PortTakenError(CloudError):
    """A kept port is in another program's hands."""


def port_of(state: StateDir, server: str) -> int:
    """The port of that server, chosen when it has none."""
    with state._mutex:
        if server not in state.ports:
            taken = set(state.ports.values())
            state.ports[server] = next(p for p in candidates(str(state.path)) if p not in taken and is_free(p))
            state.save()
        return state.ports[server]


def forget(state: StateDir) -> None:
    """Forget the ports of a stack that is down, so that the next `up` chooses others. The data stay."""
    state.ports.clear()
    state.kept.pop("fingerprint", None)
    state.save()


def candidates(folder: str) -> list[int]:
    """All ports below the ephemeral range, from a start that the folder's path decides: two folders seldom meet."""
    last = _ephemeral_start() - 1
    start = int.from_bytes(hashlib.sha256(folder.encode()).digest()[:4]) % (last - FIRST)
    return [*range(FIRST + start, last + 1), *range(FIRST, FIRST + start)]


def is_free(port: int) -> bool:
    """Whether a server could listen there now (bind, because a listener on another address also counts)."""
    for host in ("127.0.0.1", ""):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def becomes_free(port: int, seconds: float = 3.0) -> bool:
    """Whether it is free, or is so soon: a killed server holds its port until the kernel has cleared it away."""
    deadline = time.monotonic() + seconds
    while not is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def listens(port: int, seconds: float = 0.5) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), seconds).close()
    except OSError:
        return False
    return True


def holder(port: int) -> psutil.Process | None:
    """The process that listens on the port, where this user may see it."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        if (
            connection.status == psutil.CONN_LISTEN
            and connection.laddr
            and connection.laddr.port == port
            and connection.pid
        ):
            try:
                return psutil.Process(connection.pid)
            except psutil.NoSuchProcess:
                continue
    return None


def taken(port: int, server: str, stack: str) -> PortTakenError:
    """The error that names the port, the server and who holds it."""
    process = holder(port)
    who = f"{process.name()} (pid {process.pid})" if process else "another program"
    return PortTakenError(
        f"port {port} of {server} is held by {who}; end it, or take other ports with `datatier up {stack} --new-ports`"
    )


def _ephemeral_start() -> int:
    try:
        return min(int(EPHEMERAL.read_text().split()[0]), 32768)
    except (OSError, ValueError):
        return 32768
