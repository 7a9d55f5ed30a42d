"""The look into an account: what it finds, what it says mends it, and that it can only read."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from typing import Any

import pytest
from answers import ROOM, ROOT, Answers, asked, declared, found, reader

from account.look import look, look_at_waiting
from account.names import KINDS, NameLookup, taken
from account.reader import NotReadableError, Reader
from graph.resource import Resource


@pytest.mark.parametrize(("stack", "profile"), [("live", "prod"), ("prod", "dev"), ("qa", "staging")])
def test_an_empty_account_is_ready(stack: str, profile: str) -> None:
    assert found({}, stack, profile) == []


CASES: list[tuple[str, Answers, list[tuple[str, str, str]]]] = [
    (
        "a secret that waits for its deletion",
        {
            "ListSecrets": {
                "SecretList": [{"Name": "shop-live/master", "DeletedDate": datetime(2026, 11, 1, tzinfo=UTC)}]
            }
        },
        [("name", "missing", "secret shop-live/master was deleted on 2026-11-01")],
    ),
    (
        "a log group that RDS made anew",
        {"DescribeLogGroups": {"logGroups": [{"logGroupName": "/aws/rds/instance/shop-live/postgresql"}]}},
        [("name", "missing", "log group /aws/rds/instance/shop-live/postgresql exists")],
    ),
    (
        "log groups of another stack",
        {"DescribeLogGroups": {"logGroups": [{"logGroupName": "/aws/rds/instance/shop-live2/postgresql"}]}},
        [],
    ),
    (
        "an alias and a vault",
        {
            "ListAliases": {"Aliases": [{"AliasName": "alias/shop-live-storage"}]},
            "ListBackupVaults": {"BackupVaultList": [{"BackupVaultName": "shop-live-vault"}]},
        },
        [
            ("name", "missing", "the backup vault shop-live-vault exists"),
            ("name", "missing", "the key alias alias/shop-live-storage exists"),
        ],
    ),
    (
        "no room for another VPC",
        {"DescribeVpcs": {"Vpcs": [{"VpcId": f"vpc-{number}"} for number in range(5)]}},
        [("quota", "missing", "VPCs per Region: 5 of 5 are used, and the stack takes 1")],
    ),
    (
        "few instances left",
        {"DescribeDBInstances": {"DBInstances": [{"DBInstanceIdentifier": f"other-{n}"} for n in range(38)]}},
        [("quota", "missing", "DB instances: 38 of 40 are used, and the stack takes 3")],
    ),
    (
        "a class that is not offered",
        {"DescribeOrderableDBInstanceOptions": {"OrderableDBInstanceOptions": []}},
        [("class", "missing", "RDS offers no db.r7g.large with PostgreSQL 18")],
    ),
    (
        "a class in other zones",
        {
            "DescribeOrderableDBInstanceOptions": {
                "OrderableDBInstanceOptions": [{"EngineVersion": "18.6", "AvailabilityZones": [{"Name": "eu-west-1d"}]}]
            }
        },
        [("class", "missing", "RDS offers db.r7g.large in eu-west-1d alone")],
    ),
    (
        "a zone that is not there, and one that is impaired",
        {
            "DescribeAvailabilityZones": {
                "AvailabilityZones": [
                    {"ZoneName": "eu-west-1a", "State": "available"},
                    {"ZoneName": "eu-west-1b", "State": "impaired"},
                ]
            }
        },
        [("zone", "note", "eu-west-1b is impaired"), ("zone", "missing", "this account has no zone eu-west-1c")],
    ),
    (
        "an engine version that is gone",
        {"DescribeCacheEngineVersions": {"CacheEngineVersions": [{"EngineVersion": "8.2"}, {"EngineVersion": "9.0"}]}},
        [("version", "missing", "ElastiCache has no valkey 8.0 here")],
    ),
    (
        "no service-linked role yet",
        {"ListRoles": {"Roles": []}},
        [
            ("service-linked role", "note", "backup.amazonaws.com has none yet"),
            ("service-linked role", "note", "elasticache.amazonaws.com has none yet"),
            ("service-linked role", "note", "pi-db.metrics.cloudwatch.amazonaws.com has none yet"),
            ("service-linked role", "note", "rds.amazonaws.com has none yet"),
            ("service-linked role", "note", "restore-testing.backup.amazonaws.com has none yet"),
        ],
    ),
    (
        "snapshots of earlier",
        {
            "DescribeDBSnapshots": {
                "DBSnapshots": [
                    {"DBSnapshotIdentifier": "shop-live-final-00ff00ff"},
                    {"DBSnapshotIdentifier": "shop-live2-final-00ff00ff"},
                ]
            }
        },
        [("final snapshots", "note", "1 from earlier are kept: shop-live-final-00ff00ff")],
    ),
    (
        "a cache that runs a later minor than is declared",
        {
            "DescribeCacheClusters": {
                "CacheClusters": [{"ReplicationGroupId": "shop-live-main", "EngineVersion": "8.2.1"}]
            }
        },
        [("version", "missing", "shop-live-main runs 8.2.1, and 8.0 is declared")],
    ),
    (
        "a cache that runs a patch of what is declared",
        {
            "DescribeCacheClusters": {
                "CacheClusters": [{"ReplicationGroupId": "shop-live-main", "EngineVersion": "8.0.3"}]
            }
        },
        [],
    ),
    (
        "a class in one of the zones, and a primary that has a standby",
        {
            "DescribeOrderableDBInstanceOptions": {
                "OrderableDBInstanceOptions": [
                    {"EngineVersion": "18.6", "AvailabilityZones": [{"Name": "eu-west-1b"}, {"Name": "eu-west-1d"}]}
                ]
            }
        },
        [("class", "missing", "the stack has eu-west-1b of these zones and needs two for a standby")],
    ),
    (
        "what a deployment that broke off has made",
        {"ListSecrets": {"SecretList": [{"Name": "shop-live/master"}]}},
        [("name", "missing", "shop-live/master exists: fine where it is this stack's own, which --against tells")],
    ),
    (
        "credentials that AWS does not take",
        {"GetCallerIdentity": {"Error": {"Code": "ExpiredToken", "Message": "no"}}},
        [("credentials", "missing", "nothing was looked at (sts.get_caller_identity: ExpiredToken)")],
    ),
    (
        "a way to AWS on which nobody may ask who he is",
        {"GetCallerIdentity": {"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListRoles": {"Roles": []}},
        [
            ("credentials", "note", "whose they are is not known (sts.get_caller_identity: AccessDenied)"),
            *(("service-linked role", "note", "has none yet") for _ in range(5)),
        ],
    ),
    (
        "what AWS does not let be read",
        {"ListAliases": {"Error": {"Code": "AccessDeniedException", "Message": "no"}}},
        [("not looked at", "note", "kms.list_aliases: AccessDeniedException")],
    ),
]


@pytest.mark.parametrize(("answers", "expected"), [each[1:] for each in CASES], ids=[each[0] for each in CASES])
def test_what_is_found(answers: Answers, expected: list[tuple[str, str, str]]) -> None:
    seen = found(answers)
    assert [(each.check, each.state) for each in seen] == [each[:2] for each in expected]
    assert all(part in each.what for each, (_, _, part) in zip(seen, expected, strict=True))
    assert all(each.mend and each.where for each in seen)


def wanting(token: str, inputs: dict[str, Any]) -> Resource:
    return Resource(type=token, name="it", inputs=inputs)


ALARM, QUERY = "aws:cloudwatch/metricAlarm:MetricAlarm", "DB_PERF_INSIGHTS('RDS', 'db-1', 'db.load.avg')"


@pytest.mark.parametrize(
    ("wanted", "services"),
    [
        (wanting(ALARM, {"metricQueries": [{"expression": QUERY}]}), ["pi-db.metrics.cloudwatch.amazonaws.com"]),
        (wanting(ALARM, {"metricName": "CPUUtilization"}), []),
        (wanting("aws:rds/proxy:Proxy", {"name": "a"}), ["rds.amazonaws.com"]),
        (wanting("aws:backup/selection:Selection", {}), ["backup.amazonaws.com"]),
        (wanting("aws:backup/restoreTestingSelection:RestoreTestingSelection", {"name": "a"}),
         ["restore-testing.backup.amazonaws.com"]),
        (wanting("aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration", {}),
         ["management.chatbot.amazonaws.com"]),
        (wanting("aws:sqs/queue:Queue", {"name": "no type of this project"}), []),
    ],
)  # fmt: skip
def test_roles_that_a_deployment_brings_about_are_those_that_it_may(wanted: Resource, services: list[str]) -> None:
    seen = look(reader(ROOM | {"ListRoles": {"Roles": []}}), [wanted])
    assert [each.what for each in seen if each.check == "service-linked role"] == [
        f"{service} has none yet" for service in services
    ]


BOUNDARY = "arn:aws:iam::210987654321:policy/shop-wall"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"Policy": {"Arn": BOUNDARY}}, []),
        ({"Error": {"Code": "NoSuchEntity", "Message": "no"}},
         [("boundary", "missing", f"there is no policy {BOUNDARY}")]),
        ({"Error": {"Code": "AccessDenied", "Message": "no"}},
         [("not looked at", "note", "iam.get_policy: AccessDenied")]),
    ],
)  # fmt: skip
def test_a_boundary_that_no_role_can_be_made_with_is_in_the_way(
    answer: Answers, expected: list[tuple[str, str, str]]
) -> None:
    roles = [wanting("aws:iam/role:Role", {"name": each, "permissionsBoundary": BOUNDARY}) for each in ("a", "b")]
    seen = look(reader(ROOM | {"GetPolicy": answer}), [*roles, wanting("aws:iam/role:Role", {"name": "c"})])
    about = [each for each in seen if each.check in ("boundary", "not looked at")]
    assert [(each.check, each.state, each.what) for each in about] == expected


INSTANCE = {"DBInstanceIdentifier": "shop-live"}


@pytest.mark.parametrize(
    ("own", "states"),
    [
        ({("aws:rds/instance:Instance", "postgres-primary")}, []),
        (None, ["note"]),  # it looks deployed, and nobody says what is its own
        (set(), ["missing"]),
    ],
)
def test_what_is_the_stacks_own_is_not_in_its_way(own: set[tuple[str, str]] | None, states: list[str]) -> None:
    answers = {"DescribeDBInstances": {"DBInstances": [INSTANCE]}}
    seen = [
        each.state for each in found(answers, own=own) if each.check == "name" and "instance shop-live " in each.what
    ]
    assert seen == states


@pytest.mark.parametrize(
    ("total", "free", "reserved", "state"),
    [
        (10, 10, None, "ok"),
        (10, 10, 1, "missing"),
        (1000, 1000, 1, "ok"),
        (1000, 150, 51, "missing"),
        (50, 50, 1, "missing"),
    ],
)
def test_runs_that_lambda_would_refuse_to_reserve(total: int, free: int, reserved: int | None, state: str) -> None:
    limit = {"AccountLimit": {"ConcurrentExecutions": total, "UnreservedConcurrentExecutions": free}}
    seen = look(reader(ROOM | {"GetAccountSettings": limit}), declared("live", "prod"), reserved=reserved)
    assert [each.state for each in seen if each.check == "concurrency"] == [state]


def test_every_call_reads_settings_and_nothing_else() -> None:
    look(reader(ROOM), declared("live", "prod"))
    calls = [name for name, _ in asked()]
    assert len(set(calls)) > 20
    assert [name for name in calls if not name.startswith(("Describe", "List", "Get"))] == []


@pytest.mark.parametrize(
    ("service", "call"),
    [
        ("rds", "delete_db_instance"),
        ("rds", "modify_db_instance"),
        ("secretsmanager", "restore_secret"),
        ("secretsmanager", "get_secret_value"),
        ("logs", "put_retention_policy"),
        ("lambda", "invoke"),
        ("kms", "decrypt"),
    ],
)
def test_the_door_lets_no_other_call_through(service: str, call: str) -> None:
    def nobody(*_: Any) -> Any:
        raise AssertionError("a client was made for it")

    with pytest.raises(ValueError, match="is not a call that only reads settings"):
        Reader(nobody, "eu-west-1").one(service, call)


def test_nothing_in_the_room_reaches_aws_by_another_door() -> None:
    for path in sorted((ROOT / "account").glob("*.py")):
        if path.name == "reader.py":
            continue
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        assert not names & {"boto3", "botocore", "aws_client", "Session", "getattr"}, path.name


def test_what_cannot_be_reached_is_told() -> None:
    with pytest.raises(NotReadableError, match="AccessDenied"):
        reader({"ListVpcs": {}, "DescribeVpcs": {"Error": {"Code": "AccessDenied", "Message": ""}}}).all(
            "ec2", "describe_vpcs", "Vpcs"
        )


def test_an_account_is_named_before_anything_is_said_of_it() -> None:
    first = look(reader(ROOM), declared("qa", "staging"))[0]
    assert (first.state, first.what) == ("ok", "210987654321, as arn:aws:iam::210987654321:user/ann")


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch"])
def test_what_waits_is_not_said_to_be_nothing_where_nobody_could_look(code: str) -> None:
    answers = {"GetCallerIdentity": {"Error": {"Code": code, "Message": "no"}}}
    seen = look_at_waiting(reader(answers), declared("live", "prod"))
    assert [(each.check, each.state) for each in seen] == [("credentials", "missing")]
    assert [name for name, _ in asked()] == ["GetCallerIdentity"]


@pytest.mark.parametrize(
    ("total", "free", "held", "wanted", "state"),
    [
        (10, 10, None, 1, "missing"),
        (50, 50, None, 5, "missing"),
        (100, 100, None, 1, "missing"),
        (101, 101, None, 1, "ok"),
        (101, 100, 1, 1, "ok"),  # a second look, after the first deployment
        (110, 100, 10, 10, "ok"),
        (110, 100, 10, 11, "missing"),
        (1000, 950, None, 50, "ok"),
    ],
)
def test_what_the_stack_has_reserved_already_counts_as_free(
    total: int, free: int, held: int | None, wanted: int, state: str
) -> None:
    limit = {"ConcurrentExecutions": total, "UnreservedConcurrentExecutions": free}
    function = {"name": "shop-live-bootstrap", "reservedConcurrentExecutions": wanted}
    answers: Answers = {
        "GetAccountSettings": {"AccountLimit": limit},
        "GetFunctionConcurrency": {"ReservedConcurrentExecutions": held}
        if held
        else {"Error": {"Code": "ResourceNotFoundException", "Message": "no"}},
    }
    wishes = [wanting("aws:lambda/function:Function", function)]
    seen = look(reader(ROOM | answers), wishes, own=(), reserved=wanted)
    assert [each.state for each in seen if each.check == "concurrency"] == [state]


@pytest.mark.parametrize("kind", KINDS.values(), ids=[kind.what for kind in KINDS.values()])
@pytest.mark.parametrize("elsewhere", [None, "sa-east-1"])
def test_what_mends_a_taken_name_is_sent_to_the_region_that_was_looked_at(
    kind: NameLookup, elsewhere: str | None
) -> None:
    class One:
        region = "eu-west-3"

        def all(self, *_: object) -> list[dict[str, str]]:
            return [{kind.held: "shop-live"}]

    token = next(token for token, each in KINDS.items() if each is kind)
    wanted = [wanting(token, {kind.key: "shop-live", "region": elsewhere})]
    (name, _) = taken(One(), wanted, (), mine=False)  # type: ignore[arg-type]
    (finding,) = name()
    region = f"--region {elsewhere or 'eu-west-3'}"
    assert ("`aws iam " in finding.mend) != (region in finding.mend)
