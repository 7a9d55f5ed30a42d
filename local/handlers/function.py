"""`aws:lambda/function:Function`: a record, or under `--runner lambda` the bundle in the emulator's Lambda."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bootstrap import bundle
from graph import types
from graph.cloud import Made
from graph.errors import CloudError
from graph.resource import Resource
from local.handlers.base import RunContext
from local.handlers.recorded import Recorded
from local.state import Entry

TYPE = types.FUNCTION
# Lambda's longest run, and a moment for the answer.
_ANSWER_SECONDS = 910
_building = threading.Lock()


class FunctionHandler:
    """The function as the stack declares it, with its code built for this computer."""

    recorded = False
    _record = Recorded()

    def ensure(self, context: RunContext, resource: Resource, previous: Entry | None) -> Made:
        made = self._record.ensure(context, resource, previous)
        name, inputs = str(made.outputs["name"]), resource.inputs
        made.outputs.update(qualifiedArn=f"{made.outputs['arn']}:$LATEST", version="$LATEST")
        if context.runner != "lambda":
            context.differences[TYPE] = (
                "the bootstrap runs in datatier itself; `datatier up --runner lambda` runs the bundle, in the emulator",
            )
            return made
        context.differences[TYPE] = (
            f"the function runs under Python {bundle.PLATFORMS['local'].python} on this computer; AWS has "
            f"{inputs['runtime']} on {', '.join(inputs.get('architectures') or ['x86_64'])}",
        )
        code = built(context.state.project).read_bytes()
        settings = {
            "Handler": inputs["handler"],
            "Timeout": int(inputs.get("timeout") or 3),
            "MemorySize": int(inputs.get("memorySize") or 128),
        }
        client = context.aws("lambda")
        with _told(name):
            found = _configuration(client, name)
            if found is None:
                role = {"Runtime": inputs["runtime"], "Role": str(inputs["role"])}
                client.create_function(FunctionName=name, Code={"ZipFile": code}, **role, **settings)
                return Made(id=made.id, outputs=made.outputs, outcome="created")
            changed = found["CodeSha256"] != base64.b64encode(hashlib.sha256(code).digest()).decode()
            if changed:
                client.update_function_code(FunctionName=name, ZipFile=code)
            if {key: found[key] for key in settings} != settings:
                client.update_function_configuration(FunctionName=name, **settings)
                changed = True
        return Made(id=made.id, outputs=made.outputs, outcome="updated" if changed else "unchanged")

    def remove(self, context: RunContext, entry: Entry) -> None:
        if context.runner != "lambda":
            return  # a record: the emulator's Lambda answers nobody then (local/door)
        client = context.aws("lambda")
        with _told(entry["id"]):
            if _configuration(client, entry["id"]) is not None:
                client.delete_function(FunctionName=entry["id"])


def built(root: Path) -> Path:
    """The bundle for this computer, with the application in `root`; built where its parts have changed.

    That takes some seconds.
    """
    platform = bundle.PLATFORMS["local"]
    with _building:
        target = bundle.ROOT / "build" / f"local-{bundle.digest(platform, root)[:16]}.zip"
        if not target.is_file():
            try:
                # No certificates: on loopback nobody speaks TLS.
                bundle.build(target, platform, root=root, certificates=None)
            except (bundle.BundleError, OSError) as error:
                raise CloudError(f"no bundle for --runner lambda: {error}") from error
            for old in target.parent.glob("local-*.zip"):
                if old != target:
                    old.unlink(missing_ok=True)
    return target


def invoke(context: RunContext, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Run the function and return its answer; raise CloudError with its sentence when it fails."""
    client = context.aws("lambda", answer=_ANSWER_SECONDS)
    with _told(name):
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        payload = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        said = payload.get("errorMessage") or "it says nothing"
        raise CloudError(f"the bootstrap stopped in the function {name}: {said}")
    result: dict[str, Any] = payload
    return result


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn what the emulator does not do into a sentence."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise CloudError(f"the AWS emulator's Lambda, function {name}: {error}") from error


def _configuration(client: Any, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = client.get_function_configuration(FunctionName=name)
    except client.exceptions.ResourceNotFoundException:
        return None
    return found
