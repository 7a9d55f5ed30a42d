"""A plan, carried out on a stack: who logs in, one run at a time, and what is watched meanwhile."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import Any

import psycopg
from psycopg.sql import SQL, Literal

from bootstrap.access import load_access, maintainer
from bootstrap.lock_holders import ADMINISTRATOR
from bootstrap.manifest import Manifest
from bootstrap.postgres import master
from bootstrap.postgres.lock import BusyError, Work, hold
from bootstrap.secrets import AwsStore, open_postgres
from clients.credentials import credential
from maintain.action import MaintenancePlan
from maintain.facts import DatabaseFacts
from maintain.look import database
from maintain.report import MaintenanceReport
from maintain.run.budget import Budget
from maintain.run.caches import on_cache
from maintain.run.proof import Proof
from maintain.run.run import Means, Say, on_caches, run
from maintain.run.session import APPLICATION, begin
from maintain.run.watch import Watch
from observe.nodes import postgres_nodes

KEY = zlib.crc32(b"data-tier maintenance")
WAIT_SECONDS = 30.0
"""How long a second run waits for the first one."""


def carry_out(
    manifest: Manifest,
    facts: DatabaseFacts | None,
    plan: Callable[[DatabaseFacts], MaintenancePlan],
    wanted: MaintenancePlan,
    budget: Budget,
    say: Say = lambda _: None,
    *,
    wait: float = WAIT_SECONDS,
) -> MaintenanceReport:
    """Do what is wanted of the plan.

    Raise AskedError where the budget is too short for any of it, BusyError where another run has the database, and what
    logging in raises.

    :param facts: what it was planned from; None where the database was not looked at, and only caches are.
    :param plan: plans again, to prove what was done.
    """
    if facts is None:
        return on_caches(wanted, budget, partial(on_cache, manifest), say)
    primary, *replicas = postgres_nodes(manifest)
    with (
        worker(manifest) as conn,
        _alone(conn, _work(facts.owner), wait) as waited,
        Watch(primary, replicas, say) as watch,
    ):
        if waited:
            say("another run was under way: planned again")
            facts = database(manifest, reset_statistics=facts.reset_statistics, took=facts.took, failed=facts.failed)
            wanted = still_wanted(wanted, plan(facts), facts.node)
        with closing(Proof(primary, facts, plan)) as proof:
            means = Means(
                conn=conn, watch=watch, proof=proof, budget=budget, cache=partial(on_cache, manifest), say=say
            )
            return run(wanted, means)


@contextmanager
def _alone(conn: psycopg.Connection[Any], work: Work, seconds: float) -> Iterator[bool]:
    """Hold the lock of maintenance; what is yielded says whether another run had it before. Raise BusyError."""
    with ExitStack() as stack:
        try:
            stack.enter_context(hold(conn, seconds=0, work=work))
            waited = False
        except BusyError:
            if not seconds:
                raise
            stack.enter_context(hold(conn, seconds=seconds, work=work))
            waited = True
        yield waited


def still_wanted(wanted: MaintenancePlan, now: MaintenancePlan, node: str) -> MaintenancePlan:
    """What is wanted and has not been done by another run since, as it is planned now; of the caches all of it.

    By what it is about: the statement of one that is still wanted may be another, as it has the present time in it.
    """
    about = {(each.kind, each.object) for each in wanted.actions if each.node == node}
    left = [each for each in now.actions if (each.kind, each.object) in about]
    return MaintenancePlan(
        actions=(*left, *(each for each in wanted.actions if each.node != node)), skipped=wanted.skipped
    )


@contextmanager
def worker(manifest: Manifest) -> Iterator[psycopg.Connection[Any]]:
    """The session that works: the declared maintainer's, or else the master's. Raise what logging in raises."""
    with _login(manifest) as conn:
        begin(conn)
        yield conn


def _login(manifest: Manifest) -> psycopg.Connection[Any]:
    who, target = maintainer(load_access(manifest.access)), manifest.postgres
    if who == "master":
        return master.look(target, AwsStore(manifest.region, manifest.aws_endpoint)).conn
    found = credential(manifest, who)
    return open_postgres(target, target.primary, found.username or "", found.password, application=APPLICATION)


def _work(owner: str) -> Work:
    """Who maintains is an administrator, or may become the owner, or has pg_maintain (from PostgreSQL 17 on)."""
    entitled = SQL(
        "({} OR (r.oid IS NOT NULL AND EXISTS (SELECT FROM pg_roles o WHERE o.rolname IN ({}, 'pg_maintain')"
        " AND pg_has_role(r.oid, o.oid, 'MEMBER'))))"
    ).format(ADMINISTRATOR, Literal(owner))
    return Work(name="maintenance", key=KEY, entitled=entitled)
