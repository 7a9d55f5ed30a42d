"""What EventBridge tells of a restore job that is done (AWS Backup Developer Guide, eventbridge, restore jobs)."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bootstrap.errors import BootstrapError

# What AWS Backup names it for a test (restore-testing-inferred-metadata); a restore by hand has a name of its own.
RESTORED = "awsbackup-restore-test-"


class EventError(BootstrapError):
    """It is not the event of a restore test of ours."""


class _Detail(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    job: str = Field(alias="restoreJobId")
    status: str
    resource: str = Field(alias="createdResourceArn")
    source: str | None = Field(default=None, alias="sourceResourceArn")
    recovery_point: str | None = Field(default=None, alias="recoveryPointArn")


class Restored(BaseModel):
    """The restore job and what came of it."""

    model_config = ConfigDict(frozen=True)

    job: str
    region: str
    identifier: str
    """Identifier of the restored instance."""
    recovery_point: str | None = None


def read(event: dict[str, object]) -> Restored:
    """Return the job of an event. Raise EventError for any other event, and for an instance that no test has made.

    The function may give a restored instance another password, so it must never be led to one that is in use.
    """
    try:
        detail = _Detail.model_validate(event.get("detail"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise EventError(f"not an event of a restore job: {where or 'detail'}: {first['msg']}") from None
    if detail.status != "COMPLETED":
        raise EventError(f"restore job {detail.job} is {detail.status}: there is nothing to look into")
    found = re.fullmatch(r"arn:aws[a-z-]*:rds:([a-z0-9-]+):\d{12}:db:([a-z][a-z0-9-]*)", detail.resource)
    if found is None:
        raise EventError(f"restore job {detail.job} made {detail.resource}, which is not an RDS instance")
    region, identifier = found.groups()
    if not identifier.startswith(RESTORED):
        raise EventError(f"{identifier} is not an instance of a restore test: those are named {RESTORED}...")
    return Restored(job=detail.job, region=region, identifier=identifier, recovery_point=detail.recovery_point)
