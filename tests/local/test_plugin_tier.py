"""The plugin over real servers: what the engine asks for runs, is read as it is, and goes."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from local_stack import POSTGRES_PARAMETERS, declare

from graph.errors import CloudError
from local.down import down
from local.plugin.tier import TierPlace
from local.state import StateDir
from local.status import processes

pytestmark = pytest.mark.server
PARAMETERS, INSTANCE = "aws:rds/parameterGroup:ParameterGroup", "aws:rds/instance:Instance"
PASSWORD = "random:index/randomPassword:RandomPassword"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[TierPlace]:
    state = StateDir(tmp_path, "test")
    try:
        with state.lock():
            made = TierPlace(state, "eu-west-1")
            yield made
            made.close()
    finally:
        down(tmp_path, "test", delete=True)


def instance(password: str, **more: Any) -> Any:
    inputs = {
        "identifier": "t-primary",
        "username": "t_admin",
        "password": password,
        "dbName": "hub",
        "parameterGroupName": "t-pg",
    }
    return declare(INSTANCE, "primary", {**inputs, **more}, secret_inputs=frozenset({"password"}))


def test_a_database_from_create_to_delete(place: TierPlace) -> None:
    place.configure("eu-central-1")
    assert processes(place.state) == [], "configuring starts nothing"
    drawn = declare(PASSWORD, "password", {"length": 30, "special": False})
    password = place.create(drawn).outputs["result"]
    live = place.read(PASSWORD, "none", drawn.urn)
    assert live is not None
    assert (live["inputs"], live["outputs"]) == (drawn.inputs, {})

    place.create(declare(PARAMETERS, "pg", {"name": "t-pg", "parameters": POSTGRES_PARAMETERS}))
    wanted = instance(password)
    made = place.create(wanted)
    assert ":eu-central-1:" in made.outputs["arn"]
    login = {"host": made.outputs["address"], "port": made.outputs["port"], "user": "t_admin", "dbname": "hub"}
    with psycopg.connect(**login, password=password) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("t_admin",)
    live = place.read(INSTANCE, made.id, wanted.urn)
    assert live is not None
    assert live["outputs"]["status"] == "available"
    assert "password" not in live["inputs"]
    assert place.read(INSTANCE, "another", wanted.urn) is None

    with pytest.raises(CloudError, match="plays eu-central-1"):
        place.configure("eu-west-1")

    pid = next(each.pid for each in processes(place.state) if each.name == "t-primary")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while (found := place.read(INSTANCE, made.id, wanted.urn)) and found["outputs"]["status"] == "available":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    place.update(instance("another-password-of-it"), made.id)
    with psycopg.connect(**login, password="another-password-of-it"):
        pass

    place.delete(INSTANCE, made.id, wanted.urn)
    assert place.read(INSTANCE, made.id, wanted.urn) is None
    assert [each.name for each in processes(place.state) if each.kind == "postgres"] == []
    place.delete(INSTANCE, made.id, wanted.urn)
    with pytest.raises(CloudError, match="does not exist"):
        place.update(wanted, made.id)


def test_the_old_one_of_a_replacement_goes_without_the_new_one(place: TierPlace) -> None:
    first = declare(PASSWORD, "password", {"length": 30})
    old = place.create(first)
    new = place.create(declare(PASSWORD, "password", {"length": 40}))
    place.delete(PASSWORD, old.id, first.urn)
    assert place.read(PASSWORD, new.id, first.urn) is not None
    place.delete(PASSWORD, new.id, first.urn)
    assert place.read(PASSWORD, new.id, first.urn) is None
