"""The bootstrap resource: run when something changed or was repaired, kept otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import clinic_project
import pytest
from local_stack import Stack, declare

from graph.errors import CloudError
from graph.resource import Resource
from local.reset import reset
from local.status import healthy, status
from local.substrate import LocalCloud

pytestmark = pytest.mark.server

ACCESS = {
    "owner": "hub_owner",
    "identities": {
        "hub_migrator": {"postgres": "migrator"},
        "hub_app": {
            "postgres": "readwrite",
            "redis": {"main": {"keys": ["session:*"], "commands": ["@read", "@write"]}},
        },
    },
}


class Bootstrapped(Stack):
    """The small stack with identities and their bootstrap."""

    generation = 1

    def usual(self, cloud: LocalCloud) -> Iterator[list[Resource]]:
        yield from super().usual(cloud)
        identities = list(ACCESS["identities"])
        yield [declare("aws:secretsmanager/secret:Secret", name, {"name": f"t/{name}"}) for name in identities]
        primary, cache = self.made["primary"].outputs, self.made["cache"].outputs
        replica = self.made["t-replica"].outputs
        manifest: dict[str, Any] = {
            "stack": "test",
            "prefix": "t",
            "region": "eu-west-1",
            "postgres": {
                "primary": {"name": "primary", "host": primary["address"], "port": primary["port"]},
                "replicas": [{"name": "standby", "host": replica["address"], "port": replica["port"]}],
                "database": "hub",
                "master_secret": self.made["secret"].id,
            },
            "caches": {
                "main": {"endpoint": {"name": "main", "host": cache["primaryEndpointAddress"], "port": cache["port"]}}
            },
            "secrets": {name: self.made[name].id for name in identities},
            "access": ACCESS,
        }
        inputs = {"input": json.dumps(manifest), "triggers": {"generation": str(self.generation)}}
        yield [declare("aws:lambda/invocation:Invocation", "run", inputs)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Bootstrapped(clinic_project.copy(tmp_path_factory.mktemp("bootstrapped")))
    try:
        made.up()
        yield made
    finally:
        made.down()


def test_it_runs_once_and_again_when_its_trigger_changes(stack: Bootstrapped) -> None:
    report = json.loads(stack.made["run"].outputs["result"])
    assert report["migration"]["version"] == 6
    assert report["access"]["failed"] == 0
    assert report["access"]["allowed"] > 0
    assert report["access"]["refused"] > 0
    assert stack.up()["run"] == "unchanged"
    stack.generation += 1
    assert stack.up()["run"] == "updated"
    assert json.loads(stack.made["run"].outputs["result"])["steps"] != report["steps"]


def test_status_speaks_the_manifests_names(stack: Bootstrapped) -> None:
    found = status(stack.state)
    assert [replica["name"] for replica in found["postgres"]["replicas"]] == ["standby"]
    assert list(found["redis"]) == ["main"]
    assert found["postgres"]["migration"]["dirty"] is False
    assert found["postgres"]["migration"]["version"] == 6


def test_no_password_is_kept_with_the_manifest(stack: Bootstrapped) -> None:
    kept = json.dumps(stack.state.kept)
    assert [name for name, secret in stack.state.secrets.items() if secret in kept] == []


def test_a_killed_emulator_has_lost_nothing(stack: Bootstrapped) -> None:
    stack.kill("emulator")
    outcomes = stack.up()
    assert {name for name, outcome in outcomes.items() if outcome in ("created", "updated")} == set()
    assert healthy(stack.state) == []


@pytest.mark.parametrize("victim", ["t-primary", "t-cache-001"])
def test_it_runs_again_after_a_repair(stack: Bootstrapped, victim: str) -> None:
    stack.kill(victim)
    assert stack.up()["run"] == "updated"
    assert json.loads(stack.made["run"].outputs["result"])["access"]["failed"] == 0
    assert healthy(stack.state) == []
    assert stack.up()["run"] == "unchanged"


def test_reset_brings_back_the_migrated_state(stack: Bootstrapped) -> None:
    from local.handlers.base import node, server

    state = stack.state
    with state.lock():
        with server(state, "t-primary").connect("hub") as connection:
            connection.execute("CREATE TABLE public.litter (n int)")
        with node(state, "t-cache", "t-cache-001", cluster=False).client() as client:
            client.set("session:litter", "1")
        report = reset(state)
        with server(state, "t-primary").connect("hub") as connection:
            assert connection.execute("SELECT to_regclass('public.litter')").fetchone() == (None,)
        with node(state, "t-cache", "t-cache-001", cluster=False).client() as client:
            assert client.dbsize() == 0
    assert report["access"]["failed"] == 0
    assert stack.up()["run"] == "unchanged"


def test_an_input_that_is_no_manifest_is_one_sentence(stack: Bootstrapped) -> None:
    with pytest.raises(CloudError, match="the input of run is not a manifest"):
        stack.up([declare("aws:lambda/invocation:Invocation", "run", {"input": "{}"})])
    stack.up()
