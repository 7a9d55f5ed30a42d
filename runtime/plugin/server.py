"""Serves a place to the engine on a port of this computer's own."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from runtime.plugin.place import ResourceHolder
from runtime.plugin.provider import Provider
from runtime.plugin.schema import PACKAGES

# A state's largest resource is the bootstrap's payload; the engine itself allows 400 MiB (sdk/go/common/util/rpcutil).
_LARGEST = 400 * 1024**2


@contextmanager
def serving(place: ResourceHolder) -> Iterator[dict[str, int]]:
    """Serve; yields the port of each package, which only this computer reaches."""
    servers: list[grpc.Server] = []
    ports: dict[str, int] = {}
    for package in PACKAGES:
        server = grpc.server(
            ThreadPoolExecutor(max_workers=16, thread_name_prefix=package),
            options=[("grpc.max_receive_message_length", _LARGEST), ("grpc.max_send_message_length", _LARGEST)],
        )
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(place, package), server)
        ports[package] = server.add_insecure_port("127.0.0.1:0")
        server.start()
        servers.append(server)
    try:
        yield ports
    finally:
        for stopping in [server.stop(grace=2) for server in servers]:
            stopping.wait()


def serve_until_ended(place: ResourceHolder) -> None:
    """Print the variable by which the engine finds the plugin, and serve until SIGINT or SIGTERM."""
    ended = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: ended.set())
    with serving(place) as ports:
        found = ",".join(f"{package}:{port}" for package, port in ports.items())
        sys.stdout.write(f"PULUMI_DEBUG_PROVIDERS={found}\n")
        sys.stdout.flush()
        ended.wait()
