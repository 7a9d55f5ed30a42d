"""Plans of caches carried out on the emulator of the local tier: by botocore, over its own door, as XML."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scripted_aws import Scripted
from test_upgrade_plan import stack

from bootstrap.aws import aws_client
from local.files import write_private
from upgrade.deployed import Deployed
from upgrade.effect import Deploy
from upgrade.file import StoredPlan, lines_of, stored
from upgrade.plan import plan
from upgrade.run.aws import Aws, Caller
from upgrade.run.report import UpgradeReport
from upgrade.run.run import Asked
from upgrade.run.session import carry_out

# The bootstrap's own tests have the emulator.
sys.path.insert(0, str(Path(__file__).parents[1] / "bootstrap"))

from real_servers import emulator

pytestmark = pytest.mark.server
REGION = "eu-west-3"
HERE = {"region": REGION, "allowedAccountIds": ["000000000000"]}


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with emulator(tmp_path_factory.mktemp("emulator"), REGION) as made:
        yield made


class Emulated(Scripted):
    """AWS is the emulator; a person's deployments are calls of the same API."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, endpoint: str, declared: Deployed, version: str) -> None:
        super().__init__(monkeypatch, REGION)
        monkeypatch.undo()
        self.aws = Aws(REGION, endpoint, Caller())
        self.client: Any = aws_client("elasticache", REGION, endpoint)
        self.cache = declared.instances.caches["main"]
        self.client.create_replication_group(
            ReplicationGroupId=self.cache.identifier, ReplicationGroupDescription="d", Engine=self.cache.engine,
            EngineVersion=version, CacheNodeType=self.cache.node_type, NumCacheClusters=2,
            AuthToken="only-an-emulator-has-it", TransitEncryptionEnabled=True,
        )  # fmt: skip

    def up(self, deploy: Deploy) -> None:
        name = self.cache.identifier
        for each in deploy.lines:
            given = lines_of(each)[1]["main"]
            if "version" in given:
                self._modify(EngineVersion=given["version"])
                # The emulator leaves the nodes as they were.
                for node in self.group()["MemberClusters"]:
                    self.client.modify_cache_cluster(CacheClusterId=node, EngineVersion=given["version"])
            if "class" in given:
                self._modify(CacheNodeType=given["class"])
            if given.get("auth") == "rbac" and not self.group()["UserGroupIds"]:
                self.client.create_user_group(UserGroupId=name, Engine="valkey", UserIds=["default"])

    def group(self) -> dict[str, Any]:
        found = self.client.describe_replication_groups(ReplicationGroupId=self.cache.identifier)
        return {"UserGroupIds": [], **found["ReplicationGroups"][0]}

    def _modify(self, **values: str) -> None:
        self.client.modify_replication_group(ReplicationGroupId=self.cache.identifier, ApplyImmediately=True, **values)

    def run(self, plans: tuple[StoredPlan, ...], folder: Path, **more: Any) -> UpgradeReport:
        for each in plans[0].steps:
            self.write([line for effect in each.do if effect.kind == "deploy" for line in effect.lines])
        asked = Asked(agreed=lambda _: True)
        return carry_out(plans, self, folder, write_private, asked, lambda _: None, **more)


# --to, the stack, what the cache is then (node type, user groups, snapshots), calls that were made for it
CASES: list[tuple[str, str, tuple[str, list[str], list[str]], int]] = [
    ("main.class=cache.r7g.xlarge", "one", ("cache.r7g.xlarge", [], []), 0),
    ("main.version=9.0", "two", ("cache.r7g.large", [], ["shop-two-main-before-version-9-0"]), 1),
    ("main.auth=rbac", "three", ("cache.r7g.large", ["shop-three-main"], []), 1),
]


@pytest.mark.parametrize(("to", "name", "expected", "made"), CASES, ids=[each[0] for each in CASES])
def test_a_cache_is_upgraded(
    to: str,
    name: str,
    expected: tuple[str, list[str], list[str]],
    made: int,
    endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    declared = stack("prod", name, HERE, name="shop")
    world = Emulated(monkeypatch, endpoint, declared, declared.instances.caches["main"].version)
    was = ["main.auth=token"] if "auth" in to else []
    plans = stored(declared, plan(declared, [to], was), datetime.now(UTC))
    found = world.run(plans, tmp_path)
    assert (found.state, found.why) == ("done", "")
    taken = [each["SnapshotName"] for each in world.client.describe_snapshots()["Snapshots"] if name in str(each)]
    group = world.group()
    assert (group["CacheNodeType"], group["UserGroupIds"], taken) == expected
    calls = sum(len(each.requests) for each in found.done)
    assert (world.run(plans, tmp_path).done, calls) == (found.done, made)
