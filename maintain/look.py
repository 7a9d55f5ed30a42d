"""Asks what a plan is made from: by the sessions of who watches, which can only read."""

from __future__ import annotations

from datetime import UTC, datetime

from bootstrap.access.load import load_access
from bootstrap.manifest import Manifest
from maintain.facts import DatabaseFacts
from maintain.plan import OBSERVATIONS
from observe.nodes import postgres_nodes
from observe.read import look


def database(manifest: Manifest, identity: str | None = None) -> DatabaseFacts:
    """The primary's. Raise what logging in raises."""
    node = postgres_nodes(manifest, identity)[0]
    declared = load_access(manifest.access)
    with node.session() as conn:
        observed = {each.id: look(conn, node.name, each) for each in OBSERVATIONS}
        version = conn.info.server_version
    return DatabaseFacts(
        node=node.name,
        at=datetime.now(UTC),
        version=version,
        owner=declared.owner,
        observed=observed,
        upkeep=declared.upkeep,
    )
