"""ElastiCache: engine, version, class, TLS, users in place of a token. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from infra.instances import ReplicationGroup
from knowledge.classes import cache_class
from knowledge.redis.catalogue import REDIS_VERSIONS
from knowledge.versions import cache_goes_back
from upgrade.check import Described
from upgrade.deployed import Deployed
from upgrade.effect import MINUTES, Call, Person
from upgrade.step import PlanError, UpgradeChange, UpgradeStep, line

_VERSIONS = "ElastiCache User Guide, VersionManagement"
_CROSS = "ElastiCache User Guide, VersionManagement.HowTo.cross-engine-upgrade"
_TLS = "ElastiCache User Guide, in-transit-encryption-enable"
_AUTH = "ElastiCache User Guide, auth and Clusters.RBAC"
_SCALING = "ElastiCache User Guide, Scaling"
_FIRST_VALKEY = "8.0"


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
    two = Described(
        says=f"{cache.identifier} has a second node",
        look=stack.cache(cache, "length(MemberClusters) > `1`"),
        wanted=("true",),
    )
    return (
        UpgradeStep(
            id="replica",
            what="Add a replica, so that nothing is lost",
            do=(
                stack.deploy(
                    line("redis", f"{{{change.target}: {{replicas: 1}}}}"),
                    until=(two, stack.cache_available(cache)),
                    on=cache,
                ),
            ),
            checks=(stack.cache_available(cache),),
            users="Nothing.",
            undo=(
                stack.deploy(
                    line("redis", f"{{{change.target}: {{replicas: 0}}}}"),
                    until=(
                        Described(
                            says=f"{cache.identifier} has one node",
                            look=stack.cache(cache, "length(MemberClusters)"),
                            wanted=("1",),
                        ),
                        stack.cache_available(cache),
                    ),
                    on=cache,
                ),
            ),
            source=_SCALING,
        ),
    )


def _snapshot(stack: Deployed, change: UpgradeChange) -> UpgradeStep:
    cache = _of(stack, change)
    name = f"{cache.identifier}-before-{change.key}-{change.wanted.replace('.', '-')}"
    status = stack.look_of(cache, "DescribeSnapshots", {"SnapshotName": name}, "Snapshots[0].SnapshotStatus")
    # A group without shards is copied by one of its nodes: a replica, where there is one (ElastiCache User Guide,
    # "Performance impact of backups of node-based clusters").
    node = "NodeGroups[0].NodeGroupMembers[?CurrentRole=='replica'].CacheClusterId | [-1]"
    sharded = cache.shards > 0
    return UpgradeStep(
        id="snapshot",
        what="Take a snapshot",
        do=(
            stack.call(
                "CreateSnapshot",
                {"SnapshotName": name, **({"ReplicationGroupId": cache.identifier} if sharded else {})},
                finds={} if sharded else {"CacheClusterId": stack.cache(cache, node)},
                on=cache,
                until=(
                    Described(
                        says=f"the snapshot {name} is available", look=status, wanted=("available",), failed=("failed",)
                    ),
                ),
                made=(Described(says=f"{name} is being taken", look=status, wanted=("creating",)),),
                minutes=3 * MINUTES,
            ),
        ),
        checks=(stack.cache_available(cache),),
        users="Some latency while it is taken.",
        undo=(
            stack.call(
                "DeleteSnapshot",
                {"SnapshotName": name},
                on=cache,
                until=(Described(says=f"{name} is gone", look=status, wanted=("",)),),
                made=(Described(says=f"{name} goes", look=status, wanted=("deleting",)),),
            ),
        ),
        source="ElastiCache User Guide, backups-manual",
    )


def _nodes(stack: Deployed, cache: ReplicationGroup, path: str, wanted: str, says: str) -> Described:
    return Described(says=says, look=stack.nodes(cache, path), wanted=(wanted,), version=True)


def _runs(stack: Deployed, cache: ReplicationGroup, engine: str, version: str) -> tuple[Described, ...]:
    return (
        _nodes(stack, cache, "Engine", engine, f"every node of {cache.identifier} is {engine}"),
        _nodes(stack, cache, "EngineVersion", version, f"INFO server says {engine} {version}"),
        stack.cache_available(cache),
    )


def _waits(stack: Deployed, cache: ReplicationGroup, version: str, what: str) -> Described:
    says = f"{what} waits for the maintenance window of {cache.identifier}"
    return _nodes(stack, cache, "PendingModifiedValues.EngineVersion", version, says)


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
            id="engine",
            what="Change the engine, its version and the parameter group of its family in one deployment",
            do=(
                stack.deploy(
                    line("redis", f'{{{change.target}: {{engine: valkey, version: "{_FIRST_VALKEY}"}}}}'),
                    until=_runs(stack, cache, "valkey", _FIRST_VALKEY),
                    on=cache,
                    pending=(_waits(stack, cache, _FIRST_VALKEY, "Valkey"),),
                ),
            ),
            checks=(stack.cache_available(cache),),
            users=_failover(cache) if cache.replicas else "A failover: writes stop for seconds.",
            first=("clients speak to the primary endpoint, not to a node",),
            proofs=(stack.as_declared,),
            then=("users are as declared (a user group goes with it)",),
            no_undo="Valkey does not become Redis again: make a second cache of the snapshot, which Redis cannot read "
            "either once Valkey has written it.",
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
            id="version",
            what=f"Upgrade to {change.wanted}{group}",
            do=(
                stack.deploy(
                    line("redis", f'{{{change.target}: {{version: "{change.wanted}"}}}}'),
                    until=_runs(stack, cache, cache.engine, change.wanted),
                    on=cache,
                    pending=(_waits(stack, cache, change.wanted, change.wanted),),
                ),
            ),
            checks=(stack.cache_available(cache),),
            users=_failover(cache) if cache.replicas else "A failover: writes stop for seconds.",
            no_undo="ElastiCache never goes back: make a second cache of the snapshot.",
            source=_VERSIONS,
        ),
    )


def size(stack: Deployed, change: UpgradeChange) -> tuple[UpgradeStep, ...]:
    """Plan the change to another node type."""
    cache = _of(stack, change)
    was, wanted = cache_class(change.was), cache_class(change.wanted)
    before: tuple[str, ...] = ()
    if wanted.maxmemory_bytes < was.maxmemory_bytes:
        before = (f"what it holds is well below {wanted.maxmemory_bytes // 2**20} MiB (DatabaseMemoryUsagePercentage)",)

    def of(node_type: str) -> tuple[Described, ...]:
        is_it = Described(
            says=f"{cache.identifier} has nodes of {node_type}",
            look=stack.cache(cache, "CacheNodeType"),
            wanted=(node_type,),
        )
        return (is_it, stack.cache_available(cache))

    return (
        *_replica_first(stack, change),
        UpgradeStep(
            id="class",
            what=f"Move to {change.wanted}",
            do=(
                stack.deploy(
                    line("redis", f"{{{change.target}: {{class: {change.wanted}}}}}"), until=of(change.wanted), on=cache
                ),
            ),
            checks=(stack.cache_available(cache),),
            users="Nodes are added, filled and swapped: clients reconnect, writes pause for seconds.",
            first=before,
            then=(f"{stack.preflight} says no changes",),
            undo=(
                stack.deploy(
                    line("redis", f"{{{change.target}: {{class: {change.was}}}}}"), until=of(change.was), on=cache
                ),
            ),
            source=_SCALING,
        ),
    )


def auth(stack: Deployed, change: UpgradeChange) -> tuple[UpgradeStep, ...]:
    """From an AUTH token to users."""
    if change.wanted != "rbac":
        raise PlanError(f"{change}: users are the better way; a token is for what cannot name a user.")
    cache = _of(stack, change)
    group = cache.identifier
    active = Described(
        says=f"the user group {group} is active",
        look=stack.look_of(cache, "DescribeUserGroups", {"UserGroupId": group}, "UserGroups[0].Status"),
        wanted=("active",),
        mend="run the step `users` first",
    )
    swapped = Described(
        says=f"{group} admits users, and no token",
        look=stack.cache(cache, "UserGroupIds"),
        wanted=(group,),
    )
    return (
        UpgradeStep(
            id="users",
            what="Make the users and their group",
            do=(
                stack.deploy(
                    line("redis", f"{{{change.target}: {{auth: rbac}}}}"),
                    before=(f"declare them in access.yaml under redis: {{{change.target}: ...}}",),
                    until=(active,),
                    on=cache,
                    # The group alone: the cache itself is swapped by one call afterwards.
                    options=" --target '**data-tier:index:CacheUsers**'",
                ),
                Person(texts=(stack.manifest, stack.datatier("access apply"))),
            ),
            users="Nothing: the token goes on.",
            then=("each user is active", stack.datatier("access plan", "--file access.yaml") + " finds nothing"),
            undo=(),
            no_undo="Users that no cache admits hurt nobody: take `auth: rbac` out again, and deploy.",
            source=_AUTH,
        ),
        UpgradeStep(
            id="swap",
            what="Swap the token for the user group in one call",
            do=(
                stack.call(
                    "ModifyReplicationGroup",
                    {
                        "ReplicationGroupId": group,
                        "UserGroupIdsToAdd": [group],
                        "AuthTokenUpdateStrategy": "DELETE",
                        "ApplyImmediately": True,
                    },
                    on=cache,
                    until=(swapped, stack.cache_available(cache)),
                    made=(
                        Described(
                            says=f"{group} is about to admit users",
                            look=stack.cache(cache, "PendingModifiedValues.UserGroups.UserGroupIdsToAdd"),
                            wanted=(group,),
                        ),
                    ),
                ),
            ),
            checks=(stack.cache_available(cache), active),
            users="Clients that log in with the token alone are refused from here on.",
            first=("every client has its user's name and password",),
            then=(stack.datatier("access verify"), "AuthenticationFailures stays at zero"),
            no_undo="The token is gone from the cache: deploy `auth: token`, which sets one, and rotate it.",
            source=_AUTH,
        ),
        UpgradeStep(
            id="take-over",
            what="Have the stack take over what was swapped",
            do=(
                stack.deploy(
                    line("redis", f"{{{change.target}: {{auth: rbac}}}}"),
                    before=(stack.refresh,),
                    until=(swapped, stack.cache_available(cache)),
                    on=cache,
                    unseen=True,
                ),
            ),
            users="Nothing.",
            proofs=(stack.as_declared,),
            source=_AUTH,
        ),
    )


def tls(stack: Deployed, change: UpgradeChange) -> tuple[UpgradeStep, ...]:
    """To required TLS, by way of preferred."""
    if change.wanted != "required":
        raise PlanError(f"{change}: the stack's caches require TLS; the only way leads there.")
    cache = _of(stack, change)
    steps = []
    if change.was == "none":
        steps.append(
            UpgradeStep(
                id="prefer",
                what="Take both TLS and plain text",
                do=(_mode(stack, cache, "preferred", ("preferred", "required")),),
                checks=(
                    stack.cache_available(cache),
                    Described(
                        says="it is Redis OSS 7 or Valkey",
                        look=stack.nodes(cache, "EngineVersion"),
                        wanted=("7", "8", "9"),
                        version=True,
                        mend="upgrade the cache first",
                    ),
                ),
                users="Nothing.",
                then=("a client with TLS connects",),
                undo=(
                    _modify(
                        stack,
                        cache,
                        {"TransitEncryptionEnabled": False},
                        until=(
                            Described(
                                says=f"{cache.identifier} takes plain text alone",
                                look=stack.cache(cache, "TransitEncryptionEnabled"),
                                wanted=("false",),
                            ),
                        ),
                        made=(),
                    ),
                ),
                source=f"{_TLS}: Redis OSS 7 or later",
            )
        )
    return (
        *steps,
        UpgradeStep(
            id="clients",
            what="Move every client to TLS",
            do=(
                Person(
                    texts=(stack.manifest, f"rediss:// in place of redis:// ({stack.datatier('env --format redis')})")
                ),
            ),
            users="Each client reconnects.",
            then=("CLIENT LIST has no connection without tls",),
            source=_TLS,
        ),
        UpgradeStep(
            id="require",
            what="Require TLS",
            do=(_mode(stack, cache, "required", ("required",)),),
            checks=(
                stack.cache_available(cache),
                Described(
                    says=f"{cache.identifier} prefers TLS",
                    look=stack.cache(cache, "TransitEncryptionMode"),
                    wanted=("preferred", "required"),
                    mend=f"ElastiCache goes from none to preferred first: plan it with --from {change.target}.tls=none",
                ),
            ),
            users="Plain text is refused from here on.",
            then=(f"{stack.refresh} && {stack.preflight} says no changes",),
            undo=(_mode(stack, cache, "preferred", ("preferred",)),),
            source=_TLS,
        ),
    )


def _mode(stack: Deployed, cache: ReplicationGroup, mode: str, wanted: Iterable[str]) -> Call:
    look = stack.cache(cache, "TransitEncryptionMode")
    waits = stack.cache(cache, "PendingModifiedValues.TransitEncryptionMode")
    return _modify(
        stack,
        cache,
        {"TransitEncryptionEnabled": True, "TransitEncryptionMode": mode},
        until=(Described(says=f"TLS is {mode} of {cache.identifier}", look=look, wanted=tuple(wanted)),),
        made=(Described(says=f"TLS is about to be {mode}", look=waits, wanted=(mode,)),),
    )


def _modify(
    stack: Deployed,
    cache: ReplicationGroup,
    change: dict[str, str | bool],
    *,
    until: tuple[Described, ...],
    made: tuple[Described, ...],
) -> Call:
    return stack.call(
        "ModifyReplicationGroup",
        {"ReplicationGroupId": cache.identifier, **change, "ApplyImmediately": True},
        on=cache,
        until=(*until, stack.cache_available(cache)),
        made=made,
    )
