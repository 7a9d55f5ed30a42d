"""The proof under every identity's own login, as a step of its own."""

from __future__ import annotations

from concurrent.futures import Executor

from bootstrap.access import load_access
from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from bootstrap.report import Check
from bootstrap.secrets import SecretStore
from bootstrap.verify import undeclared, verify


def verify_stack(manifest: Manifest, store: SecretStore, pool: Executor) -> tuple[Check, ...]:
    """Return every check; raise BootstrapError where an identity has no credential yet."""
    access = load_access(manifest.access)
    names = [name for name in access.identities if access.logs_in(name)]
    arns = [manifest.secrets.get(name) for name in names]
    versions = dict(zip(names, pool.map(lambda arn: store.get(arn) if arn else None, arns), strict=True))
    if empty := sorted(name for name, version in versions.items() if version is None):
        raise BootstrapError(f"no credential yet for {', '.join(empty)}: `datatier access apply` makes it")
    credentials = {name: version.credential for name, version in versions.items() if version}
    # In a bootstrap they are differences: a user that somebody made is no reason to deploy nothing.
    beside = pool.map(lambda job: tuple(job()), undeclared.jobs(manifest, access, store))
    return (*verify(manifest, access, credentials, store, pool), *(check for found in beside for check in found))
