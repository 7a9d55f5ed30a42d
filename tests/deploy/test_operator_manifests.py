"""The manifests of deploy/operator against the repository, and against the operator's own schemas where they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import operator_crds
import pytest
import yaml
from clinic_project import CLINIC

from components.delivery.kubernetes import Cluster, operated
from infra.settings.stackfile import project_config, read_stack, stacks

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "operator"
NAME = str(project_config(ROOT)["data-tier:name"])
"""Of the application for which the manifests are written: all that is read of it."""
DEPLOYED = ["dev", "prod", "staging"]
Manifest = dict[str, Any]


def documents(name: str) -> list[Manifest]:
    return list(yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8")))


def stack(name: str) -> Manifest:
    (found,) = documents(f"{name}.yaml")
    return dict(found)


EVERYTHING = [each for path in sorted(FOLDER.glob("*.yaml")) for each in documents(path.name)]
SPECS = {name: stack(name)["spec"] for name in DEPLOYED}
DELIVERY = {key.partition(":")[2]: value for key, value in read_stack(ROOT / "delivery", "delivery").items()}


def test_every_manifest_is_in_the_kustomization() -> None:
    (kustomization,) = documents("kustomization.yaml")
    files = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(kustomization["resources"]) == files
    assert len(kustomization["resources"]) == len(files)


def test_the_stacks_are_those_of_the_repository() -> None:
    made = {each["spec"]["stack"]: each["metadata"]["name"] for each in EVERYTHING if each["kind"] == "Stack"}
    assert made == {name: f"data-tier-{name}" for name in DEPLOYED}
    # `local` is this computer's.
    assert [*DEPLOYED, "local"] == sorted([*stacks(CLINIC)], key=[*DEPLOYED, "local"].index)
    # The project is in the repository's root.
    assert not any("repoDir" in spec for spec in SPECS.values())
    assert (ROOT / "Pulumi.yaml").is_file()


def test_everything_is_in_the_namespace() -> None:
    (namespace,) = documents("namespace.yaml")
    name = namespace["metadata"]["name"]
    scoped = [each for each in EVERYTHING if each["kind"] in ("Stack", "ServiceAccount")]
    assert {each["metadata"]["namespace"] for each in scoped} == {name}
    assert len(scoped) == 6


def test_each_workspace_is_a_service_account_that_its_role_lets_in() -> None:
    accounts = {e["metadata"]["name"]: e for e in documents("service-accounts.yaml") if e["kind"] == "ServiceAccount"}
    assert accounts.keys() == {spec["serviceAccountName"] for spec in SPECS.values()}
    issuer = "oidc.eks.eu-west-1.amazonaws.com/id/0A1B"
    provider = f"arn:aws:iam::123456789012:oidc-provider/{issuer}"
    for name, spec in SPECS.items():
        account = accounts[spec["serviceAccountName"]]["metadata"]
        assert account["annotations"] == {
            "eks.amazonaws.com/role-arn": f"arn:aws:iam::123456789012:role/delivery/{NAME}-{name}-deploy"
        }
        let_in = operated(Cluster(provider_arn=provider, namespace=account["namespace"]), "data-tier", name)
        subject = f"system:serviceaccount:{account['namespace']}:{account['name']}"
        assert let_in["Condition"]["StringEquals"][f"{issuer}:sub"] == subject


def test_each_service_account_may_ask_who_is_there_and_nothing_else() -> None:
    bindings = [each for each in EVERYTHING if each["kind"] == "ClusterRoleBinding"]
    assert {each["roleRef"]["name"] for each in bindings} == {"system:auth-delegator"}
    assert [each["subjects"] for each in bindings] == [
        [{"kind": "ServiceAccount", "name": f"data-tier-{name}", "namespace": "data-tier"}]
        for name in ("dev", "staging", "prod")
    ]
    assert not [each for each in EVERYTHING if each["kind"] in ("Role", "ClusterRole", "RoleBinding", "Secret")]


def test_what_a_stack_waits_for() -> None:
    waits = {name: [each["name"] for each in spec.get("prerequisites", ())] for name, spec in SPECS.items()}
    assert waits == {"dev": [], "staging": ["data-tier-dev"], "prod": ["data-tier-staging"]}
    branches = {name: spec["branch"] for name, spec in SPECS.items()}
    main, production = "refs/heads/main", "refs/heads/production"
    assert branches == {"dev": main, "staging": main, "prod": production}
    assert not any("commit" in spec for spec in SPECS.values())  # one or the other


def test_nothing_is_ever_destroyed() -> None:
    assert {spec["destroyOnFinalize"] for spec in SPECS.values()} == {False}
    assert {spec["useLocalStackOnly"] for spec in SPECS.values()} == {True}


def test_the_placeholders_are_those_of_the_delivery() -> None:
    """So that whoever puts his own in finds every one by the same search."""
    repository, state = DELIVERY["repository"], DELIVERY["state"]
    region = read_stack(ROOT / "delivery", "delivery")["aws:region"]
    for spec in SPECS.values():
        assert spec["projectRepo"] == f"https://github.com/{repository['owner']}/{repository['name']}"
        assert spec["backend"] == f"s3://{state['bucket']}"
        assert spec["secretsProvider"] == f"awskms:///{state['key']}?region={region}"
        assert spec["envRefs"] == {"AWS_REGION": {"type": "Literal", "literal": {"value": region}}}


def test_the_image_is_of_the_pulumi_that_is_pinned() -> None:
    pinned = re.search(r"^pulumi==(\S+)", (ROOT / "requirements" / "runtime.txt").read_text(), re.MULTILINE)
    assert pinned
    images = set(re.findall(r"image: (\S+)", "".join((FOLDER / f"{name}.yaml").read_text() for name in DEPLOYED)))
    assert images == {f"pulumi/pulumi:{pinned[1]}-nonroot"}


def test_the_workspace_is_prepared_by_targets_that_there_are() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = " ".join(re.findall(r"^([\w./ -]+):", makefile, re.MULTILINE)).split()
    for spec in SPECS.values():
        (prepare,) = spec["workspaceTemplate"]["spec"]["podTemplate"]["spec"]["initContainers"]
        assert prepare["command"] == ["make", ".venv/runtime", "bundle"]
        assert set(prepare["command"][1:]) <= set(targets)
        assert prepare["workingDir"] == "/share/workspace"
        assert prepare["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def test_the_version_is_said_once_and_the_same() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"--version {operator_crds.VERSION.removeprefix('v')}" in readme


@pytest.fixture(scope="session")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Any]:
    try:
        found = operator_crds.folder(tmp_path_factory.mktemp("go"))
    except operator_crds.AbsentError as reason:
        pytest.skip(str(reason))
    return operator_crds.schemas(found)


def problems(schemas: dict[tuple[str, str], Any], manifest: Manifest) -> list[str]:
    schema = schemas[manifest["apiVersion"], manifest["kind"]]
    errors = jsonschema.Draft202012Validator(schema).iter_errors(manifest)
    return [f"{each.json_path}: {each.message}" for each in errors]


@pytest.mark.parametrize("name", DEPLOYED)
def test_the_operator_takes_it(schemas: dict[tuple[str, str], Any], name: str) -> None:
    manifest = stack(name)
    assert not problems(schemas, manifest)
    # The template is laid on a Workspace, whose own schema says more.
    template = manifest["spec"]["workspaceTemplate"]["spec"]
    workspace = {"apiVersion": "auto.pulumi.com/v1alpha1", "kind": "Workspace", "spec": template}
    assert not problems(schemas, workspace | {"metadata": manifest["metadata"]})


def _set(*path: Any, value: Any) -> Callable[[Manifest], None]:
    def change(manifest: Manifest) -> None:
        place: Any = manifest
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


WRONG: dict[str, tuple[Callable[[Manifest], None], str]] = {
    "misspelt": (_set("spec", "destroyOnFinalise", value=False), "'destroyOnFinalise' was unexpected"),
    "no stack": (lambda manifest: manifest["spec"].pop("stack"), "'stack' is a required property"),
    "text for a boolean": (_set("spec", "refresh", value="yes"), "$.spec.refresh: 'yes' is not of type 'boolean'"),
    "a policy that is none": (_set("spec", "workspaceReclaimPolicy", value="Keep"), "'Keep' is not one of"),
    "a wait for nobody": (_set("spec", "prerequisites", value=[{}]), "'name' is a required property"),
    "misspelt, deep": (
        _set("spec", "workspaceTemplate", "spec", "podTemplate", "spec", "initContainer", value=[]),
        "'initContainer' was unexpected",
    ),
    "a variable from nowhere": (_set("spec", "envRefs", "AWS_REGION", value={"literal": {}}), "is a required property"),
}


@pytest.mark.parametrize("case", WRONG)
def test_the_schemas_refuse_what_is_wrong(schemas: dict[tuple[str, str], Any], case: str) -> None:
    change, expected = WRONG[case]
    manifest = deepcopy(stack("prod"))
    change(manifest)
    assert any(expected in each for each in problems(schemas, manifest))


def test_the_names_are_short_enough() -> None:
    """Stacks' names have 42 characters at most: a rule of the CRD in CEL, which JSON schema does not know."""
    assert max(len(each["metadata"]["name"]) for each in EVERYTHING if each["kind"] == "Stack") <= 42
