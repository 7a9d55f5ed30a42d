"""What a version of ElastiCache's engines can do: users, logins by IAM token, TLS without a new cache."""

from __future__ import annotations

from knowledge.versions import numbers

_USERS = (6, 0)
"""Redis OSS 6.0 to 7.2, and every Valkey (ElastiCache User Guide, "Role-Based Access Control")."""
_TOKENS = (7, 0)
"""Redis OSS 7.0, and every Valkey (ElastiCache User Guide, "Authenticating with IAM")."""
_TLS_IN_PLACE = (7, 0)
"""Redis OSS 7.0, and every Valkey: TLS can be turned on in a running cache, and be `preferred` meanwhile (ElastiCache
User Guide, "Enabling in-transit encryption"; terraform-provider-aws does it in place from 7.0.5 on). Before it TLS is
chosen when the cache is made, and ElastiCache reports no mode."""


def takes_users(engine: str, version: str) -> bool:
    """Whether clients may log in as users (RBAC)."""
    return _from(engine, version, _USERS)


def takes_iam(engine: str, version: str) -> bool:
    """Whether a user may log in by IAM token."""
    return _from(engine, version, _TOKENS)


def has_tls_mode(engine: str, version: str) -> bool:
    """Whether TLS may be `preferred`, and be changed in place."""
    return _from(engine, version, _TLS_IN_PLACE)


def users_problem(engine: str, version: str) -> str | None:
    """Why clients cannot log in as users; None when they can."""
    if takes_users(engine, version):
        return None
    return f"is needed for {engine} {version}, which knows no users: they came with Redis OSS 6.0"


def tls_problem(engine: str, version: str, mode: str | None) -> str | None:
    """What is wrong with a mode of TLS; None when nothing is."""
    if mode is None or has_tls_mode(engine, version):
        return None
    return f"came with Redis OSS 7.0.5: {engine} {version} has TLS for every client, or for none; leave it out"


def _from(engine: str, version: str, first: tuple[int, ...]) -> bool:
    return engine == "valkey" or numbers(version) >= first
