"""One hash for all that a database's schema defines, which is the same after a dump and a restore."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import psycopg

from bootstrap import schema
from bootstrap.schema.read import UnreadableError

# A server writes an expression back with other casts and parentheses than it was written with, once: of
# `x IN ('a', 'b')` over varchar the first reading is `ANY ((ARRAY['a'::character varying, ...])::text[])`, and that
# read again `ANY (ARRAY[('a'::character varying)::text, ...])` (PostgreSQL's parse_coerce.c, ruleutils.c). Nothing that
# a restore could lose is in them alone.
_CAST = re.compile(
    r'::(?:"(?:[^"]|"")+"|\w+)(?:\.(?:"(?:[^"]|"")+"|\w+))?(?:\(\d+(?:,\d+)?\))?'
    r"(?: varying| precision| with(?:out)? time zone)?(?:\(\d+(?:,\d+)?\))?(?:\[\])*"
)
_BRACKETS = re.compile(r"[()\s]+")


def fingerprint(conn: psycopg.Connection[Any]) -> str | None:
    """Return the SHA-256 of the schema's definition, as the current role reads it; None where the server is too old."""
    try:
        return of_definition(schema.read(conn).schema)
    except UnreadableError:
        return None


def of_definition(definition: object) -> str:
    """Return the SHA-256 of a definition, whose expressions count without casts and parentheses."""
    text = json.dumps(definition, sort_keys=True, default=str, ensure_ascii=False)
    text = text.replace('\\"', '"')  # of casts to quoted types
    return hashlib.sha256(_BRACKETS.sub("", _CAST.sub("", text)).encode()).hexdigest()
