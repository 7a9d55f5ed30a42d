"""Whatever needs whatever, a schema that was read can be made anew in the order of its needs."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from psycopg import errors
from random_schemas import schemas
from real_servers import Postgres
from round_trips import empty, structure

from bootstrap import schema

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "5"))
"""For each server; thousands by hand when the order of statements changes."""


@pytest.mark.server
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="SCHEMA_EXAMPLES" not in os.environ,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(statements=schemas())
def test_any_schema_comes_back_as_it_was(every_server: Postgres, tmp_path: Path, statements: list[str]) -> None:
    with empty(every_server, "drawn") as drawn, empty(every_server, "made") as made:
        for statement in statements:
            # The server refuses what would run a function that has come to call itself.
            with suppress(errors.StatementTooComplex):
                drawn.execute(statement.encode())
        path = tmp_path / "schema.json"
        path.write_text(schema.dump(schema.definition_of(schema.read(drawn))))
        defined = schema.load(path)
        for statement in schema.generate(defined):
            made.execute(statement.encode())
        assert schema.definition_of(schema.read(made)) == schema.definition_of(schema.read(drawn))
        assert structure(every_server, "made") == structure(every_server, "drawn")
