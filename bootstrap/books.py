"""The tables in which the schema's version and its history are kept: golang-migrate's, and ours.

Apart from `bootstrap/migrate/`, so that whoever only leaves them out of a comparison imports no migrations.
"""

TABLE = "schema_migrations"
HISTORY = "datatier_migrations"
