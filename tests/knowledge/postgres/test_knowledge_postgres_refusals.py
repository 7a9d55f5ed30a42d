"""What PostgreSQL parameters are refused, in which words, and that all problems come together."""

from __future__ import annotations

import pytest

from knowledge.classes import GIB
from knowledge.parameters import ParameterError
from knowledge.postgres.parameters import postgres_parameters

ONE_BY_ONE = [
    (
        "work_memm",
        1,
        "work_memm: PostgreSQL 17 on RDS has no such parameter; did you mean 'work_mem'?",
    ),
    ("nonsense_xyzzy", 1, "nonsense_xyzzy: PostgreSQL 17 on RDS has no such parameter"),
    ("work_mem", "many", "work_mem: 'many' is refused: it takes a whole number of kB"),
    ("work_mem", 1.5, "work_mem: '1.5' is refused: it takes a whole number of kB"),
    ("work_mem", "16 s", "work_mem: '16 s' is refused: it takes a whole number of kB"),
    ("work_mem", "nan", "work_mem: 'nan' is refused: it takes a whole number of kB"),
    ("work_mem", 63, "work_mem: '63' is refused: it must be from 64 to 2147483647 kB"),
    ("random_page_cost", -1, "random_page_cost: '-1' is refused: it must be from 0 to 1.79769E+308"),
    ("checkpoint_completion_target", 1.1, "checkpoint_completion_target: '1.1' is refused: it must be from 0 to 1"),
    ("jit", "maybe", "jit: 'maybe' is refused: it is a switch: 1 or 0"),
    ("log_statement", "some", "log_statement: 'some' is refused: it takes one of none, ddl, mod, all"),
    (
        "log_statement",
        "all",
        "log_statement: 'all' is refused: it writes every statement, with the data and passwords in it, to the log;"
        " use log_min_duration_statement for slow ones or pgaudit for an audit",
    ),
    ("rds.force_ssl", 0, "rds.force_ssl: '0' is refused: every connection to the data tier is encrypted"),
    (
        "password_encryption",
        "md5",
        "password_encryption: 'md5' is refused: the bootstrap stores SCRAM verifiers only,"
        " and PostgreSQL 18 deprecates md5",
    ),
    (
        "io_workers",
        4,
        "io_workers: PostgreSQL 17 does not have it; it exists in 18",
    ),
    (
        "old_snapshot_threshold",
        60,
        "old_snapshot_threshold: PostgreSQL 17 does not have it; it exists in 15, 16",
    ),
    (
        "data_directory",
        "/data",
        "data_directory: cannot be set on RDS: RDS places the server's files itself",
    ),
    (
        "listen_addresses",
        "*",
        "listen_addresses: cannot be set on RDS: the endpoint's address comes from the subnet group"
        " and the security group",
    ),
    (
        "ssl_cert_file",
        "server.crt",
        "ssl_cert_file: cannot be set on RDS: RDS issues the server's certificate and reloads it;"
        " choose its authority by the instance's CA certificate",
    ),
    (
        "fsync",
        "off",
        "fsync: cannot be set on RDS: without it a crash loses or corrupts committed data; RDS does not offer it",
    ),
    (
        "wal_level",
        "logical",
        "wal_level: cannot be set on RDS: set rds.logical_replication to 1 instead; RDS raises wal_level with it",
    ),
    (
        "min_wal_size",
        4096,
        "min_wal_size: 4096 is refused: it is above max_wal_size = 2048",
    ),
    (
        "max_parallel_workers",
        16,
        "max_parallel_workers: 16 is refused: it is above max_worker_processes = 8",
    ),
    (
        "work_mem",
        "1GB",
        "the parameters may claim 206.1 GiB of 8.0 GiB when all 200 connections are in use; lower work_mem,"
        " max_connections, shared_buffers or maintenance_work_mem, or take a larger class",
    ),
]


@pytest.mark.parametrize(("name", "value", "message"), ONE_BY_ONE)
def test_refused(name: str, value: str | float, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        postgres_parameters(8 * GIB, 2, 17, storage_gib=100, overrides={name: value})
    assert caught.value.problems == (message,)


def test_all_problems_at_once() -> None:
    with pytest.raises(ParameterError) as caught:
        postgres_parameters(
            8 * GIB, 2, 17, storage_gib=100, overrides={"fsync": 0, "work_mem": "x", "jit": 2, "max_connections": 10}
        )
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["fsync", "work_mem", "jit"]
    assert str(caught.value) == "; ".join(caught.value.problems)


def test_impossible_sizes() -> None:
    with pytest.raises(ParameterError) as caught:
        postgres_parameters(GIB // 2, 0, 12, storage_gib=5)
    assert caught.value.problems == (
        "PostgreSQL 12 is not offered; choose one of 15, 16, 17, 18",
        "512 MiB of memory are too few: the smallest class has 1024 MiB",
        "0 cores are too few: at least 1",
        "5 GiB of storage are too few: gp3 volumes of RDS start at 20 GiB",
    )
