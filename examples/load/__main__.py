"""Data, traffic and trouble for a tier on this computer, so that there is something to see in it.

`python -m examples.load fill` makes tables and keys called `load_...`, `run` works with them for a minute, and `clean`
removes them.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from bootstrap.access import Access, load_access
from bootstrap.access.keyspaces import writers
from bootstrap.access.model import Keyspace
from bootstrap.acl.glob import matches
from bootstrap.manifest import Manifest
from bootstrap.secrets import open_postgres, open_redis
from cli.target import find_manifest
from clients.credentials import cache_credential, credential, default_identity

if TYPE_CHECKING:
    import psycopg
    import redis

PREFIX = "load_"
HELD = 40.0
"""Seconds that a transaction does nothing."""
_random = random.Random(7)  # noqa: S311 nothing secret: the same data each time
# What is wrong with each is said by a command: `queries indexes`, `vacuum`, `sequences`, `bloat`, `sizes`, `deps`.
TABLES = """
CREATE TABLE load_customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL, city text);
CREATE TABLE load_order (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer bigint NOT NULL REFERENCES load_customer,
  at timestamptz NOT NULL DEFAULT now(), note text, state text NOT NULL);
CREATE INDEX load_order_at ON load_order (at);
CREATE INDEX load_order_at_again ON load_order (at);
CREATE INDEX load_order_note_unused ON load_order (note);
CREATE TABLE load_queue (id integer PRIMARY KEY, payload text) WITH (autovacuum_enabled = off);
CREATE TABLE load_ticket (id serial PRIMARY KEY, what text);
CREATE TABLE load_event (id bigint, day date NOT NULL, what text) PARTITION BY RANGE (day);
CREATE TABLE load_event_now PARTITION OF load_event FOR VALUES FROM ('2026-01-01') TO ('2100-01-01');
CREATE TABLE load_event_default PARTITION OF load_event DEFAULT;
CREATE VIEW load_open_order AS SELECT o.id, c.email FROM load_order o JOIN load_customer c ON c.id = o.customer;
"""
ROWS = """
INSERT INTO load_customer (email, city) SELECT 'c' || n || '@example.org', 'city ' || n % 97
  FROM generate_series(1, {rows} / 10) AS n;
INSERT INTO load_order (customer, at, note, state)
  SELECT 1 + n % ({rows} / 10), now() - n * interval '1 minute', md5(n::text) || md5((n + 1)::text),
         (ARRAY['open', 'paid', 'sent'])[1 + n % 3] FROM generate_series(1, {rows}) AS n;
INSERT INTO load_queue SELECT n, repeat('job ', 25) FROM generate_series(1, {rows}) AS n;
UPDATE load_queue SET payload = payload || '.';
DELETE FROM load_queue WHERE id % 3 > 0;
SELECT setval('load_ticket_id_seq', 2040000000);
INSERT INTO load_event SELECT n, now()::date, 'opened' FROM generate_series(1, {rows} / 5) AS n;
ANALYZE load_customer, load_order, load_queue, load_event;
"""
STATEMENTS = (
    "SELECT count(*) FROM load_order WHERE state = %s",
    "SELECT c.city, count(*) FROM load_order o JOIN load_customer c ON c.id = o.customer WHERE o.state = %s GROUP BY 1",
    "SELECT * FROM load_order WHERE state = %s ORDER BY at DESC LIMIT 20",
)


def main() -> None:
    """Read the command line and do one of the three."""
    options = argparse.ArgumentParser(prog="python -m examples.load", description=__doc__)
    options.add_argument("what", choices=("fill", "run", "clean"))
    options.add_argument("--stack", "-s", help="stack of this computer; the one brought up last when absent")
    options.add_argument("--rows", type=int, default=100_000, help="rows of the largest table")
    options.add_argument("--keys", type=int, default=5_000, help="keys in all caches together")
    options.add_argument("--seconds", type=float, default=60, help="how long `run` goes on")
    chosen = options.parse_args()
    tier = find_manifest(chosen.stack, None)
    access = load_access(tier.access)
    if chosen.what == "fill":
        clean(tier, access)
        fill(tier, access, chosen.rows, chosen.keys)
    elif chosen.what == "run":
        run(tier, access, chosen.seconds)
    else:
        clean(tier, access)


def fill(tier: Manifest, access: Access, rows: int, keys: int) -> None:
    """Make the tables and the keys."""
    with as_migrator(tier, access) as conn:
        conn.execute(TABLES)
        conn.execute(ROWS.format(rows=rows))
    for space, who in _spaces(tier, access):
        with as_user(tier, space.cache, who) as client:
            _put(client, space, keys // len(access.keyspaces))


def run(tier: Manifest, access: Access, seconds: float) -> None:
    """Sessions of the application that read, one that is idle in a transaction, and one that waits for it."""
    until = monotonic() + seconds
    threads = [Thread(target=_read, args=(tier, access, until)) for _ in range(4)]
    threads += [Thread(target=_hold, args=(tier, access, until)), Thread(target=_wait, args=(tier, access, until))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def clean(tier: Manifest, access: Access) -> None:
    """Drop the tables and delete the keys."""
    with as_migrator(tier, access) as conn:
        found = conn.execute(
            "SELECT format('DROP TABLE %%s CASCADE', oid::regclass) FROM pg_class"
            " WHERE relname LIKE %s AND relkind IN ('r', 'p') AND NOT relispartition",
            (PREFIX.replace("_", r"\_") + "%",),
        ).fetchall()
        conn.execute("; ".join(row[0] for row in found))
    for space, who in _spaces(tier, access):
        with as_user(tier, space.cache, who) as client:
            _remove(client, space)


def _spaces(tier: Manifest, access: Access) -> Iterator[tuple[Keyspace, str]]:
    """Each key space of the tier's caches and an identity that writes it; one that nobody writes is left out."""
    for space in (each for each in access.keyspaces.values() if each.cache in tier.caches):
        for name, identity in access.identities.items():
            rules = identity.redis.get(space.cache)
            if rules and any(matches(pattern, _name(space, 0)) for pattern in writers(rules)):
                yield space, name
                break


def _name(space: Keyspace, number: int) -> str:
    return re.sub(r"\{[^{}]*\}", f"{PREFIX}{number}", space.pattern)


def _put(client: redis.Redis, space: Keyspace, count: int) -> None:
    """Keys of one space; one in ten has no TTL though the declaration says one."""
    client.execute_command("SELECT", space.database)
    for number in range(max(1, count)):
        key, text = _name(space, number), "x" * _random.randint(10, 500)
        if space.type in ("string", "any"):
            client.set(key, text)
        elif space.type == "hash":
            client.hset(key, mapping={"a": text, "b": str(number)})
        elif space.type == "list":
            client.rpush(key, text, text)
        elif space.type == "set":
            client.sadd(key, text, "b")
        elif space.type == "zset":
            client.zadd(key, {text: number})
        else:
            client.xadd(key, {"a": text})
        if space.ttl is not None and number % 10:
            client.expire(key, space.ttl)


def _remove(client: redis.Redis, space: Keyspace) -> None:
    """Delete the keys of one space, whose names count up: nobody here may list them."""
    client.execute_command("SELECT", space.database)
    for first in range(0, 10**9, 1000):
        if not client.unlink(*(_name(space, number) for number in range(first, first + 1000))):
            return


def _read(tier: Manifest, access: Access, until: float) -> None:
    with as_application(tier, access) as conn:
        while monotonic() < until:
            conn.execute(_random.choice(STATEMENTS), (_random.choice(["open", "paid", "sent"]),)).fetchall()
            sleep(0.05)


def _hold(tier: Manifest, access: Access, until: float) -> None:
    # Shorter than the server lets a session be idle in a transaction.
    while (left := until - monotonic()) > 0:
        with as_application(tier, access) as conn, conn.transaction():
            conn.execute("UPDATE load_customer SET city = 'held' WHERE id = 1")
            sleep(min(left, HELD))


def _wait(tier: Manifest, access: Access, until: float) -> None:
    with as_application(tier, access) as conn:
        conn.execute("SET lock_timeout = 0; SET statement_timeout = 0")
        while monotonic() < until:
            sleep(1)
            conn.execute("UPDATE load_customer SET city = 'waits' WHERE id = 1")


@contextmanager
def as_migrator(tier: Manifest, access: Access) -> Iterator[psycopg.Connection[Any]]:
    """A session as who migrates, acting as the owner, so that the tables have the grants of any other table."""
    with _session(tier, access.with_privilege("migrator")[0]) as conn:
        conn.execute("SET statement_timeout = 0")
        yield conn


@contextmanager
def as_application(tier: Manifest, access: Access) -> Iterator[psycopg.Connection[Any]]:
    """A session as the application."""
    with _session(tier, default_identity(access)) as conn:
        yield conn


@contextmanager
def _session(tier: Manifest, who: str) -> Iterator[psycopg.Connection[Any]]:
    found = credential(tier, who)
    with open_postgres(
        tier.postgres, tier.postgres.primary, found.username or "", found.password, application="load"
    ) as conn:
        yield conn


@contextmanager
def as_user(tier: Manifest, cache: str, who: str) -> Iterator[redis.Redis]:
    """A client of a cache as an identity."""
    found, target = cache_credential(tier, cache, who), tier.caches[cache]
    assert found.redis_password is not None  # noqa: S101 the bootstrap has filled it
    with open_redis(target, target.endpoint, found.redis_username, found.redis_password) as client:
        yield client


if __name__ == "__main__":
    main()
