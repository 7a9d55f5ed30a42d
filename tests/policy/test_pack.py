"""The pack as the engine runs it: a process of its own that is asked over gRPC; it must judge as the preview does."""

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import grpc
import pytest
from clinic_project import CLINIC
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from recorded_program import recorded

from graph.deployment import Deployment
from graph.resource import known_as
from infra.load import load_stack
from policy.evaluate import evaluate
from policy.registry import every
from preview.preflight import declared

PACK = Path(__file__).parents[2] / "policy"
PYTHON = PACK / "venv" / "bin" / "python"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # what the engine has for a text that it will know later

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="the pack's environment is not made: `make policy`")


@pytest.fixture(scope="module")
def prod() -> Deployment:
    source = load_stack(CLINIC, "prod")
    return recorded("prod", source.config, region=source.config["aws:region"])


@pytest.fixture(scope="module")
def pack() -> Iterator[Any]:
    # The engine starts it unbuffered too (pulumi-language-python): its port would stay in the buffer.
    mine = {"PULUMI_PROJECT": "data-tier", "PULUMI_STACK": "prod", "PULUMI_DRY_RUN": "true", "PYTHONUNBUFFERED": "1"}
    env = {**os.environ, **mine}
    process = subprocess.Popen([PYTHON, "__main__.py"], cwd=PACK, env=env, stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout, grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
        yield analyzer_pb2_grpc.AnalyzerStub(channel)
        process.terminate()
        process.wait(20)


def request(deployment: Deployment, changed: dict[str, dict[str, Any]], *, known: bool) -> Any:
    """The stack as the engine sends it; in a preview every reference is unknown."""
    # The first of one id: a vault's policy has the vault's name for one, and comes after it.
    owners = {
        value: each.urn
        for each in reversed(deployment.resources)
        if (made := deployment.made.get(each.urn))
        for value in known_as(made.id, made.outputs)
    }
    resources = []
    for each in deployment.resources:
        inputs = {**each.inputs, **changed.get(each.name, {})}
        origins: dict[str, Any] = {}
        for key, value in inputs.items():
            if isinstance(value, str) and value.startswith("{"):  # a document names others inside
                urns = sorted({urn for v, urn in owners.items() if json.dumps(v) in value and urn != each.urn})
            else:
                urns = [
                    owners[v] for v in (value if isinstance(value, list) else [value]) if _owned(v, owners, each.urn)
                ]
            if urns:
                origins[key] = analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
                if not known and isinstance(value, str):
                    inputs[key] = UNKNOWN
        properties = Struct()
        properties.update(inputs)
        resources.append(
            analyzer_pb2.AnalyzerResource(
                type=each.type,
                urn=each.urn,
                name=each.name,
                properties=properties,
                propertyDependencies=origins,
                options=analyzer_pb2.AnalyzerResourceOptions(protect=each.protect),
            )
        )
    return analyzer_pb2.AnalyzeStackRequest(resources=resources)


def _owned(value: Any, owners: dict[str, str], own: str) -> bool:
    return isinstance(value, str) and owners.get(value, own) != own


@pytest.mark.parametrize("known", [True, False], ids=["after", "preview"])
def test_prod_passes(pack: Any, prod: Deployment, known: bool) -> None:
    answer = pack.AnalyzeStack(request(prod, {}, known=known))
    assert [(d.policyName, d.message) for d in answer.diagnostics] == []
    aside = {each.policy_name for each in answer.not_applicable}
    assert aside >= {rule.id for rule in every() if rule.id.startswith("bucket-")}, "prod has no bucket"
    assert "rds-events" not in aside


@pytest.mark.parametrize("known", [True, False], ids=["after", "preview"])
def test_it_judges_as_the_preview_does(pack: Any, prod: Deployment, known: bool) -> None:
    changed = {
        "postgres-primary": {"storageEncrypted": False, "multiAz": False},
        "main-group": {"transitEncryptionMode": "preferred"},
        "alarms-primary-cpu-high": {"alarmActions": []},
    }
    answer = pack.AnalyzeStack(request(prod, changed, known=known))
    resources = [
        type(each)(**{**vars(each), "inputs": {**each.inputs, **changed.get(each.name, {})}}) for each in declared(prod)
    ]
    failed = [r for r in evaluate(resources, today=date(2026, 11, 21)) if r.outcome == "failed"]
    assert len(failed) == 4
    told = [(d.policyName, d.urn.rpartition("::")[2], d.message.rpartition("\n")[2]) for d in answer.diagnostics]
    assert sorted(told) == sorted((r.rule.id, r.resource, f"{r.detail}. {r.rule.mend}") for r in failed)
