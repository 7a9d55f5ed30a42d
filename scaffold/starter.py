"""An application from nothing: the identities that the product's pages speak of, and no table yet."""

from __future__ import annotations

from knowledge.names import plain
from scaffold.application import Application, Comments, Tree

STACKS = ("local", "dev", "staging", "prod")
"""Each takes its values from the profile of its name."""


def starter(name: str, region: str) -> Application:
    """The application of that name with nothing in it; `region` is where its stacks are deployed."""
    return Application(
        name=name,
        stacks={stack: {"aws:region": region, "data-tier:profile": stack} for stack in STACKS},
        access=_access(plain(name), name),
        definition={"extensions": {}},
        access_comments=_access_comments(plain(name), name),
        stack_comments={"prod": _PROD},
    )


def _access(plain: str, name: str) -> Tree:
    caches = ("main", "queue")
    return {
        "owner": f"{plain}_owner",
        "limits": {
            "connection_limit": 60,
            "statement_timeout": "30s",
            "idle_in_transaction_session_timeout": "60s",
            "lock_timeout": "5s",
        },
        "identities": {
            f"{plain}_migrator": {
                "postgres": {
                    "privileges": "migrator",
                    "limits": {"connection_limit": 5, "statement_timeout": 0, "lock_timeout": "10s"},
                }
            },
            f"{plain}_app": {
                "postgres": "readwrite",
                "redis": {
                    "main": {
                        "keys": [f"{name}:*"],
                        "channels": [f"{name}:*"],
                        "commands": ["@read", "@write", "@pubsub", "@transaction"],
                    }
                },
            },
            f"{plain}_reporting": {
                "postgres": {
                    "privileges": "readonly",
                    "limits": {"connection_limit": 10, "statement_timeout": "5m"},
                }
            },
            f"{plain}_monitoring": {
                "postgres": {
                    "privileges": "monitoring",
                    "limits": {"connection_limit": 10, "statement_timeout": "10s"},
                },
                "redis": dict.fromkeys(caches, "monitoring"),
            },
            f"{plain}_maintainer": {
                "postgres": {
                    "privileges": "maintainer",
                    "limits": {"connection_limit": 4, "statement_timeout": 0, "lock_timeout": "2s"},
                },
                "redis": dict.fromkeys(caches, "maintainer"),
            },
            f"{plain}_inventory": {"redis": dict.fromkeys(caches, "inventory")},
        },
    }


def _access_comments(plain: str, name: str) -> Comments:
    return {
        (): (
            "Who may do what inside PostgreSQL and Redis, and which keys there are. Names of caches are those of the",
            "stack; a rule for a cache that a stack does not have is skipped, and the report says so.",
        ),
        ("owner",): ("Owns the schema and its objects; nobody logs in as it.",),
        ("limits",): ("Of every login, unless its identity says otherwise; 0 means no limit.",),
        ("identities", f"{plain}_maintainer"): (
            "Vacuums, reindexes and keeps partitions at night; reads no row unless it becomes the owner.",
        ),
        ("identities", f"{plain}_inventory"): (
            "`datatier keys`: sees the names of all keys and no value; apart from who scrapes counters all day.",
        ),
        ("identities", f"{plain}_worker"): (
            "A worker whose jobs BullMQ keeps; a client's name brings what it needs (docs/clients.md).",
            f"{plain}_worker:",
            "  postgres: readwrite",
            "  redis: {queue: {client: bullmq}}",
        ),
        ("keyspaces",): (
            "What each kind of key is for and how long it lives; `datatier keys` counts by them. More see names than",
            "values, so what lets its bearer in (a token, a session's id) stands in a name as its hash (SHA-256).",
            "keyspaces:",
            "  session:",
            f'    pattern: "{name}:session:{{session_hash}}"',
            "    cache: main",
            f"    owner: {plain}_app",
            "    type: hash",
            "    ttl: 24h",
            "    purpose: signed-in sessions",
        ),
    }


_PROD: Comments = {
    ("config", "data-tier:network"): (
        "Still to say: who may connect, and who hears of alarms.",
        "data-tier:network: {clients: [sg-0a1b2c3d]}",
        "data-tier:notify: {critical: [{email: oncall@example.org}], warning: [{email: data@example.org}]}",
    ),
}
