"""What of PostgreSQL's catalogs a definition holds: docs/schema-coverage.md is made from here, and a test holds it
against the catalogs of a server and against one object of everything.

`python -m bootstrap.schema.coverage > docs/schema-coverage.md` makes the page. The catalogs are those of PostgreSQL's
documentation, chapter "System Catalogs".
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Literal

from bootstrap.schema.markdown import code, table

Held = Literal["held", "counted", "access", "not schema"]
"""HELD and compared; left out and COUNTED by `dump` and `check`; of the ACCESS declaration; NOT SCHEMA at all."""

COVERAGE: dict[str, tuple[Held, str]] = {
    "pg_aggregate": ("held", "`functions`, as CREATE AGGREGATE"),
    "pg_am": ("held", "`objects`, as CREATE ACCESS METHOD"),
    "pg_amop": ("held", "`objects`, with their operator family or class"),
    "pg_amproc": ("held", "`objects`, with their operator family or class"),
    "pg_attrdef": ("held", "`default` and `generated` of columns"),
    "pg_attribute": ("held", "`columns`, fields of composite types; the order of columns is written, not compared"),
    "pg_auth_members": ("access", "memberships"),
    "pg_authid": ("access", "roles"),
    "pg_cast": ("held", "`objects`, as CREATE CAST"),
    "pg_class": ("held", "`tables`, `views`, `sequences`, indexes, composite types"),
    "pg_collation": ("held", "`objects`, as CREATE COLLATION; the library's version is the server's"),
    "pg_constraint": ("held", "`constraints` of tables and domains, names of NOT NULL from 18 on"),
    "pg_conversion": ("held", "`objects`, as CREATE CONVERSION"),
    "pg_database": ("not schema", "the database that the schema is in"),
    "pg_db_role_setting": ("access", "settings of roles and databases"),
    "pg_default_acl": ("access", "default privileges"),
    "pg_depend": ("held", "`needs`: the order in which a definition is made"),
    "pg_description": ("held", "`comment`, and `comments` on what hangs on tables"),
    "pg_enum": ("held", "`enum` of types"),
    "pg_event_trigger": ("held", "`objects`, as CREATE EVENT TRIGGER"),
    "pg_extension": (
        "held",
        "`extensions`, with their schema; what belongs to them is theirs, and so is the version; comments on them that "
        "are not their own are counted",
    ),
    "pg_foreign_data_wrapper": ("held", "`objects`, as CREATE FOREIGN DATA WRAPPER"),
    "pg_foreign_server": ("held", "`objects`, as CREATE SERVER"),
    "pg_foreign_table": ("held", "`foreign` of tables"),
    "pg_index": ("held", "`indexes`, with what replication and CLUSTER go by; those that are not valid are counted"),
    "pg_inherits": ("held", "`inherits` and `partition_of` of tables, `attached` of their indexes"),
    "pg_init_privs": ("not schema", "what extensions were granted when they were made"),
    "pg_language": ("held", "`objects`, as CREATE LANGUAGE"),
    "pg_largeobject": ("not schema", "rows: the data of large objects"),
    "pg_largeobject_metadata": ("not schema", "rows: which large objects there are"),
    "pg_namespace": ("held", "`schemas`"),
    "pg_opclass": ("held", "`objects`, as CREATE OPERATOR CLASS"),
    "pg_operator": ("held", "`objects`, as CREATE OPERATOR"),
    "pg_opfamily": ("held", "`objects`, as CREATE OPERATOR FAMILY"),
    "pg_parameter_acl": ("access", "who may set which parameter"),
    "pg_partitioned_table": ("held", "`partition_by` of tables"),
    "pg_policy": ("held", "`policies` of tables"),
    "pg_proc": ("held", "`functions`"),
    "pg_publication": ("held", "`objects`, as CREATE PUBLICATION"),
    "pg_publication_namespace": ("held", "`objects`, with their publication"),
    "pg_publication_rel": ("held", "`objects`, with their publication"),
    "pg_range": ("held", "`range` of types"),
    "pg_replication_origin": ("not schema", "how far replication has come"),
    "pg_rewrite": ("held", "`definition` of views, `rules`"),
    "pg_seclabel": ("counted", "they mean something to a security module only, and no cloud has one"),
    "pg_sequence": ("held", "`sequences`, and `sequence` of identity columns"),
    "pg_shdepend": ("access", "owners and grants"),
    "pg_shdescription": ("not schema", "comments on databases, roles and tablespaces"),
    "pg_shseclabel": ("not schema", "security labels of databases, roles and tablespaces"),
    "pg_statistic": ("not schema", "what ANALYZE has found"),
    "pg_statistic_ext": ("held", "`objects`, as CREATE STATISTICS"),
    "pg_statistic_ext_data": ("not schema", "what ANALYZE has found"),
    "pg_subscription": ("counted", "they hold the password of another server"),
    "pg_subscription_rel": ("not schema", "how far replication has come"),
    "pg_tablespace": ("counted", "where files are is the server's; tables and indexes that have one are counted"),
    "pg_transform": ("held", "`objects`, as CREATE TRANSFORM"),
    "pg_trigger": ("held", "`triggers` of tables and views"),
    "pg_ts_config": ("held", "`objects`, as CREATE TEXT SEARCH CONFIGURATION"),
    "pg_ts_config_map": ("held", "`objects`, with their configuration"),
    "pg_ts_dict": ("held", "`objects`, as CREATE TEXT SEARCH DICTIONARY"),
    "pg_ts_parser": ("held", "`objects`, as CREATE TEXT SEARCH PARSER"),
    "pg_ts_template": ("held", "`objects`, as CREATE TEXT SEARCH TEMPLATE"),
    "pg_type": ("held", "`types`"),
    "pg_user_mapping": ("counted", "they hold the password of another server"),
}
"""Each catalog: how it is treated, and where, or why not."""

_SAID: dict[Held, str] = {
    "held": "held and compared",
    "counted": "left out, with a count in `dump` and `check`",
    "access": "of the access declaration",
    "not schema": "not schema",
}


def page() -> Iterator[str]:
    """The lines of the page."""
    yield from ("# What a schema definition holds", "")
    yield "<!-- python -m bootstrap.schema.coverage > docs/schema-coverage.md -->"
    yield ""
    yield (
        "Every catalog of PostgreSQL 15 to 18, and what becomes of it in `schema/schema.json`. What is held is "
        "compared by `datatier schema check`, and made by `datatier schema sql`. Owners and grants are the access "
        "declaration's. What belongs to an extension, and the books of the migrations, are left out."
    )
    yield ""
    rows = [(code(name), _SAID[held], why) for name, (held, why) in sorted(COVERAGE.items())]
    yield from table(("catalog", "", "where, or why not"), rows)


if __name__ == "__main__":
    sys.stdout.write("\n".join(page()).rstrip() + "\n")
