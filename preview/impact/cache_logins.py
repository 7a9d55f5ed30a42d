"""ElastiCache tokens, users and parameter groups."""

from __future__ import annotations

from preview.impact.effect import Effect, Rule

_AUTH = "ElastiCache User Guide, auth"
_RBAC = "ElastiCache User Guide, Clusters.RBAC"


def _policy(parameters: list[dict[str, str]] | None) -> str:
    return next((p["value"] for p in parameters or [] if p["name"] == "maxmemory-policy"), "volatile-lru")


LOGINS: tuple[Rule, ...] = (
    Rule(
        id="cache-token-to-users",
        key="userGroupIds",
        effect=Effect.DOWNTIME,
        when=lambda e: bool(e.after) and bool((e.change.was or {}).get("authToken")),
        users="Clients that log in with the AUTH token are refused once it is deleted.",
        source=_AUTH,
        way_round="Give the clients their users first; then authTokenUpdateStrategy DELETE with the user group.",
    ),
    Rule(
        id="cache-users-off",
        key="userGroupIds",
        effect=Effect.DOWNTIME,
        when=lambda e: not e.after,
        users="Every user loses its login; without an AUTH token the cache is open to anyone who reaches it.",
        source=_RBAC,
        way_round="Keep the user group.",
    ),
    Rule(
        id="cache-users-first",
        key="userGroupIds",
        effect=Effect.DOWNTIME,
        when=lambda e: not e.before,
        users="Clients that log in without a user are refused: by AUTH token, or by none.",
        source=_RBAC,
        way_round="Give the clients their users first. Of a cache with a token ElastiCache takes the group in the same "
        "call that ends the token: modify-replication-group --auth-token-update-strategy DELETE.",
    ),
    Rule(
        id="cache-users",
        key="userGroupIds",
        effect=Effect.DOWNTIME,
        users="Connections of users that are not in the new group are closed.",
        source=_RBAC,
        way_round="Put the users into both groups first.",
    ),
    Rule(
        id="cache-token-set",
        key="authToken",
        effect=Effect.DOWNTIME,
        when=lambda e: (e.change.now or {}).get("authTokenUpdateStrategy") == "SET",
        users="The old token stops working at once.",
        source=_AUTH,
        way_round="ROTATE first (both are taken), move the clients, then SET.",
    ),
    Rule(
        id="cache-token",
        key="authToken",
        effect=Effect.IN_PLACE,
        users="Both tokens are taken until the next SET.",
        source=_AUTH,
    ),
)

PARAMETERS: tuple[Rule, ...] = (
    Rule(
        id="cache-family",
        key="family",
        users="A new group is made beside the old one; the cache takes it with its upgrade.",
    ),
    Rule(
        id="cache-eviction",
        key="parameters",
        effect=Effect.DATA_AT_RISK,
        when=lambda e: _policy(e.before) == "noeviction" != _policy(e.after),
        users="Keys may be evicted that were safe before: queues, locks, revocation lists.",
        source="ElastiCache User Guide, ParameterGroups.Engine",
        way_round="Keep what must not be lost in a cache of its own with noeviction.",
    ),
    Rule(
        id="cache-parameters",
        key="parameters",
        effect=Effect.IN_PLACE,
        users="Most hold at once; those of connections for new connections.",
        source="ElastiCache User Guide, ParameterGroups.Engine",
    ),
)

USERS: tuple[Rule, ...] = (
    Rule(
        id="cache-user-delete",
        key="*",
        effect=Effect.DOWNTIME,
        users="Its connections are closed and it logs in no more.",
        source=_RBAC,
    ),
    Rule(
        id="cache-user-name",
        key="userName",
        users="The user is replaced; its connections are closed.",
    ),
    Rule(
        id="cache-user-id",
        key="userId",
        users="The user is replaced; its connections are closed.",
    ),
)

USER_GROUPS: tuple[Rule, ...] = (
    Rule(
        id="cache-user-group-delete",
        key="*",
        effect=Effect.DOWNTIME,
        users="Every user of the cache loses its login.",
        source=_RBAC,
    ),
    Rule(
        id="cache-user-group-name",
        key="userGroupId",
        users="Another group is made; connections of users that are not in it are closed.",
        source=_RBAC,
    ),
)
