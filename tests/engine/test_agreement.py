"""The in-process monitor and the genuine engine agree on every stack: what is declared, made, exported, kept secret."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from clinic_project import CLINIC
from genuine import Genuine

from graph.deployment import Deployment
from graph.marks import DEFAULTS, masked, secrets, unwrap
from graph.offline import Offline
from infra.program import program
from infra.settings.stackfile import read_stack
from runtime.monitor import run_program

STACKS = ("dev", "staging", "prod", "local")
# Inputs and outputs that the two may have apart, each with the reason.
APART = {
    ("aws:iam/rolePolicy:RolePolicy", "name"): "left to Pulumi, which draws its last seven digits from the run's seed",
    ("aws:iam/rolePolicy:RolePolicy", "arn"): "made of that name",
    ("aws:iam/rolePolicy:RolePolicy", "id"): "made of that name",
    ("aws:lambda/function:Function", "code"): "an archive: the engine keeps its hash, the monitor its path",
}
pytestmark = pytest.mark.parametrize("stack", STACKS)


def predicted(stack: str, root: Path) -> Deployment:
    return run_program(stack, lambda: program(root), Offline("eu-west-1"), read_stack(CLINIC, stack))


def made(resources: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """By URN, without the stack itself and the providers, which the monitor has none of."""
    left_out = ("pulumi:pulumi:Stack", "pulumi:providers:aws", "pulumi:providers:random")
    return {each["urn"]: each for each in resources if each["type"] not in left_out}


def without(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    filled = {DEFAULTS, *(properties.get(DEFAULTS) or ())}
    return {key: v for key, v in properties.items() if key not in filled and (kind, key) not in APART}


def test_the_same_resources_with_the_same_options(deployed: Callable[[str], Genuine], stack: str) -> None:
    engine = deployed(stack)
    resources = engine.resources()
    root = next(each["urn"] for each in resources if each["type"] == "pulumi:pulumi:Stack")
    theirs = {
        urn: (
            each["type"],
            each["parent"].replace(root, ""),
            bool(each.get("protect")),
            bool(each.get("retainOnDelete")),
            tuple(each.get("ignoreChanges") or ()),
            tuple(sorted(each.get("dependencies") or ())),
            tuple(sorted(each.get("replaceWith") or ())),
        )
        for urn, each in made(resources).items()
    }
    ours = {
        each.urn: (
            each.type,
            each.parent,
            each.protect,
            each.retain_on_delete,
            each.ignore_changes,
            each.depends_on,
            each.replace_with,
        )
        for each in predicted(stack, engine.project).resources
    }
    assert theirs == ours


def test_the_same_inputs_and_outputs(deployed: Callable[[str], Genuine], stack: str) -> None:
    engine = deployed(stack)
    deployment = predicted(stack, engine.project)
    theirs = {urn: each for urn, each in made(engine.resources("--show-secrets")).items() if each["custom"]}
    kinds = {each.urn: each.type for each in deployment.resources}
    plain = {urn: decrypted(each["inputs"]) for urn, each in theirs.items()}
    declared = {each.urn: each for each in deployment.resources if each.urn in deployment.made}
    assert {urn: without(kinds[urn], unwrap(inputs)) for urn, inputs in plain.items()} == {
        urn: without(each.type, each.inputs) for urn, each in declared.items()
    }
    assert {urn: secrets(inputs) for urn, inputs in plain.items()} == {
        urn: each.secret_inputs for urn, each in declared.items()
    }
    outputs = {urn: unwrap(decrypted(each["outputs"])) for urn, each in theirs.items()}
    assert {urn: without(kinds[urn], found) for urn, found in outputs.items()} == {
        urn: without(
            kinds[urn], {**filled(theirs[urn]["inputs"]), **declared[urn].inputs, **deployment.made[urn].outputs}
        )
        for urn in declared
    }
    ids = {urn: each["id"] for urn, each in theirs.items() if (each["type"], "id") not in APART}
    assert ids == {urn: each.id for urn, each in deployment.made.items() if urn in ids}


def test_the_same_exports(deployed: Callable[[str], Genuine], stack: str) -> None:
    engine = deployed(stack)
    theirs = next(each for each in engine.resources("--show-secrets") if each["type"] == "pulumi:pulumi:Stack")
    assert masked(decrypted(theirs["outputs"])) == predicted(stack, engine.project).outputs


def test_no_password_lies_in_plain_text(deployed: Callable[[str], Genuine], stack: str) -> None:
    engine = deployed(stack)
    # A manifest lies in Secrets Manager for its size: the stack puts the same out in plain text.
    made = [each for each in engine.resources("--show-secrets") if not each["urn"].endswith("-manifest-content")]
    known = [text for each in made for text in hidden(decrypted(each["outputs"]))]
    assert len(known) > 5
    passwords = {text for text in known if len(text) > 15}
    kept = engine.export() + engine.state.read_text()
    assert passwords
    assert not [text for text in passwords if text in kept]


def decrypted(properties: Any) -> Any:
    """`--show-secrets` has the JSON text of a secret where the program has the value."""
    if isinstance(properties, dict):
        if "plaintext" in properties:
            return {**properties, "value": json.loads(properties["plaintext"])}
        return {key: decrypted(value) for key, value in properties.items()}
    return [decrypted(each) for each in properties] if isinstance(properties, list) else properties


def hidden(value: Any) -> list[str]:
    """Every text inside a secret."""
    if isinstance(value, dict):
        if "plaintext" in value:
            return texts(value["value"])
        return [text for each in value.values() for text in hidden(each)]
    return [text for each in value for text in hidden(each)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    if isinstance(value, dict | list):
        return [text for each in (value.values() if isinstance(value, dict) else value) for text in texts(each)]
    if isinstance(value, str) and value[:1] == "{":
        return texts(json.loads(value))
    return [value] if isinstance(value, str) else []


def filled(inputs: dict[str, Any]) -> dict[str, Any]:
    return {key: inputs[key] for key in inputs.get(DEFAULTS, ())}
