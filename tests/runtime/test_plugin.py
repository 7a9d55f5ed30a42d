"""The resource plugin, called as the engine calls it: over gRPC, without the engine."""

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from clinic_project import CLINIC
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc
from recorded_program import recorded

from graph.diff import Diff, diff
from graph.errors import CloudError
from graph.kinds import KINDS, changeable, kind_of
from graph.marks import DEFAULTS, UNKNOWN, marked
from graph.offline import ACCOUNT, Offline
from infra.program import program
from infra.settings.stackfile import read_stack
from preview.provider import Elsewhere
from runtime.monitor import run_program
from runtime.plugin.file_place import FilePlace
from runtime.plugin.schema import PACKAGES, schema_of
from runtime.plugin.server import serving
from runtime.plugin.wire import read, write

TOPIC, INSTANCE = "aws:sns/topic:Topic", "aws:rds/instance:Instance"
FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
ARN = f"arn:aws:sns:eu-central-1:{ACCOUNT}:a"
GROUP, VPC = "aws:elasticache/replicationGroup:ReplicationGroup", "aws:ec2/vpc:Vpc"
PASSWORD = "random:index/randomPassword:RandomPassword"


class Plugin:
    """The engine's side of the conversation."""

    def __init__(self, stub: Any, state: Path) -> None:
        self.stub = stub
        self.state = state

    @staticmethod
    def urn(kind: str, name: str = "it") -> str:
        return f"urn:pulumi:dev::data-tier::data-tier:index:Holder${kind}::{name}"

    def check(self, kind: str, news: dict[str, Any], olds: dict[str, Any] | None = None, seed: bytes = b"1") -> Any:
        message = provider_pb2.CheckRequest(
            urn=self.urn(kind), olds=write(olds or {}), news=write(news), randomSeed=seed
        )
        answer = self.stub.Check(message)
        return read(answer.inputs), {each.property: each.reason for each in answer.failures}

    def create(
        self, kind: str, inputs: dict[str, Any], preview: bool = False, name: str = "it"
    ) -> tuple[str, dict[str, Any]]:
        message = provider_pb2.CreateRequest(urn=self.urn(kind, name), properties=write(inputs), preview=preview)
        answer = self.stub.Create(message)
        return answer.id, read(answer.properties)

    def read(self, kind: str, identity: str, inputs: dict[str, Any], state: dict[str, Any]) -> tuple[str, Any, Any]:
        message = provider_pb2.ReadRequest(
            id=identity, urn=self.urn(kind), inputs=write(inputs), properties=write(state)
        )
        answer = self.stub.Read(message)
        return answer.id, read(answer.inputs), read(answer.properties)

    def update(
        self, kind: str, identity: str, was: dict[str, Any], state: dict[str, Any], now: dict[str, Any], **more: Any
    ) -> dict[str, Any]:
        message = provider_pb2.UpdateRequest(
            id=identity,
            urn=self.urn(kind),
            olds=write(state),
            old_inputs=write(was),
            news=write(now),
            **more,
        )
        return read(self.stub.Update(message).properties)

    def delete(self, kind: str, identity: str, name: str = "it") -> None:
        self.stub.Delete(provider_pb2.DeleteRequest(id=identity, urn=self.urn(kind, name)))

    @property
    def held(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.state.read_text())["resources"]
        return found


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Plugin]:
    state = tmp_path / "state.json"
    place = FilePlace(state, Offline, "eu-west-1")
    with serving(place) as ports, grpc.insecure_channel(f"127.0.0.1:{ports['aws']}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        stub.Configure(provider_pb2.ConfigureRequest(args=write({"region": "eu-central-1"})))
        yield Plugin(stub, state)


def test_it_says_what_it_is(plugin: Plugin) -> None:
    from pulumi_aws import _utilities

    assert plugin.stub.GetPluginInfo(empty_pb2.Empty()).version == str(_utilities.get_version())
    assert plugin.stub.Handshake(provider_pb2.ProviderHandshakeRequest()).accept_secrets
    configured = plugin.stub.Configure(provider_pb2.ConfigureRequest())
    assert (configured.acceptSecrets, configured.supportsPreview) == (True, True)


@pytest.mark.parametrize(
    ("was", "now", "changes"),
    [({"region": "a"}, {"region": "a"}, "DIFF_NONE"), ({"region": "a"}, {"region": "b"}, "DIFF_SOME")],
)
def test_configuration(plugin: Plugin, was: dict[str, Any], now: dict[str, Any], changes: str) -> None:
    checked = plugin.stub.CheckConfig(provider_pb2.CheckRequest(news=write(now)))
    assert read(checked.inputs) == now
    answer = plugin.stub.DiffConfig(provider_pb2.DiffRequest(old_inputs=write(was), news=write(now)))
    assert provider_pb2.DiffResponse.DiffChanges.Name(answer.changes) == changes


def test_check_fills_in_what_the_provider_would(plugin: Plugin) -> None:
    inputs, failed = plugin.check("aws:ec2/securityGroup:SecurityGroup", {"name": "db", "vpcId": UNKNOWN})
    assert failed == {}
    assert inputs == {
        "name": "db",
        "vpcId": UNKNOWN,
        "description": "Managed by Pulumi",
        "revokeRulesOnDelete": False,
        DEFAULTS: ["description", "revokeRulesOnDelete"],
    }


def test_a_name_left_out_is_made_up_once(plugin: Plugin) -> None:
    role = "aws:iam/rolePolicy:RolePolicy"
    given = {"role": "r", "policy": "{}"}
    first, _ = plugin.check(role, given, seed=b"1")
    assert first["name"].startswith("it-")
    assert first[DEFAULTS] == ["name"]
    assert plugin.check(role, given, seed=b"2")[0]["name"] != first["name"], "a replacement has another"
    assert plugin.check(role, given, olds=first, seed=b"2")[0] == first, "an update keeps it"
    assert plugin.check(role, {**given, "name": "mine"}, olds=first)[0]["name"] == "mine"
    prefixed, _ = plugin.check("aws:rds/parameterGroup:ParameterGroup", {"namePrefix": "t-", "family": "postgres17"})
    assert "name" not in prefixed


def test_check_refuses_what_the_type_does_not_have(plugin: Plugin) -> None:
    _, failed = plugin.check(INSTANCE, {"identifier": "a", "instanceKlass": "db.t4g.large"})
    assert failed == {
        "instanceKlass": f"{INSTANCE} has no input instanceKlass",
        "instanceClass": f"{INSTANCE} needs instanceClass",
    }


@pytest.mark.parametrize(
    ("kind", "was", "now", "expected"),
    [
        (TOPIC, {"name": "a"}, {"name": "a"}, Diff(changed={}, replaces=frozenset(), delete_first=False)),
        (
            TOPIC,
            {"name": "a", "tags": {"x": "1"}},
            {"name": "a", "displayName": "A"},
            Diff(changed={"displayName": "add", "tags": "delete"}, replaces=frozenset(), delete_first=False),
        ),
        (
            INSTANCE,
            {"identifier": "a", "dbName": "x", "port": 1},
            {"identifier": "a", "dbName": "y", "port": 2},
            Diff(changed={"dbName": "update", "port": "update"}, replaces=frozenset({"dbName"}), delete_first=True),
        ),
        (
            TOPIC,
            {"name": "a"},
            {"name": "b"},
            Diff(changed={"name": "update"}, replaces=frozenset({"name"}), delete_first=False),
        ),
        (
            "aws:iam/rolePolicy:RolePolicy",
            {"name": "it-1", "role": "a", DEFAULTS: ["name"]},
            {"name": "it-1", "role": "b", DEFAULTS: ["name"]},
            Diff(changed={"role": "update"}, replaces=frozenset({"role"}), delete_first=False),
        ),
        (
            GROUP,
            {"replicationGroupId": "a", "engineVersion": "8.1"},
            {"replicationGroupId": "a", "engineVersion": "8.0"},
            Diff(changed={"engineVersion": "update"}, replaces=frozenset({"engineVersion"}), delete_first=True),
        ),
        (
            GROUP,
            {"replicationGroupId": "a", "engineVersion": "8.0"},
            {"replicationGroupId": "a", "engineVersion": "8.1"},
            Diff(changed={"engineVersion": "update"}, replaces=frozenset(), delete_first=False),
        ),
        (
            VPC,
            {"cidrBlock": "10.0.0.0/16"},
            {"cidrBlock": UNKNOWN},
            Diff(changed={"cidrBlock": "update"}, replaces=frozenset({"cidrBlock"}), delete_first=False),
        ),
        (
            "aws:rds/subnetGroup:SubnetGroup",
            {"name": "a", "subnetIds": ["s-1", "s-2"]},
            {"name": "a", "subnetIds": ["s-2", "s-1"]},
            Diff(changed={}, replaces=frozenset(), delete_first=False),
        ),
        (
            INSTANCE,
            {"identifier": "a", "allocatedStorage": 150, "maxAllocatedStorage": 1000, "iops": 3000},
            {"identifier": "a", "allocatedStorage": 100, "maxAllocatedStorage": 1000},
            Diff(changed={}, replaces=frozenset(), delete_first=False),
        ),
        (
            INSTANCE,
            {"identifier": "a", "allocatedStorage": 150},
            {"identifier": "a", "allocatedStorage": 100},
            Diff(changed={"allocatedStorage": "update"}, replaces=frozenset(), delete_first=False),
        ),
        (
            INSTANCE,
            {"identifier": "a", "port": "5432", "tags": {}},
            {"identifier": "a", "port": 5432},
            Diff(changed={}, replaces=frozenset(), delete_first=False),
        ),
        (
            INSTANCE,
            {"identifier": "a", "password": marked("x")},
            {"identifier": "a", "password": marked("y")},
            Diff(changed={"password": "update"}, replaces=frozenset(), delete_first=False),
        ),
    ],
)
def test_diff(kind: str, was: dict[str, Any], now: dict[str, Any], expected: Diff) -> None:
    assert diff(kind_of(kind), was, now) == expected


def test_diff_in_the_engines_words(plugin: Plugin) -> None:
    answer = plugin.stub.Diff(
        provider_pb2.DiffRequest(
            urn=plugin.urn(INSTANCE),
            old_inputs=write({"identifier": "a", "dbName": "x", "port": 1, "tags": {"a": "1"}}),
            news=write({"identifier": "a", "dbName": "y", "port": 2, "iops": 3}),
            ignoreChanges=["port"],
        )
    )
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert (list(answer.replaces), answer.deleteBeforeReplace) == (["dbName"], True)
    told = {key: provider_pb2.PropertyDiff.Kind.Name(each.kind) for key, each in answer.detailedDiff.items()}
    assert told == {"dbName": "UPDATE_REPLACE", "iops": "ADD", "tags": "DELETE"}


def test_a_preview_makes_nothing_and_knows_little(plugin: Plugin) -> None:
    identity, state = plugin.create(TOPIC, {"name": "a", "kmsMasterKeyId": UNKNOWN, DEFAULTS: []}, preview=True)
    assert identity == ""
    assert (state["name"], state["arn"], state["kmsMasterKeyId"]) == ("a", UNKNOWN, UNKNOWN)
    assert state.keys() == schema_of(TOPIC).outputs
    assert not plugin.state.exists()
    updated = plugin.update(TOPIC, "a", {"name": "a"}, {"name": "a", "arn": "arn:a"}, {"name": "a"}, preview=True)
    assert updated == {"name": "a", "arn": "arn:a"}
    assert not plugin.state.exists()


def test_a_preview_does_not_promise_what_follows_from_a_change(plugin: Plugin) -> None:
    was = {"replicationGroupId": "a", "numCacheClusters": 2}
    state = {**was, "memberClusters": ["a-001", "a-002"], "arn": "arn:a"}
    told = plugin.update(GROUP, "a", was, state, {**was, "numCacheClusters": 3}, preview=True)
    assert told == {**was, "numCacheClusters": 3, "memberClusters": UNKNOWN, "arn": "arn:a"}


def test_a_life(plugin: Plugin) -> None:
    inputs = {"name": "a", "tags": {"x": "1"}, DEFAULTS: []}
    identity, state = plugin.create(TOPIC, inputs)
    assert (identity, state) == (
        ARN,
        {"name": "a", "tags": {"x": "1"}, "arn": ARN},
    )
    assert plugin.read(TOPIC, ARN, inputs, state) == (ARN, inputs, state)

    now = {"name": "a", "displayName": "A", DEFAULTS: []}
    changed = plugin.update(TOPIC, ARN, inputs, state, now)
    assert changed == {"name": "a", "displayName": "A", "arn": state["arn"]}
    assert plugin.held[f"{TOPIC}|{ARN}"]["inputs"] == {"name": "a", "displayName": "A"}

    plugin.delete(TOPIC, ARN)
    assert plugin.held == {}
    plugin.delete(TOPIC, ARN)
    assert plugin.read(TOPIC, ARN, now, changed) == ("", {}, {})
    with pytest.raises(grpc.RpcError, match=f"{ARN} does not exist"):
        plugin.update(TOPIC, ARN, now, changed, now)


def test_drift_is_read(plugin: Plugin) -> None:
    inputs = {"name": "a", "displayName": "A", "kmsMasterKeyId": "k", DEFAULTS: ["kmsMasterKeyId"]}
    _, state = plugin.create(TOPIC, inputs)
    held = plugin.held
    live = held[f"{TOPIC}|{ARN}"]["inputs"]
    live["displayName"] = "B"
    live["tags"] = {"by": "hand"}
    del live["kmsMasterKeyId"]
    plugin.state.write_text(json.dumps({"resources": held}))
    now = {"name": "a", "displayName": "B", "tags": {"by": "hand"}}
    read = plugin.read(TOPIC, ARN, inputs, state)
    assert read == (ARN, {**now, DEFAULTS: ["kmsMasterKeyId"]}, {**now, "arn": state["arn"]})


def test_what_was_there_before_is_imported(plugin: Plugin) -> None:
    """Without defaults and what AWS does not tell, with what the provider puts in its place; it is the URN's then."""
    there = {
        "urn": "",
        "type": INSTANCE,
        "id": "db-A",
        "inputs": {
            "identifier": "orders",
            "multiAz": False,
            "port": 5433,
            "copyTagsToSnapshot": False,
            "autoMinorVersionUpgrade": False,
            "publiclyAccessible": True,
            "enabledCloudwatchLogsExports": [],
            "applyImmediately": True,
            "kmsKeyId": None,
        },
        "outputs": {"resourceId": "db-A"},
    }
    plugin.state.write_text(json.dumps({"resources": {f"{INSTANCE}|db-A@eu-west-3": there}}))
    identity, inputs, state = plugin.read(INSTANCE, "db-A@eu-west-3", {}, {})
    assert identity == "db-A"
    assert inputs == {
        "identifier": "orders",
        "port": 5433,
        "autoMinorVersionUpgrade": False,
        "publiclyAccessible": True,
        "skipFinalSnapshot": True,
        DEFAULTS: [],
    }
    assert state == {
        **{key: value for key, value in inputs.items() if key != DEFAULTS},
        "multiAz": False,
        "copyTagsToSnapshot": False,
        "enabledCloudwatchLogsExports": [],
        "deleteAutomatedBackups": True,
        "resourceId": "db-A",
    }
    assert plugin.held == {f"{INSTANCE}|db-A": {**there, "urn": plugin.urn(INSTANCE)}}
    assert plugin.read(INSTANCE, "db-A", inputs, state)[:2] == (identity, inputs)


def test_secrets_stay_secret_and_out_of_the_file(plugin: Plugin) -> None:
    inputs = {"identifier": "a", "instanceClass": "db.t4g.large", "password": marked("hunter2"), DEFAULTS: []}
    instance, state = plugin.create(INSTANCE, inputs)
    assert state["password"] == marked("hunter2")
    identity, drawn = plugin.create(PASSWORD, {"length": 40, DEFAULTS: []})
    assert drawn["result"] == marked("x" * 40)
    text = plugin.state.read_text()
    assert "hunter2" not in text
    assert "x" * 40 not in text
    assert plugin.read(INSTANCE, instance, inputs, state)[1:] == (inputs, state), "what cannot be read back stays"
    assert plugin.read(PASSWORD, identity, {"length": 40}, drawn)[2] == drawn


def test_one_name_is_one_resource(plugin: Plugin) -> None:
    plugin.create(TOPIC, {"name": "a", DEFAULTS: []})
    with pytest.raises(grpc.RpcError, match="a exists already"):
        plugin.create(TOPIC, {"name": "a", DEFAULTS: []})
    drawn = {plugin.create(VPC, {"cidrBlock": "10.0.0.0/16", DEFAULTS: []})[0] for _ in range(3)}
    assert len(drawn) == 3, "an id that AWS draws is another every time"


def test_one_id_may_be_of_several_resources(plugin: Plugin) -> None:
    """A metric filter's is its name, in each log group anew; whoever has one keeps it when the other goes."""
    filters = [
        plugin.create(FILTER, {"name": "slow", "logGroupName": group, "pattern": "a"}, name=group)[0] for group in "ab"
    ]
    assert filters == ["slow", "slow"]
    plugin.delete(FILTER, "slow", name="a")
    assert [each["inputs"]["logGroupName"] for each in plugin.held.values()] == ["b"]
    plugin.delete(FILTER, "slow", name="b")
    assert plugin.held == {}


def test_a_replacement_under_the_same_id_outlives_the_old_one(plugin: Plugin) -> None:
    assert [plugin.create(PASSWORD, {"length": length, DEFAULTS: []})[0] for length in (20, 30)] == ["none", "none"]
    plugin.delete(PASSWORD, "none")
    assert [each["inputs"]["length"] for each in plugin.held.values()] == [30]
    plugin.delete(PASSWORD, "none")
    assert plugin.held == {}


def test_what_was_drawn_stays_when_something_else_changes(plugin: Plugin) -> None:
    """Also of a replacement, whose ids were drawn anew."""
    inputs = {"identifier": "a", "instanceClass": "b", "port": 1, DEFAULTS: []}
    instance, state = plugin.create(INSTANCE, inputs)
    told = plugin.update(INSTANCE, instance, inputs, state, {**inputs, "port": 2})
    assert {key: told[key] for key in ("address", "resourceId")} == {
        key: state[key] for key in ("address", "resourceId")
    }
    assert told["endpoint"] != state["endpoint"]


def test_deletion_protection_holds(plugin: Plugin) -> None:
    inputs = {"identifier": "a", "instanceClass": "db.t4g.large", "deletionProtection": True}
    instance, state = plugin.create(INSTANCE, inputs)
    with pytest.raises(grpc.RpcError, match=rf"it \({instance}\) has deletion protection"):
        plugin.delete(INSTANCE, instance)
    plugin.update(INSTANCE, instance, inputs, state, {**inputs, "deletionProtection": False})
    plugin.delete(INSTANCE, instance)
    assert plugin.held == {}


def test_data_sources(plugin: Plugin) -> None:
    request = provider_pb2.InvokeRequest(tok="aws:index/getRegion:getRegion", args=struct_pb2.Struct())
    assert read(getattr(plugin.stub.Invoke(request), "return"))["region"] == "eu-central-1"
    with pytest.raises(grpc.RpcError, match="cannot answer aws:index/getIpRanges"):
        plugin.stub.Invoke(provider_pb2.InvokeRequest(tok="aws:index/getIpRanges:getIpRanges"))


def test_after_cancel_nothing_is_started_until_the_next_run(plugin: Plugin) -> None:
    plugin.stub.Cancel(empty_pb2.Empty())
    with pytest.raises(grpc.RpcError, match="cancelled"):
        plugin.create(TOPIC, {"name": "a"})
    plugin.stub.Configure(provider_pb2.ConfigureRequest())
    assert plugin.create(TOPIC, {"name": "a"})[0] == ARN


def test_a_file_that_is_none(plugin: Plugin) -> None:
    plugin.state.write_text("{")
    with pytest.raises(grpc.RpcError, match=r"state\.json cannot be read"):
        plugin.create(TOPIC, {"name": "a"})


@pytest.mark.parametrize("token", ["aws:rds/instance:Instanze", "aws:rds/nothing:Nothing", "gcp:x/y:Y"])
def test_a_type_that_does_not_exist(token: str) -> None:
    with pytest.raises(CloudError, match=f"{token} is not a type"):
        schema_of(token)


def test_another_account_has_other_ids() -> None:
    made = [
        run_program("dev", lambda: program(CLINIC), cloud, read_stack(CLINIC, "dev")).made
        for cloud in (Offline("eu-west-1"), Elsewhere("eu-west-1", "210987654321"))
    ]
    vpc = next(urn for urn in made[0] if urn.endswith("::network-vpc"))
    assert made[0][vpc].id != made[1][vpc].id
    assert ACCOUNT in json.dumps([each.outputs for each in made[0].values()])
    assert ACCOUNT not in json.dumps([each.outputs for each in made[1].values()])


@pytest.mark.parametrize("stack", ["dev", "staging", "prod", "local"])
def test_every_type_of_every_stack_is_described(stack: str) -> None:
    deployment = recorded(stack, read_stack(CLINIC, stack))
    declared = {each.type: each for each in deployment.resources if each.urn in deployment.made}
    assert not [each for each in declared if not changeable(each)], "graph/provider lacks them"


@pytest.mark.parametrize("token", sorted(KINDS))
def test_a_description_names_properties_that_exist(token: str) -> None:
    kind, schema = KINDS[token], schema_of(token)
    named = {
        *(kind.replaces or ()),
        *kind.defaults,
        *kind.replaces_if,
        *(key for causes in kind.follows.values() for key in causes),
    }
    assert not named - schema.inputs
    assert not {*kind.secret, *kind.follows} - schema.outputs


@pytest.mark.parametrize("token", sorted(KINDS))
def test_what_is_secret_is_what_the_sdk_marks_as_secret(token: str) -> None:
    """`Sensitive` in the provider's schema is `additional_secret_outputs` in the SDK that is generated from it."""
    package, module, name = token.split(":")
    folder = Path(importlib.import_module(PACKAGES[package]).__file__ or "").parent
    where = module.partition("/")[0].replace("lambda", "lambda_").replace("index", "")
    file = re.sub("(?<!^)([A-Z])", r"_\1", name).lower()
    source = (folder / where / f"{file}.py").read_text(encoding="utf-8")
    (marked,) = re.findall(r"additional_secret_outputs=\[([^\]]*)\]", source) or [""]
    assert set(re.findall(r'"(\w+)"', marked)) == KINDS[token].secret
