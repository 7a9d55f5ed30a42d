"""What several servers mean as one, for the exporter: nothing is known of it while one of them does not answer.

That it is found where all of them answer is seen on a tier (tests/cli/test_on_call.py).
"""

from __future__ import annotations

from typing import NoReturn

import pytest
from real_servers import SUPERUSER_PASSWORD, Postgres

from bootstrap.errors import BootstrapError
from bootstrap.secrets import LoginError, Secret
from observe.metrics.own.together import read_together
from observe.node import PostgresNode
from observe.nodes import postgres_nodes
from observe.postgres.index_usage import INDEX_USAGE


def copy() -> PostgresNode:
    def connect(_: int) -> NoReturn:
        raise LoginError("copy: connection refused", refused=False)

    return PostgresNode(name="copy", address="copy:5432", replica=True, connect=connect)


@pytest.mark.server
def test_it_takes_an_answer_of_each_server(postgres18: Postgres) -> None:
    url = f"postgres://rdsadmin:{SUPERUSER_PASSWORD}@127.0.0.1:{postgres18.port}/postgres"
    (orders,) = postgres_nodes(Secret(url))
    with orders.session() as conn:
        assert read_together(conn, node="orders", observation=INDEX_USAGE, others=tuple).refused == []
        with pytest.raises(BootstrapError, match=r"^copy: connection refused$"):
            read_together(conn, node="orders", observation=INDEX_USAGE, others=lambda: (copy(),))
