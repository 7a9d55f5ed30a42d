"""The gRPC service that the engine calls: turns its messages into checks, diffs and calls of a place."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from graph.cloud import Made
from graph.defaults import complete
from graph.diff import Verb, diff
from graph.errors import CloudError
from graph.imported import imported
from graph.kinds import changeable_kind
from graph.marks import DEFAULTS, UNKNOWN, Properties, declared, marked, secrets, unwrap
from graph.resource import Resource
from graph.values import same
from runtime.plugin.check import failures
from runtime.plugin.place import HeldResource, ResourceHolder
from runtime.plugin.schema import PACKAGES, schema_of
from runtime.plugin.wire import read, write

_KINDS: dict[tuple[Verb, bool], int] = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


def _aborting(method: Callable[..., Any]) -> Callable[..., Any]:
    """A failure of the substrate reaches the engine as its message, not as a traceback."""

    @functools.wraps(method)
    def call(self: Provider, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request)
        except CloudError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    return call


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One package, `aws` or `random`. The methods are named by the protocol."""

    def __init__(self, place: ResourceHolder, package: str) -> None:
        self.place = place
        self.package = package
        self._cancelled = threading.Event()

    @_aborting
    def Handshake(self, _: Any) -> Any:  # noqa: N802
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @_aborting
    def Attach(self, _: Any) -> Any:  # noqa: N802
        return empty_pb2.Empty()

    @_aborting
    def GetPluginInfo(self, _: Any) -> Any:  # noqa: N802
        # Of the provider that it stands for: the engine compares it with what the program's SDK asks for.
        return plugin_pb2.PluginInfo(version=version(PACKAGES[self.package]))

    @_aborting
    def CheckConfig(self, request: Any) -> Any:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    @_aborting
    def DiffConfig(self, request: Any) -> Any:  # noqa: N802
        old, new = (declared(read(each)) for each in (request.old_inputs, request.news))
        changed = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
        answer = provider_pb2.DiffResponse
        return answer(changes=answer.DIFF_SOME if changed else answer.DIFF_NONE, diffs=changed)

    @_aborting
    def Configure(self, request: Any) -> Any:  # noqa: N802
        self._cancelled.clear()  # the plugin outlives the run that was cancelled
        region = declared(read(request.args)).get("region")
        if region:
            self.place.configure(region)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @_aborting
    def Check(self, request: Any) -> Any:  # noqa: N802
        token = _token(request.urn)
        kind, schema = changeable_kind(token), schema_of(token)
        olds, news = read(request.olds), read(request.news)
        failed = [
            provider_pb2.CheckFailure(property=each.property, reason=each.reason)
            for each in failures(token, schema, news)
        ]
        inputs = complete(kind, _name(request.urn), olds, news, request.randomSeed)
        return provider_pb2.CheckResponse(inputs=write(inputs), failures=failed)

    @_aborting
    def Diff(self, request: Any) -> Any:  # noqa: N802
        found = diff(
            changeable_kind(_token(request.urn)),
            read(request.old_inputs),
            read(request.news),
            request.ignoreChanges,
            read(request.olds),
        )
        answer = provider_pb2.DiffResponse
        return answer(
            changes=answer.DIFF_SOME if found.changed else answer.DIFF_NONE,
            diffs=list(found.changed),
            replaces=sorted(found.replaces),
            deleteBeforeReplace=found.delete_first,
            hasDetailedDiff=True,
            detailedDiff={
                key: provider_pb2.PropertyDiff(kind=_KINDS[verb, key in found.replaces], inputDiff=True)  # type: ignore[arg-type]
                for key, verb in found.changed.items()
            },
        )

    @_aborting
    def Create(self, request: Any) -> Any:  # noqa: N802
        inputs = read(request.properties)
        if request.preview:
            unknown = dict.fromkeys(schema_of(_token(request.urn)).outputs, UNKNOWN)
            return provider_pb2.CreateResponse(id="", properties=write({**unknown, **_own(inputs)}))
        self._go_on()
        made = self.place.create(_declared(request.urn, inputs))
        return provider_pb2.CreateResponse(id=made.id, properties=write(_state(request.urn, inputs, made)))

    @_aborting
    def Read(self, request: Any) -> Any:  # noqa: N802
        live = self.place.read(_token(request.urn), request.id, request.urn)
        if live is None:
            return provider_pb2.ReadResponse()
        if not request.properties.fields:  # nothing of it is in the state: an import
            found = imported(changeable_kind(live["type"]), live["inputs"], live["outputs"])
            return provider_pb2.ReadResponse(id=live["id"], inputs=write(found.inputs), properties=write(found.outputs))
        was, inputs = read(request.inputs), _inputs_now(read(request.inputs), live)
        kept = {key: v for key, v in read(request.properties).items() if key in inputs or key not in was}
        state = {**kept, **_own(inputs), **live["outputs"]}
        return provider_pb2.ReadResponse(id=live["id"], inputs=write(inputs), properties=write(state))

    @_aborting
    def Update(self, request: Any) -> Any:  # noqa: N802
        token, was, inputs = _token(request.urn), read(request.old_inputs), read(request.news)
        gone = was.keys() - inputs.keys()
        kept = {key: value for key, value in read(request.olds).items() if key not in gone}
        if request.preview:
            held = read(request.olds)
            changed = diff(changeable_kind(token), was, inputs, held=held).changed.keys()
            unknown = {key: UNKNOWN for key, causes in changeable_kind(token).follows.items() if causes & changed}
            return provider_pb2.UpdateResponse(properties=write({**kept, **unknown, **_own(inputs)}))
        self._go_on()
        made = self.place.update(_declared(request.urn, inputs), request.id)
        return provider_pb2.UpdateResponse(properties=write({**kept, **_state(request.urn, inputs, made)}))

    @_aborting
    def Delete(self, request: Any) -> Any:  # noqa: N802
        self._go_on()
        self.place.delete(_token(request.urn), request.id, request.urn)
        return empty_pb2.Empty()

    @_aborting
    def Invoke(self, request: Any) -> Any:  # noqa: N802
        answer = self.place.invoke(request.tok, declared(read(request.args)))
        return provider_pb2.InvokeResponse(**{"return": write(answer)})

    @_aborting
    def Cancel(self, _: Any) -> Any:  # noqa: N802
        self._cancelled.set()
        return empty_pb2.Empty()

    def _go_on(self) -> None:
        if self._cancelled.is_set():
            raise CloudError("cancelled: what was begun is finished, nothing more is started")


def _token(urn: str) -> str:
    """The resource's own type: the last of the chain of parents."""
    return urn.split("::")[2].rpartition("$")[2]


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


def _own(inputs: Properties) -> Properties:
    """The inputs as outputs: all but the provider's own note."""
    return {key: value for key, value in inputs.items() if key != DEFAULTS}


def _declared(urn: str, inputs: Properties) -> Resource:
    return Resource(
        urn=urn,
        type=_token(urn),
        name=_name(urn),
        inputs=declared(inputs),
        secret_inputs=secrets(inputs),
    )


def _state(urn: str, inputs: Properties, made: Made) -> Properties:
    secret = changeable_kind(_token(urn)).secret | secrets(inputs)
    outputs = {key: marked(value) if key in secret else value for key, value in made.outputs.items()}
    return {**_own(inputs), **outputs}


def _inputs_now(inputs: Properties, live: HeldResource) -> Properties:
    """The state's inputs as they are now; a secret, and what AWS does not tell, as the state has them."""
    kind, there = changeable_kind(live["type"]), live["inputs"]
    hidden = secrets(inputs) | (kind.untold.keys() - there.keys()) | {DEFAULTS}
    noticed = imported(kind, there, {}).inputs.keys() | inputs.keys()
    now = {
        # Equal but for the order of a set: as the state has it.
        key: inputs[key] if key in inputs and same(unwrap(inputs[key]), value) else value
        for key, value in there.items()
        if key in noticed
    }
    return {**now, **{key: value for key, value in inputs.items() if key in hidden}}
