"""The runner's function in the emulator: made, kept, brought up to date, and its failures as sentences."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from clinic_project import CLINIC
from local_stack import Stack, declare

from graph.errors import CloudError
from local.emulator import Emulator
from local.handlers import function
from local.handlers.base import RunContext, daemon

pytestmark = pytest.mark.server
NAME = "t-bootstrap"


@pytest.fixture
def context(stack: Stack) -> Iterator[RunContext]:
    state = stack.state
    emulator = Emulator(state, "eu-west-1", daemon(state, "emulator"), functions=True)
    emulator.start()
    made = RunContext(state, "eu-west-1", emulator, runner="lambda")
    yield made
    for entry in [{"id": NAME}]:
        function.FunctionHandler().remove(made, entry)  # type: ignore[arg-type]
    made.emulator.close()


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Makes this the bundle."""

    def bundle(body: str) -> Path:
        path = tmp_path / "code.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("code.py", body)
        monkeypatch.setattr(function, "built", lambda _: path)
        return path

    return bundle


def deploy(context: RunContext, **more: Any) -> str:
    inputs = {"name": NAME, "runtime": "python3.13", "role": "arn:aws:iam::000000000000:role/t", "handler": "code.run"}
    resource = declare(function.TYPE, "f", {**inputs, "timeout": 5.0, "memorySize": 512.0, **more})
    return function.FunctionHandler().ensure(context, resource, None).outcome


def test_it_follows_its_declaration_and_its_code(context: RunContext, code: Callable[[str], Path]) -> None:
    code("def run(event, context): return {'seen': event, 'left': context.get_remaining_time_in_millis() > 4000}")
    assert [deploy(context), deploy(context)] == ["created", "unchanged"]
    assert function.invoke(context, NAME, {"a": 1}) == {"seen": {"a": 1}, "left": True}
    path = code("def run(event, context): return {'version': 2}")
    assert [deploy(context), deploy(context)] == ["updated", "unchanged"]
    assert function.invoke(context, NAME, {}) == {"version": 2}
    assert [deploy(context, timeout=900.0), deploy(context, timeout=900.0)] == ["updated", "unchanged"]
    held = context.aws("lambda").get_function_configuration(FunctionName=NAME)
    assert (held["Timeout"], held["MemorySize"], held["Handler"]) == (900, 512, "code.run")
    assert base64.b64decode(held["CodeSha256"]) == hashlib.sha256(path.read_bytes()).digest()


def test_it_goes_where_the_emulator_lets_nobody_run_functions(stack: Stack) -> None:
    state = stack.state
    emulator = Emulator(state, "eu-west-1", daemon(state, "emulator"), functions=False)
    emulator.start()
    context = RunContext(state, "eu-west-1", emulator)
    deploy(context)
    function.FunctionHandler().remove(context, {"id": NAME})  # type: ignore[typeddict-item]
    with pytest.raises(ClientError, match="functions run here after"):
        context.aws("lambda").delete_function(FunctionName=NAME)
    emulator.close()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("import psycopg_of_nobody", "Worker init failed: No module named 'psycopg_of_nobody'"),
        ("import time\ndef run(event, context): time.sleep(30)", "Task timed out after 1.00 seconds"),
        (
            "from bootstrap.errors import BootstrapError\n"
            "def run(event, context): raise BootstrapError('what is wrong; what mends it')",
            "what is wrong; what mends it",
        ),
    ],
)
def test_a_failure_is_a_sentence(body: str, says: str, context: RunContext, code: Callable[[str], Path]) -> None:
    code(body)
    deploy(context, timeout=1.0)
    with pytest.raises(CloudError) as caught:
        function.invoke(context, NAME, {})
    assert str(caught.value) == f"the bootstrap stopped in the function {NAME}: {says}"


def test_without_the_option_it_is_a_record(context: RunContext) -> None:
    context.runner = "direct"
    assert deploy(context) == "recorded"
    assert context.aws("lambda").list_functions()["Functions"] == []
    assert "datatier up --runner lambda" in context.differences[function.TYPE][0]


def test_a_bundle_that_cannot_be_built_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: Any, **__: Any) -> Path:
        raise function.bundle.BundleError("pip could not install the libraries for Python 3.11: no network")

    monkeypatch.setattr(function.bundle, "ROOT", tmp_path)
    monkeypatch.setattr(function.bundle, "digest", lambda *_: "0" * 64)
    monkeypatch.setattr(function.bundle, "build", fail)
    with pytest.raises(CloudError, match="no bundle for --runner lambda: pip could not install the libraries"):
        function.built(CLINIC)
