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

from local.plugin.place import Place
from local.plugin.provider import Provider
from local.plugin.schema import PACKAGES

# A state's largest resource is the bootstrap's payload; the engine itself allows 400 MiB (sdk/go/common/util/rpcutil).
_LARGEST = 400 * 1024**2


@contextmanager
def serving(place: Place) -> Iterator[int]:
    """Serve; yields the port, which only this computer reaches."""
    server = grpc.server(
        ThreadPoolExecutor(max_workers=16, thread_name_prefix="plugin"),
        options=[("grpc.max_receive_message_length", _LARGEST), ("grpc.max_send_message_length", _LARGEST)],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(place), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=2).wait()


def providers(port: int) -> str:
    """The value of PULUMI_DEBUG_PROVIDERS by which the engine finds the plugin, for both of its packages."""
    return ",".join(f"{package}:{port}" for package in PACKAGES)


def serve_until_ended(place: Place) -> None:
    """Print how the engine finds the plugin, and serve until SIGINT or SIGTERM."""
    ended = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: ended.set())
    with serving(place) as port:
        sys.stdout.write(f"PULUMI_DEBUG_PROVIDERS={providers(port)}\n")
        sys.stdout.flush()
        ended.wait()
