"""Reads a copy until it answers about as fast as its source: EBS loads a restored volume block by block, when read."""

from __future__ import annotations

import time
from collections.abc import Sequence
from random import Random
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from bootstrap.errors import BootstrapError
from bootstrap.manifest import Endpoint
from bootstrap.schema.rows import Heap, heaps
from keep.drill.scene import Stage

_PROBES = 40
"""Single blocks that are read for one p95."""
_TABLES = 10
"""Tables that the probes go to: the largest."""
_NEAR = 2.0
"""How many times the source's p95 counts as near."""
_FLOOR = 2.0
"""Milliseconds below which nothing is cold: a first read from S3 takes tens of them."""


def warm(stage: Stage, endpoint: Endpoint) -> str:
    """Read table by table, the largest first, until the probe's p95 is near the source's; say how it went."""
    scene = stage.scene
    source = _source(stage)
    with scene.as_master(endpoint) as conn:
        conn.execute(SQL("SET ROLE {}").format(Identifier(scene.access.owner)))
        tables = _largest(conn)
        wanted = max(_NEAR * source, _FLOOR)
        cold = found = p95(conn, tables[:_TABLES])
        read = 0
        for heap, _ in tables:
            if found <= wanted:
                break
            conn.execute(heap.query)
            read += 1
            found = p95(conn, tables[:_TABLES])
    stage.notes.facts = {**stage.notes.facts, "p95 of a block, cold": f"{cold:.2f} ms"}
    return f"p95 of a block {found:.2f} ms, at the source {source:.2f} ms; {read} of {len(tables)} tables read for it"


def p95(conn: psycopg.Connection[Any], tables: Sequence[tuple[Heap, int]]) -> float:
    """Return the 95th percentile, in milliseconds, of reading one block of a table at random; 0 where none has any."""
    chance = Random()  # noqa: S311 other blocks each time: those of the last probe are warm
    took: list[float] = []
    for _ in range(_PROBES if tables else 0):
        heap, blocks = tables[chance.randrange(len(tables))]
        assert heap.schema  # noqa: S101 _largest
        assert heap.name  # noqa: S101
        began = time.perf_counter()
        query = SQL("SELECT 1 FROM ONLY {} WHERE ctid = %s::text::tid").format(Identifier(heap.schema, heap.name))
        conn.execute(query, [f"({chance.randrange(blocks)},1)"]).fetchone()
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[int(len(took) * 0.95)] if took else 0.0


def _source(stage: Stage) -> float:
    try:
        with stage.scene.as_master() as conn:
            conn.execute(SQL("SET ROLE {}").format(Identifier(stage.scene.access.owner)))
            return p95(conn, _largest(conn)[:_TABLES])
    except BootstrapError:
        return 0.0  # a source that is lost cannot be asked


def _largest(conn: psycopg.Connection[Any]) -> list[tuple[Heap, int]]:
    """Tables with their number of blocks, the largest first; without those that have none."""
    found: list[tuple[Heap, int]] = []
    for heap in (heap for parts in heaps(conn).values() for heap in parts):
        if heap.schema and heap.name and heap.readable and not heap.materialized:
            name = SQL("{}").format(Identifier(heap.schema, heap.name)).as_string(conn)
            row = conn.execute(
                "SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::int", [name]
            ).fetchone()
            if row and row[0]:
                found.append((heap, int(row[0])))
    return sorted(found, key=lambda each: -each[1])
