"""How the engines differ from the declarations of schema and access since the last bootstrap. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
from pydantic import BaseModel, ConfigDict, computed_field

from bootstrap import schema
from bootstrap.access import Access, load_access
from bootstrap.access.upkeep import TableUpkeep
from bootstrap.manifest import Manifest
from bootstrap.postgres import master
from bootstrap.postgres.pressure import migration, used_up
from bootstrap.reconcile.by_url import plan_urls
from bootstrap.reconcile.plan import Plan, plan_entered
from bootstrap.reconcile.verify import verify_stack
from bootstrap.report import Check
from bootstrap.schema import SchemaDifference
from bootstrap.secrets import AwsStore, SecretStore
from bootstrap.verify.by_role import verify_roles

_THREADS = 8


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class Drifted(_Model):
    """One thing that is not as declared."""

    where: str
    """`schema`, or where in the access: an engine and what of it."""
    what: str
    mend: str = ""
    """The statement or the words that mend it; empty where it is nothing of ours to change."""


class Drift(_Model):
    """All of it."""

    stack: str
    found: tuple[Drifted, ...] = ()
    checks: tuple[Check, ...] = ()
    """What logging in as every identity proved, where that was asked for."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def failed(self) -> tuple[str, ...]:
        """Checks that came out otherwise than declared."""
        return tuple(
            f"{each.identity} on {each.target}: {each.action}: {each.expected} expected, {each.outcome}"
            for each in self.checks
            if not each.ok
        )

    @computed_field  # type: ignore[prop-decorator]
    @property
    def ok(self) -> bool:
        """Whether everything is as declared."""
        return not self.found and not self.failed


def look(manifest: Manifest, *, migrations: Path, prove: bool = False, store: SecretStore | None = None) -> Drift:
    """Compare a deployed stack with its declarations; with `prove` also log in as every identity.

    Raise BootstrapError where something cannot be read.
    """
    store = store or AwsStore(manifest.region, manifest.aws_endpoint)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="drift") as pool:
        entered = master.look(manifest.postgres, store)
        with entered.conn as conn:
            plan = plan_entered(manifest, store, pool, entered)
            pressing = tuple(_pressure(conn))
            judged = judge_schema(conn, migrations, load_access(manifest.access).upkeep)
        checks = verify_stack(manifest, store, pool) if prove else ()
    return _drift(manifest.stack, (*pressing, *map(_of_schema, judged.counted)), plan, checks)


def look_by_url(access: Access, conn: psycopg.Connection[Any], *, migrations: Path, prove: bool) -> Drift:
    """Compare a database that no stack describes with the declarations; with `prove` also as every identity's role."""
    plan = plan_urls(access, conn, None, "main")
    pressing = tuple(_pressure(conn))
    judged = judge_schema(conn, migrations, access.upkeep)
    checks = tuple(verify_roles(conn, access)) if prove else ()
    return _drift(conn.info.dbname, (*pressing, *map(_of_schema, judged.counted)), plan, checks)


def _drift(stack: str, found: tuple[Drifted, ...], plan: Plan, checks: tuple[Check, ...]) -> Drift:
    return Drift(stack=stack, found=(*found, *_access(plan)), checks=checks)


def _access(plan: Plan) -> Iterator[Drifted]:
    for each in plan.changes:
        yield Drifted(where=f"{each.engine} {each.target}", what=f"{each.verb} {each.subject}", mend=each.text)
    for text in plan.differences:
        yield Drifted(where="access", what=text)


def _pressure(conn: psycopg.Connection[Any]) -> Iterator[Drifted]:
    """What will refuse the next migration or the next login, whatever is declared."""
    if (at := migration(conn)) and at.dirty:
        mend = f"see which statement failed, mend the schema by hand, then `datatier migrate force {at.version}`"
        yield Drifted(where="schema", what=f"migration {at.version} is dirty: it stopped half-way", mend=mend)
    for each in used_up(conn):
        yield Drifted(where="connections", what=str(each), mend=each.mend)


def judge_schema(conn: psycopg.Connection[Any], migrations: Path, upkeep: Iterable[TableUpkeep]) -> schema.Judgement:
    """Compare the schema with the definition next to the migrations; nothing differs where there is none."""
    path = schema.beside(migrations)
    return schema.Judgement() if path is None else schema.judge(conn, schema.with_periods(schema.load(path), upkeep))


def _of_schema(each: SchemaDifference) -> Drifted:
    return Drifted(where="schema", what=f"{each.kind} {each.object}: {each.what}", mend=each.sql or "")
