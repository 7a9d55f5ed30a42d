"""The preflight foretells of every resource what the genuine engine's own preview says of it, change by change."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from genuine import ROOT, Genuine

from graph.offline import Offline
from graph.saved import read
from infra.program import program
from infra.settings.stackfile import read_stack
from preview.diff import Change, changes
from preview.impact.effect import ORDER, Effect
from preview.preflight import declared, preflight
from runtime.monitor import run_program

SLACK = {"slack": {"workspace": "T0", "channel": "C0"}}
MAIL = {"email": "a@example.org"}
REPLICA = {"replicas": {"late": {}}}
REMOTE = {"region": "eu-central-1", "vpc": "vpc-0c", "subnets": ["subnet-0c", "subnet-0d"], "clients": ["sg-0c"]}

# What is deployed under another name than its stack's file's, and what the file says then.
OTHERWISE: dict[str, tuple[str, dict[str, Any]]] = {"dev with a proxy": ("dev", {"proxy": {}})}

# Stack, what its file says in place of what is deployed.
SCENARIOS: dict[str, tuple[str, dict[str, Any]]] = {
    "nothing": ("dev", {}),
    "another class": ("dev", {"postgres": {"class": "db.t4g.large"}}),
    "more storage": ("dev", {"postgres": {"storage": {"allocated": 60, "max": 200}}}),
    "another database": ("dev", {"postgres": {"database": "other"}}),
    "another port": ("dev", {"postgres": {"port": 5433}}),
    "a major upgrade": ("dev", {"postgres": {"version": "18", "major_upgrade": True}}),
    "a replica": ("dev", {"postgres": REPLICA}),
    "no insights": ("dev", {"postgres": {"insights": "off"}}),
    "fewer backups": ("dev", {"postgres": {"backup": {"retention": 3}}}),
    "another network": ("dev", {"network": {"cidr": "10.99.0.0/16"}}),
    "a third zone": ("dev", {"network": {"zones": 3}}),
    "a client": ("dev", {"network": {"clients": ["10.1.0.0/16"]}}),
    "another node": ("dev", {"redis": {"main": {"class": "cache.t4g.medium"}}}),
    "more nodes": ("dev", {"redis": {"main": {"replicas": 2}}}),
    "a cache less": ("dev", {"redis": {"queue": None}}),
    "another parameter family": ("dev", {"redis": {"main": {"engine": "valkey", "version": "7.2"}}}),
    "somebody is told": ("dev", {"notify": {"warning": [MAIL], "critical": [MAIL, SLACK]}}),
    "passwords rotate": ("dev", {"rotation": {"every": "7d"}}),
    "backups": ("dev", {"backup": {}}),
    "a proxy": ("dev", {"proxy": {}}),
    "another network under a proxy": ("dev with a proxy", {"proxy": {}, "network": {"cidr": "10.99.0.0/16"}}),
    "another database with a replica": ("staging", {"postgres": {"database": "other"}}),
    "a major upgrade with replicas and a restore test": (
        "staging",
        {"postgres": {"version": "18", "major_upgrade": True}},
    ),
    "another class with a replica": ("staging", {"postgres": {"class": "db.m7g.xlarge"}}),
    "a replica less": ("staging", {"postgres": {"replicas": {}}}),
    "a major upgrade of what is protected": ("prod", {"postgres": {"version": "18", "major_upgrade": True}}),
    "a replica elsewhere": (
        "prod",
        {"postgres": {"replicas": {"standby": {}, "reporting": {}, "dr": {"remote": REMOTE}}}},
    ),
    "another restore test": ("prod", {"backup": {"restore_test": {"at": "Sun 05:00"}}}),
    "other nodes of what is protected": (
        "prod",
        {"redis": {"main": {"class": "cache.r7g.xlarge"}, "queue": {"class": "cache.m7g.large"}}},
    ),
}

Told = dict[tuple[str, str], str]
ANEW = {"replace", "create-replacement", "delete-replaced"}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory, _pulumi: None) -> Any:
    """A stack by name, up once in an account whose ids the preview does not give, with its export."""
    from contextlib import ExitStack

    from genuine import ELSEWHERE, genuine

    up: dict[str, tuple[Genuine, str]] = {}
    with ExitStack() as running:

        def stack(name: str) -> tuple[Genuine, str]:
            if name not in up:
                file, keys = OTHERWISE.get(name, (name, {}))
                made = running.enter_context(genuine(tmp_path_factory.mktemp("told"), file, account=ELSEWHERE))
                if keys:
                    made.configure(**keys)
                made.up()
                up[name] = made, made.export()
            return up[name]

        yield stack


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_resource(elsewhere: Callable[[str], tuple[Genuine, str]], scenario: str) -> None:
    stack, keys = SCENARIOS[scenario]
    engine, export = elsewhere(stack)
    engine.configure(**keys)
    config = read_stack(engine.project, engine.stack)
    deployment = run_program(engine.stack, lambda: program(engine.project), Offline("eu-west-1"), config)
    before = read(export)
    found = changes(before, declared(deployment))
    theirs, ours = planned(engine), told(found)
    differing = {each: (theirs.get(each), ours.get(each)) for each in sorted({*theirs, *ours})}
    assert {each: both for each, both in differing.items() if both[0] != both[1]} == {}
    # And what is replaced is told as no less than that.
    worst: dict[str, int] = {}
    for impact in preflight(deployment, before).impacts:
        worst[impact.name] = max(worst.get(impact.name, 0), ORDER.index(impact.effect))
    softened = [name for (_, name), op in ours.items() if op == "replace" and worst[name] < ORDER.index(Effect.REPLACE)]
    assert softened == []


def planned(engine: Genuine) -> Told:
    """What the engine would do with each resource but components, unchanged ones left out."""
    answer = engine.run("preview", "--json", merged=False)
    assert answer.code == 0, answer.out
    found: Told = {}
    for step in json.loads(answer.out)["steps"]:
        state = step.get("newState") or step.get("oldState") or {}
        if step["op"] != "same" and state.get("custom"):
            key = state["type"], step["urn"].rpartition("::")[2]
            found[key] = "replace" if step["op"] in ANEW else step["op"]
    return found


def told(found: tuple[Change, ...]) -> Told:
    """The same by the preflight."""
    return {
        (each.type, each.name): "replace" if each.replaced else each.kind
        for each in found
        if each.kind != "same" and not each.type.startswith("data-tier:")
    }


def test_the_scenarios_are_of_stacks_that_are_here() -> None:
    assert {OTHERWISE.get(stack, (stack, {}))[0] for stack, _ in SCENARIOS.values()} <= {
        path.name.split(".")[1] for path in ROOT.glob("Pulumi.*.yaml")
    }
