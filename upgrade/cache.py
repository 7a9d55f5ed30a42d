"""ElastiCache: engine, version, class, TLS, users in place of a token. Pure."""

from __future__ import annotations

from components.sizing.classes import cache_class
from components.sizing.redis_catalogue import REDIS_VERSIONS
from components.sizing.versions import cache_goes_back
from infra.sections import Cache
from infra.settings import Settings
from upgrade.step import DEPLOY, Change, PlanError, Step, line

_VERSIONS = "ElastiCache User Guide, VersionManagement"
_CROSS = "ElastiCache User Guide, VersionManagement.HowTo.cross-engine-upgrade"
_TLS = "ElastiCache User Guide, in-transit-encryption-enable"
_AUTH = "ElastiCache User Guide, auth and Clusters.RBAC"
_SCALING = "ElastiCache User Guide, Scaling"


def _of(settings: Settings, change: Change) -> Cache:
    return settings.redis[change.target]


def _failover(cache: Cache) -> str:
    if cache.replicas:
        return "Replicas first, then a failover: writes stop for seconds."
    return "A single node comes back empty."


def _replica_first(settings: Settings, change: Change) -> tuple[Step, ...]:
    if _of(settings, change).replicas:
        return ()
    return (
        Step(
            what="Add a replica, so that nothing is lost",
            how=(line("redis", f"{{{change.target}: {{replicas: 1}}}}"), DEPLOY.format(stack=settings.profile)),
            users="Nothing.",
            after=("datatier status shows it",),
            source=_SCALING,
        ),
    )


def _snapshot(settings: Settings, change: Change) -> Step:
    group = f"{settings.name}-{settings.profile}-{change.target}"
    return Step(
        what="Take a snapshot",
        how=(f"aws elasticache create-snapshot --replication-group-id {group} --snapshot-name {group}-before",),
        users="Some latency while it is taken.",
        after=("it is available",),
        source="ElastiCache User Guide, backups-manual",
    )


def engine(settings: Settings, change: Change) -> tuple[Step, ...]:
    """From Redis OSS to Valkey; there is no way back."""
    if change.wanted != "valkey":
        raise PlanError(f"{change}: in place there is only the way from redis to valkey; make a cache beside it.")
    cache = _of(settings, change)
    return (
        *_replica_first(settings, change),
        _snapshot(settings, change),
        Step(
            what="Change the engine, its version and the parameter group of its family in one deployment",
            how=(
                line("redis", f'{{{change.target}: {{engine: valkey, version: "8.0"}}}}'),
                DEPLOY.format(stack=settings.profile),
            ),
            users=_failover(cache) if cache.replicas else "A failover: writes stop for seconds.",
            before=("clients speak to the primary endpoint, not to a node",),
            after=("INFO server says valkey", "datatier bootstrap: users are as declared (a user group goes with it)"),
            source=_CROSS,
        ),
    )


def version(settings: Settings, change: Change) -> tuple[Step, ...]:
    """To another version of the same engine."""
    cache = _of(settings, change)
    known = REDIS_VERSIONS[cache.engine]
    if change.wanted not in known:
        raise PlanError(f"{change}: {cache.engine} has {', '.join(known)}.")
    if cache_goes_back(change.was, change.wanted):
        raise PlanError(f"{change}: there is no way back in place; make a cache beside it and fill it.")
    family = known[change.wanted]
    group = "" if known.get(change.was) == family else f", with the parameter group of {family} in the same deployment"
    return (
        *_replica_first(settings, change),
        _snapshot(settings, change),
        Step(
            what=f"Upgrade to {change.wanted}{group}",
            how=(
                line("redis", f'{{{change.target}: {{version: "{change.wanted}"}}}}'),
                DEPLOY.format(stack=settings.profile),
            ),
            users=_failover(cache) if cache.replicas else "A failover: writes stop for seconds.",
            after=(f"INFO server says {change.wanted}",),
            source=_VERSIONS,
        ),
    )


def size(settings: Settings, change: Change) -> tuple[Step, ...]:
    """To another node class."""
    was, wanted = cache_class(change.was), cache_class(change.wanted)
    before: tuple[str, ...] = ()
    if wanted.maxmemory_bytes < was.maxmemory_bytes:
        before = (f"what it holds is well below {wanted.maxmemory_bytes // 2**20} MiB (DatabaseMemoryUsagePercentage)",)
    return (
        *_replica_first(settings, change),
        Step(
            what=f"Move to {change.wanted}",
            how=(
                line("redis", f"{{{change.target}: {{class: {change.wanted}}}}}"),
                DEPLOY.format(stack=settings.profile),
            ),
            users="Nodes are added, filled and swapped: clients reconnect, writes pause for seconds.",
            before=before,
            after=("datatier status",),
            source=_SCALING,
        ),
    )


def auth(settings: Settings, change: Change) -> tuple[Step, ...]:
    """From an AUTH token to users."""
    if change.wanted != "rbac":
        raise PlanError(f"{change}: users are the better way; a token is for what cannot name a user.")
    group = f"{settings.name}-{settings.profile}-{change.target}"
    return (
        Step(
            what="Make the users and their group",
            how=(
                f"declare them in access.yaml under redis: {{{change.target}: ...}}",
                "datatier access plan",
                "datatier access apply",
            ),
            users="Nothing: the token goes on.",
            after=("each user is active",),
            source=_AUTH,
        ),
        Step(
            what="Swap the token for the user group in one call",
            how=(
                f"aws elasticache modify-replication-group --replication-group-id {group} "
                f"--user-group-ids-to-add {group} --auth-token-update-strategy DELETE --apply-immediately",
                line("redis", f"{{{change.target}: {{auth: rbac}}}}"),
                f"pulumi refresh -s {settings.profile} && {DEPLOY.format(stack=settings.profile)}",
            ),
            users="Clients that log in with the token alone are refused from here on.",
            before=("every client has its user's name and password",),
            after=("datatier access verify", "AuthenticationFailures stays at zero"),
            source=_AUTH,
        ),
    )


def tls(settings: Settings, change: Change) -> tuple[Step, ...]:
    """To required TLS, by way of preferred."""
    if change.wanted != "required":
        raise PlanError(f"{change}: the stack's caches require TLS; the only way leads there.")
    group = f"{settings.name}-{settings.profile}-{change.target}"
    call = f"aws elasticache modify-replication-group --replication-group-id {group} --apply-immediately"
    steps = []
    if change.was == "none":
        steps.append(
            Step(
                what="Take both TLS and plain text",
                how=(f"{call} --transit-encryption-enabled --transit-encryption-mode preferred",),
                users="Nothing.",
                after=("a client with TLS connects",),
                source=f"{_TLS}: Redis OSS 7 or later",
            )
        )
    return (
        *steps,
        Step(
            what="Move every client to TLS",
            how=("rediss:// in place of redis:// (datatier env --format redis)",),
            users="Each client reconnects.",
            after=("CLIENT LIST has no connection without tls",),
            source=_TLS,
        ),
        Step(
            what="Require TLS",
            how=(f"{call} --transit-encryption-mode required", f"pulumi refresh -s {settings.profile}"),
            users="Plain text is refused from here on.",
            after=(f"datatier preview {settings.profile} --against saved.json says no changes",),
            source=_TLS,
        ),
    )
