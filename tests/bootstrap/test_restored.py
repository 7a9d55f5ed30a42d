"""A restore test's verdict: real servers restored from a base backup, AWS's answers from botocore's stubs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from botocore.stub import ANY, Stubber
from real_servers import Postgres, restored_from
from tier import REGION, Tier

from bootstrap.aws import aws_client
from bootstrap.manifest import Endpoint
from bootstrap.restored import event as events
from bootstrap.restored import handler as handler_module
from bootstrap.restored.enter import RestoredError, enter, target_of
from bootstrap.restored.event import EventError, Restored
from bootstrap.restored.handler import VerdictError, handler, validate
from bootstrap.restored.verdict import RestoreCheck
from bootstrap.rotate import rotate
from bootstrap.secrets import AwsStore, Credential, Secret

NAME = "awsbackup-restore-test-0a1b"
SOURCE = "arn:aws:rds:eu-west-1:123456789012:db:"


def event(identifier: str = NAME, **detail: Any) -> dict[str, Any]:
    """As AWS shows it (AWS Backup Developer Guide, eventbridge, restore job, COMPLETED), with a test's plan."""
    return {
        "version": "0",
        "detail-type": "Restore Job State Change",
        "source": "aws.backup",
        "region": "eu-west-1",
        "detail": {
            "restoreJobId": "AB123456-78C9-0123-456D-789012E34567",
            "recoveryPointArn": f"{SOURCE.replace(':db:', ':snapshot:')}awsbackup:job-1a2b",
            "sourceResourceArn": f"{SOURCE}erp-prod",
            "resourceType": "RDS",
            "status": "COMPLETED",
            "createdResourceArn": f"{SOURCE}{identifier}",
            "restoreTestingPlanArn": "arn:aws:backup:eu-west-1:123456789012:restore-testing-plan:p",
            **detail,
        },
    }


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "detail: "),
        ({"detail": {"status": "COMPLETED"}}, "restoreJobId"),
        (event(status="FAILED"), "is FAILED"),
        (event(createdResourceArn="arn:aws:ec2:eu-west-1:123456789012:volume/vol-1"), "not an RDS instance"),
        (event("erp-prod"), "not an instance of a restore test"),
    ],
)
def test_events_that_are_not_ours(given: dict[str, Any], says: str) -> None:
    with pytest.raises(EventError, match=says):
        events.read(given)


def test_an_event() -> None:
    assert events.read(event()) == Restored(
        job="AB123456-78C9-0123-456D-789012E34567",
        region="eu-west-1",
        identifier=NAME,
        recovery_point="arn:aws:rds:eu-west-1:123456789012:snapshot:awsbackup:job-1a2b",
    )


def client(service: str) -> Any:
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    return Session().create_client(service, region_name=REGION, **keys)


@contextmanager
def answered(port: int, status: str | None = None) -> Iterator[tuple[Any, Any]]:
    """RDS, which describes the restored server; and AWS Backup, which takes that verdict once and no other."""
    rds, backup = client("rds"), client("backup")
    with Stubber(rds) as describes, Stubber(backup) as takes:
        found = {"DBInstanceIdentifier": NAME, "Endpoint": {"Address": "127.0.0.1", "Port": port}}
        describes.add_response("describe_db_instances", {"DBInstances": [found]}, {"DBInstanceIdentifier": NAME})
        if status:
            job = {"RestoreJobId": "AB123456-78C9-0123-456D-789012E34567", "ValidationStatusMessage": ANY}
            takes.add_response("put_restore_validation_result", {}, {**job, "ValidationStatus": status})
        yield rds, backup
        describes.assert_no_pending_responses()
        takes.assert_no_pending_responses()


@pytest.fixture(scope="module")
def source(settled: Tier) -> Tier:
    """A tier with some rows."""
    with settled.postgres.superuser(f"{settled.name}_app") as conn:
        conn.execute("INSERT INTO users (email) SELECT n || '@example.org' FROM generate_series(1, 20) n")
        conn.execute("INSERT INTO events (user_id) SELECT id FROM users")
        conn.execute("ANALYZE")
    return settled


@pytest.fixture
def restored(source: Tier) -> Iterator[Postgres]:
    with (
        tempfile.TemporaryDirectory(prefix="dt-restored-", dir="/tmp") as folder,
        restored_from(source.postgres, Path(folder)) as server,
    ):
        yield server


def verdict(source: Tier, server: Postgres, status: str) -> dict[str, RestoreCheck]:
    with answered(server.port, status) as (rds, backup):
        found = validate(
            source.manifest, event(), store=source.store, rds=rds, backup=backup, migrations=source.migrations
        )
    assert found.ok is (status == "SUCCESSFUL")
    assert json.loads(json.dumps(found.as_json()))["ok"] is found.ok
    return {check.name: check for check in found.checks}


def test_a_whole_copy(source: Tier, restored: Postgres) -> None:
    with answered(restored.port, "SUCCESSFUL") as (rds, backup):
        found = validate(
            source.manifest, event(), store=source.store, rds=rds, backup=backup, migrations=source.migrations
        )
    assert found.rows == {"users": 20, "events": 20}
    assert [(c.name, c.ok, c.detail) for c in found.checks] == [
        ("login", True, "as AWSCURRENT has it"),
        ("recovered", True, "it is a primary"),
        ("migration", True, "version 1"),
        ("access", True, "as declared"),
        ("indexes", True, "all valid"),
        ("schema and rows", True, "no definition is committed"),
        ("sequences", True, "2 ahead of their column"),
        ("rows compared with the primary", True, "no table is empty here alone"),
        ("write", True, "written and rolled back"),
    ]
    assert found.message == "2 tables with 40 rows, 9 checks passed"


DEFECTS: list[tuple[str, str, str, str]] = [
    (
        "dirty",
        "UPDATE schema_migrations SET dirty = true",
        "migration",
        "the recovery point lies within a migration that failed",
    ),
    ("never migrated", "DELETE FROM schema_migrations", "migration", "no migration was ever applied"),
    (
        "empty",
        "TRUNCATE users, events",
        "rows compared with the primary",
        "no table has a row, and the primary has about 40",
    ),
    ("a sequence", "SELECT setval('events_id_seq', 3)", "sequences", "behind their column: events_id_seq"),
    (
        "a sequence that was never called",
        "SELECT setval('events_id_seq', 20, false)",
        "sequences",
        "behind their column: events_id_seq",
    ),
    (
        "an index",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_pkey'::regclass",
        "indexes",
        "invalid: users_pkey",
    ),
]


@pytest.mark.parametrize(("statement", "check", "says"), [d[1:] for d in DEFECTS], ids=[d[0] for d in DEFECTS])
def test_what_is_wrong_with_a_copy(source: Tier, restored: Postgres, statement: str, check: str, says: str) -> None:
    with restored.superuser(f"{source.name}_app") as conn:
        conn.execute("SET allow_system_table_mods = on")
        conn.execute(statement.encode())
    checks = verdict(source, restored, "FAILED")
    assert [name for name, each in checks.items() if not each.ok] == [check]
    assert says in checks[check].detail


def test_a_page_that_cannot_be_read(source: Tier) -> None:
    """Counting reads every page: a torn one is found by its checksum."""
    with source.postgres.superuser(f"{source.name}_app") as conn:
        conn.execute("CHECKPOINT")
        row = conn.execute("SELECT pg_relation_filepath('users'), current_setting('data_checksums')").fetchone()
    assert row
    assert row[1] == "on"
    with (
        tempfile.TemporaryDirectory(prefix="dt-restored-", dir="/tmp") as folder,
        restored_from(source.postgres, Path(folder), torn=row[0]) as server,
    ):
        checks = verdict(source, server, "FAILED")
    assert "invalid page in block 0" in checks["schema and rows"].detail


def test_the_owner_is_missing(source: Tier, restored: Postgres) -> None:
    with restored.superuser(f"{source.name}_app") as conn:
        conn.execute(f"ALTER ROLE {source.name}_owner RENAME TO somebody".encode())
    checks = verdict(source, restored, "FAILED")
    assert checks["access"].detail == f"the role {source.name}_owner is missing"


def test_an_identity_that_is_younger_than_the_copy_is_left_to_a_bootstrap(source: Tier, restored: Postgres) -> None:
    younger = f"{source.name}_late"
    access = source.manifest.access
    declared = {**access, "identities": {**access["identities"], younger: {"postgres": "readonly"}}}
    late = source.manifest.model_copy(update={"access": declared})
    with answered(restored.port, "SUCCESSFUL") as (rds, backup):
        found = validate(late, event(), store=source.store, rds=rds, backup=backup, migrations=source.migrations)
    (detail,) = (check.detail for check in found.checks if check.name == "access")
    assert detail.startswith(f"a bootstrap would change: create role {younger}, mark role {younger}, create role ")


def test_a_copy_of_the_day_before_a_rotation(source: Tier, restored: Postgres) -> None:
    """The primary's master has another password by now; the one before is still in the store."""
    rotate(source.manifest, ["master"], store=source.store)
    assert verdict(source, restored, "SUCCESSFUL")["login"].detail == "as AWSPREVIOUS has it"


class _Forgetful(AwsStore):
    """A store that has rotated since, more than once."""

    def get(self, arn: str, stage: Any = "AWSCURRENT") -> Any:
        found = super().get(arn, stage)
        if found is None:
            return None
        wrong = Credential(username=found.credential.username, password=Secret("another-password-by-now"))
        return type(found)(id=found.id, credential=wrong, pending=False)


def test_a_password_that_nobody_knows_any_more(source: Tier, restored: Postgres) -> None:
    """The copy gets one of its own, which RDS takes a while to set."""
    given: list[str] = []

    class Rds:
        def modify_db_instance(self, **arguments: Any) -> None:
            assert arguments.pop("ApplyImmediately") is True
            assert arguments.pop("DBInstanceIdentifier") == NAME
            given.append(arguments.pop("MasterUserPassword"))
            assert not arguments

    def sleep(_: float) -> None:
        with restored.superuser() as conn:
            conn.execute(f"ALTER ROLE {source.name}_master PASSWORD '{given[0]}'".encode())

    target = source.manifest.postgres.model_copy(
        update={"primary": Endpoint(name=NAME, host="127.0.0.1", port=restored.port)}
    )
    store: Any = _Forgetful(REGION, source.endpoint)
    conn, how = enter(source.manifest, target, store, Rds(), sleep=sleep)  # type: ignore[arg-type]
    with conn:
        assert conn.info.user == f"{source.name}_master"
    assert how.startswith("by a password of its own")
    assert len(given) == 1


def test_no_password_is_changed_but_on_a_copy(source: Tier) -> None:
    """Even where a bug led it to the primary."""
    store: Any = _Forgetful(REGION, source.endpoint)
    with pytest.raises(RestoredError, match="not an instance of a restore test"):
        enter(source.manifest, source.manifest.postgres, store, client("rds"))


def test_an_instance_that_cannot_be_found() -> None:
    rds = client("rds")
    with Stubber(rds) as stub:
        stub.add_client_error("describe_db_instances", "DBInstanceNotFound")
        with pytest.raises(RestoredError, match="DBInstanceNotFound"):
            target_of(None, events.read(event()), rds)  # type: ignore[arg-type]


def test_the_function(source: Tier, restored: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Lambda calls it: the manifest from its secret; a bad verdict is given first, then raised."""
    secrets = aws_client("secretsmanager", REGION, source.endpoint)
    arn = secrets.create_secret(Name=f"app-{source.name}/restore", SecretString=source.manifest.model_dump_json())[
        "ARN"
    ]
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL", source.endpoint)
    monkeypatch.setenv("DATATIER_MANIFEST_SECRET", arn)
    monkeypatch.setattr(handler_module, "BUNDLED", source.migrations)
    for status in ("SUCCESSFUL", "FAILED"):
        with answered(restored.port, status) as (rds, backup):
            made: dict[str, Any] = {"rds": rds, "backup": backup}
            pick: Callable[..., Any] = lambda name, *rest, made=made: made.get(name) or aws_client(name, *rest)  # noqa: E731
            monkeypatch.setattr(handler_module, "aws_client", pick)
            if status == "SUCCESSFUL":
                assert handler(event(), None)["ok"] is True
                with restored.superuser(f"{source.name}_app") as conn:
                    conn.execute("UPDATE schema_migrations SET dirty = true")
            else:
                with pytest.raises(VerdictError, match="migration: version 1, dirty"):
                    handler(event(), None)


def test_a_copy_is_judged_without_the_primary(source: Tier, restored: Postgres) -> None:
    gone = source.manifest.postgres.primary.model_copy(update={"port": 1})
    lost = source.manifest.model_copy(
        update={"postgres": source.manifest.postgres.model_copy(update={"primary": gone})}
    )
    with answered(restored.port, "SUCCESSFUL") as (rds, backup):
        found = validate(lost, event(), store=source.store, rds=rds, backup=backup, migrations=source.migrations)
    assert {c.name: c.detail for c in found.checks}["rows compared with the primary"] == "the primary was not asked"
