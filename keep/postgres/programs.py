"""PostgreSQL's own programs: pg_dump of the server's major version, pg_restore of the archive's."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from keep.errors import AskedError

if TYPE_CHECKING:
    import psycopg

Programs = Callable[[str, int], str]
"""Program and major version -> its path: of that version, else of the next newer one. Raises where there is none."""


def on_path(program: str, major: int) -> str:
    """Return the program that PATH has; raise AskedError where it has none or an older one."""
    path = shutil.which(program)
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout if path else ""
    found = re.search(r"\) (\d+)", told)
    if path is None or found is None or int(found[1]) < major:
        raise AskedError(f"there is no {program} of PostgreSQL {major} on PATH: install its client programs")
    return path


def libpq(conn: psycopg.Connection[Any]) -> Mapping[str, str]:
    """Return libpq's environment for a program that logs in as `conn` did: no password on a command line."""
    info = conn.info
    parameters = {**info.get_parameters(), "password": info.password}
    variables = {name: str(parameters[name]) for name in _VARIABLES if parameters.get(name)}
    return {
        **{_VARIABLES[name]: value for name, value in variables.items()},
        "PGPORT": str(info.port),
        "PGDATABASE": info.dbname,
        "PGAPPNAME": "datatier-backup",
        "PGTZ": "UTC",
        "LC_ALL": "C.UTF-8",
    }


_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "gssencmode": "PGGSSENCMODE",
}
