"""The extensions of RDS: which version has which, and what they need of a parameter group."""

from __future__ import annotations

import pytest

from knowledge.parameters import ParameterError
from knowledge.postgres.catalogue import CATALOGUE, POSTGRES_VERSIONS
from knowledge.postgres.extensions import EXTENSIONS, extension_parameters, extension_problem, preloaded
from knowledge.postgres.parameters import postgres_parameters

GIB = 1024**3


@pytest.mark.parametrize(
    ("name", "version", "problem"),
    [
        ("citext", 15, None),
        ("uuid-ossp", 18, None),
        ("vector", 18, None),
        ("plrust", 17, None),
        ("plrust", 18, "plrust: RDS has it for PostgreSQL 15, 16, 17, not for 18"),
        ("roaringbitmap", 16, "roaringbitmap: RDS has it for PostgreSQL 18, not for 16"),
        (
            "pgcripto",
            18,
            "pgcripto: RDS does not have this extension for PostgreSQL 18; did you mean 'pgcrypto'?",
        ),
        ("pgvector", 18, "pgvector: RDS does not have this extension for PostgreSQL 18; did you mean 'vector'?"),
        ("Citext", 17, "Citext: RDS does not have this extension for PostgreSQL 17; did you mean 'citext'?"),
        ("file_fdw", 17, "file_fdw: RDS does not have this extension for PostgreSQL 17"),
        ("timescaledb", 18, "timescaledb: RDS does not have this extension for PostgreSQL 18"),
    ],
)
def test_an_extension_that_rds_lacks_is_refused_with_the_nearest_known(
    name: str, version: int, problem: str | None
) -> None:
    found = extension_problem(name, version)
    assert (found or "").partition("; did you mean")[0] == (problem or "").partition("; did you mean")[0]
    if problem and "did you mean" in problem:
        assert found == problem


@pytest.mark.parametrize("version", POSTGRES_VERSIONS)
def test_what_they_need_is_what_a_parameter_group_takes(version: int) -> None:
    libraries = preloaded(EXTENSIONS[version], version)
    assert libraries
    assert set(libraries) <= set(CATALOGUE[version]["shared_preload_libraries"].values)
    assert set(extension_parameters(tuple(EXTENSIONS[version]), "shop")) <= set(CATALOGUE[version])


def of(*extensions: str, **more: object) -> dict[str, str]:
    made = postgres_parameters(
        8 * GIB,
        2,
        18,
        storage_gib=100,
        extensions=extensions,
        database="shop",
        **more,  # type: ignore[arg-type]
    )
    return {each.name: each.value for each in made}


@pytest.mark.parametrize(
    ("extensions", "differing"),
    [
        ((), {}),
        (("citext", "vector", "pg_stat_statements"), {}),
        (
            ("pg_cron",),
            {"shared_preload_libraries": "pg_stat_statements,pg_cron", "cron.database_name": "shop"},
        ),
        (("pgaudit",), {"shared_preload_libraries": "pg_stat_statements,pgaudit"}),
        (
            ("pglogical", "pg_tle"),
            {"shared_preload_libraries": "pg_stat_statements,pg_tle,pglogical", "rds.logical_replication": "1"},
        ),
    ],
)
def test_the_parameter_group_has_by_itself_what_an_extension_needs(
    extensions: tuple[str, ...], differing: dict[str, str]
) -> None:
    bare, made = of(), of(*extensions)
    assert {name: value for name, value in made.items() if bare.get(name) != value} == differing


def test_a_list_of_ones_own_that_leaves_out_what_an_extension_needs_is_refused() -> None:
    overrides = {"shared_preload_libraries": "pg_stat_statements,pg_cron"}
    assert of("pg_cron", overrides=overrides)["shared_preload_libraries"] == "pg_stat_statements,pg_cron"
    with pytest.raises(ParameterError) as caught:
        of("pg_tle", overrides=overrides)
    assert caught.value.problems == (
        "shared_preload_libraries: pg_tle is missing, and a declared extension needs it; add it",
    )
