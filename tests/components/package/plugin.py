"""The package as the engine uses it: the plugin in a process of its own, and a monitor that it speaks to, over gRPC."""

from __future__ import annotations

import contextvars
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pulumi
import recorder
from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc, resource_pb2, resource_pb2_grpc

from runtime.monitor import event_loop

COMPONENTS = Path(__file__).parents[3] / "components"
STACK = "urn:pulumi:test::data-tier::pulumi:pulumi:Stack::data-tier-test"


@dataclass
class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """The recorder's monitor behind gRPC; what goes wrong in it is what the plugin's call fails with."""

    behind: Any
    context: contextvars.Context
    """That of the test: project and stack are in it."""
    given_out: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Outputs that components registered, by name."""

    def SupportsFeature(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's names
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id != "outputValues")

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        return self.behind.GetDeploymentInfo(request)

    def RegisterPackage(self, request: Any, context: Any) -> Any:  # noqa: N802
        return self.behind.RegisterPackage(request)

    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        with event_loop():  # the SDK's own for this thread would never be closed
            return self.context.copy().run(self.behind.RegisterResource, request)

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:  # noqa: N802
        with event_loop():
            self.given_out[request.urn.rpartition("::")[2]] = rpc.deserialize_properties(request.outputs)
        return empty_pb2.Empty()


class Engine(engine_pb2_grpc.EngineServicer):
    """Takes what is logged."""

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802
        return empty_pb2.Empty()


@dataclass(frozen=True)
class Constructed:
    """What came of a construction."""

    recorded: recorder.Recorded
    outputs: dict[str, Any]
    given_out: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Plugin:
    """A running plugin."""

    stub: Any

    def construct(
        self,
        token: str,
        name: str,
        inputs: Mapping[str, Any],
        *,
        preview: bool = False,
        waits: Mapping[str, str] | None = None,
    ) -> Constructed:
        """Construct a component from what another language's SDK would send.

        :param waits: input -> URN of the resource whose output it is.
        """
        recorded = recorder.Recorded()
        behind = recorder._Monitor(recorded, preview=preview)
        pulumi.runtime.set_mocks(behind.mocks, project="data-tier", stack="test", preview=preview, monitor=behind)
        monitor = Monitor(behind, contextvars.copy_context())
        sent = Struct()
        sent.update(dict(inputs))
        with ThreadPoolExecutor(4) as threads:
            server = grpc.server(threads)
            resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
            port = server.add_insecure_port("127.0.0.1:0")
            server.start()
            try:
                answer = self.stub.Construct(
                    provider_pb2.ConstructRequest(
                        project="data-tier",
                        stack="test",
                        monitorEndpoint=f"127.0.0.1:{port}",
                        dryRun=preview,
                        parallel=1,
                        type=token,
                        name=name,
                        parent=STACK,
                        inputs=sent,
                        inputDependencies={
                            key: provider_pb2.ConstructRequest.PropertyDependencies(urns=[urn])
                            for key, urn in (waits or {}).items()
                        },
                    ),
                    timeout=60,
                )
            finally:
                server.stop(None).wait()
        expected = f"urn:pulumi:test::data-tier::pulumi:pulumi:Stack${token}::{name}"
        assert answer.urn == expected, answer.urn
        return Constructed(recorded, rpc.deserialize_properties(answer.state), monitor.given_out)


@contextmanager
def running() -> Iterator[Plugin]:
    """Start the plugin as pulumi-language-python does: by its folder, with the engine's address, somewhere else."""
    with ThreadPoolExecutor(2) as threads:
        engine = grpc.server(threads)
        engine_pb2_grpc.add_EngineServicer_to_server(Engine(), engine)
        address = f"127.0.0.1:{engine.add_insecure_port('127.0.0.1:0')}"
        engine.start()
        # Without what `site` adds: the project itself is installed here, and where the engine starts it, it is not.
        env = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": sysconfig.get_path("purelib")}
        command = [sys.executable, "-S", str(COMPONENTS), address]
        process = subprocess.Popen(command, cwd="/", env=env, stdout=subprocess.PIPE)
        assert process.stdout is not None
        try:
            with process.stdout, grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
                yield Plugin(provider_pb2_grpc.ResourceProviderStub(channel))
        finally:
            process.terminate()
            process.wait(20)
            engine.stop(None).wait()
