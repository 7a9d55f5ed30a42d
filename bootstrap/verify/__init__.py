"""Proof under every identity's own login: what is declared works, and what is not is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor

from bootstrap.access import Access
from bootstrap.manifest import Manifest
from bootstrap.report import Check
from bootstrap.secrets import Credential, SecretStore
from bootstrap.verify import postgres, redis

Job = Callable[[], Iterable[Check]]


def verify(
    manifest: Manifest,
    access: Access,
    credentials: Mapping[str, Credential],
    store: SecretStore,
    pool: Executor,
    *,
    lsn: str | None = None,
) -> tuple[Check, ...]:
    """Return every check, in the order of the declaration. Replicas are waited for until they have replayed `lsn`."""
    jobs: list[Job] = [
        *postgres.jobs(manifest.postgres, access, credentials, lsn=lsn),
        *redis.jobs(manifest, access, credentials, store),
    ]
    return tuple(check for checks in pool.map(lambda job: tuple(job()), jobs) for check in checks)
