"""The data tier's own tables: the schema's version (golang-migrate's), its history, and the samples of capacity.

Apart from what writes them, so that whoever only leaves them out of a comparison imports neither migrations nor more.
"""

TABLE = "schema_migrations"
HISTORY = "datatier_migrations"
CAPACITY = "datatier_capacity"
LEDGERS = frozenset({TABLE, HISTORY, CAPACITY})
"""No application's tables: whoever may write rows may still not write these."""
