"""The Lambda function behind a restore test: an event of EventBridge comes in, a verdict goes to AWS Backup.

What cannot be looked into raises and gives no verdict: AWS Backup then counts the test as not validated. A verdict that
is not good raises too, after it was given, so that Lambda tells the topic of it (its destination on failure).
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from bootstrap import schema
from bootstrap.access import load_access
from bootstrap.application import BUNDLED
from bootstrap.aws import aws_client
from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from bootstrap.own_manifest import own_manifest
from bootstrap.postgres import master
from bootstrap.restored import event as events
from bootstrap.restored.enter import enter, target_of
from bootstrap.restored.look import look
from bootstrap.restored.verdict import RestoreCheck, Verdict, judge
from bootstrap.secrets import AwsStore, SecretStore

_log = logging.getLogger("datatier.restored")
# The API's own limit is not documented; the console shows a line.
_MESSAGE = 1000


class VerdictError(BootstrapError):
    """The recovery point was restored and is not what it should be."""


def handler(event: dict[str, JsonValue], context: object) -> dict[str, JsonValue]:  # noqa: ARG001 - Lambda's signature
    """Look into the restored instance and give the verdict."""
    _log.setLevel(logging.INFO)
    region, endpoint = os.environ["AWS_REGION"], os.environ.get("AWS_ENDPOINT_URL")
    manifest = own_manifest()
    verdict = validate(
        manifest,
        event,
        store=AwsStore(manifest.region, manifest.aws_endpoint),
        rds=aws_client("rds", region, endpoint),
        backup=aws_client("backup", region, endpoint),
        migrations=BUNDLED,
    )
    if not verdict.ok:
        raise VerdictError(verdict.message)
    return verdict.as_json()


def validate(
    manifest: Manifest,
    event: dict[str, Any],
    *,
    store: SecretStore,
    rds: Any,
    backup: Any,
    migrations: Path,
) -> Verdict:
    """Look into what `event` tells of, tell AWS Backup, and return the verdict."""
    restored = events.read(event)
    target = target_of(manifest, restored, rds)
    conn, how = enter(manifest, target, store, rds)
    with conn:
        alive = _alive(manifest, store)
        judged = judge(look(conn, load_access(manifest.access), migrations, alive=alive))
    verdict = Verdict(checks=(RestoreCheck(name="login", ok=True, detail=how), *judged.checks), rows=judged.rows)
    _log.info("%s: %s", restored.identifier, json.dumps(verdict.as_json()))
    # Once it is set it cannot be changed (restore-testing-validation).
    backup.put_restore_validation_result(
        RestoreJobId=restored.job,
        ValidationStatus="SUCCESSFUL" if verdict.ok else "FAILED",
        ValidationStatusMessage=verdict.message[:_MESSAGE],
    )
    return verdict


def _alive(manifest: Manifest, store: SecretStore) -> dict[str, int] | None:
    """About how many rows the primary has; None where it does not answer: a copy is judged without it too."""
    import psycopg

    try:
        with master.look(manifest.postgres, store).conn as conn:
            return schema.estimate(conn)
    except (BootstrapError, psycopg.Error) as error:
        _log.warning("the primary was not asked: %s", error)
        return None
