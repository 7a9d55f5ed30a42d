"""examples/yaml as its user runs it: the genuine engine, the YAML runtime, and the components as a plugin of their own.

What the plugin's environment needs is there already (the project's own), and the providers of AWS and of random values
are the project's, which make nothing: so nothing is downloaded.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sessions
from genuine import HANGS

from components.package.schema import schema

ROOT = Path(__file__).parents[2]
LACKING = [each for each in ("pulumi", "pulumi-language-yaml", "pulumi-language-python") if shutil.which(each) is None]

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(bool(LACKING), reason=f"not on PATH: {', '.join(LACKING)}"),
]


@dataclass(frozen=True)
class Engine:
    """Pulumi's CLI in a folder, with a state and plugins of its own."""

    folder: Path
    env: dict[str, str]

    def run(self, *arguments: str) -> str:
        ran = sessions.run(["pulumi", *arguments, "--non-interactive"], cwd=self.folder, env=self.env, timeout=HANGS)
        assert ran.returncode == 0, f"pulumi {' '.join(arguments)}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout

    def count(self, *arguments: str) -> dict[str, int]:
        """What a preview or an update does: operation -> number of resources."""
        said = self.run(*arguments)
        return {
            operation: int(number) for number, operation in re.findall(r"^\s+[+~-]*\s*(\d+) (\w[\w ]*)$", said, re.M)
        }


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`PULUMI_DEBUG_PROVIDERS` of the providers of aws and random that answer as the offline preview does."""
    state = tmp_path_factory.mktemp("provider") / "state.json"
    command = [sys.executable, "-m", "preview.provider", str(state)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        yield line.removeprefix("PULUMI_DEBUG_PROVIDERS=")
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, provider: str) -> Engine:
    place = tmp_path_factory.mktemp("example")
    shutil.copytree(ROOT / "examples" / "yaml", place / "examples" / "yaml")
    for room in ("components", "knowledge"):
        shutil.copytree(ROOT / room, place / room, ignore=shutil.ignore_patterns("venv", "__pycache__"))
    plugin_environment(place / "components" / "venv")
    home = place / "home"
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "PYTHONPATH"))} | {
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": (place / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "of the test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_DEBUG_PROVIDERS": provider,
    }
    (place / "state").mkdir()
    known_plugins(home)
    found = Engine(place / "examples" / "yaml", env)
    found.run("stack", "init", "dev")
    found.run("config", "set", "account", "123456789012")
    return found


def plugin_environment(venv: Path) -> None:
    """What `pulumi install` makes, with the project's packages in it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    library = next(venv.glob("lib/python*/site-packages"))
    (library / "project.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")


def known_plugins(home: Path) -> None:
    """The providers count as installed; `PULUMI_DEBUG_PROVIDERS` says where the ones that answer are."""
    for each in schema().get("dependencies", [{"name": "aws"}, {"name": "random"}]):
        folder = home / "plugins" / f"resource-{each['name']}-v{each.get('version', '0.0.0')}"
        folder.mkdir(parents=True)
        (folder / f"pulumi-resource-{each['name']}").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")


def test_the_whole_life_of_the_example(engine: Engine) -> None:
    """One test, as each step stands on the one before it."""
    planned = engine.count("preview")
    assert set(planned) == {"to create"}

    made = engine.count("up", "--yes", "--skip-preview")
    assert made == {"created": planned["to create"]}
    outputs = json.loads(engine.run("stack", "output", "--json"))
    assert {key: value.partition(".")[0] for key, value in outputs.items() if key in ("writer", "reader")} == {
        "writer": "shop-dev",
        "reader": "shop-dev-reporting",
    }

    state: dict[str, Any] = json.loads(engine.run("stack", "export"))
    resources = state["deployment"]["resources"]
    kinds = {each["type"]: each for each in resources if each["type"].startswith("data-tier:")}
    declared = {"Alarms", "Credentials", "Firewall", "Keys", "Network", "Notifications", "Postgres", "Redis"}
    assert {each.rpartition(":")[2] for each in kinds} == declared | {"CacheUsers", "Replica"}
    (alarm,) = (each for each in resources if each["urn"].endswith("::alarms-reporting-replica-lag"))
    assert alarm["inputs"]["dimensions"] == {"DBInstanceIdentifier": "shop-dev-reporting"}
    (primary,) = (each for each in resources if each["urn"].endswith("::postgres-primary"))
    assert primary["inputs"]["allocatedStorage"] == 50
    assert "ciphertext" in primary["inputs"]["password"], "the master password is a secret in the state"

    assert engine.count("preview", "--expect-no-changes") == {"unchanged": planned["to create"]}

    program = engine.folder / "Pulumi.yaml"
    text = program.read_text(encoding="utf-8")
    program.write_text(text.replace("maxAllocatedStorage: 200", "maxAllocatedStorage: 300"), encoding="utf-8")
    changed = engine.count("preview")
    assert changed == {"to update": 2, "unchanged": planned["to create"] - 2}, "primary and replica, in place"
