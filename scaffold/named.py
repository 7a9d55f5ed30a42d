"""What an application may be called: everything that is named after it has to take it."""

from __future__ import annotations

import re

from bootstrap.access.names import identity_name
from bootstrap.errors import AskedError
from infra.settings.model import NAME, NAME_WORDS
from infra.settings.profiles import named
from knowledge.names import database_problem, master_problem, plain

IDENTITIES = ("app", "reporting", "monitoring", "maintainer", "inventory", "migrator")
"""What the product's pages and commands call an application's identities, after its name."""


def checked(name: str) -> str:
    """Return the name. Raise AskedError, which says who does not take it."""
    if not re.fullmatch(NAME, name, re.ASCII):
        raise AskedError(f"`{name}` cannot be the name: {NAME_WORDS}, beginning with a letter.")
    server = named(name)["postgres"]
    if problem := database_problem(server["database"]) or master_problem(server["master"]):
        raise AskedError(f"`{name}` cannot be the name, for {problem}.")
    for role in IDENTITIES:
        try:
            identity_name(f"{plain(name)}_{role}")
        except ValueError as error:
            raise AskedError(f"`{name}` cannot be the name, for `{plain(name)}_{role}` {error}.") from None
    return name
