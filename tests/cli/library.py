"""A project with its own application: several schemas, ranges, and extensions that go into a schema of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from clinic_project import CLINIC

STACK: dict[str, Any] = {
    "aws:region": "eu-north-1",
    "data-tier:profile": "dev",
    "data-tier:redis": {"main": {}},
}
ACCESS = {
    "owner": "library_owner",
    "schemas": ["catalogue", "lending", "extensions"],
    "identities": {
        "library_migrator": {"postgres": "migrator"},
        "library_app": {"postgres": "readwrite"},
    },
}
EXTENSIONS = {name: {"schema": "extensions"} for name in ("btree_gist", "citext", "pgcrypto")}
MIGRATIONS = {
    "000001_catalogue": """CREATE SCHEMA catalogue;
CREATE TABLE catalogue.authors (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email extensions.citext UNIQUE);
CREATE TABLE catalogue.books (isbn text PRIMARY KEY, author bigint NOT NULL REFERENCES catalogue.authors,
    fingerprint bytea GENERATED ALWAYS AS (extensions.digest(isbn, 'sha256')) STORED);
""",
    "000002_lending": """CREATE SCHEMA lending;
CREATE TABLE lending.loans (isbn text NOT NULL REFERENCES catalogue.books, period tstzrange NOT NULL,
    EXCLUDE USING gist (isbn extensions.gist_text_ops WITH =, period WITH &&));
""",
}
DOWN = {"000001_catalogue": "DROP SCHEMA catalogue CASCADE;", "000002_lending": "DROP SCHEMA lending CASCADE;"}


@dataclass(frozen=True)
class Library:
    """The folder, and the command line that lies in it."""

    path: Path

    def run(self, *words: str, without: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Run a command, as if these modules were not installed."""
        hide = f"import sys; sys.modules.update(dict.fromkeys({without!r}))"
        code = f"{hide}; sys.argv[0] = 'datatier'; from cli.main import main; sys.exit(main())"
        return subprocess.run(
            [sys.executable, "-c", code, *words], cwd=self.path, capture_output=True, text=True, check=False
        )

    def ok(self, *words: str, without: tuple[str, ...] = ()) -> str:
        """Return what a command prints that ends well."""
        done = self.run(*words, without=without)
        assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def ask(self, statement: str, identity: str = "library_app") -> str:
        """Return what a statement answers."""
        return self.ok("psql", identity, "--", "-XAtc", statement).strip()

    def declare(self, extensions: Any) -> None:
        """Declare these extensions in place of those there are."""
        (self.path / "schema" / "schema.json").write_text(json.dumps({"extensions": extensions}))


def make(path: Path, *, extensions: Any = None, postgres: dict[str, Any] | None = None) -> Library:
    """Make the folder; `postgres` is laid on the stack's section."""
    (path / "Pulumi.yaml").write_text((CLINIC / "Pulumi.yaml").read_text().replace("clinic", "library"))
    stack = STACK | ({"data-tier:postgres": postgres} if postgres else {})
    (path / "Pulumi.branch.yaml").write_text(yaml.safe_dump({"config": stack}))
    (path / "access.yaml").write_text(yaml.safe_dump(ACCESS))
    (path / "migrations").mkdir()
    for name, text in MIGRATIONS.items():
        (path / "migrations" / f"{name}.up.sql").write_text(text)
        (path / "migrations" / f"{name}.down.sql").write_text(DOWN[name])
    (path / "schema").mkdir()
    made = Library(path)
    made.declare(EXTENSIONS if extensions is None else extensions)
    return made
