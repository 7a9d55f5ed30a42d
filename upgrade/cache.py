"""ElastiCache: engine, version, class, TLS, users in place of a token. Pure."""

from __future__ import annotations

from infra.instances import ReplicationGroup
from knowledge.classes import cache_class
from knowledge.redis.catalogue import REDIS_VERSIONS
from knowledge.versions import cache_goes_back
from upgrade.deployed import Deployed
from upgrade.step import PlanError, UpgradeChange, UpgradeStep, line

_VERSIONS = "ElastiCache User Guide, VersionManagement"
_CROSS = "ElastiCache User Guide, VersionManagement.HowTo.cross-engine-upgrade"
_TLS = "ElastiCache User Guide, in-transit-encryption-enable"
_AUTH = "ElastiCache User Guide, auth and Clusters.RBAC"
_SCALING = "ElastiCache User Guide, Scaling"


def _of(stack: Deployed, change: UpgradeChange) -> ReplicationGroup:
    return stack.instances.caches[change.target]


def _failover(cache: ReplicationGroup) -> str:
    if cache.replicas:
        return "Replicas first, then a failover: writes stop for seconds."
    return "A single node comes back empty."


def _replica_first(stack: Deployed, change: UpgradeChange) -> tuple[UpgradeStep, ...]:
    cache = _of(stack, change)
    if cache.replicas:
        return ()
    return (
        UpgradeStep(
            what="Add a replica, so that nothing is lost",
            how=(line("redis", f"{{{change.target}: {{replicas: 1}}}}"), stack.up),
            users="Nothing.",
            after=(
                stack.aws(f"elasticache describe-replication-groups --replication-group-id {cache.identifier}", cache)
                + " says available",
            ),
            source=_SCALING,
        ),
    )


def _snapshot(stack: Deployed, change: UpgradeChange) -> UpgradeStep:
    cache = _of(stack, change)
    group = cache.identifier
    call = f"elasticache create-snapshot --replication-group-id {group} --snapshot-name {group}-before"
    return UpgradeStep(
        what="Take a snapshot",
        how=(stack.aws(call, cache),),
        users="Some latency while it is taken.",
        after=("it is available",),
        source="ElastiCache User Guide, backups-manual",
    )


def check_engine(change: UpgradeChange) -> None:
    """Raise `PlanError` where ElastiCache changes no engine so."""
    if change.wanted != "valkey":
        raise PlanError(f"{change}: in place only redis to valkey is possible; create a second cache.")


def engine(stack: Deployed, change: UpgradeChange) -> tuple[UpgradeStep, ...]:
    """From Redis OSS to Valkey, which cannot be undone."""
    check_engine(change)
    cache = _of(stack, change)
    return (
        *_replica_first(stack, change),
        _snapshot(stack, change),
        UpgradeStep(
            what="Change the engine, its version and the parameter group of its family in one deployment",
            how=(
                line("redis", f'{{{change.target}: {{engine: valkey, version: "8.0"}}}}'),
                stack.up,
            ),
            users=_failover(cache) if cache.replicas else "A failover: writes stop for seconds.",
            before=("clients speak to the primary endpoint, not to a node",),
            after=(
                "INFO server says valkey",
                f"{stack.datatier('bootstrap')}: users are as declared (a user group goes with it)",
            ),
            source=_CROSS,
        ),
    )


def check_version(engine: str, change: UpgradeChange) -> None:
    """Raise `PlanError` where ElastiCache has no such version of the engine, or does not go back to it."""
    known = REDIS_VERSIONS[engine]
    if change.wanted not in known:
        raise PlanError(f"{change}: {engine} has {', '.join(known)}.")
    if cache_goes_back(change.was, change.wanted):
        raise PlanError(f"{change}: that is not possible in place; create a second cache and fill it.")


def version(stack: Deployed, change: UpgradeChange) -> tuple[UpgradeStep, ...]:
    """To another version of the same engine."""
    cache = _of(stack, change)
    check_version(cache.engine, change)
    known = REDIS_VERSIONS[cache.engine]
    family = known[change.wanted]
    group = "" if known.get(change.was) == family else f", with the parameter group of {family} in the same deployment"
    return (
        *_replica_first(stack, change),
        _snapshot(stack, change),
        UpgradeStep(
            what=f"Upgrade to {change.wanted}{group}",
            how=(
                line("redis", f'{{{change.target}: {{version: "{change.wanted}"}}}}'),
                stack.up,
            ),
            users=_failover(cache) if cache.replicas else "A failover: writes stop for seconds.",
            after=(f"INFO server says {change.wanted}",),
            source=_VERSIONS,
        ),
    )


def size(stack: Deployed, change: UpgradeChange) -> tuple[UpgradeStep, ...]:
    """Plan the change to another node type."""
    was, wanted = cache_class(change.was), cache_class(change.wanted)
    before: tuple[str, ...] = ()
    if wanted.maxmemory_bytes < was.maxmemory_bytes:
        before = (f"what it holds is well below {wanted.maxmemory_bytes // 2**20} MiB (DatabaseMemoryUsagePercentage)",)
    return (
        *_replica_first(stack, change),
        UpgradeStep(
            what=f"Move to {change.wanted}",
            how=(
                line("redis", f"{{{change.target}: {{class: {change.wanted}}}}}"),
                stack.up,
            ),
            users="Nodes are added, filled and swapped: clients reconnect, writes pause for seconds.",
            before=before,
            after=(f"{stack.preflight} says no changes",),
            source=_SCALING,
        ),
    )


def auth(stack: Deployed, change: UpgradeChange) -> tuple[UpgradeStep, ...]:
    """From an AUTH token to users."""
    if change.wanted != "rbac":
        raise PlanError(f"{change}: users are the better way; a token is for what cannot name a user.")
    cache = _of(stack, change)
    group = cache.identifier
    return (
        UpgradeStep(
            what="Make the users and their group",
            how=(
                f"declare them in access.yaml under redis: {{{change.target}: ...}}",
                stack.manifest,
                stack.datatier("access plan", "--file access.yaml"),
                stack.up,
            ),
            users="Nothing: the token goes on.",
            after=("each user is active",),
            source=_AUTH,
        ),
        UpgradeStep(
            what="Swap the token for the user group in one call",
            how=(
                stack.aws(
                    f"elasticache modify-replication-group --replication-group-id {group} "
                    f"--user-group-ids-to-add {group} --auth-token-update-strategy DELETE --apply-immediately",
                    cache,
                ),
                line("redis", f"{{{change.target}: {{auth: rbac}}}}"),
                f"{stack.refresh} && {stack.up}",
            ),
            users="Clients that log in with the token alone are refused from here on.",
            before=("every client has its user's name and password",),
            after=(stack.datatier("access verify"), "AuthenticationFailures stays at zero"),
            source=_AUTH,
        ),
    )


def tls(stack: Deployed, change: UpgradeChange) -> tuple[UpgradeStep, ...]:
    """To required TLS, by way of preferred."""
    if change.wanted != "required":
        raise PlanError(f"{change}: the stack's caches require TLS; the only way leads there.")
    cache = _of(stack, change)
    group = cache.identifier
    call = f"elasticache modify-replication-group --replication-group-id {group} --apply-immediately"
    steps = []
    if change.was == "none":
        steps.append(
            UpgradeStep(
                what="Take both TLS and plain text",
                how=(stack.aws(f"{call} --transit-encryption-enabled --transit-encryption-mode preferred", cache),),
                users="Nothing.",
                after=("a client with TLS connects",),
                source=f"{_TLS}: Redis OSS 7 or later",
            )
        )
    return (
        *steps,
        UpgradeStep(
            what="Move every client to TLS",
            how=(stack.manifest, f"rediss:// in place of redis:// ({stack.datatier('env --format redis')})"),
            users="Each client reconnects.",
            after=("CLIENT LIST has no connection without tls",),
            source=_TLS,
        ),
        UpgradeStep(
            what="Require TLS",
            how=(stack.aws(f"{call} --transit-encryption-mode required", cache), stack.refresh),
            users="Plain text is refused from here on.",
            after=(f"{stack.preflight} says no changes",),
            source=_TLS,
        ),
    )
