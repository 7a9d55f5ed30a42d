"""Where a command listens, as it is written on the command line, and for how long."""

from __future__ import annotations

import errno
import gc
import ipaddress
import signal
from threading import Event, Thread
from typing import TYPE_CHECKING

from cli.errors import InputError
from cli.output import note

if TYPE_CHECKING:
    from observe.metrics.listening import Listening


def address(listen: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`, an IPv6 address in brackets. Raise InputError."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise InputError(f"--listen {listen}: write HOST:PORT, for example 127.0.0.1:9187.")
    return host.strip("[]"), int(port)


def unbound(error: OSError) -> str:
    """Why nothing can listen there, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return "the port is in use: choose another, or stop what listens there."
    return f"{error.strerror or error}: choose an address of this computer and a port above 1023."


def is_loopback(host: str) -> bool:
    """Whether only this computer reaches it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve_until_stopped(server: Listening, said: str) -> None:
    """Say where it listens, and answer until SIGTERM or Ctrl-C."""
    stop = Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    # A command that ends at once does without; what is imported by now stays.
    gc.freeze()
    gc.enable()
    Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    note(said)
    stop.wait()
    server.shutdown()
    server.server_close()
