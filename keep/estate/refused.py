"""What AWS answers when it does not do what it is asked for, as one sentence with what mends it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from keep.errors import EstateError

_GROUP = "deploy the stack, which makes it; for a second region name one that is there"
_QUOTA = "delete {} that nobody needs, or ask for a higher quota (Service Quotas, {})"
# Error code without its ending -> what mends it (Amazon RDS and Amazon ElastiCache API References, Errors).
_MENDS = {
    "AuthFailure": "log in again (`aws sso login`) or set AWS_PROFILE",
    "DBInstanceAlreadyExists": "run it again: it takes another name",
    "DBInstanceNotFound": "look at its name with `aws rds describe-db-instances`",
    "DBParameterGroupNotFound": _GROUP,
    "DBSecurityGroupNotFound": _GROUP,
    "DBSnapshotAlreadyExists": "run it again: it takes another name",
    "DBSnapshotNotFound": "look at its name with `aws rds describe-db-snapshots`",
    "DBSubnetGroupNotFound": _GROUP,
    "DBSubnetGroupDoesNotCoverEnoughAZs": "add a subnet of another availability zone to it",
    "ExpiredToken": "log in again (`aws sso login`) or get new credentials",
    "InstanceQuotaExceeded": _QUOTA.format("instances", "RDS"),
    "InsufficientCacheClusterCapacity": "try again later: AWS has no node of this type free there now",
    "InsufficientDBInstanceCapacity": "try again later: AWS has no instance of this class free there now",
    "InvalidClientTokenId": "log in again (`aws sso login`) or set AWS_PROFILE",
    "InvalidDBInstanceState": "wait until it is `available`, and run it again",
    "InvalidDBSnapshotState": "wait until it is `available`, and run it again",
    "InvalidReplicationGroupState": "wait until it is `available`, and run it again",
    "InvalidSnapshotState": "wait until it is `available`, and run it again",
    "KMSKeyNotAccessible": "let whoever runs this use the key: kms:DescribeKey and kms:CreateGrant on it",
    "NodeQuotaForCustomerExceeded": _QUOTA.format("nodes", "ElastiCache"),
    "ClusterQuotaForCustomerExceeded": _QUOTA.format("caches", "ElastiCache"),
    "PointInTimeRestoreNotEnabled": "set `data-tier:postgres.backup.retention` to 1 or more, and deploy",
    "ReplicationGroupAlreadyExists": "run it again: it takes another name",
    "ReplicationGroupNotFound": "look at its name with `aws elasticache describe-replication-groups`",
    "SnapshotAlreadyExists": "run it again: it takes another name",
    "SnapshotFeatureNotSupported": "choose a node type that has snapshots (not cache.t1.micro)",
    "SnapshotNotFound": "look at its name with `aws elasticache describe-snapshots`",
    "SnapshotQuotaExceeded": _QUOTA.format("manual snapshots", "RDS, ElastiCache"),
    "StorageQuotaExceeded": _QUOTA.format("instances and snapshots", "RDS"),
    "Throttling": "run it again in a minute: the account makes too many calls",
    "UnrecognizedClient": "log in again (`aws sso login`) or set AWS_PROFILE",
    "UserGroupNotFound": "deploy the stack, which makes it",
}
PASSING = frozenset({"InternalFailure", "RequestLimitExceeded", "ServiceUnavailable", "Throttling"})
"""Error codes after which the same call may be answered in a while, whatever it was (Common Error Types)."""
_STATES = frozenset(
    {
        "InvalidCacheClusterState",
        "InvalidDBInstanceState",
        "InvalidDBSnapshotState",
        "InvalidReplicationGroupState",
        "InvalidSnapshotState",
    }
)
"""Of what is being made, changed or backed up: AWS refuses other calls until that has ended."""
_ENDINGS = re.compile(r"(Fault|Exception)+$")
_ACTION = re.compile(r"perform:? (?P<action>[a-z-]+:[A-Za-z]+)")


def code_of(error: Exception) -> str:
    """Return the code of a botocore ClientError, without the endings that services put differently; else nothing."""
    response = getattr(error, "response", None)
    return _ENDINGS.sub("", str(response["Error"]["Code"])) if response else ""


@contextmanager
def said(service: str, what: str, *, soon: Collection[str] = ()) -> Iterator[None]:
    """Turn what botocore raises into an EstateError, `passing` where the same call may be answered in a while.

    :param service: as people call it, such as `RDS`.
    :param what: what was asked for, such as `restore shop-prod to a point in time`.
    :param soon: codes that mean here, and not everywhere, that it may be answered in a while.
    """
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        yield
    except ClientError as error:
        passing = code_of(error) in {*PASSING, *_STATES, *soon}
        raise EstateError(f"{service} did not {what}: {reason(error)}", passing=passing) from None
    except NoCredentialsError:
        raise EstateError(
            f"{service} did not {what}: no AWS credentials are here: log in (`aws sso login`) or set AWS_PROFILE"
        ) from None
    except BotoCoreError as error:
        raise EstateError(
            f"{service} could not be asked to {what}: {error}; see that its endpoint is reached",
            passing=unreached(error),
        ) from None


def unreached(error: Exception) -> bool:
    """Whether a botocore error says that there was no connection, or that it broke: it may be there again."""
    from botocore.exceptions import ConnectionError as NoConnectionError
    from botocore.exceptions import HTTPClientError

    return isinstance(error, NoConnectionError | HTTPClientError)


def reason(error: Exception, taken: str | None = None) -> str:
    """Return what a botocore ClientError says, with what mends it.

    :param taken: what mends that something else has the name, where whoever asks cannot take another one.
    """
    response = getattr(error, "response", {})
    message = " ".join(str(response["Error"].get("Message") or "").split()).rstrip(".")
    code = code_of(error)
    if code.startswith(("AccessDenied", "UnauthorizedOperation")):
        # The message names account, role and action; who reads this needs the action.
        found = _ACTION.search(message)
        action = f"allow {found['action']} to whoever runs this" if found else "allow it to whoever runs this"
        return f"access denied; {action}"
    mend = taken if taken and code.endswith("AlreadyExists") else _MENDS.get(code, "")
    return f"{message or code} ({code})" + (f"; {mend}" if mend else "")
