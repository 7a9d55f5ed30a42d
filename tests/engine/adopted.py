"""An existing tier in the plugin's account, adopted by the genuine command line: imported, and what comes next."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from genuine import Genuine
from offline_program import run

from adopt.adoption import Adoption, adoption, without
from adopt.estate import Estate
from adopt.import_file import imports
from adopt.live.everything import live
from adopt.live.resource import LiveResource
from adopt.undo.apart import Apart, apart
from adopt.undo.steps import Step, steps
from graph.imported import plain_id
from graph.saved import read
from infra.settings.stackfile import read_stack
from preview.preflight import Preflight, preflight
from runtime.plugin.schema import PACKAGES

NAME = "shop"
Operations = dict[tuple[str, str], str]
"""Type and logical name -> what happens to it; what stays as it is is left out."""


@dataclass(frozen=True)
class Adopted:
    """A tier that `pulumi import` has taken into a stack of its own."""

    engine: Genuine
    made: Adoption

    @property
    def foretold(self) -> Operations:
        """What the report says, resource by resource."""
        verdicts = {"new": "create", "changed": "update", "replaced": "replace"}
        return {
            (each.type, each.name): verdicts[each.verdict]
            for each in self.made.report.entries
            if each.verdict in verdicts
        }

    def planned(self) -> Operations:
        """What the engine would do with each resource but components."""
        answer = self.engine.run("preview", "--json", merged=False)
        assert answer.code == 0, answer.out
        return {
            (step["newState"]["type"], step["urn"].rpartition("::")[2]): step["op"]
            for step in json.loads(answer.out)["steps"]
            if step["op"] != "same" and step["newState"].get("custom")
        }

    def account(self) -> dict[str, dict[str, Any]]:
        """Everything that is in AWS: `type|id` -> inputs and outputs."""
        held: dict[str, Any] = json.loads(self.engine.state.read_text())["resources"]
        return {key: {side: each[side] for side in ("id", "inputs", "outputs")} for key, each in held.items()}

    def apart(self) -> Apart:
        """What the way back does with what is deployed."""
        return apart(read(self.engine.export()), imports(self.made.imports))

    def way_back(self) -> tuple[Step, ...]:
        return steps(self.engine.stack, self.apart())

    def follow(self, way: Iterable[Step]) -> None:
        """Run Pulumi's commands as they are written; what asks somebody is answered."""
        for step in way:
            tool, *words = shlex.split(step.command)
            if tool == "pulumi":
                self.engine.ok(*words, *(["--yes", "--skip-preview"] if words[0] == "destroy" else []))

    def told(self) -> Preflight:
        """`datatier preview --against` what the engine exports."""
        deployment = run(self.engine.stack)(read_stack(self.engine.project, self.engine.stack))
        return preflight(deployment, read(self.engine.export()))


def adopt(account: Genuine, stack: str, estate: Estate, *, computed: bool = False) -> Adopted:
    """Put the tier into the plugin's account, alone, and take it into a new stack by what `datatier adopt` writes."""
    versions = {package: _version(package) for package in PACKAGES}
    made = adoption(estate, stack, NAME, run(stack), computed=computed, versions=versions)
    assert not made.report.refused, made.report
    engine = replace(account, stack=stack)
    there(engine.state, without(estate, made.report.refusals))
    (engine.project / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": dict(made.config)}))
    file = engine.folder / f"{stack}.json"
    file.write_text(json.dumps(made.imports))
    engine.ok("stack", "init", stack)
    engine.ok("import", "--file", str(file), "--protect=false", "--generate-code=false", "--yes", "--skip-preview")
    return Adopted(engine, made)


def there(path: Path, estate: Estate) -> None:
    """The account's file, as the provider reads what is there; nobody's yet."""
    resources = {f"{each.type}|{each.id}": _held(each) for each in live(estate)}
    path.write_text(json.dumps({"resources": resources}))


def _held(each: LiveResource) -> dict[str, Any]:
    # The provider's Read sets the region of everything.
    outputs = {**each.outputs, "region": each.region}
    return {
        "urn": "",
        "type": each.type,
        "id": plain_id(each.id),
        "inputs": {key: value for key, value in each.inputs.items() if value is not None},
        "outputs": {key: value for key, value in outputs.items() if value is not None},
    }


def _version(package: str) -> str:
    from importlib.metadata import version

    return version(PACKAGES[package])
