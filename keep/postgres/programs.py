"""PostgreSQL's own programs: pg_dump of the server's major version, pg_restore of the archive's."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keep.errors import AskedError

if TYPE_CHECKING:
    import psycopg

Programs = Callable[[str, int], str]
"""Program and major version -> its path: of that version, else of the next newer one. Raises where there is none."""


_SYSTEM = ("/usr/lib/postgresql/{}/bin", "/usr/pgsql-{}/bin")
"""Where Debian's and PostgreSQL's own packages keep the programs of each major version."""
# PostgreSQL 15.20 marks every column so, and its own pg_dump alone leaves that out: written by another pg_dump, no
# other server takes the tables.
_MARKED = "SELECT EXISTS (SELECT FROM pg_attribute WHERE array_to_string(attoptions, ' ') LIKE '%pg_attver=%')"


def own(programs: Programs, program: str, conn: psycopg.Connection[Any]) -> str:
    """Return the program of the very major version of the server of `conn`; raise AskedError where there is none.

    A newer pg_dump writes for a newer server: what an older one does not know (`SET transaction_timeout`) ends a
    restore into it. Where the server needs it (`pg_attver`) the program is not older than the server either.
    """
    version = conn.info.server_version
    major = version // 10000
    marked = bool((conn.execute(_MARKED).fetchone() or (False,))[0])
    paths = [str(Path(folder.format(major)) / program) for folder in _SYSTEM]
    for path in (programs(program, major), *(each for each in paths if Path(each).exists())):
        found = _version(path)
        if found[0] == major and (found >= (major, version % 10000) or not marked):
            return path
    which = f"{major}.{version % 10000}" if marked else str(major)
    raise AskedError(
        f"the server is PostgreSQL {which}, and there is no {program} of {which} here: install its client programs, "
        "since another version's writes what that server does not take back"
    )


def _version(path: str) -> tuple[int, ...]:
    """Major and minor version; (0,) for what does not run."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, cwd="/")
    except OSError:
        return (0,)
    found = re.search(r"\) (\d+)(?:\.(\d+))?", done.stdout)
    return tuple(int(each or 0) for each in found.groups()) if found else (0,)


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
