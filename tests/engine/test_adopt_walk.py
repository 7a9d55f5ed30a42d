"""docs/adopt.md under the genuine command line: a tier that was made by hand, from its adoption to the way back."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import made_by_hand
import pytest
import yaml
from adopt_page import LINES, LIVE
from adopted import there
from emulated_aws import as_aws, client_of, emulated_aws
from genuine import Genuine, genuine
from in_process import call
from postgres_server import free_port

from adopt.reading.read import read
from knowledge import names

STACK = "live"
UNDO = next(line for line in LINES if "--undo" in line)
WAY_IN = [line for line in LINES if line != UNDO and "terraform" not in line]
PREVIEW = f"pulumi preview --stack {STACK}"
EXPORTED, FURTHER = (line for line in LIVE if "queue" in line or "further" in line)


@dataclass(frozen=True)
class Walker:
    """Somebody in the project's folder."""

    engine: Genuine

    def run(self, line: str, code: int = 0) -> str:
        """What a command prints; what asks somebody is answered. One of ours ends with `code`.

        `aws` is not here, nor is `make bundle`: nobody runs the runner's code.
        """
        said = ""
        for command in line.split(" | "):
            tool, *words = shlex.split(command)
            if tool == "pulumi":
                said = self.engine.ok(*words, *(["--yes"] if words[0] in ("up", "destroy") else []))
            elif tool == "datatier":
                answer = call(self.engine.project, *words, stdin=said)
                assert answer.code == code, f"{line}: {answer.code}\n{answer.all}"
                said = answer.out
        return said


@pytest.fixture(scope="module")
def walker(tmp_path_factory: pytest.TempPathFactory, _pulumi: None) -> Iterator[Walker]:
    """The tier is in an account to be read, and as the provider reads it in the plugin's."""
    with (
        emulated_aws(tmp_path_factory.mktemp("aws"), free_port()) as url,
        genuine(tmp_path_factory.mktemp("walk"), "nobody") as engine,
        as_aws(url),
    ):
        clients = partial(client_of, url)
        made_by_hand.make(clients)
        prefix = names.prefix("clinic", STACK)
        there(engine.state, read(clients, made_by_hand.PRIMARY, made_by_hand.CACHES, made_by_hand.REGION, prefix))
        yield Walker(replace(engine, stack=STACK))


def test_the_walk(walker: Walker) -> None:
    """One test, as each command stands on the one before it."""
    engine = walker.engine
    found = account(engine)
    for line in WAY_IN:
        if line == PREVIEW:
            report = json.loads((engine.project / "build/adopt/live/report.json").read_text())["resources"]
            changed = {each["name"] for each in report if each["verdict"] == "changed"}
            operations = engine.planned()
            assert {*operations.values()} == {"create", "update"}
            assert {name for name, operation in operations.items() if operation == "update"} == changed
        walker.run(line)
    assert engine.planned() == {}

    further(walker)
    printed = walker.run(UNDO).splitlines()
    for line in printed:
        if line.startswith("pulumi "):
            walker.run(line)
    assert sum(line.startswith("aws ") for line in printed) == 5  # the primary, two replicas and two caches
    assert found <= account(engine)
    assert engine.resources() == []
    assert "holds nothing that was adopted" in walker.run(UNDO)


def further(walker: Walker) -> None:
    """Another cache comes in by its section: nothing of it is replaced, and nothing else changes."""
    engine = walker.engine
    file = engine.project / f"Pulumi.{STACK}.yaml"
    said = walker.run(EXPORTED, code=3)
    section = said.partition("data-tier:redis.queue: ")[2].split("\n")[0]
    document = yaml.safe_load(file.read_text())
    document["config"]["data-tier:redis"]["queue"] = yaml.safe_load(section)
    file.write_text(yaml.safe_dump(document))
    assert FURTHER in walker.run(EXPORTED)
    before = {each["urn"] for each in engine.resources()}
    walker.run(FURTHER)
    came = {each["urn"].rpartition("::")[2] for each in engine.resources() if each["urn"] not in before}
    report = json.loads((engine.project / "build/adopt/live/report.json").read_text())["resources"]
    verdicts = {each["name"]: each["verdict"] for each in report}
    operations = engine.planned()
    assert "queue-group" in came
    assert {name for name, operation in operations.items() if operation not in ("create", "update")} == {"runner-run"}
    assert {name for name, operation in operations.items() if operation == "update" and name in came} == {
        name for name in came if verdicts.get(name) == "changed"
    }
    walker.run(f"pulumi up --stack {STACK}")
    assert engine.planned() == {}


def account(engine: Genuine) -> set[tuple[str, str]]:
    """Type and id of everything that is in AWS."""
    held = json.loads(engine.state.read_text())["resources"]
    return {(key.partition("|")[0], each["id"]) for key, each in held.items()}
