"""What an upgrade of PostgreSQL asks a database: queries that find what is wrong, or make the statements that mend it.

What pg_upgrade refuses: reg* columns but regclass, regrole and regtype, prepared transactions, databases that take no
connection (PostgreSQL's src/bin/pg_upgrade/check.c), and on RDS logical slots before 17 (RDS User Guide,
USER_UpgradeDBInstance.PostgreSQL.MajorVersion.Process). A rehearsal asks the same (`rehearse.postgres.obstacles`).
"""

from __future__ import annotations

from upgrade.check import Asked

_OWN = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'"

REG_TYPES = (
    *("regcollation", "regconfig", "regdictionary", "regnamespace"),
    *("regoper", "regoperator", "regproc", "regprocedure"),
)
"""Those whose values are OIDs that pg_upgrade does not keep: it keeps pg_class.oid, pg_type.oid and pg_authid.oid."""
SLOTS_KEPT = 17
"""pg_upgrade carries logical slots over from this version on (PostgreSQL 17 release notes)."""

# As pg_upgrade does: domains, arrays, composite types and ranges over the types are followed.
_OF_TYPES = (
    "WITH RECURSIVE kinds AS (SELECT t.oid FROM pg_type t WHERE {} "  # noqa: S608 constants
    "UNION SELECT more.oid FROM kinds CROSS JOIN LATERAL ("
    "SELECT t.oid FROM pg_type t WHERE t.typtype = 'd' AND t.typbasetype = kinds.oid "
    "UNION ALL SELECT t.oid FROM pg_type t WHERE t.typtype = 'b' AND t.typelem = kinds.oid "
    "UNION ALL SELECT t.oid FROM pg_type t JOIN pg_class c ON t.typtype = 'c' AND t.oid = c.reltype "
    "JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND a.atttypid = kinds.oid "
    "UNION ALL SELECT t.oid FROM pg_type t JOIN pg_range r ON t.typtype = 'r' AND r.rngtypid = t.oid "
    "AND r.rngsubtype = kinds.oid) AS more) "
    "SELECT format('%I.%I.%I', n.nspname, c.relname, a.attname), "
    "format('ALTER TABLE %I.%I DROP COLUMN %I, or ALTER it to TYPE text', n.nspname, c.relname, a.attname) "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND a.attnum > 0 "
    f"WHERE a.atttypid IN (SELECT oid FROM kinds) AND c.relkind IN ('r', 'm', 'i', 'p') AND {_OWN} ORDER BY 1"
)


def columns_of(types: str) -> str:
    """Query for the columns of some types, a condition on `pg_type t`, and what ends each."""
    return _OF_TYPES.format(types)


PREPARED = Asked(
    says="no prepared transaction is open",
    statement="SELECT gid::text, format('COMMIT PREPARED %L or ROLLBACK PREPARED %L', gid, gid) "
    "FROM pg_prepared_xacts ORDER BY 1",
    mend="end each: COMMIT PREPARED or ROLLBACK PREPARED",
)
BROKEN = Asked(
    says="every database takes connections",
    statement="SELECT datname::text, CASE WHEN datconnlimit = -2 THEN format('DROP DATABASE %I', datname) "
    "ELSE format('ALTER DATABASE %I WITH ALLOW_CONNECTIONS true', datname) END FROM pg_database "
    # RDS upgrades its own itself.
    "WHERE (datconnlimit = -2 OR NOT datallowconn) AND datname NOT IN ('template0', 'rdsadmin') ORDER BY 1",
    mend="drop each that an interrupted DROP DATABASE has left (datconnlimit -2), and let others take connections",
)
REG = Asked(
    says="no column is of a reg* type but regtype, regrole and regclass",
    statement=columns_of(
        f"t.typnamespace = 'pg_catalog'::regnamespace AND t.typname = ANY ('{{{','.join(REG_TYPES)}}}')"
    ),
    mend="change each to text in a migration",
)
USED_SLOTS = Asked(
    says="nobody reads from a logical slot",
    statement="SELECT slot_name::text FROM pg_replication_slots WHERE slot_type = 'logical' AND active ORDER BY 1",
    mend="stop its consumer first; the slot is dropped and made again",
)
NO_SLOTS = Asked(
    says="no logical slot is left",
    statement="SELECT slot_name::text FROM pg_replication_slots WHERE slot_type = 'logical' ORDER BY 1",
)
NO_KEY = Asked(
    says="every table has a primary key, or replicates whole rows",
    statement="SELECT format('%I.%I', n.nspname, c.relname) "  # noqa: S608 constants
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    f"WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND {_OWN} AND c.relreplident <> 'f' "
    "AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND (i.indisprimary OR i.indisreplident)) "
    "AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1",
    mend="give each one a primary key, or ALTER TABLE ... REPLICA IDENTITY FULL",
)
LONG = Asked(
    says="no transaction runs for longer than a minute",
    statement="SELECT format('%s of %s since %s', pid, usename, xact_start) FROM pg_stat_activity "
    "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND xact_start < now() - interval '1 minute'",
    mend="wait for it, or end it: `datatier queries long`",
)
BEHIND = Asked(
    says="no replica is more than ten seconds behind",
    statement="SELECT format('%s %s', coalesce(host(client_addr), application_name), replay_lag) "
    "FROM pg_stat_replication WHERE replay_lag > interval '10 seconds'",
    mend="wait until it has caught up: `datatier health`",
)
LOGICAL = Asked(
    says="SHOW wal_level says logical",
    statement="SELECT setting FROM pg_settings WHERE name = 'wal_level' AND setting <> 'logical'",
)

OUTDATED = Asked(
    says="every extension has the version that the server brings",
    statement="SELECT format('%s %s, not %s', name, installed_version, default_version) FROM pg_available_extensions "
    "WHERE installed_version <> default_version ORDER BY 1",
)
# PostGIS brings a function that also takes its other extensions along (PostGIS manual, "Upgrading spatial databases");
# pg_repack has no way but to be made again (RDS User Guide, Appendix.PostgreSQL.CommonDBATasks.pg_repack).
UPDATE_EXTENSIONS = (
    "SELECT NULL, CASE WHEN name = 'postgis' THEN 'SELECT postgis_extensions_upgrade()' "
    "WHEN name = 'pg_repack' THEN 'DROP EXTENSION pg_repack; CREATE EXTENSION pg_repack' "
    "ELSE format('ALTER EXTENSION %I UPDATE', name) END FROM pg_available_extensions "
    "WHERE installed_version <> default_version AND NOT name ~ '^postgis_|^address_standardizer' ORDER BY name"
)

_NO_STATISTICS = (
    "FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid WHERE s.last_analyze IS NULL "
    "AND s.last_autoanalyze IS NULL AND c.relkind IN ('r', 'm') AND pg_relation_size(c.oid) > 0"
)
UNKNOWN = Asked(
    says="every table with rows was analyzed since",
    statement=f"SELECT format('%I.%I', s.schemaname, s.relname) {_NO_STATISTICS} ORDER BY 1",
)
# By each table's owner: for anybody else ANALYZE only warns, "skipping it".
ANALYZE = (
    "SELECT pg_get_userbyid(c.relowner), format('ANALYZE %I.%I', s.schemaname, s.relname) "
    f"{_NO_STATISTICS} ORDER BY pg_relation_size(c.oid) DESC"
)

DROP_SLOTS = (
    "SELECT NULL, format('SELECT pg_drop_replication_slot(%L)', slot_name), "
    "format('SELECT pg_create_logical_replication_slot(%L, %L, false, %L) WHERE NOT EXISTS "
    "(SELECT FROM pg_replication_slots WHERE slot_name = %L)', slot_name, plugin, two_phase, slot_name) "
    "FROM pg_replication_slots WHERE slot_type = 'logical' AND database = current_database() ORDER BY slot_name"
)
