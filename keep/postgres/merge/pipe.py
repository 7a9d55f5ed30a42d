"""Rows of one server to another, by COPY: neither needs dblink, and nothing but a block is held in memory."""

from __future__ import annotations

from typing import Any

import psycopg


def pipe(source: psycopg.Connection[Any], query: str, target: psycopg.Connection[Any], table: str) -> int:
    """Copy what a query gives into a table of the other side, block by block; return how many rows it was."""
    with source.cursor() as reader, target.cursor() as writer:
        with (
            reader.copy(f"COPY ({query}) TO STDOUT".encode()) as out,
            writer.copy(f"COPY {table} FROM STDIN".encode()) as into,
        ):
            for block in out:
                into.write(block)
        return writer.rowcount
