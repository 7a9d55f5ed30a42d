"""Pulumi's in-process monitor with a real substrate behind it: runs a program without engine, CLI or account.

The SDK speaks to this monitor as it would to the engine (register, read, invoke); each custom resource goes to
`Cloud.ensure`, and what comes back reaches the resource's dependents. Independent resources arrive in parallel.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar, TypeVarTuple, cast

import pulumi
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import config, mocks, rpc, settings
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.stack import run_in_stack
from pulumi.runtime.sync_await import _ensure_event_loop

from graph.cloud import Cloud
from graph.deployment import Deployment
from graph.errors import CloudError
from graph.marks import marked, masked, secrets, unwrap
from graph.resource import Resource
from runtime.lean import lean

PROJECT = "data-tier"
WORKERS = 16
"""Threads that call a substrate: it waits for servers, not for the processor, so more than there are cores."""

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class _NoMocks(mocks.Mocks):
    """The monitor never asks for mocks; any call of this is a mistake."""

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise CloudError(f"unexpected call of {args.token}")

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:
        raise CloudError(f"unexpected resource {args.typ}")


class Monitor(mocks.MockMonitor):
    """`MockMonitor` whose resources are real."""

    def __init__(self, cloud: Cloud, stack: str) -> None:
        super().__init__(_NoMocks())
        self.cloud = cloud
        self.deployment = Deployment(stack)
        self.failure: Exception | None = None

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The engine's URN: the whole chain of parent types, without the stack's own."""
        kind = parent.split("::")[2] if parent else ""
        chain = type_ if kind in ("", "pulumi:pulumi:Stack") else f"{kind}${type_}"
        return f"urn:pulumi:{settings.get_stack()}::{settings.get_project()}::{chain}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 named by the SDK
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        _ensure_event_loop()  # type: ignore[no-untyped-call]
        inputs = rpc.deserialize_properties(request.object, keep_unknowns=False)
        declared = _declared(request, urn, inputs)
        self.deployment.resources.append(declared)
        if not request.custom:
            self.deployment.components.add(urn)
            return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
        made = self._guard(lambda: self.cloud.ensure(declared))
        self.deployment.made[urn] = made
        # The inputs go back as they came: marked where secret, archives as archives.
        secret = declared.secret_inputs | set(request.additionalSecretOutputs)
        outputs = _struct({key: marked(value) if key in secret else value for key, value in made.outputs.items()})
        answer = resource_pb2.RegisterResourceResponse(urn=urn, id=made.id, object=request.object)
        for key, value in outputs.fields.items():
            answer.object.fields[key].CopyFrom(value)
        return answer

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        if "pulumi:pulumi:Stack" in request.urn:
            self.deployment.outputs = masked(rpc.deserialize_properties(request.outputs, keep_unknowns=False))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]

    def Invoke(self, request: Any) -> Any:  # noqa: N802
        _ensure_event_loop()  # type: ignore[no-untyped-call]
        args = rpc.deserialize_properties(request.args)
        answer = self._guard(lambda: self.cloud.invoke(request.tok, args))
        return resource_pb2.ResourceInvokeResponse(**{"failures": None, "return": _struct(answer)})

    def _guard(self, effect: Callable[[], T]) -> T:
        if self.failure is not None:
            raise CloudError("stopped: another resource failed first")
        try:
            return effect()
        except Exception as error:
            self.failure = self.failure or error
            raise


def _declared(request: Any, urn: str, inputs: dict[str, Any]) -> Resource:
    return Resource(
        urn=urn,
        type=request.type,
        name=request.name,
        inputs=unwrap(_assets(inputs)),
        parent="" if "pulumi:pulumi:Stack" in request.parent else request.parent,
        secret_inputs=secrets(inputs),
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        delete_before_replace=request.deleteBeforeReplace,
        ignore_changes=tuple(request.ignoreChanges),
        depends_on=tuple(sorted(set(request.dependencies))),
        replace_with=tuple(sorted(set(request.replace_with))),
    )


def _assets(value: Any) -> Any:
    """The value with each asset or archive as what its constructor was given."""
    if isinstance(value, dict):
        return {key: _assets(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_assets(item) for item in value]
    if isinstance(value, pulumi.Asset | pulumi.Archive):
        return {key: str(item) for key, item in vars(value).items()}
    return value


def _struct(values: Mapping[str, Any]) -> Struct:
    """Values without an `Output` among them in the form that the SDK sends: there is nothing to wait for."""
    made = rpc.serialize_properties(dict(values), {})
    try:
        made.send(None)
    except StopIteration as done:
        return cast(Struct, done.value)
    raise CloudError(f"an answer holds what is not known yet: {', '.join(sorted(values))}")


def run_program(
    stack: str, program: Callable[[], None], cloud: Cloud, values: Mapping[str, Any], *, workers: int = WORKERS
) -> Deployment:
    """Run a Pulumi program against a substrate.

    `values` is the stack's configuration, `namespace:key` -> value as in its YAML file. `workers` is how many threads
    call the substrate; a substrate that waits for nothing needs none. Raises the first error of the substrate, or what
    the program raised.
    """
    return contextvars.copy_context().run(_run, stack, program, cloud, values, workers)


def _run(stack: str, program: Callable[[], None], cloud: Cloud, values: Mapping[str, Any], workers: int) -> Deployment:
    monitor = Monitor(cloud, stack)
    quiet = logging.getLogger("data-tier.pulumi")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    with event_loop(workers) as loop, lean():
        mocks.set_mocks(_NoMocks(), project=PROJECT, stack=stack, preview=False, logger=quiet, monitor=monitor)
        config.set_all_config({key: _configured(value) for key, value in values.items()})
        settings.SETTINGS.outputs.clear()  # what a run that failed before left waiting
        settings.set_root_resource(None)  # type: ignore[arg-type]  # the one of set_mocks is already finished
        try:
            loop.run_until_complete(run_in_stack(program))
        except Exception as error:
            raise (monitor.failure or error) from None
    return monitor.deployment


def _configured(value: object) -> str:
    """A value of the configuration as the engine gives it to a program: as text, and `null` as an empty one."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


class _AtOnce(asyncio.SelectorEventLoop):
    """An event loop that calls what would go to a thread right away."""

    def run_in_executor(self, _executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        called: asyncio.Future[T] = self.create_future()
        try:
            called.set_result(func(*args))
        except Exception as error:
            called.set_exception(error)
        return called


@contextmanager
def event_loop(workers: int = WORKERS) -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop with this many worker threads, all closed at the end in any case."""
    loops: list[asyncio.AbstractEventLoop] = []

    def own_loop() -> None:
        # The SDK deserialises in the worker thread and wants a loop there (`_ensure_event_loop`).
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    loop = asyncio.new_event_loop() if workers else _AtOnce()
    threads = ThreadPoolExecutor(max_workers=workers or 1, thread_name_prefix="resource", initializer=own_loop)
    loop.set_default_executor(threads)
    asyncio.set_event_loop(loop)
    try:
        yield loop
    finally:
        pending = asyncio.all_tasks(loop)
        for task in pending:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        threads.shutdown(wait=True)
        asyncio.set_event_loop(None)
        for each in (*loops, loop):
            each.close()
