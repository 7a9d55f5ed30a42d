"""Names of a stack's resources on AWS, and the rules that AWS has for them.

A stack's resources are known by its own name, never by that of the profile it takes its values from.
"""

from __future__ import annotations

import re

from knowledge.postgres.reserved_words import RESERVED

# CreateDBInstance: 1-63 letters, digits and hyphens, first a letter, no two hyphens in a row and none at the end. RDS
# and ElastiCache turn upper case into lower case without saying so.
_IDENTIFIER = re.compile(r"[a-z](?!.*--)[a-z0-9-]*[a-z0-9]")
LONGEST_INSTANCE = 63
"""Characters of a DB instance identifier (CreateDBInstance, DBInstanceIdentifier)."""
LONGEST_CACHE = 40
"""Characters of a replication group id (CreateReplicationGroup, ReplicationGroupId)."""
LONGEST_PREFIX = 40
"""Characters that the shortest of all names leaves to what they begin with: a backup plan's name has 50
(CreateBackupPlan), with our endings."""


def plain(name: str) -> str:
    """An application's name without hyphens: as the names of its database, its roles and its files begin."""
    return name.replace("-", "_")


def prefix(name: str, stack: str) -> str:
    """First part of the name of everything in a stack, and the whole identifier of a primary that it makes."""
    return f"{name}-{stack}"


def server(prefix: str, name: str) -> str:
    """Identifier of a replica or a cache of a stack."""
    return f"{prefix}-{name}"


def node(cache: str, number: int) -> str:
    """What a cache's node is called in alarms, on dashboards and in logs; numbers begin at 1."""
    return f"{cache}-{number}"


DELIVERY = "/delivery/"
"""Path of what the account's delivery makes, out of reach of every stack's names."""


def boundary(prefix: str) -> str:
    """The permissions boundary of a stack's roles, under `DELIVERY`."""
    return f"{prefix}-boundary"


def secret(prefix: str, key: str) -> str:
    """The secret of an identity, of the master user or of a cache's AUTH token."""
    return f"{prefix}/{key}"


def instance_problem(identifier: str) -> str | None:
    """Why RDS would not take it, as it is, for the identifier of an instance; None where it does."""
    return _identifier_problem(identifier, LONGEST_INSTANCE)


def cache_problem(identifier: str) -> str | None:
    """Why ElastiCache would not take it, as it is, for the id of a replication group; None where it does."""
    return _identifier_problem(identifier, LONGEST_CACHE)


def _identifier_problem(identifier: str, longest: int) -> str | None:
    if 2 <= len(identifier) <= longest and _IDENTIFIER.fullmatch(identifier):
        return None
    return (
        f"`{identifier}` must be 2 to {longest} characters: lower-case letters, digits and single hyphens, starting "
        "with a letter and not ending in a hyphen"
    )


def prefix_problem(prefix: str) -> str | None:
    """Why the names of a stack's resources could not begin with it; None where they can."""
    if problem := instance_problem(prefix):
        return problem
    if prefix.startswith("sg-"):
        # CreateSecurityGroup, GroupName: "cannot start with sg-".
        return f"`{prefix}` begins as a security group's id does, and no group's name may"
    if len(prefix) > LONGEST_PREFIX:
        return f"`{prefix}` is longer than the {LONGEST_PREFIX} characters that names on AWS leave to it"
    return None


# Roles that every server has, or RDS keeps for itself (RDS User Guide, "Understanding PostgreSQL roles").
_ROLES = {"admin", "administrator", "rdsadmin", "rdsrepladmin", "public", "none", "current_role"}
_DATABASES = {"postgres", "rdsadmin", "template0", "template1"}


MASTER_FORM = r"[a-z][a-z0-9_]{0,15}"
MASTER = "1-16 lower-case letters, digits or underscores, first a letter, no reserved word, not pg_* or rds*"
"""What RDS takes for the master user, in words."""
DATABASE_FORM = r"[a-z][a-z0-9_]{0,62}"
_DATABASE_FORM = "1-63 lower-case letters, digits, underscores, first a letter"
DATABASE = f"{_DATABASE_FORM}, no word that PostgreSQL or RDS reserves"
"""What RDS takes for a database, in words."""


def master_problem(name: str) -> str | None:
    """Why RDS would not take it for the master user; None where it does (CreateDBInstance, MasterUsername)."""
    refused = name in _ROLES | RESERVED or name.startswith(("pg_", "rds"))
    if not refused and re.fullmatch(MASTER_FORM, name):
        return None
    return f"{name!r} is not a master user name for RDS: {MASTER}"


def database_problem(name: str) -> str | None:
    """Why RDS would not make a database of that name; None where it does (CreateDBInstance, DBName)."""
    if not re.fullmatch(DATABASE_FORM, name):
        return f"{name!r} must be {_DATABASE_FORM}"
    if name in RESERVED | _DATABASES:
        return f"{name!r} is reserved by PostgreSQL or RDS: choose another name for the database"
    return None
