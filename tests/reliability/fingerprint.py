"""All that a bootstrap leaves behind, read by a superuser without the bootstrap's code; names as of a stack `clinic`.

Two runs that end in the same state have equal fingerprints. Passwords differ from run to run: in their place stands
whether the engines have the one of the secret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import psycopg
from real_servers import ADMIN_PASSWORD
from tier import REGION, Tier

from bootstrap.aws import aws_client
from bootstrap.manifest import CacheTarget
from bootstrap.secrets import Secret, open_redis

Fingerprint = dict[str, list[str]]

_ACL = "{}::text[]"
_QUERIES = {
    "roles": """SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
        rolbypassrls, rolconnlimit, rolvaliduntil, shobj_description(oid, 'pg_authid'), left(rolpassword, 19)
        FROM pg_authid WHERE starts_with(rolname, %(ours)s)""",
    "settings": """SELECT r.rolname, d.datname, s.setconfig FROM pg_db_role_setting s
        LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
        WHERE starts_with(r.rolname, %(ours)s) OR d.datname = current_database()""",
    "memberships": """SELECT r.rolname, m.rolname, g.rolname, admin_option, inherit_option, set_option
        FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
        JOIN pg_roles g ON g.oid = a.grantor WHERE starts_with(m.rolname, %(ours)s)""",
    "database": f"""SELECT datname, datdba::regrole, pg_encoding_to_char(encoding), datconnlimit,
        {_ACL.format("datacl")} FROM pg_database WHERE datname = current_database()""",
    "schemas": f"""SELECT nspname, nspowner::regrole, {_ACL.format("nspacl")} FROM pg_namespace
        WHERE nspname !~ '^pg_(toast|temp)'""",
    "relations": f"""SELECT c.relname, c.relkind, c.relowner::regrole, c.relrowsecurity, {_ACL.format("c.relacl")},
        i.indisvalid FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace""",
    "columns": f"""SELECT a.attrelid::regclass, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
        {_ACL.format("a.attacl")} FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0""",
    "constraints": """SELECT conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace""",
    "functions": f"""SELECT p.oid::regprocedure, p.proowner::regrole, {_ACL.format("p.proacl")} FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')""",
    "defaults": f"""SELECT defaclrole::regrole, defaclnamespace, defaclobjtype, {_ACL.format("defaclacl")}
        FROM pg_default_acl""",
    "extensions": "SELECT extname, extowner::regrole, extversion FROM pg_extension",
    "version": "SELECT version, dirty FROM schema_migrations",
    "history": "SELECT kind, version, before, checksum, who FROM datatier_migrations WHERE seconds IS NOT NULL",
}


def fingerprint(tier: Tier) -> Fingerprint:
    """Of the database, the caches and the secrets."""
    found = {**_postgres(tier), **_caches(tier), **_groups(tier), **_secrets(tier)}
    return {what: sorted(rows) for what, rows in found.items()}


def _named(tier: Tier, value: Any) -> Any:
    if isinstance(value, list):  # an ACL, whose order is that of the grants, or the settings of a role
        return sorted(_named(tier, each) for each in value)
    return value.replace(f"{tier.name}_", "clinic_") if isinstance(value, str) else value


def _postgres(tier: Tier) -> Fingerprint:
    with tier.postgres.superuser(f"{tier.name}_app") as conn:
        ours = {"ours": f"{tier.name}_"}
        return {
            what: [str([_named(tier, value) for value in row]) for row in conn.execute(query.encode(), ours)]
            for what, query in _QUERIES.items()
        }


def _caches(tier: Tier) -> Fingerprint:
    hashes = {hashlib.sha256(password.encode()).hexdigest(): "#current" for password in tier.passwords()}
    found: Fingerprint = {}
    for name, cache in tier.manifest.caches.items():
        for node in cache.nodes:
            with open_redis(cache, node, "acl-admin", Secret(ADMIN_PASSWORD)) as client:
                rules = [rule for rule in client.acl_list() if rule.startswith(f"user {tier.name}_")]
            found[f"acl of {name}"] = [
                " ".join(hashes.get(word.removeprefix("#"), _named(tier, word)) for word in rule.split())
                for rule in rules
            ]
    return found


def _groups(tier: Tier) -> Fingerprint:
    """ElastiCache's users and groups; the API shows no passwords, the servers behind the groups do."""
    client, found = aws_client("elasticache", REGION, tier.endpoint), Fingerprint()
    ours = f"app-{tier.name}-"
    for name, cache in tier.manifest.caches.items():
        if cache.user_group:
            (group,) = client.describe_user_groups(UserGroupId=cache.user_group)["UserGroups"]
            found[f"group of {name}"] = [each.replace(f"-{tier.name}-", "-clinic-") for each in group["UserIds"]]
            users = [each for each in client.describe_users()["Users"] if each["UserId"].startswith(ours)]
            fields = [(u["UserName"], u["AccessString"], u["Status"], u["Authentication"]) for u in users]
            found[f"users of {name}"] = [str(_named(tier, list(map(str, each)))) for each in fields]
    return found


def _secrets(tier: Tier) -> Fingerprint:
    """The versions with a stage, and the names of what each holds."""
    client = aws_client("secretsmanager", REGION, tier.endpoint)
    found: Fingerprint = {"secrets": [], "logins": list(_logins(tier))}
    for name, arn in (("master", tier.manifest.postgres.master_secret), *tier.manifest.secrets.items()):
        stages = client.describe_secret(SecretId=arn)["VersionIdsToStages"]
        current = [labels for labels in stages.values() if "AWSCURRENT" in labels]
        pending = [labels for labels in stages.values() if "AWSPENDING" in labels]
        keys = sorted(key for key, value in tier.credential(name) if value is not None)
        found["secrets"].append(
            f"{_named(tier, name)}: {sorted(map(sorted, current))} pending {len(pending)} holds {keys}"
        )
    return found


def _logins(tier: Tier) -> Iterator[str]:
    """Every login tried with the password of its secret."""
    for name in ("master", *tier.manifest.secrets):
        held = tier.credential(name)
        if held.password:
            with tier.login(name) as conn:
                yield _named(tier, f"{name}: PostgreSQL as {_row(conn, 'SELECT session_user')}")
        if held.redis_password:
            for cache in _caches_of(tier, name):
                open_redis(cache, cache.endpoint, name, held.redis_password).close()
                yield _named(tier, f"{name}: Redis")


def _caches_of(tier: Tier, identity: str) -> list[CacheTarget]:
    declared = tier.manifest.access["identities"][identity].get("redis", {})
    return [cache for name, cache in tier.manifest.caches.items() if name in declared]


def _row(conn: psycopg.Connection[Any], query: str) -> Any:
    row = conn.execute(query.encode()).fetchone()
    return row and row[0]
