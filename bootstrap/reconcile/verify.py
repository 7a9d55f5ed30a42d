"""The proof under every identity's own login, as a step of its own."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import psycopg

from bootstrap.access import Access, load_access
from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from bootstrap.postgres import master
from bootstrap.postgres.facts import reported
from bootstrap.postgres.live import read
from bootstrap.postgres.unseen import beside
from bootstrap.reconcile.by_url import desired_by_url
from bootstrap.report import Check
from bootstrap.secrets import SecretStore
from bootstrap.verify import undeclared as users
from bootstrap.verify import verify
from bootstrap.verify.by_role import verify_roles


def verify_stack(manifest: Manifest, store: SecretStore, pool: Executor) -> tuple[Check, ...]:
    """Return every check; raise BootstrapError where an identity has no credential yet."""
    access = load_access(manifest.access)
    names = [name for name in access.identities if access.logs_in(name)]
    arns = [manifest.secrets.get(name) for name in names]
    versions = dict(zip(names, pool.map(lambda arn: store.get(arn) if arn else None, arns), strict=True))
    if empty := sorted(name for name, version in versions.items() if version is None):
        raise BootstrapError(f"no credential yet for {', '.join(empty)}: `datatier access apply` makes it")
    credentials = {name: version.credential for name, version in versions.items() if version}
    # In a bootstrap they are differences: what somebody made by hand must not stop a deployment.
    beside_users = pool.map(lambda job: tuple(job()), users.jobs(manifest, access, store))
    with master.look(manifest.postgres, store).conn as conn:
        roles = undeclared(access, conn)
    proved = verify(manifest, access, credentials, store, pool)
    return (*proved, *roles, *(check for found in beside_users for check in found))


def verify_url(access: Access, conn: psycopg.Connection[Any]) -> tuple[Check, ...]:
    """Return every check that needs no password, as whoever `conn` is logged in as."""
    return (*verify_roles(conn, access), *undeclared(access, conn))


def undeclared(access: Access, conn: psycopg.Connection[Any]) -> tuple[Check, ...]:
    """Return what a database has that nobody declared, as checks that failed."""
    wanted = desired_by_url(conn, access)
    return tuple(
        Check(
            identity="undeclared",
            engine="postgres",
            target=conn.info.dbname,
            action=sentence,
            expected="refused",
            outcome="allowed",
        )
        for sentence in reported(beside(wanted, read(conn, wanted)).unseen)
    )
