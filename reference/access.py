"""What access.yaml takes: its types and the rules between them."""

from __future__ import annotations

from functools import cache

from bootstrap.access import load
from bootstrap.access.model import Access
from bootstrap.rule import said
from reference.editor import described
from reference.types import Schema, schema_of
from reference.words import add


@cache
def types() -> Schema:
    """The declaration with its rules."""
    found = schema_of(Access)
    add(found, said(load))
    return found


def file_schema() -> Schema:
    """JSON Schema of access.yaml."""
    found: Schema = described(types())
    return found
