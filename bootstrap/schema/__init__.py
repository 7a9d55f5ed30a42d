"""The schema as committed (`schema/schema.json`), beside the schema that a server has: check, generate, document."""

from bootstrap.schema.compare import check, compare
from bootstrap.schema.definition import Schema
from bootstrap.schema.difference import SchemaDifference
from bootstrap.schema.document import document
from bootstrap.schema.file import DefinitionError, beside, dump, load
from bootstrap.schema.generate import generate
from bootstrap.schema.imported import definition_of
from bootstrap.schema.judge import Judgement, judge, judged
from bootstrap.schema.kept_partitions import with_periods
from bootstrap.schema.read import ServerSchema, read
from bootstrap.schema.rows import Counted, count, estimate

__all__ = [
    "Counted",
    "DefinitionError",
    "Judgement",
    "Schema",
    "SchemaDifference",
    "ServerSchema",
    "beside",
    "check",
    "compare",
    "count",
    "definition_of",
    "document",
    "dump",
    "estimate",
    "generate",
    "judge",
    "judged",
    "load",
    "read",
    "with_periods",
]
