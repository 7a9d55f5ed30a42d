"""What the large objects of a database are: how many, how many bytes, and a sum of hashes of their parts.

Read with lo_get and so by whoever may read each of them: the table they lie in is a superuser's. Holes read as zeros,
as they are restored.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import tuple_row
from pydantic import BaseModel, ConfigDict

PART = 1 << 20
"""Bytes that are read at a time: what the server holds of an object that may have 4 TB."""
_DIGEST = f"""
WITH RECURSIVE part AS (
  SELECT m.oid AS object, 0::bigint AS start, read.size, read.hash
  FROM pg_largeobject_metadata m, LATERAL (
    SELECT length(data) AS size, sha256(data) AS hash FROM (SELECT lo_get(m.oid, 0, {PART}) AS data OFFSET 0) AS one
  ) AS read
  UNION ALL
  SELECT part.object, part.start + {PART}, read.size, read.hash
  FROM part, LATERAL (
    SELECT length(data) AS size, sha256(data) AS hash
    FROM (SELECT lo_get(part.object, part.start + {PART}, {PART}) AS data OFFSET 0) AS one
  ) AS read
  WHERE part.size = {PART})
SELECT count(DISTINCT object), coalesce(sum(size), 0)::bigint,
       coalesce(sum(hashtextextended(format('%s %s %s', object, start, encode(hash, 'hex')), 0)), 0)::text FROM part
"""  # noqa: S608


class LargeObjectsProof(BaseModel):
    """What they were."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    objects: int
    bytes: int
    digest: str
    """Sum of the parts' hashes, decimal."""


def prove(conn: psycopg.Connection[Any]) -> LargeObjectsProof:
    """Read all of them as the current role, in the current transaction."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(_DIGEST).fetchone()
    assert row is not None  # noqa: S101 an aggregate has a row
    return LargeObjectsProof(objects=row[0], bytes=row[1], digest=row[2])


def differences(expected: LargeObjectsProof, actual: LargeObjectsProof) -> tuple[str, ...]:
    """Say what is other than it was; nothing where all is the same."""
    if (expected.objects, expected.bytes) != (actual.objects, actual.bytes):
        is_, was = (f"{each.objects} of {each.bytes} bytes together" for each in (actual, expected))
        return (f"the large objects are {is_} and were {was}",)
    return (
        ()
        if expected == actual
        else (f"the {actual.objects} large objects are as many as they were, but not the same",)
    )
