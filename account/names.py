"""Names that a stack is about to take, and who has them: an earlier one that left something behind, or another's.

RDS and ElastiCache recreate log groups that were deleted before their last lines came
(hashicorp/terraform-provider-aws#42858); Secrets Manager keeps a name for its recovery window; a protected stack's log
groups, snapshots and keys stay. The provider refuses each with "already exists".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from account.finding import AccountFinding, Rating
from account.reader import Reader
from graph import types
from graph.resource import Resource
from knowledge.commands import aws, in_region


@dataclass(frozen=True, kw_only=True)
class NameLookup:
    """How names of one type are found."""

    what: str
    key: str
    """Input with the name."""
    service: str
    call: str
    field: str
    """Where the answer has the list."""
    held: str
    """Where an item has its name."""
    mend: str
    """With `{name}` in it."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """How serious a name that is taken is, and what else may explain it."""

    state: Rating
    maybe: str
    """What else it may be."""


_OTHERS = "where it is another stack's, give this one a name of its own (`data-tier:name`); where it is left over, "

_MAYBE = ": fine where it is this stack's own, which --against tells"

KINDS: dict[str, NameLookup] = {
    types.LOG_GROUP: NameLookup(
        what="log group", key="name", service="logs", call="describe_log_groups", field="logGroups",
        held="logGroupName", mend="`aws logs delete-log-group --log-group-name {name}`: its lines go with it",
    ),
    types.INSTANCE: NameLookup(
        what="instance", key="identifier", service="rds", call="describe_db_instances", field="DBInstances",
        held="DBInstanceIdentifier", mend=_OTHERS + "look into it before `aws rds delete-db-instance`",
    ),
    types.DATABASE_SUBNETS: NameLookup(
        what="subnet group", key="name", service="rds", call="describe_db_subnet_groups", field="DBSubnetGroups",
        held="DBSubnetGroupName", mend=_OTHERS + "`aws rds delete-db-subnet-group --db-subnet-group-name {name}`",
    ),
    types.EVENT_SUBSCRIPTION: NameLookup(
        what="event subscription", key="name", service="rds", call="describe_event_subscriptions",
        field="EventSubscriptionsList", held="CustSubscriptionId",
        mend=_OTHERS + "`aws rds delete-event-subscription --subscription-name {name}`",
    ),
    types.PROXY: NameLookup(
        what="proxy", key="name", service="rds", call="describe_db_proxies", field="DBProxies", held="DBProxyName",
        mend=_OTHERS + "`aws rds delete-db-proxy --db-proxy-name {name}`",
    ),
    types.CACHE: NameLookup(
        what="cache", key="replicationGroupId", service="elasticache", call="describe_replication_groups",
        field="ReplicationGroups", held="ReplicationGroupId",
        mend=_OTHERS + "look into it before `aws elasticache delete-replication-group`",
    ),
    types.CACHE_SUBNETS: NameLookup(
        what="cache subnet group", key="name", service="elasticache", call="describe_cache_subnet_groups",
        field="CacheSubnetGroups", held="CacheSubnetGroupName",
        mend=_OTHERS + "`aws elasticache delete-cache-subnet-group --cache-subnet-group-name {name}`",
    ),
    types.CACHE_USER_GROUP: NameLookup(
        what="user group", key="userGroupId", service="elasticache", call="describe_user_groups", field="UserGroups",
        held="UserGroupId", mend=_OTHERS + "`aws elasticache delete-user-group --user-group-id {name}`",
    ),
    types.CACHE_USER: NameLookup(
        what="cache user", key="userId", service="elasticache", call="describe_users", field="Users", held="UserId",
        mend=_OTHERS + "`aws elasticache delete-user --user-id {name}`",
    ),
    types.KEY_ALIAS: NameLookup(
        what="key alias", key="name", service="kms", call="list_aliases", field="Aliases", held="AliasName",
        mend=_OTHERS + "`aws kms delete-alias --alias-name {name}`: the key itself stays",
    ),
    types.ROLE: NameLookup(
        what="role", key="name", service="iam", call="list_roles", field="Roles", held="RoleName",
        mend=_OTHERS + "delete its policies and then `aws iam delete-role --role-name {name}`",
    ),
    types.FUNCTION: NameLookup(
        what="function", key="name", service="lambda", call="list_functions", field="Functions", held="FunctionName",
        mend=_OTHERS + "`aws lambda delete-function --function-name {name}`",
    ),
    types.VAULT: NameLookup(
        what="backup vault", key="name", service="backup", call="list_backup_vaults", field="BackupVaultList",
        held="BackupVaultName",
        mend=_OTHERS + "`aws backup delete-backup-vault --backup-vault-name {name}`, once it is empty",
    ),
    types.RESTORE_TEST_PLAN: NameLookup(
        what="restore testing plan", key="name", service="backup", call="list_restore_testing_plans",
        field="RestoreTestingPlans", held="RestoreTestingPlanName",
        mend=_OTHERS + "`aws backup delete-restore-testing-plan --restore-testing-plan-name {name}`",
    ),
    types.BUCKET: NameLookup(
        what="bucket", key="bucket", service="s3", call="list_buckets", field="Buckets", held="Name",
        mend=_OTHERS + "empty it and then `aws s3api delete-bucket --bucket {name}`",
    ),
}  # fmt: skip
SECRET = types.SECRET
SNAPSHOTS = "final snapshots"


def taken(
    reader: Reader, wanted: Collection[Resource], own: Collection[tuple[str, str]] | None, *, mine: bool
) -> list[Callable[[], Iterator[AccountFinding]]]:
    """Looks for names that somebody has, one for each kind of resource.

    :param own: type and logical name of what the stack's saved state has: these names are its own. None where there is
        none to hand: then a deployment that broke off may have made what is found.
    :param mine: whether the stack is there already and no saved state says what of it is its own.
    """
    others = [each for each in wanted if (each.type, each.name) not in (own or ())]
    found = Found(state="note" if mine else "missing", maybe=_MAYBE if own is None else "")
    looks = [partial(_taken, reader, kind, region, names, found) for kind, region, names in _by_place(others)]
    return [*looks, partial(_secrets, reader, others, found)]


def _taken(
    reader: Reader, kind: NameLookup, region: str | None, names: set[str], found: Found
) -> Iterator[AccountFinding]:
    there = {str(item[kind.held]) for item in reader.all(kind.service, kind.call, kind.field, region)}
    for name in sorted(names & there):
        yield AccountFinding(
            check="name",
            state=found.state,
            where=region or reader.region,
            what=f"the {kind.what} {name} exists{found.maybe}",
            mend=in_region(kind.mend.format(name=name), region or reader.region),
        )


def _by_place(wanted: Iterable[Resource]) -> Iterator[tuple[NameLookup, str | None, set[str]]]:
    found: dict[tuple[str, str | None], set[str]] = {}
    for each in wanted:
        kind = KINDS.get(each.type)
        if kind and isinstance(name := each.inputs.get(kind.key), str):
            found.setdefault((each.type, each.inputs.get("region")), set()).add(name)
    for (type_, region), names in sorted(found.items(), key=str):
        yield KINDS[type_], region, names


def _secrets(reader: Reader, wanted: Iterable[Resource], found: Found) -> Iterator[AccountFinding]:
    names = {str(each.inputs["name"]) for each in wanted if each.type == SECRET and each.inputs.get("name")}
    if not names:
        return
    for secret in reader.all("secretsmanager", "list_secrets", "SecretList", IncludePlannedDeletion=True):
        name = secret["Name"]
        if name not in names:
            continue
        call = aws(
            f"secretsmanager delete-secret --secret-id {name} --force-delete-without-recovery", region=reader.region
        )
        delete = f"`{call}`"
        if deleted := secret.get("DeletedDate"):
            yield AccountFinding(
                check="name", state="missing", where=reader.region,
                what=f"the secret {name} was deleted on {_day(deleted)} and keeps its name for its recovery window",
                mend=f"{delete} frees the name at once, and the old password is gone for good",
            )  # fmt: skip
        else:
            yield AccountFinding(
                check="name", state=found.state, where=reader.region,
                what=f"the secret {name} exists{found.maybe}",
                mend=_OTHERS + delete,
            )  # fmt: skip


def _day(moment: object) -> str:
    return moment.strftime("%Y-%m-%d") if hasattr(moment, "strftime") else str(moment)


def snapshots(reader: Reader, wanted: Collection[Resource]) -> Iterator[AccountFinding]:
    """Final snapshots of earlier generations: nothing is in the way, they are what a restore begins with."""
    for each in wanted:
        final = each.inputs.get("finalSnapshotIdentifier")
        if not isinstance(final, str):
            continue
        before = final.rpartition("-")[0] + "-"
        rds = each.type == types.INSTANCE
        call: tuple[str, str, str, str] = (
            ("rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier")
            if rds
            else ("elasticache", "describe_snapshots", "Snapshots", "SnapshotName")
        )
        service, name, field, held = call
        narrowed = {"SnapshotType": "manual"} if rds else {}
        kept = [item[held] for item in reader.all(service, name, field, **narrowed) if item[held].startswith(before)]
        if kept:
            yield AccountFinding(
                check=SNAPSHOTS, state="note", where=reader.region,
                what=f"{len(kept)} from earlier are kept: {', '.join(sorted(kept))}",
                mend="restore from one (docs/deploy.md), or delete what nobody needs",
            )  # fmt: skip
