"""What is said of an action that the server did not do as asked: with what ends it, where that is a right. Pure."""

from __future__ import annotations

import re

from bootstrap.postgres.change import ident
from bootstrap.postgres.desired import MAINTAIN_SINCE
from maintain.action import Action

# "permission denied to vacuum "p1", skipping it" (vacuum_is_permitted_for_relation of commands/vacuum.c), and "must be
# owner of ..." / "permission denied for ..." as errors (aclcheck_error).
_RIGHT = re.compile(r"permission denied|must be owner|only .* can (vacuum|analyze)|must be able to SET ROLE")


def lacking(said: str) -> bool:
    """Whether the server's words are about a right that the session has not."""
    return bool(_RIGHT.search(said))


def refused(said: str, action: Action, login: str, version: int) -> str:
    """The server's words, with the grant that ends them where they are about a right."""
    return f"{said}; it takes {action.needs}: {grant(action, login, version)}" if lacking(said) else said


def grant(action: Action, login: str, version: int) -> str:
    """The statement that gives a login what an action takes."""
    name = ident(login)
    if version >= MAINTAIN_SINCE and action.needs.startswith("MAINTAIN"):
        return f"GRANT pg_maintain TO {name}"
    role = ident(action.role) if action.role else "the owner"
    # A member of the owner that does not inherit becomes it for these statements alone (PostgreSQL 16, GRANT).
    how = " WITH INHERIT FALSE, SET TRUE" if version >= 160000 else ""
    return f"GRANT {role} TO {name}{how}"
