"""The examples: each declares what the components take, and all three the same data tier."""

from __future__ import annotations

import runpy
import shutil
import subprocess
from pathlib import Path

import programs
import pytest
import yaml
from pulumi.errors import InputPropertyError

from graph.deployment import Deployment
from graph.offline import Offline
from runtime.monitor import run_program

YAML = programs.EXAMPLES / "yaml" / "Pulumi.yaml"
TYPESCRIPT = programs.EXAMPLES / "typescript"
COMPONENTS = ["Alarms", "Credentials", "Firewall", "Keys", "Network", "Notifications", "Postgres", "Redis"]


@pytest.fixture(scope="module")
def from_yaml() -> Deployment:
    return programs.deploy(programs.from_yaml(YAML.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def from_python() -> Deployment:
    path = str(programs.EXAMPLES / "python" / "__main__.py")
    config = {f"data-tier:{key}": value for key, value in programs.CONFIG.items()}
    return run_program("dev", lambda: runpy.run_path(path), Offline("eu-west-1"), config)


def listing(deployment: Deployment) -> dict[str, str]:
    """Name -> type of every resource but alarms, which Python computes and the others write out."""
    return {each.name: each.type for each in deployment.resources if not each.type.startswith("aws:cloudwatch/")}


def inputs(deployment: Deployment, name: str) -> dict[str, object]:
    (found,) = (each.inputs for each in deployment.resources if each.name == name)
    return found


def test_yaml(from_yaml: Deployment) -> None:
    kinds = sorted(each.type.rpartition(":")[2] for each in from_yaml.resources if "data-tier" in each.type)
    assert kinds == sorted([*COMPONENTS, "CacheUsers", "Replica"])
    alarms = {each.name: each.inputs["dimensions"] for each in from_yaml.resources if "metricAlarm" in each.type}
    assert alarms == {
        "alarms-primary-storage-low": {"DBInstanceIdentifier": "shop-dev"},
        "alarms-reporting-replica-lag": {"DBInstanceIdentifier": "shop-dev-reporting"},
        "alarms-cache-1-memory-full": {"CacheClusterId": "shop-dev-main-001"},
    }
    assert sorted(from_yaml.outputs) == ["cache", "page", "reader", "writer"]


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_typescript_makes_the_same(from_yaml: Deployment, tmp_path: Path) -> None:
    made = programs.deploy(programs.from_typescript(TYPESCRIPT / "index.ts", tmp_path))
    assert {each.name: each.inputs for each in made.resources} == {e.name: e.inputs for e in from_yaml.resources}


def test_python_makes_the_same_with_computed_parameters_and_alarms(
    from_yaml: Deployment, from_python: Deployment
) -> None:
    assert listing(from_python) == listing(from_yaml)
    differ = {name for name in listing(from_yaml) if inputs(from_yaml, name) != inputs(from_python, name)}
    assert differ == {"cache-parameters", "postgres-parameters", "postgres-reporting-parameters"}
    alarms = {name for made in (from_yaml, from_python) for name in metrics(made)}
    assert alarms == metrics(from_python), "Python has every alarm that the others write out, and more"
    assert len(alarms) > len(metrics(from_yaml))


def metrics(deployment: Deployment) -> set[str]:
    return {each.name for each in deployment.resources if "metricAlarm" in each.type}


@pytest.mark.parametrize("folder", ["yaml", "typescript"])
def test_the_package_is_where_the_example_says(folder: str) -> None:
    project = yaml.safe_load((programs.EXAMPLES / folder / "Pulumi.yaml").read_text(encoding="utf-8"))
    package = (programs.EXAMPLES / folder / project["packages"]["data-tier"]).resolve()
    assert yaml.safe_load((package / "PulumiPlugin.yaml").read_text(encoding="utf-8"))["runtime"]["name"] == "python"


WRONG = [
    ("type: data-tier:Keys", "type: data-tier:Kees", KeyError, "data-tier:index:Kees"),
    ("logsKeyArn: ${keys.logsArn}", "logKeyArn: ${keys.logsArn}", InputPropertyError, "did you mean 'logsKeyArn'"),
    ("      masterUsername: shop_admin\n", "", InputPropertyError, "CredentialsArgs needs 'masterUsername'"),
    ("allocatedStorage: 50", "allocatedStorage: fifty", InputPropertyError, "allocatedStorage.*must be a whole number"),
    ("applyMethod: immediate", "applyMethod: soon", InputPropertyError, r"parameters\[0\].applyMethod"),
    ("identifier: ${prefix}", "identifier: ${keys.storageArn}", InputPropertyError, "identifier.*must be written out"),
    ("${cache.nodes[0]}", "${cache.members[0]}", KeyError, "members"),
    ("${oncall}", "${onkall}", KeyError, "neither a resource nor a variable"),
]


@pytest.mark.parametrize(("right", "wrong", "error", "words"), WRONG)
def test_a_mistake_is_found(right: str, wrong: str, error: type[Exception], words: str) -> None:
    text = YAML.read_text(encoding="utf-8")
    assert right in text
    with pytest.raises(error, match=words):
        programs.deploy(programs.from_yaml(text.replace(right, wrong)))


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_pulumi_install_leaves_the_package_manifest_as_it_is(tmp_path: Path) -> None:
    """What it does for a package of `Pulumi.yaml` (pulumi/pulumi, sdk/nodejs/npm/npm.go, Link): two `npm pkg set`."""
    committed = (TYPESCRIPT / "package.json").read_bytes()
    (tmp_path / "package.json").write_bytes(committed)
    for words in (
        ["dependencies[@pulumi/data-tier]=file:sdks/data-tier"],
        ["--json", 'allowScripts={"file:sdks/data-tier":true}'],
    ):
        subprocess.run(["npm", "pkg", "set", *words], cwd=tmp_path, check=True, timeout=120)
    assert (tmp_path / "package.json").read_bytes() == committed
