"""What was lost in spite of everything is said, by name, before anything is made anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from local_stack import Stack, declare

from graph.errors import CloudError
from graph.resource import Resource
from local.handlers.security import CONTAINER
from local.postgres.roles import ADMIN
from local.state import StateDir
from local.substrate import LocalCloud

pytestmark = pytest.mark.server


def declared(*names: str) -> list[Resource]:
    return [declare(CONTAINER, name, {"name": f"shop-live/{name}"}) for name in names]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path, "live")
    try:
        yield made
    finally:
        made.down()


def emptied(shop: Stack) -> Path:
    """Its emulator is killed and the file with its secrets is gone."""
    shop.kill("emulator")
    path = shop.state.path / "emulator" / "state" / "secretsmanager.json"
    path.unlink()
    return path


def test_lost_secrets_are_named_and_made_anew_only_when_that_was_asked_for(shop: Stack) -> None:
    # Two at once, on the first run: what is only being made is not lost.
    assert set(shop.up(declared("app", "batch")).values()) == {"created"}
    path = emptied(shop)
    says = (
        r"has lost the secrets shop-live/app, shop-live/batch: running applications still log in with what they "
        r"held\. Put .*/emulator/state back from a copy, or make new passwords with `datatier up live --new-passwords`"
    )
    for _ in range(2):
        with pytest.raises(CloudError, match=says):
            shop.up(declared("app", "batch", "new"))
        assert not path.exists()
    state = shop.state
    with state.lock():
        cloud = LocalCloud(state, new_passwords=True)
        cloud.start()
        for resource in declared("app", "batch", "new"):
            cloud.ensure(resource)
        cloud.finish()
    assert cloud.context.renewed == {"shop-live/app", "shop-live/batch"}
    assert set(shop.up(declared("app", "batch", "new")).values()) == {"unchanged"}


def test_one_lost_secret_among_others_is_the_one_that_is_named(shop: Stack) -> None:
    shop.up(declared("app", "batch"))
    context = shop.cloud and shop.cloud.context
    assert context
    arn = next(e["id"] for e in shop.state.resources.values() if e["name"] == "batch")
    context.emulator.client("secretsmanager").delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    with pytest.raises(CloudError, match=r"has lost the secrets shop-live/batch: "):
        shop.up(declared("app", "batch"))


def test_a_new_secret_beside_old_ones_is_no_loss(shop: Stack) -> None:
    shop.up(declared("app"))
    assert shop.up(declared("app", "new")) == {"app": "unchanged", "new": "created"}


@pytest.mark.parametrize("kept", [{}, {"replication": "x"}])
def test_data_without_the_state_that_opens_them_are_left_alone(tmp_path: Path, kept: dict[str, str]) -> None:
    state = StateDir(tmp_path, "live")
    data = state.folder("postgres", "shop-live", "data")
    (data / "PG_VERSION").write_text("18\n")
    state.secrets |= kept
    says = (
        r"state\.json is gone, and with it the passwords of shop-live: put a copy of it back, or start afresh, without"
    )
    with state.lock(read=False), pytest.raises(CloudError, match=says):
        LocalCloud(state).start()
    assert (data / "PG_VERSION").read_text() == "18\n"
    assert ADMIN not in StateDir(tmp_path, "live").secrets
