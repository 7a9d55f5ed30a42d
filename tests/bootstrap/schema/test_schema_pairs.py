"""One database becomes another by the statements that `check` prints for it: in their order, in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from real_servers import Postgres
from round_trips import HERE, Connection, empty, structure

from bootstrap import schema

pytestmark = pytest.mark.server


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two schemas: what both have, and what each has beside it, as the SQL that makes it."""

    title: str
    both: str
    have: str
    want: str


def pairs() -> list[Pair]:
    texts = (text for path in sorted((HERE / "pairs").glob("*.sql")) for text in path.read_text().split("-- * ")[1:])
    return [_pair(*text.split("\n", 1)) for text in texts]


def _pair(title: str, text: str) -> Pair:
    both, rest = text.split("-- have\n")
    have, want = rest.split("-- want\n")
    return Pair(title=title, both=both, have=have, want=want)


def mend(connection: Connection, wanted: schema.Schema) -> None:
    """Run all that `check` prints, each statement by itself, as psql does."""
    for each in schema.check(connection, wanted)[1]:
        assert each.statements or each.notes == ("mended by the statements before it",), str(each)
        for statement in each.statements:
            connection.execute(statement.encode())


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: pair.title)
def test_one_becomes_the_other(every_server: Postgres, pair: Pair) -> None:
    with empty(every_server, "have") as have, empty(every_server, "want") as want:
        have.execute((pair.both + pair.have).encode())
        want.execute((pair.both + pair.want).encode())
        wanted = schema.definition_of(schema.read(want))
        mend(have, wanted)
        assert [str(each) for each in schema.check(have, wanted)[1]] == []
        assert structure(every_server, "have") == structure(every_server, "want")
