"""Asks what a plan is made from: by the sessions of who watches, which can only read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bootstrap.access.load import load_access
from bootstrap.access.model import Access
from bootstrap.access.watchers import maintainer
from bootstrap.manifest import PRIMARY, Manifest
from bootstrap.secrets import LoginError
from clients.errors import NoLoginError
from maintain.action import Skipped
from maintain.facts import CacheFacts, DatabaseFacts
from maintain.look_caches import caches
from maintain.look_upkeep import asked
from maintain.narrow import narrowed
from maintain.plan import IF_ASKED, OBSERVATIONS
from observe.deadline import SilentError, cut
from observe.node import PostgresNode
from observe.nodes import postgres_nodes
from observe.observation import Observation, Observed
from observe.postgres.bloat import BLOAT, unknown
from observe.postgres.relation import find
from observe.read import look

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the servers answered."""

    databases: tuple[DatabaseFacts, ...] = ()
    caches: tuple[CacheFacts, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    """Servers that did not answer, and what is not looked at."""


def database(
    manifest: Manifest,
    identity: str | None = None,
    *,
    tables: Sequence[str] = (),
    reset_statistics: bool = False,
    took: Mapping[str, float] | None = None,
    failed: Mapping[str, str] | None = None,
) -> DatabaseFacts:
    """The primary's, of the declared database; only `tables` where there are any.

    Raise what logging in raises, SilentError, or QuestionError for a table that is not there.
    """
    node, declared = postgres_nodes(manifest, identity)[0], load_access(manifest.access)
    wanted = (*OBSERVATIONS, *(IF_ASKED if reset_statistics else ()))
    found = of_node(node, declared, wanted, tables, keepers=() if identity else _keepers(manifest, declared))
    return replace(found, took=took or {}, failed=failed or {}, reset_statistics=reset_statistics)


def of_node(
    node: PostgresNode,
    declared: Access,
    wanted: Sequence[Observation],
    tables: Sequence[str] = (),
    *,
    keepers: Sequence[PostgresNode] = (),
) -> DatabaseFacts:
    """One server's. Raise as `database` does.

    :param keepers: who is tried first for what is due in tables: logins that may become the owner.
    """
    at = datetime.now(UTC)
    with node.session() as conn:
        oids = [find(conn, each).oid for each in tables]
        observed = {each.id: _asked(conn, node.name, each) for each in wanted}
        version, name = conn.info.server_version, conn.info.dbname
    observed |= asked(
        (*keepers, node),
        declared,
        at,
        [each for each in wanted if each.id == BLOAT.id and unknown(observed[each.id].rows)],
    )
    facts = DatabaseFacts(
        node=node.name,
        at=at,
        version=version,
        owner=declared.owner,
        observed=observed,
        upkeep=declared.upkeep,
        database=name,
        maintainer=next(iter(declared.with_privilege("maintainer")), ""),
        schemas=declared.schemas,
    )
    return narrowed(facts, oids)


def _keepers(manifest: Manifest, declared: Access) -> tuple[PostgresNode, ...]:
    """The maintainer, as which the rows of tables are seen; nobody where it has no credential."""
    try:
        return postgres_nodes(manifest, maintainer(declared))[:1]
    except NoLoginError:
        return ()


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked at; everything where nothing is said."""

    node: str | None = None
    """`primary`, or a node of a cache."""
    cache: str | None = None
    tables: tuple[str, ...] = ()
    reset_statistics: bool = False

    @property
    def postgres(self) -> bool:
        """Whether the database is meant."""
        return self.cache is None and self.node in (None, PRIMARY)

    @property
    def redis(self) -> bool:
        """Whether a cache is meant."""
        return not (self.tables or self.reset_statistics or self.node == PRIMARY)


def servers(
    manifest: Manifest,
    wanted: Wanted,
    identity: str | None = None,
    took: Mapping[str, float] | None = None,
    failed: Mapping[str, str] | None = None,
) -> Seen:
    """All that are meant; one that does not answer is left out and said.

    Raise `AskedError`, QuestionError or NoLoginError for what is not there.
    """
    databases: list[DatabaseFacts] = []
    skipped: list[Skipped] = []
    if wanted.postgres:
        try:
            databases.append(
                database(
                    manifest,
                    identity,
                    tables=wanted.tables,
                    reset_statistics=wanted.reset_statistics,
                    took=took,
                    failed=failed,
                )
            )
        except (LoginError, SilentError) as error:
            skipped.append(Skipped(object=PRIMARY, why=str(error), mend="datatier health"))
    found, silent = caches(manifest, wanted.cache, wanted.node, identity) if wanted.redis else ((), ())
    return Seen(databases=tuple(databases), caches=found, skipped=(*skipped, *silent))


def _asked(conn: psycopg.Connection[Any], node: str, observation: Observation) -> Observed:
    with cut(conn, observation.patience + 1):  # after the server's own statement_timeout
        return look(conn, node, observation)
