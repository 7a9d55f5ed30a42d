# ruff: noqa: N803, PT018 arguments are AWS's
"""AWS, a database and a person with Pulumi, as far as upgrades use them: each call is held against botocore's model.

What it was not told raises. Time is its own: what AWS takes time for is done when somebody has waited for it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import yaml
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.session import Session
from botocore.validate import ParamValidator

from upgrade import queries
from upgrade.check import Look, Value
from upgrade.effect import Call, Deploy
from upgrade.file import has, lines_of
from upgrade.run import aws
from upgrade.run.world import Row

ACCOUNT = "210987654321"
BUSY = 30.0
"""Seconds for which AWS is at each change."""


class Killed(BaseException):
    """The process ends here."""


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 30, 4, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@cache
def _model(service: str) -> Any:
    return Session().get_service_model(service)


@cache
def _paginators(service: str) -> Any:
    return Session().get_paginator_model(service)


def refusal(operation: str, code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message or code}}, operation)


class Client:
    """What botocore makes, for one service; its answers are held against the model as well."""

    def __init__(self, state: State, service: str, region: str) -> None:
        self._state, self._service, self._region = state, service, region
        self.exceptions = SimpleNamespace(ClientError=ClientError)
        self._operations = {xform_name(each): each for each in _model(service).operation_names}

    def can_paginate(self, method: str) -> bool:
        return self._operations[method] in _paginators(self._service)._paginator_config

    def get_paginator(self, method: str) -> Any:
        answer = getattr(self, method)

        class Pages:
            def paginate(self, **given: Any) -> Any:
                self.given = given
                return self

            def build_full_result(self) -> Any:
                return answer(**self.given)

        return Pages()

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = self._operations[method]
        model = _model(self._service).operation_model(operation)

        def call(**given: Any) -> Any:
            if model.input_shape is not None:
                report = ParamValidator().validate(given, model.input_shape)
                assert not report.has_errors(), report.generate_report()
            self._state.settle()
            handler = getattr(self._state, f"on_{xform_name(operation)}", None)
            assert handler is not None, f"nobody said what {operation} does"
            answer = handler(self._region, **given)
            if model.output_shape is not None:
                report = ParamValidator().validate(answer, model.output_shape)
                assert not report.has_errors(), report.generate_report()
            return {**answer, "ResponseMetadata": {"RequestId": f"request-{len(self._state.calls)}"}}

        return call


class State:
    """What is deployed, and what was called."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.account = ACCOUNT
        self.instances: dict[str, dict[str, Any]] = {}
        self.regions: dict[str, str] = {}
        self.snapshots: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        self.blue_green: dict[str, dict[str, Any]] = {}
        self.caches: dict[str, dict[str, Any]] = {}
        self.nodes: dict[str, dict[str, Any]] = {}
        self.cache_snapshots: dict[str, dict[str, Any]] = {}
        self.user_groups: dict[str, dict[str, Any]] = {}
        self.later: list[tuple[datetime, Callable[[], None]]] = []
        self.calls: list[tuple[str, str]] = []
        self.refuse: dict[str, list[str]] = {}
        """Operation -> codes with which its next calls are refused."""
        self.breaks: set[str] = set()
        """Operations whose effect never comes: the thing ends in a failed state, or as it was."""

    def settle(self) -> None:
        due = [each for each in self.later if each[0] <= self.clock.at]
        self.later = [each for each in self.later if each not in due]
        for _, change in sorted(due, key=lambda each: each[0]):
            change()

    def after(self, change: Callable[[], None], seconds: float = BUSY) -> None:
        self.later.append((self.clock.at + timedelta(seconds=seconds), change))

    def snapshot(self) -> dict[str, Any]:
        """All that is deployed, to be compared."""
        self.clock.sleep(86400)
        self.settle()
        kinds = ("instances", "snapshots", "groups", "blue_green", "caches", "nodes", "cache_snapshots", "user_groups")
        return copy.deepcopy({each: getattr(self, each) for each in kinds})

    def _changing(self, operation: str, of: str) -> None:
        if codes := self.refuse.get(operation):
            raise refusal(operation, codes.pop(0), f"User: x is not authorized to perform: rds:{operation}")
        self.calls.append((operation, of))

    def _of(self, kind: str, name: str, code: str) -> dict[str, Any]:
        found: dict[str, Any] | None = getattr(self, kind).get(name)
        if found is None:
            raise refusal("Describe", code)
        return found

    # STS

    def on_get_caller_identity(self, _: str) -> dict[str, Any]:
        return {"Account": self.account}

    # RDS

    def add_instance(self, name: str, region: str, group: str, **more: Any) -> None:
        self.regions[name] = region
        self.instances[name] = {
            "DBInstanceIdentifier": name,
            "DBInstanceArn": f"arn:aws:rds:{region}:{ACCOUNT}:db:{name}",
            "DBInstanceStatus": "available",
            "CACertificateIdentifier": "rds-ca-rsa2048-g1",
            "BackupRetentionPeriod": 14,
            "DBSubnetGroup": {"DBSubnetGroupName": "subnets"},
            "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}, {"VpcSecurityGroupId": "sg-2"}],
            "DBParameterGroups": [{"DBParameterGroupName": group, "ParameterApplyStatus": "in-sync"}],
            "ReadReplicaDBInstanceIdentifiers": [],
            "PendingModifiedValues": {},
            **more,
        }

    def on_describe_db_instances(self, region: str, DBInstanceIdentifier: str) -> dict[str, Any]:
        found = self._of("instances", DBInstanceIdentifier, "DBInstanceNotFound")
        assert self.regions[DBInstanceIdentifier] == region, f"{DBInstanceIdentifier} is not in {region}"
        return {"DBInstances": [copy.deepcopy(found)]}

    def change(self, name: str, status: str, values: Mapping[str, Any], seconds: float = BUSY) -> None:
        """Begin to change an instance."""
        found = self.instances[name]
        found["DBInstanceStatus"] = status

        def done() -> None:
            found.update({**values, "DBInstanceStatus": "available", "PendingModifiedValues": {}})

        self.after(done, seconds)

    def on_modify_db_instance(self, _: str, DBInstanceIdentifier: str, **given: Any) -> dict[str, Any]:
        self._changing("ModifyDBInstance", DBInstanceIdentifier)
        found = self._of("instances", DBInstanceIdentifier, "DBInstanceNotFound")
        if found["DBInstanceStatus"] != "available":
            raise refusal("ModifyDBInstance", "InvalidDBInstanceState")
        assert given.pop("ApplyImmediately") is True
        major = given.pop("AllowMajorVersionUpgrade", False)
        group = given.pop("DBParameterGroupName", None)
        if "EngineVersion" in given:
            was, wanted = (each.partition(".")[0] for each in (found["EngineVersion"], given["EngineVersion"]))
            assert was == wanted or (major and group == f"default.postgres{wanted}")
            given["EngineVersion"] = exact(given["EngineVersion"])
        found["PendingModifiedValues"] = dict(given)
        if "ModifyDBInstance" in self.breaks:
            self.change(DBInstanceIdentifier, "upgrading", {})
        else:
            self.change(DBInstanceIdentifier, "upgrading" if "EngineVersion" in given else "modifying", given)
        return {}

    def on_reboot_db_instance(self, _: str, DBInstanceIdentifier: str) -> dict[str, Any]:
        self._changing("RebootDBInstance", DBInstanceIdentifier)
        found = self._of("instances", DBInstanceIdentifier, "DBInstanceNotFound")
        groups = [{**each, "ParameterApplyStatus": "in-sync"} for each in found["DBParameterGroups"]]
        self.change(DBInstanceIdentifier, "rebooting", {"DBParameterGroups": groups})
        return {}

    def on_restore_db_instance_to_point_in_time(self, region: str, **given: Any) -> dict[str, Any]:
        source, target = given["SourceDBInstanceIdentifier"], given["TargetDBInstanceIdentifier"]
        self._changing("RestoreDBInstanceToPointInTime", target)
        like = self._of("instances", source, "DBInstanceNotFound")
        assert given["UseLatestRestorableTime"] is True and given["PubliclyAccessible"] is False
        assert (given["DBSubnetGroupName"], given["VpcSecurityGroupIds"]) == ("subnets", ["sg-1", "sg-2"])
        if target in self.instances:
            raise refusal("RestoreDBInstanceToPointInTime", "DBInstanceAlreadyExists")
        self.add_instance(target, region, "default", EngineVersion=like["EngineVersion"])
        broken = "RestoreDBInstanceToPointInTime" in self.breaks
        self.instances[target]["DBInstanceStatus"] = "incompatible-parameters" if broken else "creating"
        if not broken:
            self.change(target, "creating", {})
        return {}

    def on_delete_db_instance(self, _: str, DBInstanceIdentifier: str, **given: Any) -> dict[str, Any]:
        self._changing("DeleteDBInstance", DBInstanceIdentifier)
        assert DBInstanceIdentifier.endswith("-rehearsal") and given["SkipFinalSnapshot"] is True
        self._of("instances", DBInstanceIdentifier, "DBInstanceNotFound")["DBInstanceStatus"] = "deleting"
        self.after(lambda: self._gone("instances", DBInstanceIdentifier))
        return {}

    def _gone(self, kind: str, name: str) -> None:
        getattr(self, kind).pop(name, None)

    def on_create_db_snapshot(self, _: str, DBInstanceIdentifier: str, DBSnapshotIdentifier: str) -> dict[str, Any]:
        self._changing("CreateDBSnapshot", DBSnapshotIdentifier)
        if DBSnapshotIdentifier in self.snapshots:
            raise refusal("CreateDBSnapshot", "DBSnapshotAlreadyExists")
        self._of("instances", DBInstanceIdentifier, "DBInstanceNotFound")
        made = self.snapshots[DBSnapshotIdentifier] = {"Status": "creating"}
        self.after(lambda: made.update({"Status": "failed" if "CreateDBSnapshot" in self.breaks else "available"}))
        return {}

    def on_delete_db_snapshot(self, _: str, DBSnapshotIdentifier: str) -> dict[str, Any]:
        self._changing("DeleteDBSnapshot", DBSnapshotIdentifier)
        self._of("snapshots", DBSnapshotIdentifier, "DBSnapshotNotFound")
        self._gone("snapshots", DBSnapshotIdentifier)
        return {}

    def on_describe_db_snapshots(self, _: str, DBSnapshotIdentifier: str) -> dict[str, Any]:
        return {"DBSnapshots": [self._of("snapshots", DBSnapshotIdentifier, "DBSnapshotNotFound")]}

    def on_describe_db_parameter_groups(self, _: str, DBParameterGroupName: str) -> dict[str, Any]:
        found = self._of("groups", DBParameterGroupName, "DBParameterGroupNotFound")
        return {"DBParameterGroups": [{"DBParameterGroupFamily": found["family"]}]}

    def on_create_db_parameter_group(
        self, _: str, DBParameterGroupName: str, DBParameterGroupFamily: str, Description: str
    ) -> dict[str, Any]:
        self._changing("CreateDBParameterGroup", DBParameterGroupName)
        if DBParameterGroupName in self.groups:
            raise refusal("CreateDBParameterGroup", "DBParameterGroupAlreadyExists")
        assert Description
        self.groups[DBParameterGroupName] = {"family": DBParameterGroupFamily, "given": {}}
        return {}

    def on_modify_db_parameter_group(
        self, _: str, DBParameterGroupName: str, Parameters: list[dict[str, str]]
    ) -> dict[str, Any]:
        self._changing("ModifyDBParameterGroup", f"{DBParameterGroupName} {Parameters[0]['ParameterName']}")
        assert len(Parameters) <= 20
        given = self._of("groups", DBParameterGroupName, "DBParameterGroupNotFound")["given"]
        given.update({each["ParameterName"]: each["ParameterValue"] for each in Parameters})
        return {}

    def on_describe_db_parameters(self, _: str, DBParameterGroupName: str, Source: str) -> dict[str, Any]:
        assert Source == "user"
        given = self._of("groups", DBParameterGroupName, "DBParameterGroupNotFound")["given"]
        return {"Parameters": [{"ParameterName": name, "ParameterValue": value} for name, value in given.items()]}

    def on_delete_db_parameter_group(self, _: str, DBParameterGroupName: str) -> dict[str, Any]:
        self._changing("DeleteDBParameterGroup", DBParameterGroupName)
        self._gone("groups", DBParameterGroupName)
        return {}

    def on_describe_blue_green_deployments(self, _: str, Filters: list[dict[str, Any]]) -> dict[str, Any]:
        [by] = Filters
        assert by["Name"] == "blue-green-deployment-name"
        return {"BlueGreenDeployments": [each for name, each in self.blue_green.items() if name in by["Values"]]}

    def on_create_blue_green_deployment(self, _: str, BlueGreenDeploymentName: str, **given: Any) -> dict[str, Any]:
        self._changing("CreateBlueGreenDeployment", BlueGreenDeploymentName)
        if BlueGreenDeploymentName in self.blue_green:
            raise refusal("CreateBlueGreenDeployment", "BlueGreenDeploymentAlreadyExistsFault")
        assert given["TargetDBParameterGroupName"] in self.groups
        [source] = [each for each in self.instances.values() if each["DBInstanceArn"] == given["Source"]]
        made = self.blue_green[BlueGreenDeploymentName] = {
            "BlueGreenDeploymentIdentifier": f"bgd-{BlueGreenDeploymentName}",
            "Source": source["DBInstanceArn"],
            "Target": given["TargetEngineVersion"],
            "Status": "PROVISIONING",
            "StatusDetails": given["TargetDBParameterGroupName"],
        }
        broken = "CreateBlueGreenDeployment" in self.breaks
        self.after(lambda: made.update({"Status": "INVALID_CONFIGURATION" if broken else "AVAILABLE"}))
        return {}

    def _deployment(self, identifier: str) -> tuple[str, dict[str, Any]]:
        [found] = [
            (name, each)
            for name, each in self.blue_green.items()
            if each["BlueGreenDeploymentIdentifier"] == identifier
        ]
        return found

    def on_switchover_blue_green_deployment(
        self, _: str, BlueGreenDeploymentIdentifier: str, SwitchoverTimeout: int
    ) -> dict[str, Any]:
        name, found = self._deployment(BlueGreenDeploymentIdentifier)
        self._changing("SwitchoverBlueGreenDeployment", name)
        assert found["Status"] in ("AVAILABLE", "SWITCHOVER_FAILED") and SwitchoverTimeout == 300
        found["Status"] = "SWITCHOVER_IN_PROGRESS"
        broken = "SwitchoverBlueGreenDeployment" in self.breaks

        def done() -> None:
            found["Status"] = "SWITCHOVER_FAILED" if broken else "SWITCHOVER_COMPLETED"
            if not broken:
                [blue] = [each for each in self.instances.values() if each["DBInstanceArn"] == found["Source"]]
                blue["EngineVersion"] = exact(found["Target"])
                blue["DBParameterGroups"] = [
                    {"DBParameterGroupName": found["StatusDetails"], "ParameterApplyStatus": "in-sync"}
                ]

        self.after(done)
        return {}

    def on_delete_blue_green_deployment(
        self, _: str, BlueGreenDeploymentIdentifier: str, DeleteTarget: bool
    ) -> dict[str, Any]:
        name, found = self._deployment(BlueGreenDeploymentIdentifier)
        self._changing("DeleteBlueGreenDeployment", name)
        assert DeleteTarget is True and found["Status"] != "SWITCHOVER_COMPLETED"
        found["Status"] = "DELETING"
        self.after(lambda: self._gone("blue_green", name))
        return {}

    def on_describe_db_engine_versions(self, _: str, Engine: str, EngineVersion: str) -> dict[str, Any]:
        assert Engine == "postgres"
        known = ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"]
        restarts = "DescribeDBEngineVersions" in self.breaks
        return {
            "DBEngineVersions": [
                {
                    "EngineVersion": exact(EngineVersion),
                    "SupportsCertificateRotationWithoutRestart": not restarts,
                    "SupportedCACertificateIdentifiers": known,
                }
            ]
        }

    # ElastiCache

    def add_cache(self, name: str, engine: str, version: str, nodes: int, **more: Any) -> None:
        members = [f"{name}-{number:03}" for number in range(1, nodes + 1)]
        self.caches[name] = {
            "ReplicationGroupId": name,
            "Status": "available",
            "MemberClusters": members,
            "NodeGroups": [
                {
                    "NodeGroupMembers": [
                        {"CacheClusterId": each, "CurrentRole": "replica" if number else "primary"}
                        for number, each in enumerate(members)
                    ]
                }
            ],
            "UserGroupIds": [name],
            "ClusterEnabled": False,
            "TransitEncryptionEnabled": True,
            "TransitEncryptionMode": "required",
            "AuthTokenEnabled": False,
            "PendingModifiedValues": {},
            **more,
        }
        for each in members:
            self._node(name, each, engine, version)

    def _node(self, cache: str, node: str, engine: str, version: str) -> None:
        self.nodes[node] = {
            "CacheClusterId": node,
            "ReplicationGroupId": cache,
            "Engine": engine,
            "EngineVersion": exact(version),
        }

    def grow(self, cache: str, replicas: int) -> None:
        old = [each for each in self.nodes.values() if each["ReplicationGroupId"] == cache]
        self.nodes = {name: each for name, each in self.nodes.items() if each["ReplicationGroupId"] != cache}
        kept = {key: value for key, value in self.caches[cache].items() if key not in ("MemberClusters", "NodeGroups")}
        self.add_cache(cache, old[0]["Engine"], old[0]["EngineVersion"], replicas + 1)
        self.caches[cache].update(kept)

    def on_describe_replication_groups(self, _: str, ReplicationGroupId: str) -> dict[str, Any]:
        found = self._of("caches", ReplicationGroupId, "ReplicationGroupNotFoundFault")
        return {"ReplicationGroups": [copy.deepcopy(found)]}

    def on_describe_cache_clusters(self, _: str) -> dict[str, Any]:
        another = {"CacheClusterId": "x-001", "ReplicationGroupId": "x", "Engine": "redis", "EngineVersion": "6.2.6"}
        return {"CacheClusters": [*self.nodes.values(), another]}

    def change_cache(self, name: str, values: Mapping[str, Any], nodes: Mapping[str, Any]) -> None:
        found = self.caches[name]
        found["Status"] = "modifying"

        def done() -> None:
            found.update({**values, "Status": "available", "PendingModifiedValues": {}})
            for each in self.nodes.values():
                if each["ReplicationGroupId"] == name:
                    each.update(nodes)

        self.after(done)

    def on_modify_replication_group(self, _: str, ReplicationGroupId: str, **given: Any) -> dict[str, Any]:
        self._changing("ModifyReplicationGroup", ReplicationGroupId)
        found = self._of("caches", ReplicationGroupId, "ReplicationGroupNotFoundFault")
        if found["Status"] != "available":
            raise refusal("ModifyReplicationGroup", "InvalidReplicationGroupState")
        assert given.pop("ApplyImmediately") is True
        if strategy := given.pop("AuthTokenUpdateStrategy", None):
            assert strategy == "DELETE" and found["AuthTokenEnabled"]
            groups = given.pop("UserGroupIdsToAdd")
            assert set(groups) <= set(self.user_groups)
            found["PendingModifiedValues"] = {"UserGroups": {"UserGroupIdsToAdd": groups}}
            values: dict[str, Any] = {"UserGroupIds": groups, "AuthTokenEnabled": False}
        else:
            mode, was = given.get("TransitEncryptionMode"), found.get("TransitEncryptionMode")
            assert mode != "required" or was == "preferred", "in two steps"
            values = dict(given) if mode else {"TransitEncryptionEnabled": False, "TransitEncryptionMode": None}
            if mode:
                found["PendingModifiedValues"] = {"TransitEncryptionMode": mode}
        clean = {key: value for key, value in values.items() if value is not None}
        for key in set(values) - set(clean):
            found.pop(key, None)
        self.change_cache(ReplicationGroupId, clean, {})
        return {}

    def on_create_snapshot(
        self, _: str, SnapshotName: str, CacheClusterId: str = "", ReplicationGroupId: str = ""
    ) -> dict[str, Any]:
        self._changing("CreateSnapshot", SnapshotName)
        if SnapshotName in self.cache_snapshots:
            raise refusal("CreateSnapshot", "SnapshotAlreadyExistsFault")
        # The whole group where it has shards, a replica's node where it has none.
        assert (ReplicationGroupId in self.caches) is not (CacheClusterId in self.nodes)
        assert (ReplicationGroupId in self.caches) == self.caches[SnapshotName.partition("-before")[0]][
            "ClusterEnabled"
        ]
        made = self.cache_snapshots[SnapshotName] = {"SnapshotStatus": "creating"}
        self.after(lambda: made.update({"SnapshotStatus": "available"}))
        return {}

    def on_describe_snapshots(self, _: str, SnapshotName: str) -> dict[str, Any]:
        return {"Snapshots": [self._of("cache_snapshots", SnapshotName, "SnapshotNotFoundFault")]}

    def on_delete_snapshot(self, _: str, SnapshotName: str) -> dict[str, Any]:
        self._changing("DeleteSnapshot", SnapshotName)
        self._gone("cache_snapshots", SnapshotName)
        return {}

    def on_describe_user_groups(self, _: str, UserGroupId: str) -> dict[str, Any]:
        return {"UserGroups": [self._of("user_groups", UserGroupId, "UserGroupNotFoundFault")]}


def deployed(deploy: Deploy) -> str:
    return yaml.safe_dump([lines_of(each)[1] for each in deploy.lines])


def exact(version: str) -> str:
    """The minor that AWS takes where none is named."""
    return version if "." in version else f"{version}.4"


class Database:
    """What is in it, and the answers to the queries of upgrades; any other query raises."""

    def __init__(self) -> None:
        self.slots: dict[str, bool] = {"etl": False, "search": False}
        self.outdated = ["vector", "pg_trgm"]
        self.unknown = ["app.users", "app.orders"]
        self.logical = False
        self.wrong: dict[str, list[str]] = {}
        """Query -> what it finds, of those that find nothing."""
        self.otherwise: list[str] = []
        self.statements: list[str] = []

    def ask(self, statement: str) -> Sequence[Row]:
        if statement == queries.UPDATE_EXTENSIONS:
            return [(None, f"ALTER EXTENSION {each} UPDATE") for each in self.outdated]
        if statement == queries.ANALYZE:
            return [("shop_owner", f"ANALYZE {each}") for each in self.unknown]
        if statement == queries.DROP_SLOTS:
            return [(None, f"drop {each}", f"create {each}") for each in self.slots]
        found = {
            queries.OUTDATED.statement: self.outdated,
            queries.UNKNOWN.statement: self.unknown,
            queries.NO_SLOTS.statement: list(self.slots),
            queries.USED_SLOTS.statement: [name for name, active in self.slots.items() if active],
            queries.LOGICAL.statement: [] if self.logical else ["replica"],
            **{
                each.statement: []
                for each in (
                    queries.PREPARED, queries.BROKEN, queries.REG, queries.NO_KEY, queries.LONG, queries.BEHIND,
                )
            },
            **self.wrong,
        }  # fmt: skip
        return [(each,) for each in found[statement]]

    def execute(self, statement: str, role: str | None) -> None:
        self.statements.append(statement)
        verb, _, of = statement.partition(" ")
        if verb == "drop":
            del self.slots[of]
        elif verb == "create":
            self.slots.setdefault(of, False)
        elif statement.startswith("ALTER EXTENSION "):
            self.outdated.remove(statement.split()[2])
        else:
            assert verb == "ANALYZE" and role == "shop_owner", statement
            self.unknown.remove(of)


class Scripted:
    """Implements `World`."""

    def __init__(self, monkeypatch: Any, region: str) -> None:
        self.clock = Clock()
        self.state = State(self.clock)
        self.database = Database()
        self.file: dict[str, Any] = {}
        self.pulumi = True
        self.windowed = False
        """Whether what is deployed waits for the maintenance window."""
        self.strike: Callable[[], None] = lambda: None
        """Called before every effect: where the process may be killed."""
        monkeypatch.setattr(
            aws, "aws_client", lambda service, region, endpoint, *, caller: Client(self.state, service, region)
        )
        self.aws = aws.Aws(region, None, aws.Caller())

    def look(self, look: Look) -> object:
        return self.aws.look(look)

    def call(self, call: Call, found: Mapping[str, Value]) -> str:
        self.strike()
        return self.aws.call(call, found)

    def ask(self, statement: str) -> Sequence[Row]:
        return self.database.ask(statement)

    def execute(self, statement: str, role: str | None) -> None:
        self.strike()
        self.database.execute(statement, role)

    def differences(self) -> Sequence[str]:
        return self.database.otherwise

    def lacks(self, lines: Sequence[str]) -> Sequence[str]:
        return [each for each in lines if not has(self.file.get(lines_of(each)[0]), lines_of(each)[1])]

    def write(self, lines: Sequence[str]) -> None:
        """What a person does with the stack's file."""
        for each in lines:
            key, value = lines_of(each)
            self.file[key] = _merged(self.file.get(key, {}), value)

    def deploy(self, deploy: Deploy) -> bool:
        if self.pulumi:
            self.strike()
            self.up(deploy)
        return self.pulumi

    def up(self, deploy: Deploy) -> None:
        """What `pulumi up` does: AWS gets what the file says."""
        self.state.settle()
        self.state.calls.append(("pulumi up", deployed(deploy)))
        postgres = self.file.get("data-tier:postgres", {})
        if postgres:
            self._up_postgres(postgres)
        for name, given in self.file.get("data-tier:redis", {}).items():
            self._up_cache(name, given)

    def _up_postgres(self, given: dict[str, Any]) -> None:
        state = self.state
        primary = next(iter(state.instances.values()))
        name = primary["DBInstanceIdentifier"]
        values: dict[str, Any] = {}
        if "version" in given:
            values["EngineVersion"] = exact(str(given["version"]))
            if given.get("major_upgrade"):
                group = f"{name}-postgres{str(given['version']).partition('.')[0]}-0a"
                values["DBParameterGroups"] = [{"DBParameterGroupName": group, "ParameterApplyStatus": "in-sync"}]
        if "class" in given:
            values["DBInstanceClass"] = given["class"]
        if "storage" in given:
            values["AllocatedStorage"] = given["storage"]["allocated"]
        if "ca" in given:
            values["CACertificateIdentifier"] = given["ca"]
        logical = given.get("parameters", {}).get("rds.logical_replication")
        if logical is not None and self.database.logical is not (logical == "1"):
            primary["DBParameterGroups"][0]["ParameterApplyStatus"] = "pending-reboot"
            self.database.logical = logical == "1"
        wanted = {key: value for key, value in values.items() if primary.get(key) != value}
        if wanted and self.windowed:
            known = ("EngineVersion", "DBInstanceClass", "AllocatedStorage")
            primary["PendingModifiedValues"] = {key: value for key, value in wanted.items() if key in known}
        elif wanted:
            for each, instance in state.instances.items():
                if "DBInstanceClass" in wanted and len(state.instances) > 1:
                    groups = instance["DBParameterGroups"]
                    instance["DBParameterGroups"] = [
                        {**one, "ParameterApplyStatus": "pending-reboot"} for one in groups
                    ]
                if each == name or "EngineVersion" in wanted or "DBInstanceClass" in wanted:
                    own = wanted if each == name else {k: v for k, v in wanted.items() if k != "DBParameterGroups"}
                    state.change(each, "upgrading" if "EngineVersion" in wanted else "modifying", own)

    def _up_cache(self, name: str, given: dict[str, Any]) -> None:
        state = self.state
        [group] = [each for each in state.caches if each.endswith(f"-{name}")]
        if "replicas" in given:
            state.grow(group, given["replicas"])
        if given.get("auth") == "rbac":
            state.user_groups.setdefault(group, {"Status": "active"})
        nodes = {"Engine": given["engine"]} if "engine" in given else {}
        if "version" in given:
            nodes["EngineVersion"] = exact(str(given["version"]))
        values = {"CacheNodeType": given["class"]} if "class" in given else {}
        if nodes or values:
            state.change_cache(group, values, nodes)

    def now(self) -> datetime:
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {
        **old,
        **{key: _merged(old.get(key, {}), value) if isinstance(value, dict) else value for key, value in new.items()},
    }
