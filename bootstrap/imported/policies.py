"""Row-level security as a server has it: every switch and every policy, whoever made it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bootstrap.postgres.live import Live, LivePolicy
from bootstrap.postgres.policies import COMMANDS, ours


def policies(live: Live) -> Iterator[dict[str, Any]]:
    """Return the entry of each table that has any."""
    for (schema, table), wall in live.walls.items():
        entry: dict[str, Any] = {} if schema == "public" else {"schema": schema}
        entry |= {"table": table, "enabled": wall.enabled, "forced": wall.forced}
        rules = {name: _rule(policy) for name, policy in wall.policies.items()}
        yield entry | ({"rules": rules} if rules else {})


def _rule(policy: LivePolicy) -> dict[str, Any]:
    command = next(word for word, letter in COMMANDS.items() if letter == policy.command)
    return {
        "command": command,
        "roles": list(policy.roles),
        **({"using": policy.using} if policy.using else {}),
        **({"check": policy.check} if policy.check else {}),
        **({} if policy.permissive else {"restrictive": True}),
        **({} if ours(policy) else {"migration": True}),
    }
