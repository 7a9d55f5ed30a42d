"""PostgreSQL parameters of five classes as whole tables, and what versions, replicas and options change."""

from __future__ import annotations

import pytest

from knowledge.classes import GIB, rds_class
from knowledge.parameters import Parameter, ParameterError
from knowledge.postgres.parameters import max_connections, postgres_family, postgres_parameters

FIXED = {
    "autovacuum_analyze_scale_factor": "0.05",
    "autovacuum_naptime": "30",
    "autovacuum_vacuum_insert_scale_factor": "0.1",
    "autovacuum_vacuum_scale_factor": "0.1",
    "checkpoint_completion_target": "0.9",
    "client_connection_check_interval": "10000",
    "effective_io_concurrency": "200",
    "idle_in_transaction_session_timeout": "600000",
    "log_autovacuum_min_duration": "10000",
    "log_checkpoints": "1",
    "log_connections": "1",
    "log_disconnections": "1",
    "log_lock_waits": "1",
    "log_min_duration_statement": "500",
    "log_parameter_max_length": "0",
    "log_statement": "ddl",
    "log_temp_files": "0",
    "password_encryption": "scram-sha-256",
    "pg_stat_statements.track": "all",
    "random_page_cost": "1.1",
    "rds.accepted_password_auth_method": "scram",
    "rds.force_ssl": "1",
    "shared_preload_libraries": "pg_stat_statements",
    "tcp_keepalives_count": "6",
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
    "track_activity_query_size": "4096",
    "track_functions": "pl",
    "track_io_timing": "1",
    "track_wal_io_timing": "1",
}
_COMPUTED = """
max_connections shared_buffers effective_cache_size work_mem maintenance_work_mem wal_buffers max_wal_size min_wal_size
autovacuum_max_workers autovacuum_work_mem autovacuum_vacuum_cost_limit max_parallel_workers
max_parallel_workers_per_gather max_parallel_maintenance_workers max_worker_processes max_slot_wal_keep_size
temp_file_limit
"""
COMPUTED = _COMPUTED.split()
GOLDEN = {
    # 256 MB, 768 MB, 8 MB, 64 MB, 8 MB; 1 GB of WAL; 50 connections
    ("db.t4g.micro", 20): "50 32768 98304 8192 65536 1024 1024 256 3 21845 400 2 1 1 8 5120 5242880",
    # 1 GB, 3 GB, 16 MB, 256 MB, 16 MB; 1 GB of WAL; 100 connections
    ("db.t4g.medium", 20): "100 131072 393216 16384 262144 2048 1024 256 3 87381 400 2 1 1 8 5120 5242880",
    # 2 GB, 6 GB, 16 MB, 512 MB, 16 MB; 2 GB of WAL; 200 connections
    ("db.m7g.large", 100): "200 262144 786432 16384 524288 2048 2048 512 3 174762 400 2 1 1 8 25600 26214400",
    # 4 GB, 12 GB, 16 MB, 1 GB, 16 MB; 4 GB of WAL; 400 connections
    ("db.r7g.large", 100): "400 524288 1572864 16384 1048576 2048 4096 1024 3 349525 400 2 1 1 8 25600 26214400",
    # 128 GB, 384 GB, 41 MB, 2 GB, 16 MB; 32 GB of WAL; 5000 connections
    ("db.r7g.16xlarge", 2000): (
        "5000 16777216 50331648 41984 2097152 2048 32768 8192 8 262144 10000 64 4 4 128 512000 524288000"
    ),
}
STATIC = {
    "autovacuum_max_workers",
    "max_connections",
    "max_worker_processes",
    "shared_buffers",
    "shared_preload_libraries",
    "track_activity_query_size",
    "wal_buffers",
}
LIKE_RDS = {
    "autovacuum_analyze_scale_factor",
    "autovacuum_vacuum_scale_factor",
    "checkpoint_completion_target",
    "log_autovacuum_min_duration",
    "log_checkpoints",
    "password_encryption",
    "rds.force_ssl",
    "track_io_timing",
}


def values(parameters: tuple[Parameter, ...]) -> dict[str, str]:
    return {one.name: one.value for one in parameters}


def of_8_gib(version: int = 17, **options: object) -> tuple[Parameter, ...]:
    return postgres_parameters(8 * GIB, 2, version, storage_gib=100, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "storage"), GOLDEN, ids=str)
def test_golden(name: str, storage: int) -> None:
    size = rds_class(name)
    made = postgres_parameters(size.memory_bytes, size.vcpu, 17, storage_gib=storage)
    computed = dict(zip(COMPUTED, GOLDEN[name, storage].split(), strict=True))
    assert values(made) == FIXED | computed
    assert [one.name for one in made] == sorted(FIXED | computed)
    at_reboot = {one.name for one in made if one.apply_method == "pending-reboot"}
    assert at_reboot == STATIC | LIKE_RDS | ({"max_wal_size"} if computed["max_wal_size"] == "2048" else set())


@pytest.mark.parametrize(
    ("gib", "expected"),
    [(1, 50), (2, 50), (4, 100), (8, 200), (16, 400), (64, 1600), (200, 5000), (1536, 5000)],
)
def test_max_connections(gib: int, expected: int) -> None:
    assert max_connections(gib * GIB) == expected


@pytest.mark.parametrize("version", [15, 16, 17, 18])
def test_versions(version: int) -> None:
    made = {one.name: one for one in of_8_gib(version)}
    before = {one.name: one for one in of_8_gib(17)}
    if version < 18:
        assert made == before
    else:
        changed = {name: one for name, one in made.items() if before.get(name) != one}
        assert changed == {
            "autovacuum_max_workers": Parameter("autovacuum_max_workers", "3", "immediate"),
            "autovacuum_worker_slots": Parameter("autovacuum_worker_slots", "16", "pending-reboot"),
            "log_connections": Parameter("log_connections", "receipt,authentication,authorization", "immediate"),
        }


def test_pgaudit() -> None:
    changed = set(of_8_gib(pgaudit=True)) - set(of_8_gib())
    assert changed == {
        Parameter("log_statement", "none", "immediate"),
        Parameter("pgaudit.log", "ddl,role", "immediate"),
        Parameter("pgaudit.log_parameter", "0", "immediate"),
        Parameter("pgaudit.role", "rds_pgaudit", "pending-reboot"),
        Parameter("shared_preload_libraries", "pg_stat_statements,pgaudit", "pending-reboot"),
    }


def test_replica() -> None:
    assert set(of_8_gib(replica=True)) - set(of_8_gib()) == {
        Parameter("hot_standby_feedback", "1", "immediate"),
        Parameter("max_standby_archive_delay", "30000", "immediate"),
        Parameter("max_standby_streaming_delay", "30000", "immediate"),
    }


def test_a_smaller_replica_has_no_less_than_its_primary() -> None:
    primary = postgres_parameters(16 * GIB, 8, 17, storage_gib=100, overrides={"max_locks_per_transaction": 128})
    replica = values(of_8_gib(replica=True, primary=primary))
    alone = values(of_8_gib(replica=True))
    assert {name: value for name, value in replica.items() if alone.get(name) != value} == {
        "max_connections": "400",
        "max_locks_per_transaction": "128",
        "max_worker_processes": "16",
        "work_mem": "8192",  # the same share of memory among twice the connections
    }


def test_a_replica_cannot_be_overridden_below_its_primary() -> None:
    with pytest.raises(ParameterError) as caught:
        of_8_gib(replica=True, primary=of_8_gib(), overrides={"max_worker_processes": 4})
    assert caught.value.problems == (
        "max_worker_processes: 4 is refused: the primary has 8, and a replica with less does not start",
    )


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"max_connections": 100}, {"max_connections": "100", "work_mem": "32768"}),
        ({"work_mem": "8MB"}, {"work_mem": "8192"}),
        ({"shared_buffers": "1GB"}, {"shared_buffers": "131072"}),
        ({"statement_timeout": "5min", "jit": False}, {"statement_timeout": "300000", "jit": "0"}),
        ({"random_page_cost": 1.25}, {"random_page_cost": "1.25"}),
        ({"log_statement": "MOD"}, {"log_statement": "mod"}),
        (
            {"maintenance_work_mem": "256MB", "autovacuum_max_workers": 4},
            {"maintenance_work_mem": "262144", "autovacuum_max_workers": "4", "autovacuum_work_mem": "65536"},
        ),
        (
            {"shared_preload_libraries": "pg_stat_statements, pg_cron"},
            {"shared_preload_libraries": "pg_stat_statements,pg_cron"},
        ),
    ],
    ids=str,
)
def test_overrides(overrides: dict[str, object], expected: dict[str, str]) -> None:
    made, plain = values(of_8_gib(overrides=overrides)), values(of_8_gib())
    assert {name: value for name, value in made.items() if plain.get(name) != value} == expected


@pytest.mark.parametrize(
    ("overrides", "left_out", "follows"),
    [
        ({"log_min_duration_statement": "default"}, {"log_min_duration_statement"}, {}),
        # RDS gives 829 connections to 8 GiB, which share two fifths of it; and it starts, whatever they may claim.
        ({"max_connections": "default", "work_mem": "1GB"}, {"max_connections"}, {"work_mem": "1048576"}),
        ({"max_connections": "default"}, {"max_connections"}, {"work_mem": "3072"}),
        ({"shared_preload_libraries": "default"}, {"shared_preload_libraries"}, {}),
        ({"statement_timeout": "default"}, set(), {}),
        (
            {"*": "default", "work_mem": 8192, "log_lock_waits": "computed", "statement_timeout": "1min"},
            set(values(of_8_gib())) - {"work_mem", "log_lock_waits"},
            {"work_mem": "8192", "statement_timeout": "60000"},
        ),
        ({"*": "computed"}, set(), {}),
    ],
    ids=lambda given: str(given) if isinstance(given, dict) else "",
)
def test_a_parameter_left_to_rds_is_not_in_the_group(
    overrides: dict[str, object], left_out: set[str], follows: dict[str, str]
) -> None:
    made, plain = values(of_8_gib(overrides=overrides)), values(of_8_gib())
    assert plain.keys() - made.keys() == left_out
    assert {name: value for name, value in made.items() if plain.get(name) != value} == follows


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        ({"work_men": "default"}, "no such parameter; did you mean 'work_mem'"),
        ({"work_men": "computed"}, "no such parameter; did you mean 'work_mem'"),
        ({"*": 5}, r"\*: 5 is refused: for every other parameter say default or computed"),
    ],
    ids=str,
)
def test_only_a_parameter_that_there_is_can_be_left_to_rds(overrides: dict[str, object], problem: str) -> None:
    with pytest.raises(ParameterError, match=problem):
        of_8_gib(overrides=overrides)


def test_what_a_declared_extension_needs_preloaded_is_not_left_to_rds() -> None:
    with pytest.raises(ParameterError, match="pg_cron is missing, and a declared extension needs it"):
        of_8_gib(extensions=("pg_cron",), overrides={"shared_preload_libraries": "default"})


@pytest.mark.parametrize(("version", "family"), [(15, "postgres15"), (18, "postgres18")])
def test_family(version: int, family: str) -> None:
    assert postgres_family(version) == family


def test_family_of_an_unknown_version() -> None:
    with pytest.raises(ParameterError, match="PostgreSQL 14 is not offered; choose one of 15, 16, 17, 18"):
        postgres_family(14)
