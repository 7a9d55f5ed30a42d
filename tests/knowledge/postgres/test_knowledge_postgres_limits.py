"""The parameters of every class fit its memory, and real servers accept every one of them.

The catalogue is compared with what the servers say of themselves. 17 has no server here: it lies between 16 and 18, and
its rows are theirs.
"""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from postgres_server import binaries

from knowledge.classes import GIB, RDS_CLASSES
from knowledge.postgres.catalogue import CATALOGUE, POSTGRES_VERSIONS, check
from knowledge.postgres.memory import claimed_memory
from knowledge.postgres.parameters import postgres_parameters
from knowledge.postgres.refused import REFUSED

SERVERS = {major: folder / "postgres" for major, folder in binaries().items()}
OUTSIDE = ("rds.", "pg_stat_statements.", "pgaudit.", "auto_explain.", "cron.")
"""Prefixes of parameters that come from RDS and from extensions, which a bare server does not know."""
HIDDEN = {"application_name"}
"""Known to the server, but left out of --describe-config."""


@cache
def described(version: int) -> dict[str, dict[str, str]]:
    """Read what the server says: one line for each parameter, fields between tabs."""
    command = [str(SERVERS[version]), "--describe-config"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    fields = ("name", "context", "group", "type", "default", "min", "max")
    rows = (dict(zip(fields, line.split("\t"), strict=False)) for line in output.splitlines())
    found = {row["name"].lower(): row for row in rows}
    # A minor that RDS does not offer yet may bring a parameter (15.20: output_plugin_libraries).
    known = CATALOGUE[version].keys() | set(REFUSED)
    return {name: row for name, row in found.items() if name in known} if newer(version) else found


def newer(version: int) -> bool:
    """Whether the server is of a later minor than the catalogue."""
    told = subprocess.run([SERVERS[version], "--version"], capture_output=True, text=True, check=True).stdout
    minor = int(told.split(f" {version}.")[1].split()[0])
    return minor > int(POSTGRES_VERSIONS[version][-1].split(".")[1])


@pytest.mark.parametrize("version", SERVERS)
def test_the_catalogue_has_what_the_server_has(version: int) -> None:
    ours = {name for name in CATALOGUE[version] if not name.startswith(OUTSIDE)} - HIDDEN
    assert ours == set(described(version)) - set(REFUSED)


@pytest.mark.parametrize("version", SERVERS)
def test_the_catalogue_has_the_servers_limits(version: int) -> None:
    wrong = []
    types = {
        "bool": "BOOLEAN",
        "integer": "INTEGER",
        "real": "REAL",
        "enum": "ENUM",
        "string": "STRING",
        "list": "STRING",
    }
    for name, theirs in described(version).items():
        if name in REFUSED:
            continue
        ours = CATALOGUE[version][name]
        limits = tuple(float(theirs[side]) if theirs[side] else None for side in ("min", "max"))
        found = tuple(None if side is None else float(side) for side in (ours.minimum, ours.maximum))
        if (types[ours.type], ours.static, found) != (theirs["type"], theirs["context"] == "postmaster", limits):
            wrong.append((name, ours, theirs))
    assert wrong == []


def test_17_lies_between_16_and_18() -> None:
    for name, definition in CATALOGUE[17].items():
        if name == "io_combine_limit":  # came with 17 as 32 blocks, and grew
            continue
        assert definition in (CATALOGUE[16].get(name), CATALOGUE[18].get(name)), name
    assert set(CATALOGUE[16]) & set(CATALOGUE[18]) <= set(CATALOGUE[17])


def test_nothing_is_both_offered_and_refused() -> None:
    assert [name for version in CATALOGUE for name in CATALOGUE[version] if name in REFUSED] == []


@pytest.mark.parametrize("version", POSTGRES_VERSIONS)
@pytest.mark.parametrize("options", [{}, {"replica": True, "pgaudit": True}], ids=["primary", "replica"])
@pytest.mark.parametrize("storage", [20, 100, 16384])
def test_every_class_fits_its_memory_and_the_limits(version: int, options: dict[str, bool], storage: int) -> None:
    for size in RDS_CLASSES.values():
        made = postgres_parameters(size.memory_bytes, size.vcpu, version, storage_gib=storage, **options)
        values = {one.name: one.value for one in made}
        assert claimed_memory(values, size.memory_bytes) < size.memory_bytes, size.name
        refused = [problem for name, value in values.items() if (problem := check(name, value, version)[1])]
        assert refused == [], size.name
        static = {name for name in values if CATALOGUE[version][name].static}
        assert static <= {one.name for one in made if one.apply_method == "pending-reboot"}
        assert int(values["max_wal_size"]) * 10 <= storage * 1024
        assert int(values["min_wal_size"]) >= 2 * 64, "RDS writes WAL in segments of 64 MB and wants two"


@settings(database=None)
@given(
    memory=some.integers(min_value=GIB, max_value=4096 * GIB),
    cores_for_gib=some.floats(min_value=0.05, max_value=2),
    storage=some.integers(min_value=20, max_value=65536),
    version=some.sampled_from(sorted(POSTGRES_VERSIONS)),
)
def test_any_size_fits(memory: int, cores_for_gib: float, storage: int, version: int) -> None:
    vcpu = max(1, int(memory / GIB * cores_for_gib))
    made = postgres_parameters(memory, vcpu, version, storage_gib=storage)
    values = {one.name: one.value for one in made}
    assert claimed_memory(values, memory) < memory
    assert [problem for name, value in values.items() if (problem := check(name, value, version)[1])] == []


def read_by_server(version: int, folder: Path, values: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Let the server read a configuration with its own checks; with `-C` it prints one value and ends."""
    (folder / "postgresql.conf").write_text("".join(f"{key} = '{value}'\n" for key, value in values.items()))
    (folder / "postgresql.auto.conf").touch()
    command = [str(SERVERS[version]), "-C", "shared_buffers", "-D", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.server
@pytest.mark.parametrize("version", SERVERS)
@pytest.mark.parametrize("name", ["db.t4g.micro", "db.m7g.large", "db.r8g.48xlarge"])
def test_a_server_takes_every_value(version: int, name: str, tmp_path: Path) -> None:
    size = RDS_CLASSES[name]
    made = postgres_parameters(size.memory_bytes, size.vcpu, version, storage_gib=100, replica=True)
    values = {one.name: one.value for one in made if not one.name.startswith(OUTSIDE)}
    ran = read_by_server(version, tmp_path, values)
    assert (ran.returncode, ran.stdout.strip(), ran.stderr) == (0, values["shared_buffers"], "")


@pytest.mark.server
@pytest.mark.parametrize("version", SERVERS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("work_mem", "63"),
        ("wal_buffers", "262144"),
        ("log_statement", "some"),
        ("log_connections", "sometimes"),
        ("io_workers", "33"),
        ("jit", "maybe"),
    ],
)
def test_a_server_refuses_what_we_refuse(version: int, name: str, value: str, tmp_path: Path) -> None:
    assert check(name, value, version)[1] is not None
    assert read_by_server(version, tmp_path, {name: value}).returncode != 0
