"""One thing that is done to an engine or to the store of secrets, as data that may be printed: it never holds a secret.

Plans consist of these, whoever makes them: the bootstrap, `access plan`, `drift` and rotations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import JsonValue

Engine: TypeAlias = Literal["postgres", "redis", "secrets"]
Sql: TypeAlias = Literal[
    "create", "alter", "mark", "own", "join", "leave", "set", "reset", "grant", "revoke", "default", "policy", "drop"
]
"""What a statement does to roles, objects and their privileges."""
OfSchema: TypeAlias = Literal["extend", "migrate"]
OfUser: TypeAlias = Literal["create", "rules", "password", "state", "group", "remove"]
"""What changes of a user of a cache."""
OfSecret: TypeAlias = Literal["make", "complete", "replace"]
OfRotation: TypeAlias = Literal["stage", "restage", "admit", "prove", "promote", "retire", "close"]
Consent: TypeAlias = Literal["revoke", "drop", "owner"]


@dataclass(frozen=True, kw_only=True)
class Action:
    """One effect, with what it takes away and whose credential needs it."""

    engine: Engine
    target: str = ""
    """The database, a cache's node or user group (`main/primary`), an identity's secret."""
    verb: Sql | OfSchema | OfUser | OfSecret | OfRotation
    subject: str
    """What is changed, in words: `role shop_app_a`, `user shop_app`."""
    text: str
    """The statement for PostgreSQL; in words elsewhere."""
    takes_away: bool = False
    """Whether somebody can do less afterwards."""
    identity: str = ""
    """Whom it is about; empty for several."""

    @property
    def consent(self) -> Consent | None:
        """What has to be allowed for it on a protected stack; None where it needs nobody's word."""
        if self.verb in {"drop", "remove"}:
            return "drop"
        if self.verb == "own":
            return "owner"
        return "revoke" if self.takes_away else None

    def __str__(self) -> str:
        if self.engine == "postgres":
            return self.text
        return f"{self.target}: {self.identity}: {self.text}" if self.engine == "redis" else self.sentence

    @property
    def sentence(self) -> str:
        """With everything that tells it apart: the moments of a rotation differ in whose and where."""
        return f"{self.identity}: {self.verb} {self.target}: {self.text}"

    def data(self) -> dict[str, JsonValue]:
        """Return it as `--json` prints it."""
        return {
            "engine": self.engine,
            "target": self.target,
            "action": self.verb,
            "subject": self.subject,
            "sql" if self.engine == "postgres" else "detail": self.text,
            "takes_away": self.takes_away,
        }


Choice: TypeAlias = Callable[[Action], bool]
"""Whether an action of a plan is done."""
