"""Every family of objects that is read, in an order in which each finds what it hangs on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bootstrap.schema.catalog import (
    columns,
    comments,
    constraints,
    functions,
    hangings,
    indexes,
    left_out,
    needs,
    objects,
    operators,
    relations,
    search,
    sequences,
    types,
)
from bootstrap.schema.catalog.draft import Draft, Row


@dataclass(frozen=True)
class Family:
    """A query, and what takes up its rows."""

    query: str
    place: Callable[[Draft, Sequence[Row]], None]
    source: str | None = None
    """What there has to be any of for the query to be sent, as what follows FROM; most databases have few kinds."""


def _made(kind: str, catalog: str, query: str) -> Family:
    return Family(query, objects.objects(kind, catalog), f"{catalog} WHERE oid >= 16384")


FAMILIES: tuple[Family, ...] = (
    Family(types.TYPES, types.types),
    Family(types.LABELS, types.labels, "pg_enum WHERE oid >= 16384"),
    Family(types.DOMAINS, types.domains, "pg_type WHERE typtype = 'd' AND oid >= 16384"),
    Family(types.RANGES, types.ranges, "pg_range WHERE rngtypid >= 16384"),
    Family(types.BASES, types.bases, "pg_type WHERE typtype = 'b' AND typcategory <> 'A' AND oid >= 16384"),
    Family(relations.RELATIONS, relations.relations),
    Family(relations.INHERITED, relations.inherited, "pg_inherits"),
    Family(columns.COLUMNS, columns.columns),
    Family(sequences.SEQUENCES, sequences.sequences, "pg_sequence"),
    Family(constraints.CONSTRAINTS, constraints.constraints),
    Family(indexes.INDEXES, indexes.indexes),
    Family(indexes.STATISTICS, indexes.statistics, "pg_index WHERE indexprs IS NOT NULL"),
    Family(hangings.TRIGGERS, hangings.triggers, "pg_trigger WHERE NOT tgisinternal"),
    Family(hangings.RULES, hangings.rules, "pg_rewrite WHERE oid >= 16384"),
    Family(hangings.VIEW_RULES, hangings.view_rules, "pg_rewrite WHERE oid >= 16384"),
    Family(hangings.POLICIES, hangings.policies, "pg_policy"),
    Family(functions.FUNCTIONS, functions.functions),
    Family(functions.AGGREGATES, functions.aggregates, "pg_aggregate WHERE aggfnoid >= 16384"),
    _made("collation", "pg_collation", objects.COLLATIONS),
    _made("language", "pg_language", objects.LANGUAGES),
    _made("transform", "pg_transform", objects.TRANSFORMS),
    _made("access method", "pg_am", objects.ACCESS_METHODS),
    _made("operator", "pg_operator", operators.OPERATORS),
    _made("operator family", "pg_opfamily", operators.FAMILIES),
    _made("operator class", "pg_opclass", operators.CLASSES),
    Family(operators.MEMBERS, operators.members, "pg_opfamily WHERE oid >= 16384"),
    _made("cast", "pg_cast", operators.CASTS),
    _made("conversion", "pg_conversion", objects.CONVERSIONS),
    _made("text search parser", "pg_ts_parser", search.PARSERS),
    _made("text search template", "pg_ts_template", search.TEMPLATES),
    _made("text search dictionary", "pg_ts_dict", search.DICTIONARIES),
    _made("text search configuration", "pg_ts_config", search.CONFIGURATIONS),
    _made("foreign data wrapper", "pg_foreign_data_wrapper", objects.WRAPPERS),
    _made("server", "pg_foreign_server", objects.SERVERS),
    _made("statistics", "pg_statistic_ext", objects.STATISTICS),
    _made("publication", "pg_publication", objects.PUBLICATIONS),
    _made("event trigger", "pg_event_trigger", objects.EVENT_TRIGGERS),
    Family(comments.COMMENTS, comments.comments),
    Family(needs.EXTENDED, needs.extended),
    Family(types.ALIASES, types.aliases),
    Family(needs.DEPENDENCIES, needs.needs),
    Family(left_out.LEFT_OUT, left_out.left_out),
)

_SOURCES = sorted({family.source for family in FAMILIES if family.source is not None})
FILLED = "SELECT " + ", ".join(f"EXISTS (SELECT FROM {source})" for source in _SOURCES)
"""Asks of each source whether there is any."""


def filled(row: Row) -> list[Family]:
    """The families to read where FILLED says so."""
    there = {source for source, any_ in zip(_SOURCES, row, strict=True) if any_}
    return [family for family in FAMILIES if family.source is None or family.source in there]
