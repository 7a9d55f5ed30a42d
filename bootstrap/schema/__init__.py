"""The schema as committed (`schema/schema.json`), beside the schema that a server has: check, generate, document."""

from bootstrap.schema.compare import compare
from bootstrap.schema.definition import DefinitionError, Schema, beside, dump, load
from bootstrap.schema.difference import Difference
from bootstrap.schema.document import document
from bootstrap.schema.generate import generate
from bootstrap.schema.imported import definition_of
from bootstrap.schema.read import Live, read

__all__ = [
    "DefinitionError",
    "Difference",
    "Live",
    "Schema",
    "beside",
    "compare",
    "definition_of",
    "document",
    "dump",
    "generate",
    "load",
    "read",
]
